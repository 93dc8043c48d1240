import { z } from 'zod';
import { Display } from './action.ts';
import { method } from './method.ts';

/** The wire's version. A desktop answers with its own; a controller speaks this one and the one before. */
export const protocolVersion = 1;

/**
 * The first request on every connection, to either server; nothing else is answered before it.
 * `controllerEpoch` grows with every start of the controller: a connection with an older one than the desktop has
 * seen is refused with `stale_epoch`, and a newer one ends the older connections.
 */
export const hello = method(
  z.strictObject({
    protocol: z.int().min(1),
    controllerEpoch: z.int().min(1),
    desktopId: z.string().min(1).max(64),
  }),
  z.strictObject({
    protocol: z.int().min(1),
    server: z.enum(['shim', 'hands']),
    /** Present in the shim's answer. */
    display: Display.optional(),
    /** The desktop's present control epoch; present in the shim's answer. */
    epoch: z.int().nonnegative().optional(),
    /** Why the desktop is broken, if it is. */
    broken: z.string().optional(),
  }),
);
