import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { createAccess } from './access/access.ts';
import { createSessions } from './access/sessions.ts';
import { createTickets } from './access/tickets.ts';
import { createTokenBook } from './access/token-book.ts';
import { oneToken } from './access/tokens.ts';
import type { Audit } from './api/audit.ts';
import { createApi } from './api/create-api.ts';
import { ConfigError, readConfig } from './config.ts';
import type { Config, Listen } from './config.ts';
import { crashPoints, nothingAround } from './crash-points.ts';
import type { Around } from './crash-points.ts';
import { openDataFolder } from './data-folder.ts';
import { createEntrance } from './entrance.ts';
import type { Entrance } from './entrance.ts';
import { createDesktopImages } from './desktops/desktop-image.ts';
import { createDesktops } from './desktops/desktops.ts';
import type { Desktop, Desktops } from './desktops/desktop.ts';
import { VitrineError } from './errors.ts';
import { readFailpoints } from './failpoint.ts';
import { Drain } from './drain.ts';
import { addressesOfThisMachine, createGates } from './gate/gates.ts';
import { parsePrivateTargets } from './gate/private-targets.ts';
import type { PrivateTarget } from './gate/resolve-target.ts';
import { createDoctor } from './doctor/doctor.ts';
import { createGateway } from './gateway/create-gateway.ts';
import { createHealth } from './health-checks.ts';
import type { Journal } from './journal/journal.ts';
import { openJournal } from './journal/sqlite-journal.ts';
import type { Upkeep } from './journal/upkeep.ts';
import type { Launcher } from './launcher/launcher.ts';
import { startLaunching, warnOfEngine } from './launching.ts';
import { createLog } from './log.ts';
import type { Logger } from './log.ts';
import { createMetrics } from './metrics/metrics.ts';
import type { Metrics } from './metrics/metrics.ts';
import { makeBriefing } from './models/briefing.ts';
import { createModels } from './models/models.ts';
import type { ModelEntryInput } from './models/model-entry.ts';
import { readModelsFile } from './models/models-file.ts';
import { createRedactor } from './redactor.ts';
import { startRehearsal } from './rehearsal/rehearsal-server.ts';
import { startHousekeeping } from './runs/housekeeping.ts';
import { readPolicyFile } from './policy/policy-file.ts';
import { containersOf, createTemplates } from './runs/templates/template.ts';
import { readTemplatesFile } from './runs/templates/templates-file.ts';
import { createRuns } from './runs/run-registry.ts';
import type { RunRegistry } from './runs/run-registry.ts';
import { createRestoring } from './restoring.ts';
import type { Life, Restore } from './restoring.ts';
import { Secret } from './secret.ts';
import { readSecretsFile } from './secrets-file.ts';

/** A running controller. */
export type Controller = {
  readonly url: string;
  /** The token that its clients send. */
  readonly token: string;
  /** Stops it. `keep`: desktops run on and their runs go on with the next start. `release`: desktops are removed, their runs stay unfinished. */
  close(desktops: 'keep' | 'release'): Promise<void>;
};

const readinessTimeoutMs = 60_000;
const adoptMs = 60_000;
const adoptAgainMs = 2000;
/** Lies in the data folder, for the last outcomes on a full disk. */
const reserveBytes = 16 * 2 ** 20;

/**
 * Builds everything and listens; then adopts what an earlier life left behind and takes up its runs. Rejects, with
 * everything closed again, when the configuration is wrong, the data folder is in use or the address is taken. `around`
 * is put around the ports, for tests that look at them or make them fail.
 */
export async function startController(config: Config, log?: Logger, around: Around = nothingAround): Promise<Controller> {
  const entrance = createEntrance(config.listen, config.tls);
  const metrics = createMetrics({ process: true });
  const restoring = createRestoring({ folder: config.dataFolder, entrance, live: (restore) => startLife(config, { entrance, around, metrics, restore, log }) });
  const { url, token } = await restoring.begin();
  return { url, token, close: (mode) => restoring.end(mode) };
}

