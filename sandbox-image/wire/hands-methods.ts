import { z } from 'zod';
import { hello } from './hello.ts';
import { limits } from './limits.ts';
import { method } from './method.ts';

/** A path inside the agent's home folder: relative to it, or absolute and beginning with it. No NUL, no `..`. */
export const HomePath = z.string().min(1).max(1024).refine((path) => !path.includes('\0'), { error: 'a path holds no NUL character' }).meta({ id: 'HomePath' });

/** One entry of a folder. Sizes in bytes, times in milliseconds since the epoch. */
export const FileEntry = z.strictObject({
  /** Relative to home, with `/`. */
  path: z.string(),
  kind: z.enum(['file', 'folder', 'link', 'other']),
  size: z.int().nonnegative(),
  modifiedAt: z.number().nonnegative(),
}).meta({ id: 'FileEntry' });
export type FileEntry = z.infer<typeof FileEntry>;

const Handle = z.int().min(1);
const Pid = z.int().positive();
/** The control epoch in which something was decided; any other than the desktop's is refused with `stale_epoch`. Without it nothing is compared. */
const epoch = z.int().nonnegative().optional();
const maxCommandCharacters = 400;

/** What hands (files and programs, as the agent's user) can be asked. What hands says is worth what the desktop says. */
export const handsMethods = {
  hello,

  /** Entries of a folder, sorted by name; at most `limit`. Links are listed, never followed. */
  listFiles: method(
    z.strictObject({ path: HomePath.default('.'), recursive: z.boolean().default(false), limit: z.int().min(1).max(10_000).default(1000) }),
    z.strictObject({ entries: z.array(FileEntry), truncated: z.boolean() }),
  ),

  /**
   * Opens a regular file under home for reading or writing. No link is followed on the way. Missing folders are made when
   * writing. An `epoch` is compared again with everything that is written under the handle, its commit included.
   */
  openFile: method(
    z.strictObject({ path: HomePath, mode: z.enum(['read', 'write']), epoch }),
    z.strictObject({ handle: Handle, size: z.int().nonnegative() }),
  ),
  /** At most `maxChunkBytes` from `offset`; an empty body is the end. */
  readFile: method(
    z.strictObject({ handle: Handle, offset: z.int().nonnegative(), length: z.int().min(1).max(limits.maxChunkBytes) }),
    z.strictObject({}),
    'response',
  ),
  /** Writes the body at `offset`. Nothing is visible under the path before `closeFile` with `commit`. */
  writeFile: method(z.strictObject({ handle: Handle, offset: z.int().nonnegative() }), z.strictObject({ written: z.int().nonnegative() }), 'request'),
  /** Ends a handle. A written file appears under its path at once and whole if `commit`, else not at all. */
  closeFile: method(z.strictObject({ handle: Handle, commit: z.boolean().default(true) }), z.strictObject({ size: z.int().nonnegative() })),
  /** Removes one file, link or empty folder. */
  removeFile: method(z.strictObject({ path: HomePath, epoch }), z.strictObject({})),

  /**
   * Runs one program in a process group of its own and waits for its end. The group is killed at the deadline, when the
   * request is cancelled, when the connection ends, and when control passes to a newer epoch that stops programs (the
   * request is refused with `stale_epoch` then). The body is standard output followed by standard error.
   */
  runProgram: method(
    z.strictObject({
      argv: z.array(z.string().max(limits.maxArgumentBytes)).min(1).max(limits.maxArguments),
      cwd: HomePath.default('.'),
      env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(32_768)).default({}),
      stdin: z.string().max(1024 * 1024).default(''),
      deadlineMs: z.int().min(1).max(limits.maxProgramMs).default(60_000),
      maxOutputBytes: z.int().min(1).max(limits.maxProgramOutputBytes).default(1024 * 1024),
      epoch,
    }),
    z.strictObject({
      exitCode: z.int().nullable(),
      signal: z.string().nullable(),
      timedOut: z.boolean(),
      /** True when output beyond `maxOutputBytes` was thrown away. */
      truncated: z.boolean(),
      stdoutBytes: z.int().nonnegative(),
      stderrBytes: z.int().nonnegative(),
      durationMs: z.number().nonnegative(),
    }),
    'response',
  ),

  /** Starts a program of the desktop (a browser, a terminal) without waiting for it; it belongs to the session, not to the connection. */
  openProgram: method(
    z.strictObject({ argv: z.array(z.string().max(limits.maxArgumentBytes)).min(1).max(limits.maxArguments), cwd: HomePath.default('.'), epoch }),
    z.strictObject({ pid: Pid }),
  ),

  /** Processes of the agent's user. */
  listProcesses: method(
    z.strictObject({}),
    z.strictObject({ processes: z.array(z.strictObject({ pid: z.int(), parent: z.int(), command: z.string().max(maxCommandCharacters), startedByHands: z.boolean() })).max(2000) }),
  ),

  /**
   * Raises the control epoch, as the shim's `setEpoch` does. With `stopPrograms` the groups of all programs that
   * `runProgram` has running for an older epoch, or for none, are killed; what `openProgram` started stays.
   */
  setEpoch: method(
    z.strictObject({ epoch: z.int().min(1), stopPrograms: z.boolean().default(false) }),
    z.strictObject({ epoch: z.int(), stopped: z.array(z.strictObject({ pid: Pid, command: z.string().max(maxCommandCharacters) })).max(64) }),
  ),

  /**
   * Ends one process of the agent's user: asked to first, killed after half a second. With a `command` other than the
   * process has it is a `conflict`: the number means something else by now.
   */
  endProcess: method(z.strictObject({ pid: Pid, command: z.string().max(maxCommandCharacters).optional(), epoch }), z.strictObject({})),
} as const;
export type HandsMethods = typeof handsMethods;
