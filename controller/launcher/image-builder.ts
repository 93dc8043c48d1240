import type Docker from 'dockerode';
import { z } from 'zod';
import { contentHash } from '../content-hash.ts';
import { VitrineError } from '../errors.ts';
import { buildContext } from './build-context.ts';
import { createBuildReader } from './build-progress.ts';
import type { BuildReader } from './build-progress.ts';
import { engineCall } from './engine-call.ts';
import { engineGet } from './engine-get.ts';
import { engineRecords } from './engine-records.ts';
import type { RecordsRequest } from './engine-records.ts';
import { contentLabel, whyNotBuilt } from './image-recipe.ts';
import type { ImageRecipe } from './image-recipe.ts';
import type { BuiltImage, DesktopImage, ImageBuild } from './launcher.ts';
import { parseReply } from './replies.ts';

const ImageReply = z.object({ Id: z.string().min(1).max(200), Created: z.string().catch(''), Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish().catch(undefined) });

const buildMs = 45 * 60_000;
const pullMs = 15 * 60_000;
/** An engine that says nothing for so long is not building any more. Installing the desktop's programs says something every few seconds. */
const silenceMs = 10 * 60_000;
/** A registry that has not answered by then is not there. */
const registryAnswerMs = 20_000;
/** What was found on the engine is asked for again after this long. */
const maxAgeMs = 1000;

/** A look is shared by whoever asks meanwhile; each call of it has its deadline. */
const neverAborted = new AbortController().signal;

type Work = { readonly reader: BuildReader; readonly startedAt: number; readonly stop: AbortController; state: ImageBuild['state']; endedAt: number | undefined; failure: string | undefined };

/**
 * Builds the one image of a recipe on an engine, one build at a time, and tells how far it is. A build ends with this
 * process: the engine gives up what nobody waits for, and what was finished of it is in its cache for the next.
 */
export class ImageBuilder {
  readonly #docker: Docker;
  readonly #engineUrl: string;
  readonly #recipe: ImageRecipe;
  #work: Work | undefined;
  #found: { readonly at: number; readonly image: Promise<BuiltImage | undefined> } | undefined;

  readonly #lookMs: number;

  /** `lookMs`: the longest time of one look at the engine. */
  constructor(docker: Docker, engineUrl: string, recipe: ImageRecipe, lookMs: number) {
    this.#docker = docker;
    this.#engineUrl = engineUrl;
    this.#recipe = recipe;
    this.#lookMs = lookMs;
  }

