import { z } from 'zod';
import { Display } from '../../../sandbox-image/wire/index.ts';
import type { DesktopTemplate } from '../../desktops/container-spec.ts';
import { DesktopSpec } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import { isWithin } from '../../gate/is-within.ts';
import { NetworkPolicy } from '../../gate/network-policy.ts';
import type { PrivateTarget } from '../../gate/resolve-target.ts';
import { policyOf } from '../../policy/rule.ts';
import type { PolicyRule } from '../../policy/rule.ts';
import { RunRequest } from '../run.ts';
import type { Budgets } from '../run.ts';

const bound = z.int().min(1).optional();

/** What a deployment says once about a kind of desktop, under a name; whatever is absent is as it is for every desktop. */
export const Template = z.strictObject({
  /** For people. */
  description: z.string().trim().min(1).max(500).optional(),
  /** Size of the screen where a request gives none. */
  display: Display.optional(),
  /** The way out where a request gives none; requests may narrow it. */
  network: NetworkPolicy.optional(),
  /** The most that a run may take, whatever its request says. */
  budgets: z.strictObject({ maxSteps: bound, maxDurationMs: z.int().min(1000).optional(), maxTokens: bound, maxCostUsd: z.number().positive().optional() }).optional(),
  /** Rules besides those of the deployment. */
  rules: policyOf(100).default([]),
  image: z.string().min(1).max(256).optional(),
  seccomp: z.enum(['browser', 'strict']).optional(),
  memoryMb: z.int().min(256).max(1024 * 1024).optional(),
  cpus: z.number().min(0.1).max(1024).optional(),
  pids: z.int().min(64).max(1_000_000).optional(),
});
export type Template = z.infer<typeof Template>;

/** A template with its name, as the API shows it. */
export const NamedTemplate = Template.extend({ name: z.string() }).meta({ id: 'Template' });
export type NamedTemplate = z.infer<typeof NamedTemplate>;

/** Names of templates in files and requests. */
export const TemplateName = z.string().regex(/^[\w.-]{1,64}$/, { error: 'must be 1 to 64 letters, digits and . _ -' });

/** A request for a run as it is sent: what it leaves out its template says. */
export const NewRun = RunRequest.extend({ template: TemplateName.optional(), network: NetworkPolicy.optional() }).meta({ id: 'NewRun' });
export type NewRun = z.infer<typeof NewRun>;

/** A request for a desktop as it is sent. */
export const NewDesktop = DesktopSpec.extend({ display: Display.optional(), network: NetworkPolicy.optional() }).meta({ id: 'NewDesktop' });
export type NewDesktop = z.infer<typeof NewDesktop>;

/** The templates of a deployment. */
export interface Templates {
  /** Throws `invalid_request` naming those there are. */
  get(name: string): NamedTemplate;
  list(): readonly NamedTemplate[];
  /** What a way out that is open to everybody does not lead to. */
  readonly privateTargets: readonly PrivateTarget[];
}

/** Templates that every deployment has. */
export const builtIn: Readonly<Record<'default' | 'strict', Template>> = {
  default: { description: 'What the configuration says.', rules: [] },
  strict: { description: 'The same under the seccomp profile strict: Chromium without its own sandbox.', seccomp: 'strict', rules: [] },
};

/** The templates of a file, besides those that every deployment has. */
export function createTemplates(given: Readonly<Record<string, Template>> = {}, privateTargets: readonly PrivateTarget[] = []): Templates {
  const all = new Map(Object.entries({ ...builtIn, ...given }).map(([name, template]) => [name, { ...template, name }]));
  return {
    get(name) {
      const found = all.get(name);
      if (found === undefined) throw new VitrineError('invalid_request', `there is no desktop template ${JSON.stringify(name)}; there are: ${[...all.keys()].join(', ')}`);
      return found;
    },
    list: () => [...all.values()],
    privateTargets,
  };
}

/** What the containers of each template are made of, where a template says nothing as for every desktop. */
export function containersOf(templates: Templates, every: DesktopTemplate): Readonly<Record<string, DesktopTemplate>> {
  return Object.fromEntries(templates.list().map(({ name, image = every.image, seccomp = every.seccomp, memoryMb, cpus = every.cpus, pids = every.pids }) =>
    [name, { image, seccomp, memoryBytes: memoryMb === undefined ? every.memoryBytes : memoryMb * 2 ** 20, cpus, pids }]));
}

/** Rules of a template; none where a run of an older program names one that is gone. */
export function rulesOf(templates: Templates, name: string | undefined): readonly PolicyRule[] {
  return templates.list().find((template) => template.name === (name ?? 'default'))?.rules ?? [];
}

/** The whole request for a run: its own words where its template allows them. Throws `forbidden` for a wider way out than the template's, unless the asker may widen it. */
export function runOn(template: NamedTemplate, { network, ...request }: NewRun, mayWiden: boolean, privateTargets: readonly PrivateTarget[] = []): RunRequest {
  const display = request.display ?? template.display;
  return { ...request, ...(display === undefined ? {} : { display }), network: networkOn(template, network, mayWiden, privateTargets), budgets: boundedBy(request.budgets, template.budgets) };
}

/** The whole request for a desktop. Throws as `runOn` does. */
export function desktopOn(template: NamedTemplate, { display, network }: NewDesktop, mayWiden: boolean, privateTargets: readonly PrivateTarget[] = []): DesktopSpec & { readonly network: NetworkPolicy } {
  const size = display ?? template.display;
  return { ...DesktopSpec.parse({ template: template.name, ...(size === undefined ? {} : { display: size }) }), network: networkOn(template, network, mayWiden, privateTargets) };
}

function networkOn(template: NamedTemplate, asked: NetworkPolicy | undefined, mayWiden: boolean, privateTargets: readonly PrivateTarget[]): NetworkPolicy {
  const given = template.network ?? { mode: 'none' };
  if (asked === undefined || mayWiden || isWithin(asked, given, privateTargets)) return asked ?? given;
  const what = template.network === undefined ? 'giving a desktop a way out' : `giving a desktop a wider way out than its template ${template.name} does`;
  throw new VitrineError('forbidden', `${what} needs the scope network:write, which this token lacks`, { details: { scope: 'network:write' } });
}

function boundedBy(asked: Budgets, { maxSteps, maxDurationMs, maxTokens, maxCostUsd }: NonNullable<Template['budgets']> = {}): Budgets {
  const cost = Math.min(asked.maxCostUsd ?? Infinity, maxCostUsd ?? Infinity);
  return {
    maxSteps: Math.min(asked.maxSteps, maxSteps ?? Infinity), maxDurationMs: Math.min(asked.maxDurationMs, maxDurationMs ?? Infinity), maxTokens: Math.min(asked.maxTokens, maxTokens ?? Infinity),
    ...(cost === Infinity ? {} : { maxCostUsd: cost }),
  };
}
