import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { Secret } from './secret.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where to listen. Port 0 takes a free one. */
export type Listen = { readonly host: string; readonly port: number };

/** One variable as the documentation shows it: `default` in words, '' where there is none. */
export type Setting = { readonly name: string; readonly default: string; readonly meaning: string };

/** The configuration is wrong. The message names the variable and says what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const whole = (min: number, max: number) => z.string().regex(/^\d{1,12}$/, { error: `must be a whole number from ${min} to ${max}` }).transform(Number)
  .pipe(z.number().min(min, { error: `must be a whole number from ${min} to ${max}` }).max(max, { error: `must be a whole number from ${min} to ${max}` }));
const cores = z.string().regex(/^\d{1,4}(\.\d{1,3})?$/, { error: 'must be a number of cores from 0.1 to 1024, such as 2 or 1.5' }).transform(Number)
  .pipe(z.number().min(0.1, { error: 'must be at least 0.1 cores' }).max(1024, { error: 'must be at most 1024 cores' }));
const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) => z.enum(words, { error: `must be one of ${words.join(', ')}` });
const text = z.string().min(1);
const token = z.string().regex(/^[\x21-\x7e]{16,512}$/, { error: 'must be 16 to 512 printable ASCII characters without spaces' });
const key = z.string().regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII without spaces' });
const webAddress = z.string().refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), { error: 'must be an http:// or https:// address' });

const listen = z.string().transform((value, context): Listen => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(value);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65_535) return { host, port };
  context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:8080 or [::1]:8080' });
  return z.NEVER;
});

const hosts = z.string().transform((value) => value.split(',').map((host) => host.trim().toLowerCase()).filter((host) => host !== ''))
  .pipe(z.array(z.string().regex(/^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:\d{1,5})?$/, { error: 'must be a list of host or host:port, separated by commas' })));

/** Who uses the engine. */
export type LauncherConfig = { readonly kind: 'process' } | { readonly kind: 'inside' } | { readonly kind: 'socket'; readonly path: string };

const launcher = z.string().transform((value, context): LauncherConfig => {
  if (value === 'process' || value === 'inside') return { kind: value };
  const path = /^unix:\/\/(\/.{1,100})$/.exec(value)?.[1];
  if (path !== undefined) return { kind: 'socket', path };
  context.addIssue({ code: 'custom', message: 'must be process, inside or unix:///path with at most 100 characters of path' });
  return z.NEVER;
});

/** One variable: how it is read, what stands for it if absent, and what it means. */
const variable = <Schema extends z.ZodType>(schema: Schema, fallback: string, meaning: string, inWords = fallback) => ({ schema, fallback, meaning, inWords });

