import { z } from 'zod';

/**
 * What version 1 of the wire let a controller ask, frozen: written down once from the program that spoke it, importing
 * nothing, so that it cannot move with the present tables. Every object is strict, as it was there.
 */
const path = z.string().min(1).max(1024);
const epoch = z.int().nonnegative();
const capture = z.strictObject({
  format: z.enum(['png', 'jpeg', 'webp']).optional(), quality: z.int().optional(), region: z.looseObject({}).optional(), maxWidth: z.int().optional(), maxHeight: z.int().optional(), pointer: z.boolean().optional(),
});
const settle = z.strictObject({ floorMs: z.int().optional(), quietMs: z.int().optional(), ceilingMs: z.int().optional() });
const argv = z.array(z.string()).min(1).max(256);

const hello = z.strictObject({ protocol: z.int().min(1), controllerEpoch: z.int().min(1), desktopId: z.string() });

/** Parameters of the shim's methods. */
export const shim1: Readonly<Record<string, z.ZodType>> = {
  hello,
  perform: z.strictObject({
    actionId: z.string(), epoch, action: z.looseObject({ type: z.string() }), decidedOn: z.string().optional(), staleTarget: z.enum(['refuse', 'warn', 'off']).optional(),
    allowAnimated: z.boolean().optional(), settle: settle.optional(), capture: capture.optional(),
  }),
  capture: z.strictObject({ capture: capture.optional(), settle: settle.optional() }),
  ledger: z.strictObject({ actionId: z.string() }),
  setEpoch: z.strictObject({ epoch: z.int().min(1) }),
  release: z.strictObject({}),
  state: z.strictObject({}),
  readClipboard: z.strictObject({}),
  writeClipboard: z.strictObject({ text: z.string() }),
  keepAlive: z.strictObject({ deadManSeconds: z.int().optional(), hardDeadline: z.int().optional() }),
};

/** Parameters of hands' methods. */
export const hands1: Readonly<Record<string, z.ZodType>> = {
  hello,
  listFiles: z.strictObject({ path: path.optional(), recursive: z.boolean().optional(), limit: z.int().optional() }),
  openFile: z.strictObject({ path, mode: z.enum(['read', 'write']) }),
  readFile: z.strictObject({ handle: z.int(), offset: z.int(), length: z.int() }),
  writeFile: z.strictObject({ handle: z.int(), offset: z.int() }),
  closeFile: z.strictObject({ handle: z.int(), commit: z.boolean().optional() }),
  removeFile: z.strictObject({ path }),
  runProgram: z.strictObject({ argv, cwd: path.optional(), env: z.record(z.string(), z.string()).optional(), stdin: z.string().optional(), deadlineMs: z.int().optional(), maxOutputBytes: z.int().optional() }),
  openProgram: z.strictObject({ argv, cwd: path.optional() }),
  listProcesses: z.strictObject({}),
};
