import type { Health, HealthCheck } from './api/health.ts';
import { VitrineError } from './errors.ts';
import type { Journal } from './journal/journal.ts';
import type { DiskUse } from './journal/upkeep.ts';
import type { Launcher } from './launcher/launcher.ts';

const checkMs = 5000;
/** Whoever asks more often gets the last answer again: asking is open to all, and costs the engine and the disk something. */
const maxAgeMs = 1000;

export type HealthSources = { readonly launcher: Launcher; readonly journal: Journal; readonly diskUse: () => DiskUse; readonly image: string };

/** Whether the controller can do its work, as of at most a second ago. */
export function createHealth(sources: HealthSources): Health {
  let last: { readonly at: number; readonly answer: ReturnType<Health> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > maxAgeMs) last = { at: performance.now(), answer: look(sources) };
    return last.answer;
  };
}

async function look({ launcher, journal, diskUse, image }: HealthSources): ReturnType<Health> {
  const signal = AbortSignal.timeout(checkMs);
  const checks = await Promise.all([
    check('engine', async () => void (await launcher.version(signal))),
    check('image', async () => {
      if ((await launcher.image(image, signal)) === undefined) throw new VitrineError('image_missing', `the engine has no image ${image}: build it in the console, with vitrine image build or with npm run setup`);
    }),
    check('journal', async () => journal.checkWritable()),
    check('disk', async () => journal.checkRoom()),
  ]);
  return { ready: checks.every(({ ok }) => ok), checks, disk: diskUse() };
}

async function check(name: string, work: () => Promise<void>): Promise<HealthCheck> {
  try {
    await work();
    return { name, ok: true, reason: null };
  } catch (error) {
    return { name, ok: false, reason: VitrineError.from(error).message };
  }
}
