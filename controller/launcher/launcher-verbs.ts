import { z } from 'zod';
import { limits } from '../../sandbox-image/wire/index.ts';
import { statusOfCode } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { maxBuildLines, maxLineCharacters } from './build-progress.ts';

/*
 * What goes over the launcher's socket, one HTTP request each:
 *
 *   controller                                             launcher
 *   POST /create           {"spec":{…}}                 ─▶
 *                                                       ◀─ 200 {"result":{"containerId":"…"}}
 *   GET /open-stream?containerId=…&endpoint=shim           Connection: Upgrade
 *                                                       ─▶
 *                                                       ◀─ 101, then the engine's bytes as they are, both ways
 *   POST /start            {"containerId":"…"}          ─▶
 *                                                       ◀─ 410 {"error":{"code":"gone","message":"…"}}
 *
 * Closing the connection before the answer calls the work off.
 */

const ContainerId = z.string().regex(/^[0-9a-f]{12,128}$/);
const text = (max: number) => z.string().min(1).max(max);
const edge = z.int().min(limits.minDisplayEdge).max(limits.maxDisplayEdge);

/** A container as it may be asked for: no field beyond these. */
export const ContainerSpecShape = z.strictObject({
  desktopId: text(limits.maxIdCharacters), installId: text(64), project: z.string().max(200), runId: z.string().max(limits.maxIdCharacters).optional(), image: text(400),
  width: edge, height: edge, seccomp: z.enum(['browser', 'strict']), memoryBytes: z.int().positive(), cpus: z.number().positive(), pids: z.int().positive(),
  deadManSeconds: z.int().positive(), hardDeadline: z.int().positive(), controllerEpoch: z.int().nonnegative(),
});

const isolation = z.strictObject({ seccomp: z.boolean(), rootless: z.boolean(), userns: z.boolean(), cgroup: z.string(), memory: z.boolean(), swap: z.boolean(), pids: z.boolean(), cpu: z.boolean() });
const state = z.enum(['created', 'running', 'paused', 'exited', 'other']);
const nothing = z.strictObject({});
const BuiltImageShape = z.strictObject({ id: z.string().max(200), createdAt: z.number(), isCurrent: z.boolean().optional() });
const ImageBuildShape = z.strictObject({
  state: z.enum(['building', 'built', 'failed', 'cancelled']), startedAt: z.number(), endedAt: z.number().optional(), done: z.int().nonnegative(), total: z.int().nonnegative(),
  step: z.string().max(maxLineCharacters), lines: z.array(z.string().max(maxLineCharacters)).max(maxBuildLines), failure: z.string().max(4000).optional(),
});
const Target = z.strictObject({ containerId: ContainerId });

/** What the launcher can be asked, and what it answers. Opening a stream is the one verb besides. */
export const verbs = {
  version: { params: nothing, result: z.strictObject({
    engine: z.string(), api: z.string(), os: z.string(), arch: z.string(), cpus: z.int().positive(), memoryBytes: z.number().positive(),
    runc: z.string().optional(), runtimes: z.array(z.string()), isolation,
  }) },
  image: { params: z.strictObject({ name: text(400) }), result: z.strictObject({ id: z.string().optional() }) },
  /** The one image that the launcher's owner named. What it is built from, and how, is the launcher's own: there is nothing to be said about it. */
  'desktop-image': { params: nothing, result: z.strictObject({ name: text(400), image: BuiltImageShape.optional(), cannotBuild: z.string().max(1000).optional(), build: ImageBuildShape.optional() }) },
  'build-image': { params: nothing, result: nothing },
  'cancel-build': { params: nothing, result: nothing },
  create: { params: z.strictObject({ spec: ContainerSpecShape }), result: Target },
  start: { params: Target, result: nothing },
  'start-part': { params: z.strictObject({ containerId: ContainerId, part: z.enum(['session']) }), result: nothing },
  'log-tail': { params: z.strictObject({ containerId: ContainerId, maxBytes: z.int().min(1).max(65_536) }), result: z.strictObject({ text: z.string() }) },
  inspect: { params: Target, result: z.strictObject({ state, exitCode: z.int().optional() }) },
  list: { params: z.strictObject({ installId: text(64) }), result: z.strictObject({ containers: z.array(z.strictObject({
    containerId: z.string(), desktopId: z.string(), project: z.string(), runId: z.string().optional(), image: z.string(), width: z.number(), height: z.number(),
    createdAt: z.number(), controllerEpoch: z.number(), state,
  })) }) },
  remove: { params: Target, result: nothing },
} as const;

export type Verb = keyof typeof verbs;
export type VerbParams<Name extends Verb> = z.output<(typeof verbs)[Name]['params']>;
export type VerbResult<Name extends Verb> = z.output<(typeof verbs)[Name]['result']>;

/** The one verb that is answered by a stream. */
export const openStream = {
  path: '/open-stream',
  protocol: 'vitrine-stream',
  params: z.strictObject({ containerId: ContainerId, endpoint: z.enum(['shim', 'hands', 'forwarder', 'view', 'control']) }),
} as const;

/** The largest request: a container's spec is under 2 KiB. */
export const maxRequestBytes = 16 * 1024;
/** The largest answer: a list of desktops. */
export const maxAnswerBytes = 8 * 1024 * 1024;

const code = z.enum(Object.keys(statusOfCode) as [ErrorCode, ...ErrorCode[]]);
/** A refusal or failure. */
export const FailureAnswer = z.strictObject({ error: z.strictObject({ code, message: z.string().max(4000) }) });
