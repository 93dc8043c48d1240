import { setTimeout } from 'node:timers/promises';
import { places } from '../../../sandbox-image/wire/index.ts';
import type { Desktop, StageTime } from '../../desktops/desktop.ts';
import { VitrineError } from '../../errors.ts';
import type { RunCommand } from '../chart/run-command.ts';
import type { RunEffectOf } from '../chart/run-effect.ts';
import type { RunRequest } from '../run.ts';
import { filesOf, placeInHome } from '../files/upload.ts';
import type { EffectOwner, EffectTools } from './effect.ts';

/** How often a run that waits for a free place looks again. */
const retryMs = 500;

/** Launches the run's desktop, or finds it running after a restart, and makes it the run's own. */
export async function launchDesktop(effect: RunEffectOf<'launch'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const { context, tools } = owner;
  const { desktopId, spec } = effect;
  const begunAt = performance.now();
  const take = async () => {
    const running = tools.desktops.get(desktopId);
    if (running !== undefined) return running;
    if (typeof effect.replaces === 'string') await tools.desktops.release(effect.replaces, 'it was lost; its run begins anew on another');
    const onStage = (time: StageTime) => tools.say(context.runId, { type: 'desktop.stage', at: tools.now(), desktopId, time });
    const onWait = (reason: string) => tools.say(context.runId, { type: 'desktop.waits', at: tools.now(), desktopId, reason });
    return launchWhenPossible(() => tools.desktops.launch(desktopId, spec, { project: context.project, runId: context.runId }, onStage, signal), tools, onWait, signal);
  };
  return makeOwn(effect, owner, take, begunAt, signal);
}

/**
 * Desktops of callers, and kept ones, count too: a run that was admitted waits until one of them goes. It also waits while
 * the image that it lacks is being built; `onWait` is told why, again whenever that changes.
 */
async function launchWhenPossible(launch: () => Promise<Desktop>, { images }: EffectTools, onWait: (reason: string) => void, signal: AbortSignal): Promise<Desktop> {
  let mayBeThere = images !== undefined;
  for (;;) {
    try {
      return await launch();
    } catch (error) {
      const code = error instanceof VitrineError ? error.code : undefined;
      if (code === 'image_missing' && mayBeThere) mayBeThere = await waitForImage(images, onWait, signal);
      else if (code !== 'too_many_requests') throw error;
      await setTimeout(retryMs, undefined, { signal });
    }
  }
}

/** Waits as long as the image is being built. Whether it was: where nothing built it, it may have been built just before. */
async function waitForImage(images: EffectTools['images'], onWait: (reason: string) => void, signal: AbortSignal): Promise<boolean> {
  let told: string | undefined;
  for (;;) {
    const reason = await images?.worthWaiting(signal);
    if (reason === undefined) return told !== undefined;
    if (reason !== told) onWait(reason);
    told = reason;
    await setTimeout(retryMs, undefined, { signal });
  }
}

/** Makes a desktop that is there already the run's own. */
export async function attachDesktop(effect: RunEffectOf<'attach'>, owner: EffectOwner, signal: AbortSignal): Promise<RunCommand> {
  const take = async () => {
    const desktop = owner.tools.desktops.get(effect.desktopId);
    if (desktop === undefined) throw new VitrineError('not_found', `there is no desktop ${effect.desktopId}`);
    return desktop;
  };
  return makeOwn(effect, owner, take, performance.now(), signal);
}

type TakeEffect = RunEffectOf<'launch'> | RunEffectOf<'attach'>;

async function makeOwn({ effectId, desktopId, epoch }: TakeEffect, owner: EffectOwner, take: () => Promise<Desktop>, begunAt: number, signal: AbortSignal): Promise<RunCommand> {
  const { context, tools } = owner;
  try {
    const desktop = await take();
    tools.desktops.hold(desktopId, context.runId);
    await desktop.setEpoch(epoch, signal);
    if (context.driver === 'model') {
      const briefing = tools.makeBriefing(desktop.display, instructionsOf(context.request));
      tools.say(context.runId, { type: 'briefing', at: tools.now(), ...briefing });
    }
    return { type: 'desktop.ready', at: tools.now(), effectId, desktopId, display: desktop.display, launchMs: performance.now() - begunAt };
  } catch (error) {
    tools.log.warn({ err: error, runId: context.runId, desktopId }, 'no desktop for the run');
    return { type: 'desktop.failed', at: tools.now(), effectId, message: VitrineError.from(error).message };
  }
}

/** What the caller adds to the briefing, which files belong to the task, and how the run's secrets are typed. */
function instructionsOf(request: RunRequest): string | undefined {
  const parts = [request.instructions, wordsOfFiles(request), wordsOfSecrets(request)].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join('\n\n');
}

function wordsOfFiles(request: RunRequest): string | undefined {
  const paths = filesOf(request).map(({ path }) => JSON.stringify([places.home, ...(placeInHome(path) ?? [path])].join('/')));
  if (paths.length === 0) return undefined;
  return paths.length === 1 ? `A file that belongs to the task lies on your desktop: ${paths[0]}.` : `Files that belong to the task lie on your desktop:\n${paths.map((path) => `- ${path}`).join('\n')}`;
}

function wordsOfSecrets(request: RunRequest): string | undefined {
  const secrets = request.secrets ?? []; // Runs of an older program name none.
  if (secrets.length === 0) return undefined;
  return `You may use these secrets: ${secrets.join(', ')}. Where the value of one belongs, type {{secret:name}} as part of the text: the value is typed in its place, and you never need to know it. Type it only where the task wants it, and do not read it back from the screen.`;
}
