import { z } from 'zod';
import type { DesktopImage, ImageBuild, Launcher } from '../launcher/launcher.ts';

/** A build of the desktop's image, under way or the last one. */
export const ImageBuildView = z.strictObject({
  state: z.enum(['building', 'built', 'failed', 'cancelled']),
  startedAt: z.int(),
  endedAt: z.int().nullable(),
  /** Steps that are done, of `total`; 0 of 0 while it is not known how many there are. */
  done: z.int(),
  total: z.int(),
  /** The present step, as the Dockerfile has it; empty before the first. */
  step: z.string(),
  /** The end of its output, oldest first. */
  lines: z.array(z.string()),
  /** Why it failed, and what to do. */
  failure: z.string().nullable(),
}).meta({ id: 'ImageBuild' });

/** The image that desktops are made from. `failed`: it is missing, and the last build of it failed. */
export const DesktopImageView = z.strictObject({
  name: z.string(),
  state: z.enum(['present', 'missing', 'building', 'failed']),
  image: z.strictObject({
    id: z.string(), createdAt: z.int(),
    /** Whether it was built from what a build now would be made from; null where it does not say. */
    isCurrent: z.boolean().nullable(),
  }).nullable(),
  build: ImageBuildView.nullable(),
  /** Why Vitrine does not build it; null if it does. */
  cannotBuild: z.string().nullable(),
}).meta({ id: 'DesktopImage' });
export type DesktopImageView = z.infer<typeof DesktopImageView>;

/** The image that desktops are made from. Throws what the launcher throws. */
export interface DesktopImages {
  look(signal: AbortSignal): Promise<DesktopImageView>;
  /** Begins to build it, or joins the build under way. */
  build(signal: AbortSignal): Promise<DesktopImageView>;
  /** Gives the build under way up, if there is one. */
  cancel(signal: AbortSignal): Promise<DesktopImageView>;
  /** Why a desktop that lacks its image should wait, in words; undefined where nothing builds it. Never rejects: then nothing does. */
  worthWaiting(signal: AbortSignal): Promise<string | undefined>;
}

/** The desktop's image as a launcher has it. */
export function createDesktopImages(launcher: Launcher): DesktopImages {
  const look = async (signal: AbortSignal) => viewOf(await launcher.desktopImage(signal));
  return {
    look,
    async build(signal) {
      await launcher.buildImage(signal);
      return look(signal);
    },
    async cancel(signal) {
      await launcher.cancelBuild(signal);
      return look(signal);
    },
    async worthWaiting(signal) {
      const build = await look(signal).then((view) => view.build, () => null);
      if (build?.state !== 'building') return undefined;
      return `the desktop's image is being built${build.total === 0 ? '' : `, step ${Math.min(build.done + 1, build.total)} of ${build.total}`}`;
    },
  };
}

function viewOf({ name, image, cannotBuild, build }: DesktopImage): DesktopImageView {
  return {
    name, image: image === undefined ? null : { ...image, isCurrent: image.isCurrent ?? null },
    state: build?.state === 'building' ? 'building' : image !== undefined ? 'present' : build?.state === 'failed' ? 'failed' : 'missing',
    build: build === undefined ? null : buildViewOf(build), cannotBuild: cannotBuild ?? null,
  };
}

function buildViewOf({ lines, endedAt, failure, ...build }: ImageBuild): z.infer<typeof ImageBuildView> {
  return { ...build, lines: [...lines], endedAt: endedAt ?? null, failure: failure ?? null };
}
