import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Desktop } from '../desktops/desktop.ts';
import { VitrineError } from '../errors.ts';
import { Danger, expected, probes, Seen } from './probe.ts';
import type { Profile } from './probe.ts';

/** What an installation gives a desktop: the bounds that the resource probes are held to. */
export type DesktopLimits = { readonly memoryBytes: number; readonly cpus: number; readonly pids: number };

/** One attempt: what should be seen of it, what was seen, and whether that is as it should be. */
export const ProbeResult = z.strictObject({ name: z.string(), danger: Danger, expected: z.array(Seen), seen: Seen, detail: z.string(), ok: z.boolean() }).meta({ id: 'ProbeResult' });
export type ProbeResult = z.infer<typeof ProbeResult>;

/** All attempts on one desktop. */
export const SelfTest = z.strictObject({ desktopId: z.string(), profile: z.enum(['browser', 'strict']), ok: z.boolean(), durationMs: z.number(), probes: z.array(ProbeResult) }).meta({ id: 'SelfTest' });
export type SelfTest = z.infer<typeof SelfTest>;

const Line = z.object({ probe: z.string(), seen: Seen, detail: z.string().max(400) });
const program = new URL('probes.py', import.meta.url);
const deadlineMs = 180_000;
const maxOutputBytes = 256 * 1024;
/** Of the container template. */
const openFiles = 4096;

/**
 * Tries every way out of a desktop, as its agent could, and compares what is seen with what its profile promises. It
 * takes some ten seconds, in which the desktop is short of memory and processes now and then. The answers are the
 * desktop's own: a desktop that was taken over may lie, so it is a test of a fresh one. Rejects with `desktop_broken`
 * when the attempts cannot be made.
 */
export async function selfTest(desktop: Pick<Desktop, 'id' | 'runProgram'>, profile: Profile, limits: DesktopLimits, signal: AbortSignal): Promise<SelfTest> {
  const stdin = JSON.stringify({ probes: probes.map(({ name }) => name), limits: { ...limits, files: openFiles } });
  const { exitCode, stdout, stderr, timedOut, durationMs } = await desktop.runProgram({ argv: ['python3', '-c', await readFile(program, 'utf8')], stdin, deadlineMs, maxOutputBytes }, signal);
  if (exitCode !== 0 || timedOut) {
    const why = timedOut ? `not done after ${deadlineMs} ms` : `ended with ${exitCode}: ${stderr.toString('utf8').trim().slice(-300)}`;
    throw new VitrineError('desktop_broken', `the self-test of desktop ${desktop.id} could not be made: ${why}`);
  }
  const seen = new Map(stdout.toString('utf8').split('\n').flatMap((line) => readLine(line)));
  const results = probes.map((probe): ProbeResult => {
    const { seen: word, detail } = seen.get(probe.name) ?? { seen: 'unknown' as const, detail: 'the desktop does not say' };
    const wanted = expected(probe, profile);
    return { ...probe, expected: [...wanted], seen: word, detail, ok: wanted.includes(word) };
  });
  return { desktopId: desktop.id, profile, ok: results.every(({ ok }) => ok), durationMs, probes: results };
}

function readLine(line: string): [string, z.infer<typeof Line>][] {
  try {
    const parsed = Line.safeParse(JSON.parse(line));
    return parsed.success ? [[parsed.data.probe, parsed.data]] : [];
  } catch {
    return []; // No answer of a probe: what is missing counts as unknown.
  }
}
