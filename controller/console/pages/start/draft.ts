import type { CallOf } from '../../../api/contract.ts';
import type { Run, RunNetwork } from '../../api/answers.ts';
import { hostsOf, hostText } from './hosts.ts';

export type RunRequest = NonNullable<CallOf<'POST /api/runs'>['body']>;

/** A run as it is being written: the fields as they are typed. An empty field leaves the choice to Vitrine. */
export type Draft = {
  readonly task: string;
  readonly model: string;
  /** A template of desktops; empty for the usual one. */
  readonly template: string;
  readonly width: string;
  readonly height: string;
  /** `template`: as the template says. */
  readonly network: 'none' | 'allow' | 'ask' | 'open' | 'template';
  readonly hosts: string;
  readonly shell: boolean;
  readonly files: boolean;
  /** Whether the model may ask a person. */
  readonly questions: boolean;
  readonly secrets: string;
  readonly maxSteps: string;
  readonly maxMinutes: string;
  readonly maxTokens: string;
  readonly maxCostUsd: string;
  readonly approvalMinutes: string;
  readonly keepMinutes: string;
  readonly rules: string;
};

export const emptyDraft: Draft = {
  task: '', model: '', template: '', width: '1280', height: '800', network: 'none', hosts: '', shell: false, files: false, questions: true, secrets: '',
  maxSteps: '', maxMinutes: '', maxTokens: '', maxCostUsd: '', approvalMinutes: '', keepMinutes: '', rules: '',
};

const ownModes: readonly string[] = ['none', 'allow', 'ask', 'open'];

/** What a draft changes when a template is chosen, or none: what the template says is left to it. */
export function withTemplate(template: string): Partial<Draft> {
  if (template === '') return { template, network: emptyDraft.network, width: emptyDraft.width, height: emptyDraft.height };
  return { template, network: 'template', width: '', height: '' };
}

/** What is wrong with which fields, in words. */
export type Problems = Partial<Record<keyof Draft, string>>;

/** The request that a draft comes to, or what is wrong with it. */
export function requestOf(draft: Draft): { readonly request: RunRequest } | { readonly problems: Problems } {
  const problems: Problems = {};
  const number = (name: keyof Draft, { min, max, whole = true }: { readonly min: number; readonly max: number; readonly whole?: boolean }): number | undefined => {
    const text = String(draft[name]).trim();
    if (text === '') return undefined;
    const value = Number(text);
    if (!Number.isFinite(value) || value < min || value > max || (whole && !Number.isInteger(value))) problems[name] = `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`;
    return value;
  };
  const task = draft.task.trim();
  if (task === '') problems.task = 'say what is to be done';
  const width = number('width', { min: 320, max: 4096 });
  const height = number('height', { min: 320, max: 4096 });
  if ((width === undefined) !== (height === undefined)) problems[width === undefined ? 'width' : 'height'] = 'both, or neither';
  const maxSteps = number('maxSteps', { min: 1, max: 100_000 });
  const maxMinutes = number('maxMinutes', { min: 0.1, max: 10_080, whole: false });
  const maxTokens = number('maxTokens', { min: 1, max: 1_000_000_000 });
  const maxCostUsd = number('maxCostUsd', { min: 0.0001, max: 1_000_000, whole: false });
  const approvalMinutes = number('approvalMinutes', { min: 0.1, max: 1440, whole: false });
  const keepMinutes = number('keepMinutes', { min: 0, max: 1440, whole: false });
  const network = networkOf(draft, problems);
  const policy = rulesOf(draft.rules, problems);
  const secrets = draft.secrets.split(/[\s,]+/).filter((name) => name !== '');
  if (Object.keys(problems).length > 0) return { problems };
  const budgets = { ...given({ maxSteps, maxTokens, maxCostUsd, maxDurationMs: minutes(maxMinutes) }) };
  const tools = [...(draft.shell ? ['shell' as const] : []), ...(draft.files ? ['files' as const] : []), ...(draft.questions ? ['ask_person' as const] : [])];
  return {
    request: {
      task,
      ...(width === undefined || height === undefined ? {} : { display: { width, height } }),
      ...given({ template: draft.template === '' ? undefined : draft.template, model: draft.model === '' ? undefined : draft.model, approvalTimeoutMs: minutes(approvalMinutes), keepForMs: minutes(keepMinutes), network, policy }),
      ...(Object.keys(budgets).length === 0 ? {} : { budgets }), ...(tools.length === 0 ? {} : { tools }), ...(secrets.length === 0 ? {} : { secrets }),
    },
  };
}

/** A draft with what an earlier run was given; what its view does not tell stays as it was. */
export function draftOf(run: Pick<Run, 'task' | 'model' | 'budgets'>, policy: RunNetwork['policy'], before: Draft = emptyDraft): Draft {
  const { maxSteps, maxDurationMs, maxTokens, maxCostUsd } = run.budgets;
  return {
    ...before, task: run.task, model: run.model ?? '', template: '', network: policy.mode,
    hosts: 'allow' in policy ? policy.allow.map(hostText).join('\n') : '',
    maxSteps: String(maxSteps), maxMinutes: String(maxDurationMs / 60_000), maxTokens: String(maxTokens), maxCostUsd: maxCostUsd === undefined ? '' : String(maxCostUsd),
  };
}

/** What of a draft is kept for the next one: the choices, not the task. */
export function choicesOf({ task: _task, ...choices }: Draft): string {
  return JSON.stringify(choices);
}

/** A draft with the choices that were kept; what cannot be read, or is of another kind than it should be, is left out. */
export function withChoices(kept: string | null): Draft {
  try {
    const value: unknown = JSON.parse(kept ?? '{}');
    const known = Object.entries(value ?? {}).filter(([name, one]) => name !== 'task' && Object.hasOwn(emptyDraft, name) && typeof one === typeof emptyDraft[name as keyof Draft]);
    const draft = { ...emptyDraft, ...Object.fromEntries(known) };
    const modes = draft.template === '' ? ownModes : [...ownModes, 'template'];
    return modes.includes(draft.network) ? draft : { ...draft, network: 'none' };
  } catch {
    return emptyDraft;
  }
}

function networkOf({ network, hosts }: Draft, problems: Problems): RunRequest['network'] {
  if (network === 'template') return undefined;
  if (network === 'none' || network === 'open') return { mode: network };
  const read = hostsOf(hosts);
  if ('problem' in read) {
    problems.hosts = read.problem;
    return undefined;
  }
  if (network === 'allow' && read.rules.length === 0) problems.hosts = 'name the hosts that may be reached: an empty list allows nothing';
  return { mode: network, allow: read.rules };
}

function rulesOf(text: string, problems: Problems): RunRequest['policy'] {
  if (text.trim() === '') return undefined;
  try {
    const rules: unknown = JSON.parse(text);
    if (Array.isArray(rules)) return rules as RunRequest['policy'];
    problems.rules = 'a list of rules: [ … ]';
  } catch (reason) {
    problems.rules = `no JSON: ${reason instanceof Error ? reason.message : String(reason)}`;
  }
  return undefined;
}

function minutes(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 60_000);
}

/** Without what is undefined: an absent field is the server's to choose. */
function given<Fields extends Record<string, unknown>>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