type LifeOptions = { readonly entrance: Entrance; readonly around: Around; readonly metrics: Metrics; readonly restore: Restore; readonly log: Logger | undefined };

/** One life of a controller, behind its entrance: from the opening of its journal to the closing. */
async function startLife(config: Config, { entrance, around, metrics, restore, log }: LifeOptions): Promise<Life> {
  await using undo = new AsyncDisposableStack();
  const { token, installId } = await openDataFolder(config);
  const known = configuredModels(config);
  const rules = config.policyFile === undefined ? [] : readPolicyFile(config.policyFile);
  const privateTargets = privateTargetsOf(config);
  const templates = createTemplates(config.templatesFile === undefined ? {} : readTemplatesFile(config.templatesFile), privateTargets);
  const secrets = config.secretsFile === undefined ? undefined : readSecretsFile(config.secretsFile);
  const hidden = [token, ...known.entries.flatMap(({ apiKey }) => (apiKey === undefined ? [] : [new Secret(apiKey)])), ...(secrets?.all ?? [])];
  const redactor = createRedactor(hidden);
  const ownLog = log ?? createLog(config.logLevel, hidden);
  const opened = openJournal(config.dataFolder, { reserveBytes, minFreeBytes: config.minFreeMb * 2 ** 20 }, around.files);
  undo.defer(() => opened.close());
  const { upkeep } = opened;
  const journal = around.journal(metrics.aroundJournal(opened));
  const launching = await startLaunching(config, installId, { node: process.execPath, compileCache: process.env['NODE_COMPILE_CACHE'], path: process.env['PATH'] ?? '', home: process.env['HOME'] ?? '/', building: process.env }, ownLog);
  undo.defer(() => launching[Symbol.asyncDispose]());
  const launcher = around.launcher(launching.launcher);
  const desktops = around.desktops(createDesktops({
    launcher, installId, controllerEpoch: journal.controllerEpoch, log: ownLog, readinessTimeoutMs,
    templates: containersOf(templates, templateOf(config)),
    maxDesktops: config.desktop.maxDesktops, deadManSeconds: config.desktop.deadManSeconds, hardLifetimeSeconds: config.desktop.hardLifetimeSeconds, idleSeconds: config.desktop.idleSeconds,
  }));
  undo.defer(() => desktops.close('keep'));
  const images = createDesktopImages(launcher);
  const rehearsal = await startRehearsal({ log: ownLog });
  undo.defer(() => rehearsal.close());
  const models = around.models(createModels({ ...known, rehearsalUrl: rehearsal.url, log: ownLog }));
  const replacement = config.briefingFile === undefined ? undefined : await readBriefing(config.briefingFile);
  const gates = metrics.aroundGates(createGates({ log: ownLog, privateTargets }));
  undo.defer(() => gates.closeAll());
  const runs = createRuns({
    gates, secrets, redactor, templates, images,
    journal, desktops, models, log: ownLog, maxDesktops: config.desktop.maxDesktops, maxQueued: config.maxQueued, idleMs: config.desktop.idleSeconds * 1000, startsClosed: true, rules,
    makeBriefing: (display, text) => makeBriefing({ display }, { ...(text === undefined ? {} : { text }), ...(replacement === undefined ? {} : { replacement }) }),
  });
  const tokens = createTokenBook(journal.tokens, oneToken(token));
  const sessions = createSessions(journal.sessions, tokens);
  const access = createAccess({ tokens, sessions, isSecure: config.isHttps, isBehindProxy: config.isBehindProxy, allowedHosts: [...config.allowedHosts, ...published(config.publishedOn)] });
  const drain = new Drain(config.drainSeconds * 1000);
  metrics.readFrom({ journal, desktops, models, diskUse: () => upkeep.diskUse(), maxDesktops: config.desktop.maxDesktops });
  const health = drain.readiness(createHealth({ launcher, journal, diskUse: () => upkeep.diskUse(), image: config.desktop.image }));
  const gateway = createGateway({
    runs, models, desktops, access, log: ownLog, redactor,
    recordLaunch: (subject, { project, name: who }) => auditOver(journal).record({ project, who, what: 'POST /v1 (pass-through)', subject }),
  });
  const backups = { backUp: () => upkeep.backUp(), restore };
  const server = await entrance.open(createApi({ runs, desktops, models, access, tokens, tickets: createTickets(), audit: auditOver(journal), health, doctor: doctorOf(config, launcher), images, backups, metrics, gateway, redactor, templates, log: ownLog, isDraining: drain.isDraining }));
  await launching.ready;
  const closing = new AbortController();
  void warnOfEngine(launching.launcher, config.engine.runtime, ownLog, AbortSignal.any([closing.signal, AbortSignal.timeout(adoptMs)]));
  const tried = Promise.withResolvers<void>();
  const takenUp = takeUp({ runs, desktops, upkeep, log: ownLog, onTried: tried.resolve }, closing.signal);
  await tried.promise;
  runs.letIn();
  const housekeeping = startHousekeeping({ upkeep, desktops, log: ownLog, retention: { days: config.retention.days, maxBytes: config.retention.maxMb * 2 ** 20 } });
  ownLog.info({ url: server.url, dataFolder: config.dataFolder }, 'listening');
  undo.move();
  return {
    url: server.url,
    token: token.reveal(),
    stage: (content, signal) => upkeep.stage(content, signal),
    async close(mode, leave) {
      drain.begin();
      closing.abort();
      const parked = runs.close(drain.actionsMs);
      await takenUp;
      await housekeeping.close();
      await parked;
      if (leave === 'for ever') await server.close(drain.answersMs);
      await desktops.close(mode);
      gates.closeAll();
      await launching[Symbol.asyncDispose]();
      await rehearsal.close();
      journal.close();
    },
  };
}