  /** What is there, and what is being done. Rejects when the engine cannot be asked. */
  async look(signal: AbortSignal): Promise<DesktopImage> {
    signal.throwIfAborted();
    if (this.#found === undefined || performance.now() - this.#found.at > maxAgeMs) {
      const image = this.#image(neverAborted);
      image.catch(() => {}); // Told to whoever waits for it below.
      this.#found = { at: performance.now(), image };
    }
    const image = await this.#found.image;
    return { name: this.#recipe.tag, image, cannotBuild: whyNotBuilt(this.#recipe.tag), build: this.#work && viewOf(this.#work) };
  }

  /** Begins a build, or joins the one under way unless that was cancelled. Throws `unprocessable` where the image is not ours to build. */
  begin(): void {
    const why = whyNotBuilt(this.#recipe.tag);
    if (why !== undefined) throw new VitrineError('unprocessable', why);
    if (this.#work?.state === 'building' && !this.#work.stop.signal.aborted) return;
    const work: Work = { reader: createBuildReader(), startedAt: Date.now(), stop: new AbortController(), state: 'building', endedAt: undefined, failure: undefined };
    this.#work = work;
    void this.#build(work).then(() => 'built' as const, (reason: unknown) => {
      work.failure = work.stop.signal.aborted ? undefined : VitrineError.from(reason).message;
      return work.stop.signal.aborted ? 'cancelled' as const : 'failed' as const;
    }).then((state) => {
      this.#found = undefined;
      work.endedAt = Date.now();
      work.state = state;
    });
  }

  /** Gives the build under way up; nothing where there is none. */
  cancel(): void {
    if (this.#work?.state === 'building') this.#work.stop.abort(new VitrineError('conflict', 'the build was cancelled'));
  }

  async #build({ reader, stop: { signal } }: Work): Promise<void> {
    for (const base of this.#recipe.bases) await this.#provide(base, reader, signal);
    const content = await this.#content(signal);
    const context = await buildContext(this.#recipe).catch((cause: Error) => {
      throw new VitrineError('unavailable', `the files of the image cannot be read: ${cause.message}`, { cause });
    });
    await this.#records(`build ${this.#recipe.tag}`, {
      path: '/build', file: context,
      // BuildKit, as set-up's buildx has it, so that both have one cache; rm and forcerm are for the classic builder, which Podman's stands for.
      options: { t: this.#recipe.tag, dockerfile: this.#recipe.dockerfile, version: '2', rm: true, forcerm: true, labels: { [contentLabel]: content }, buildargs: this.#recipe.buildArgs },
    }, reader, { timeoutMs: buildMs, firstMs: silenceMs }, signal);
    if (await this.#image(signal) === undefined) throw new VitrineError('engine_unavailable', `the Docker engine ended the build of ${this.#recipe.tag} and has no such image`);
  }

  /** Sees to a base image: one that is there is used, else it is pulled, as set-up does. */
  async #provide(name: string, reader: BuildReader, signal: AbortSignal): Promise<void> {
    if (await this.#inspect(name, signal) !== undefined) return;
    reader.note(`pulling ${name}`);
    const pulled = this.#records(`pull ${name}`, { path: '/images/create', options: { fromImage: name } }, reader, { timeoutMs: pullMs, firstMs: registryAnswerMs }, signal);
    await pulled.catch((reason: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw new VitrineError('engine_unavailable', `${VitrineError.from(reason).message}. Let the engine reach an image registry, or run "npm run setup" on its machine, which makes ${name} without one`, { cause: reason });
    });
  }

  async #records(what: string, request: RecordsRequest, reader: BuildReader, limit: { readonly timeoutMs: number; readonly firstMs: number }, signal: AbortSignal): Promise<void> {
    const silent = new AbortController();
    const hush = (ms: number) => setTimeout(() => silent.abort(new VitrineError('deadline_exceeded', `the Docker engine at ${this.#engineUrl} said nothing for ${ms} ms when it was to ${what}`)), ms);
    let timer = hush(limit.firstMs);
    const onRecord = (record: unknown) => {
      clearTimeout(timer);
      timer = hush(silenceMs);
      reader.take(record);
    };
    try {
      const call = { what, engineUrl: this.#engineUrl, timeoutMs: limit.timeoutMs };
      await engineCall(call, (abortSignal) => engineRecords(this.#docker, request, onRecord, abortSignal), AbortSignal.any([signal, silent.signal]));
    } finally {
      clearTimeout(timer);
    }
    if (reader.failure !== undefined) throw new VitrineError('engine_unavailable', `the Docker engine could not ${what}: ${reader.failure}`);
  }

  async #image(signal: AbortSignal): Promise<BuiltImage | undefined> {
    const found = await this.#inspect(this.#recipe.tag, signal);
    if (found === undefined) return undefined;
    const label = found.Config?.Labels?.[contentLabel];
    const content = label === undefined ? undefined : await this.#content(signal).catch(() => undefined);
    return { id: found.Id, createdAt: Date.parse(found.Created) || 0, isCurrent: label === undefined || content === undefined ? undefined : label === content };
  }

  /** The hash of what a build now would be made from: the recipe's files and the images it begins with. */
  async #content(signal: AbortSignal): Promise<string> {
    const bases = await Promise.all(this.#recipe.bases.map(async (name) => String((await this.#inspect(name, signal))?.Id ?? null)));
    try {
      return contentHash(this.#recipe.root, this.#recipe.inputs, bases);
    } catch (cause) {
      throw new VitrineError('unavailable', `the files of the image cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }

  async #inspect(name: string, signal: AbortSignal): Promise<z.output<typeof ImageReply> | undefined> {
    const what = `look up image ${name}`;
    try {
      const reply = await engineCall({ what, engineUrl: this.#engineUrl, timeoutMs: this.#lookMs, image: name }, (abortSignal) => engineGet(this.#docker, `/images/${encodeURI(name)}/json`, abortSignal), signal);
      return parseReply(ImageReply, reply, what);
    } catch (error) {
      if (error instanceof VitrineError && error.code === 'image_missing') return undefined;
      throw error;
    }
  }
}

function viewOf({ reader, state, startedAt, endedAt, failure }: Work): ImageBuild {
  const { done, total, step, lines } = reader.progress;
  return { state, startedAt, endedAt, done: state === 'built' ? total : done, total, step, lines, failure };
}