const variables = {
  VITRINE_LISTEN: variable(listen, '127.0.0.1:8080', 'Address of the API, host:port. Anything but loopback wants TLS, or VITRINE_BEHIND_PROXY, or (in a container) VITRINE_PUBLISHED_ON.'),
  VITRINE_TLS_CERT_FILE: variable(text, '', 'File with the certificate chain (PEM): the API is https then. VITRINE_TLS_KEY_FILE belongs to it.'),
  VITRINE_TLS_KEY_FILE: variable(text, '', 'File with the private key (PEM) of VITRINE_TLS_CERT_FILE.'),
  VITRINE_BEHIND_PROXY: variable(oneOf(['true', 'false']), 'false', 'true: a proxy of yours in front of Vitrine ends TLS, and nobody else can reach its address. It says in X-Forwarded-For whom it saw. Name its host in VITRINE_ALLOWED_HOSTS.'),
  VITRINE_PUBLISHED_ON: variable(listen, '', 'Inside a container: the address on the host, host:port, on which the port is published. Its host name is accepted by the API.'),
  VITRINE_DATA: variable(text, '', 'Folder of journal, frames and token; made with mode 0700.', '$XDG_DATA_HOME/vitrine or ~/.local/share/vitrine'),
  VITRINE_MIN_FREE_MB: variable(whole(1, 1_048_576), '256', 'Free space of the data folder in MiB below which no work is accepted.'),
  VITRINE_RETENTION_DAYS: variable(whole(0, 36_500), '0', 'Finished runs are removed with everything of them this many days after their end. 0: never.'),
  VITRINE_RETENTION_MB: variable(whole(0, 1_000_000_000), '20480', 'Pictures and artefacts of all runs may take this many MiB: beyond it the runs that ended first lose their pictures, then go as a whole. 0: no limit.'),
  VITRINE_TOKEN: variable(token, '', 'The token that clients send, at least 16 characters.', 'made at the first start, in the file token of the data folder'),
  VITRINE_ALLOWED_HOSTS: variable(hosts, '', 'More host names (host or host:port, commas between) under which the API may be asked.'),
  VITRINE_LAUNCHER: variable(launcher, 'process', 'Who uses the Docker engine. process: a process of its own, which the controller starts; inside: the controller itself; unix:///path: the launcher that listens there, such as the one of docker-compose.yml.'),
  DOCKER_HOST: variable(text, '', 'Docker engine to use: unix:///path, tcp://host:port or ssh://user@host (docs/engine.md).', 'unix:///var/run/docker.sock'),
  DOCKER_CERT_PATH: variable(text, '', 'Folder with ca.pem, cert.pem and key.pem for a tcp engine with TLS, which is always verified.'),
  DOCKER_TLS_VERIFY: variable(text, '', 'If set, a tcp engine is asked over TLS; the files are looked for in ~/.docker unless DOCKER_CERT_PATH says otherwise.'),
  VITRINE_RUNTIME: variable(z.string().regex(/^[\w.-]{1,100}$/, { error: 'must be the name of a runtime of the engine, such as runsc' }), '', 'Runtime of desktops, such as runsc (gVisor).', 'that of the engine'),
  VITRINE_DESKTOP_IMAGE: variable(text, 'vitrine-desktop:latest', 'Image that desktops are made from.'),
  VITRINE_SECCOMP: variable(oneOf(['browser', 'strict']), 'browser', 'Seccomp profile of desktops. browser: Chromium keeps its own sandbox. strict: no user namespaces, Chromium without sandbox.'),
  VITRINE_DESKTOP_MEMORY_MB: variable(whole(256, 1_048_576), '2048', 'Memory of one desktop in MiB.'),
  VITRINE_DESKTOP_CPUS: variable(cores, '2', 'Cores of one desktop; at most what the engine has.'),
  VITRINE_DESKTOP_PIDS: variable(whole(64, 65_536), '512', 'Processes and threads of one desktop.'),
  VITRINE_MAX_DESKTOPS: variable(whole(1, 1000), '4', 'Desktops at a time.'),
  VITRINE_MAX_QUEUED: variable(whole(0, 10_000), '100', 'Runs that may wait for a desktop; whoever asks for more gets 429 with Retry-After.'),
  VITRINE_DEAD_MAN_SECONDS: variable(whole(10, 604_800), '1800', 'A desktop ends itself when it has heard no controller for this long.'),
  VITRINE_DESKTOP_IDLE_SECONDS: variable(whole(10, 86_400), '1800', 'A desktop that no run has, or whose caller does nothing, is released when nobody used it for this long.'),
  VITRINE_HARD_LIFETIME_SECONDS: variable(whole(60, 2_592_000), '86400', 'A desktop ends itself at this age whatever happens; a little before, the controller ends it and tells its run.'),
  VITRINE_DRAIN_SECONDS: variable(whole(1, 3600), '30', 'After SIGTERM the controller exits within this time. Runs go on with its next start.'),
  VITRINE_INSTALL_ID: variable(z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, { error: 'must be 1 to 32 characters a-z, 0-9 and -' }), '', 'Marks the containers of this installation; two controllers on one engine need two.', 'made at the first start, in the file install-id of the data folder'),
  VITRINE_MODEL: variable(text, '', 'Model of runs that name none.', 'the vendor\'s model if it has a key, else the rehearsal'),
  VITRINE_MODELS_FILE: variable(text, '', 'JSON file of models: vendors, servers of your own, limits, prices (docs/models.md).'),
  VITRINE_POLICY_FILE: variable(text, '', 'JSON file of rules that refuse actions or ask a person first (docs/policy.md).'),
  VITRINE_TEMPLATES_FILE: variable(text, '', 'JSON file of named kinds of desktops: screen, way out, rules, limits (docs/templates.md).'),
  VITRINE_SECRETS_FILE: variable(text, '', 'JSON file of secrets that texts name as {{secret:name}}; nobody but its owner may read it (docs/secrets.md).'),
  VITRINE_PRIVATE_TARGETS: variable(text, '', 'Hosts inside your network that desktops may reach where their rules name them: host=address:port, commas between (docs/network.md).'),
  OPENAI_API_KEY: variable(key, '', 'Key for OpenAI, or for whatever answers at OPENAI_BASE_URL. Without any vendor\'s key only rehearsals run.'),
  OPENAI_BASE_URL: variable(webAddress, '', 'Another server that speaks the Responses API.', 'that of the openai package'),
  OPENAI_MODEL: variable(text, 'gpt-5.6', 'Name of OpenAI\'s model.'),
  ANTHROPIC_API_KEY: variable(key, '', 'Key for Anthropic, or for whatever answers at ANTHROPIC_BASE_URL.'),
  ANTHROPIC_BASE_URL: variable(webAddress, '', 'Another server that speaks the Messages API.', 'that of the anthropic package'),
  ANTHROPIC_MODEL: variable(text, 'claude-opus-5', 'Name of Anthropic\'s model.'),
  VITRINE_BRIEFING_FILE: variable(text, '', 'Text file that replaces what models are told about their desktop.', 'the built-in briefing'),
  VITRINE_LOG_LEVEL: variable(oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), 'info', 'What is logged, as JSON lines on standard error.'),
} as const;