function doctorOf(config: Config, launcher: Launcher) {
  const { image, seccomp: profile, ...limits } = templateOf(config);
  return createDoctor({ launcher, launching: config.launcher.kind, engineUrl: config.engine.url, runtime: config.engine.runtime, image, profile, limits });
}

function templateOf({ desktop }: Config) {
  return { image: desktop.image, seccomp: desktop.seccomp, memoryBytes: desktop.memoryMb * 2 ** 20, cpus: desktop.cpus, pids: desktop.pids };
}

/** The models of the file, and those of the environment that have a key or an address; where both have a name, the file's. */
function configuredModels(config: Config): { readonly entries: readonly ModelEntryInput[]; readonly defaultModel: string | undefined } {
  const { openai, anthropic, modelsFile, defaultModel } = config;
  const file = modelsFile === undefined ? { entries: [], defaultModel: undefined } : readModelsFile(modelsFile, (name) => config.keyOf(name)?.reveal());
  const vendors = ([
    { name: openai.model, provider: 'openai', dialect: 'openai-responses', model: openai.model, baseUrl: openai.baseUrl, ...named('OPENAI_API_KEY', openai.apiKey), apiKey: openai.apiKey?.reveal() },
    { name: anthropic.model, provider: 'anthropic', dialect: 'anthropic-computer_toolset_20260801', model: anthropic.model, baseUrl: anthropic.baseUrl, ...named('ANTHROPIC_API_KEY', anthropic.apiKey), apiKey: anthropic.apiKey?.reveal() },
  ] satisfies ModelEntryInput[]).filter(({ apiKey, baseUrl }) => apiKey !== undefined || baseUrl !== undefined);
  const taken = new Set(file.entries.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]));
  return { entries: [...file.entries, ...vendors.filter(({ name }) => !taken.has(name))], defaultModel: defaultModel ?? file.defaultModel };
}

