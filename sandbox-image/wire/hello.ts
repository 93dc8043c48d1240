import { z } from 'zod';
import { Display } from './action.ts';
import { method } from './method.ts';

/**
 * The wire's version; a controller speaks this one and those before it.
 *
 * 3: frames name the focused window, and `perform` may name the one that it expects; the shim holds up view servers
 * (`startView`) and makes thumbnails (`thumbnail`).
 * 2: hands know the control epoch (`setEpoch`, and `epoch` on what acts) and end a process (`endProcess`); the shim takes
 * an `epoch` with `writeClipboard`. Everything else is as in 1.
 */
export const protocolVersion = 3;

/**
 * The first request on every connection, to either server; nothing else is answered before it.
 * `controllerEpoch` grows with every start of the controller: a connection with an older one than the desktop has
 * seen is refused with `stale_epoch`, and a newer one ends the older connections. The answer names the version that is
 * spoken from then on: the lower one of both ends' (a desktop of version 1 names its own whatever it is asked).
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
    /** The server's present control epoch; present in the shim's answer, and from version 2 on in hands'. */
    epoch: z.int().nonnegative().optional(),
    /** Why the desktop is broken, if it is. */
    broken: z.string().optional(),
  }),
);
