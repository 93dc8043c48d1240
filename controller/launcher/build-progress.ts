import { z } from 'zod';
import { readTrace } from './build-trace.ts';
import type { TracedStep } from './build-trace.ts';

/** How far a build has come: `done` of `total` steps (0 while that is not known), what the present one does, and the last lines of output. */
export type BuildProgress = { readonly done: number; readonly total: number; readonly step: string; readonly lines: readonly string[] };

/** Takes what an engine says of a build, record by record. */
export type BuildReader = {
  /** Takes one record; anything unknown in it is passed over. */
  take(record: unknown): void;
  /** Adds a line of one's own. */
  note(line: string): void;
  readonly progress: BuildProgress;
  /** Why the engine gave up; undefined unless it did. */
  readonly failure: string | undefined;
};

export const maxBuildLines = 200;
export const maxLineCharacters = 300;
const maxStages = 50;
/** Steps that are told of once each. */
const maxSteps = 1000;

const Record = z.object({
  id: z.string().optional().catch(undefined), aux: z.unknown().optional(), stream: z.string().optional().catch(undefined), status: z.string().optional().catch(undefined),
  progressDetail: z.object({ current: z.number().optional() }).optional().catch(undefined), error: z.string().optional().catch(undefined),
});

/** Steps as Dockerfiles number them: `[stage-1  2/11] RUN …` of BuildKit, `Step 7/23 : RUN …` of the classic builder, `STEP 7/23: RUN …` of Podman. */
const buildKitStep = /^\[(?:([\w.-]{1,100}) )?\s*(\d{1,4})\/(\d{1,4})\] (.*)$/s;
const classicStep = /^STEP (\d{1,4})\/(\d{1,4}) ?: (.*)$/is;
const writing = 'exporting to image';

/**
 * Reads the records of an engine's build, of either builder. Steps of all stages count together, writing the image is the
 * last one. The engine is believed in nothing: everything kept is bounded, and a number never goes back.
 */
export function createBuildReader(): BuildReader {
  const stages = new Map<string, { done: number; readonly total: number }>();
  const steps = new Set<string>();
  let lines: string[] = [];
  let failure: string | undefined;
  let classic: { readonly done: number; readonly total: number } | undefined;
  let step = '';
  let isWriting = false;

  const note = (text: string): void => {
    const clean = plainLine(text);
    if (clean !== '') lines = [...lines, clean].slice(-maxBuildLines);
  };
  const takeStep = ({ name, isStarted, isCompleted, isCached, error }: TracedStep): void => {
    const [, stage = '', index, total, instruction = ''] = buildKitStep.exec(name) ?? [];
    if (index !== undefined && (stages.has(stage) || stages.size < maxStages)) {
      const known = stages.get(stage) ?? { done: 0, total: Number(total) };
      if (isCompleted && error === '') known.done = Math.min(known.total, Math.max(known.done, Number(index)));
      stages.set(stage, known);
    }
    if (name === writing && isStarted) isWriting = true;
    const line = plainLine(name);
    const isNew = !steps.has(line) && steps.size < maxSteps;
    if (isNew && isStarted && !isCompleted) {
      step = index === undefined ? line : plainLine(instruction);
      steps.add(line);
      note(line);
    }
    if (isNew && isCompleted && isCached) {
      steps.add(line);
      note(`${line} (as before)`);
    }
    if (isCompleted && error !== '') note(`${name}: ${error}`);
  };
  const takeStream = (text: string): void => {
    const [, index, total, instruction] = classicStep.exec(text.trim()) ?? [];
    if (index !== undefined && instruction !== undefined) {
      const told = Math.max(classic?.total ?? 0, Number(total) + 1);
      classic = { done: Math.min(told, Math.max(classic?.done ?? 0, Number(index) - 1)), total: told };
      step = plainLine(instruction);
    }
    if (text.startsWith('Successfully built') && classic !== undefined) classic = { ...classic, done: Math.max(classic.done, classic.total - 1) };
    for (const line of text.split('\n')) note(line);
  };
  const take = (given: unknown): void => {
    const record = Record.safeParse(given).data;
    if (record === undefined) return;
    if (record.error !== undefined) failure = plainLine(record.error) || 'the engine gave no reason';
    if (record.stream !== undefined) takeStream(record.stream);
    if (record.status !== undefined && record.progressDetail?.current === undefined) note(record.status);
    if (record.id !== 'moby.buildkit.trace' || typeof record.aux !== 'string') return;
    for (const said of traceOf(record.aux)) {
      if (said.kind === 'step') takeStep(said);
      else for (const line of said.text.split('\n')) note(line);
    }
  };
  const counted = () => {
    const all = [...stages.values()];
    const total = all.reduce((sum, stage) => sum + stage.total, 0);
    if (total === 0) return classic ?? { done: 0, total: 0 };
    return { done: isWriting ? total : all.reduce((sum, { done }) => sum + done, 0), total: total + 1 };
  };
  let furthest = 0;
  return {
    take(record) {
      take(record);
      furthest = Math.max(furthest, counted().done);
    },
    note,
    get progress() {
      return { done: furthest, total: Math.max(furthest, counted().total), step, lines };
    },
    get failure() {
      return failure;
    },
  };
}

function traceOf(base64: string): ReturnType<typeof readTrace> {
  try {
    return readTrace(base64);
  } catch {
    return []; // No trace that is known: what else the engine says still counts.
  }
}

/** Text of an engine or a program as one line: no escape sequence, no control character, what a carriage return overwrote left out. */
export function plainLine(text: string): string {
  const last = text.replace(/\r+$/, '').split('\r').at(-1) ?? '';
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return last.replaceAll(/\u001B\[[0-9;?]*[ -/]*[@-~]/g, '').replaceAll(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]+/g, ' ').replaceAll(/ {2,}/g, ' ').trim().slice(0, maxLineCharacters).trimEnd();
}