type Name = keyof typeof variables;
type ValueOf<Key extends Name> = z.output<(typeof variables)[Key]['schema']>;

/** Variables that hold a secret: each can be given as a file, by its name with _FILE. */
const keyVariables: readonly Name[] = ['VITRINE_TOKEN', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY'];

/** Every variable with its default and meaning, for the documentation; those with a _FILE form are listed twice. */
export const settings: readonly Setting[] = Object.entries(variables).flatMap(([name, { inWords, meaning }]) => [
  { name, default: inWords, meaning },
  ...(keyVariables.some((key) => key === name) ? [{ name: `${name}_FILE`, default: '', meaning: `File that holds ${name}; white space at its ends is ignored.` }] : []),
]);

/** What https needs, PEM. */
export type Tls = { readonly cert: string; readonly key: string };

export type VendorConfig = { readonly apiKey: Secret | undefined; readonly baseUrl: string | undefined; readonly model: string };

/** The engine as the environment names it; `certFolder` holds ca.pem, cert.pem and key.pem. */
export type EngineConfig = { readonly url: string | undefined; readonly certFolder: string | undefined; readonly sshAgent: string | undefined; readonly runtime: string | undefined };

/** What the controller is told by its environment. Secrets do not print. */
export type Config = {
  readonly listen: Listen;
  readonly publishedOn: Listen | undefined;
  /** PEM texts; undefined: plain http. */
  readonly tls: Tls | undefined;
  /** Whether browsers reach the API over https, by its own TLS or that of a proxy in front of it. */
  readonly isHttps: boolean;
  readonly isBehindProxy: boolean;
  /** Absolute. */
  readonly dataFolder: string;
  /** Below this much free space no work is accepted. */
  readonly minFreeMb: number;
  /** How long finished runs are kept, and how much their files may take; 0: for ever, and without a limit. */
  readonly retention: { readonly days: number; readonly maxMb: number };
  /** Undefined: the one in the data folder (data-folder.ts). */
  readonly token: Secret | undefined;
  readonly allowedHosts: readonly string[];
  /** As written; the gate reads it. */
  readonly privateTargets: string | undefined;
  readonly launcher: LauncherConfig;
  /** Where the engine is and how desktops run on it; for the launcher. */
  readonly engine: EngineConfig;
  readonly desktop: {
    readonly image: string;
    readonly seccomp: 'browser' | 'strict';
    readonly memoryMb: number;
    readonly cpus: number;
    readonly pids: number;
    readonly maxDesktops: number;
    readonly deadManSeconds: number;
    readonly idleSeconds: number;
    readonly hardLifetimeSeconds: number;
  };
  readonly maxQueued: number;
  readonly drainSeconds: number;
  /** Undefined: the one in the data folder (data-folder.ts). */
  readonly installId: string | undefined;
  readonly defaultModel: string | undefined;
  readonly openai: VendorConfig;
  readonly anthropic: VendorConfig;
  readonly modelsFile: string | undefined;
  readonly policyFile: string | undefined;
  readonly templatesFile: string | undefined;
  readonly secretsFile: string | undefined;
  /** What any variable that an entry of the models file names holds, or the file that its _FILE form names. Throws ConfigError for a file that cannot be read. */
  readonly keyOf: (name: string) => Secret | undefined;
  readonly briefingFile: string | undefined;
  readonly logLevel: ValueOf<'VITRINE_LOG_LEVEL'>;
};

/** Reads the configuration from an environment. Throws ConfigError naming the variable and what is allowed. */
export function readConfig(environment: Environment, insideContainer: () => boolean = isInsideContainer): Config {
  const read = <Key extends Name>(name: Key): ValueOf<Key> | undefined => readVariable(environment, name);
  const certain = <Key extends Name>(name: Key): ValueOf<Key> => {
    const value = read(name);
    if (value === undefined) throw new ConfigError(`${name} is not set: ${variables[name].meaning}`);
    return value;
  };
  const secret = (value: string | undefined) => (value === undefined ? undefined : new Secret(value));
  const publishedOn = read('VITRINE_PUBLISHED_ON');
  const tls = readTls(read('VITRINE_TLS_CERT_FILE'), read('VITRINE_TLS_KEY_FILE'));
  const isBehindProxy = read('VITRINE_BEHIND_PROXY') === 'true';
  const isHttps = tls !== undefined || isBehindProxy;
  return {
    listen: allowedListen(certain('VITRINE_LISTEN'), isHttps || (publishedOn !== undefined && insideContainer())),
    tls,
    isHttps,
    isBehindProxy,
    publishedOn,
    dataFolder: dataFolderOf(environment),
    minFreeMb: certain('VITRINE_MIN_FREE_MB'),
    retention: { days: certain('VITRINE_RETENTION_DAYS'), maxMb: certain('VITRINE_RETENTION_MB') },
    token: secret(read('VITRINE_TOKEN')),
    allowedHosts: read('VITRINE_ALLOWED_HOSTS') ?? [],
    privateTargets: read('VITRINE_PRIVATE_TARGETS'),
    launcher: certain('VITRINE_LAUNCHER'),
    engine: { url: read('DOCKER_HOST'), certFolder: read('DOCKER_CERT_PATH') ?? (read('DOCKER_TLS_VERIFY') === undefined ? undefined : join(environment['HOME'] ?? homedir(), '.docker')), sshAgent: environment['SSH_AUTH_SOCK'] || undefined, runtime: read('VITRINE_RUNTIME') },
    desktop: {
      image: certain('VITRINE_DESKTOP_IMAGE'),
      seccomp: certain('VITRINE_SECCOMP'),
      memoryMb: certain('VITRINE_DESKTOP_MEMORY_MB'),
      cpus: certain('VITRINE_DESKTOP_CPUS'),
      pids: certain('VITRINE_DESKTOP_PIDS'),
      maxDesktops: certain('VITRINE_MAX_DESKTOPS'),
      deadManSeconds: certain('VITRINE_DEAD_MAN_SECONDS'),
      idleSeconds: certain('VITRINE_DESKTOP_IDLE_SECONDS'),
      hardLifetimeSeconds: certain('VITRINE_HARD_LIFETIME_SECONDS'),
    },
    maxQueued: certain('VITRINE_MAX_QUEUED'),
    drainSeconds: certain('VITRINE_DRAIN_SECONDS'),
    installId: read('VITRINE_INSTALL_ID'),
    defaultModel: read('VITRINE_MODEL'),
    openai: { apiKey: secret(read('OPENAI_API_KEY')), baseUrl: read('OPENAI_BASE_URL'), model: certain('OPENAI_MODEL') },
    anthropic: { apiKey: secret(read('ANTHROPIC_API_KEY')), baseUrl: read('ANTHROPIC_BASE_URL'), model: certain('ANTHROPIC_MODEL') },
    modelsFile: read('VITRINE_MODELS_FILE'),
    policyFile: read('VITRINE_POLICY_FILE'),
    templatesFile: read('VITRINE_TEMPLATES_FILE'),
    secretsFile: read('VITRINE_SECRETS_FILE'),
    keyOf: (name) => secret((fromFile(environment, name) ?? environment[name]) || undefined),
    briefingFile: read('VITRINE_BRIEFING_FILE'),
    logLevel: certain('VITRINE_LOG_LEVEL'),
  };
}

/** The data folder that an environment names, absolute; the CLI finds the token there. */
export function dataFolderOf(environment: Environment): string {
  const given = environment['VITRINE_DATA'];
  if (given !== undefined && given !== '') return resolve(given);
  const base = environment['XDG_DATA_HOME'];
  return join(base !== undefined && base.startsWith('/') ? base : join(environment['HOME'] ?? homedir(), '.local', 'share'), 'vitrine');
}

/** One variable's value; undefined if it is absent and has no default. An empty value counts as absent. */
function readVariable<Key extends Name>(environment: Environment, name: Key): ValueOf<Key> | undefined {
  const { schema, fallback } = variables[name];
  const given = (keyVariables.includes(name) ? fromFile(environment, name) : undefined) ?? environment[name];
  const value = given === undefined || given === '' ? fallback : given;
  if (value === '') return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ConfigError(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  return parsed.data as ValueOf<Key>;
}

function fromFile(environment: Environment, name: string): string | undefined {
  const path = environment[`${name}_FILE`];
  if (path === undefined || path === '') return undefined;
  if (environment[name] !== undefined && environment[name] !== '') throw new ConfigError(`${name} and ${name}_FILE are both set: give one of them`);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new ConfigError(`${name}_FILE names ${path}, which cannot be read`, { cause });
  }
}

function allowedListen(address: Listen, isProtected: boolean): Listen {
  if (isLoopback(address.host) || isProtected) return address;
  throw new ConfigError(`VITRINE_LISTEN must be a loopback address (127.0.0.1, ::1, localhost), not ${address.host}: tokens would cross the network unprotected. `
    + 'Set VITRINE_TLS_CERT_FILE and VITRINE_TLS_KEY_FILE, or VITRINE_BEHIND_PROXY=true if a proxy of yours ends TLS, or in a container VITRINE_PUBLISHED_ON, the address on the host');
}

function readTls(certFile: string | undefined, keyFile: string | undefined): Tls | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) throw new ConfigError('VITRINE_TLS_CERT_FILE and VITRINE_TLS_KEY_FILE belong together: give both');
  const [cert, key] = ([['VITRINE_TLS_CERT_FILE', certFile], ['VITRINE_TLS_KEY_FILE', keyFile]] as const).map(([name, path]) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      throw new ConfigError(`${name} names ${path}, which cannot be read`, { cause });
    }
  });
  if (cert === undefined || key === undefined) return undefined;
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new ConfigError(`VITRINE_TLS_CERT_FILE and VITRINE_TLS_KEY_FILE cannot be used together: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return { cert, key };
}

/** Whether a host name or address stays on this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether this process runs inside a container, as Docker, Podman and the kernel show it. */
function isInsideContainer(): boolean {
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv')) return true;
  try {
    return /\/(docker|kubepods|libpod|containerd)[-/]/.test(readFileSync('/proc/1/cgroup', 'utf8'));
  } catch {
    return false; // No such file outside Linux.
  }
}