/** Where a key came from, for sentences about it. A server at an address of its own may want none: then there is nothing to name. */
function named(apiKeyEnv: string, key: Secret | undefined): { readonly apiKeyEnv?: string } {
  return key === undefined ? {} : { apiKeyEnv };
}

/** The audit as the API uses it. */
function auditOver(journal: Journal): Audit {
  return {
    page: (query) => journal.audit(query),
    record: ({ project, who, what, subject }) => journal.recordDeed({ at: Date.now(), project, who, what, subject, details: {} }),
  };
}

/** Throws ConfigError naming the entry that is wrong. */
function privateTargetsOf({ privateTargets, listen: { port } }: Config): readonly PrivateTarget[] {
  try {
    const targets = parsePrivateTargets(privateTargets ?? '');
    const own = targets.find((target) => target.port === port && addressesOfThisMachine().has(target.address));
    if (own !== undefined) throw new Error(`${own.host} leads to Vitrine itself`);
    return targets;
  } catch (cause) {
    throw new ConfigError(`VITRINE_PRIVATE_TARGETS: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function readBriefing(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new ConfigError(`VITRINE_BRIEFING_FILE names ${path}, which cannot be read: ${cause.message}`, { cause });
  });
}

function published(address: Listen | undefined): string[] {
  return address === undefined ? [] : [`${address.host}:${address.port}`];
}

type TakingUp = { readonly runs: RunRegistry; readonly desktops: Desktops; readonly upkeep: Upkeep; readonly log: Logger; readonly onTried: () => void };

/**
 * Adopts the desktops of an earlier start, then takes up its runs: not before, or a run would be told that its desktop is
 * gone. Without an engine the controller answers all the same, says what is missing, and tries again until the engine is there.
 */
async function takeUp({ runs, desktops, upkeep, log, onTried }: TakingUp, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const adopted = await desktops.adopt(AbortSignal.any([signal, AbortSignal.timeout(adoptMs)]));
      if (adopted.length > 0) log.info({ desktops: adopted.map(({ id }) => id) }, 'adopted the desktops of an earlier start');
      if (!signal.aborted) await takeUpRuns(runs, desktops, upkeep, adopted);
      return onTried();
    } catch (error) {
      onTried();
      if (signal.aborted) return;
      log.warn({ err: error }, VitrineError.from(error).message);
      await setTimeout(adoptAgainMs, undefined, { signal }).catch(() => {}); // Aborted: the loop ends.
    }
  }
}

/** After a restore no desktop belongs to the runs that are there: all go, and the runs are told. */
async function takeUpRuns(runs: RunRegistry, desktops: Desktops, upkeep: Upkeep, adopted: readonly Desktop[]): Promise<void> {
  const backupAt = upkeep.restoredFrom();
  if (backupAt === undefined) return runs.takeUp();
  const reason = `restored from a backup of ${new Date(backupAt).toISOString()}: its desktop has moved on since`;
  await Promise.all(adopted.map(({ id }) => desktops.release(id, reason)));
  runs.takeUp({ reason, onTold: () => upkeep.forgetRestored() });
}

/** For tests: what VITRINE_FAILPOINT says of how this process is to fail. Nothing is put around anything without it. */
function faultsOf(plan: string | undefined): Around {
  if (plan === undefined || plan === '') return nothingAround;
  return crashPoints(readFailpoints(plan, { kill: () => process.kill(process.pid, 'SIGKILL'), pause: () => process.kill(process.pid, 'SIGSTOP') }));
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const controller = await startController(config, undefined, faultsOf(process.env['VITRINE_FAILPOINT']));
  let isStopping = false;
  const stop = () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    globalThis.setTimeout(() => process.exit(1), config.drainSeconds * 1000).unref();
    controller.close('keep').then(() => process.exit(0), () => process.exit(1));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    process.stderr.write(`vitrine: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
