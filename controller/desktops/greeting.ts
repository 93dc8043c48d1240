import { handsMethods, protocolVersion, shimMethods } from '../../sandbox-image/wire/index.ts';
import type { HandsMethods, Notice, ResultOf, ShimMethods } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';
import type { Launcher } from '../launcher/launcher.ts';
import type { Connection } from './connection.ts';
import { openConnection } from './open-connection.ts';
import { printable } from './wire-failure.ts';
import { oldestVersion } from './wire-versions.ts';

/** Who asks, and for which container. */
export type Caller = {
  readonly launcher: Launcher;
  readonly containerId: string;
  readonly desktopId: string;
  readonly controllerEpoch: number;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
};

const handshakeTimeoutMs = 5000;
const helloTimeoutMs = 5000;

export type Hello = ResultOf<ShimMethods, 'hello'>;

/**
 * Opens a greeted connection to the shim of a container. Rejects with `stale_epoch` when a newer controller has been
 * there, with `desktop_broken` when the desktop says that it is, with `unavailable` when nothing answers (yet).
 */
export async function greetShim(caller: Caller, signal: AbortSignal): Promise<{ readonly connection: Connection<ShimMethods>; readonly hello: Hello }> {
  const stream = await caller.launcher.openStream(caller.containerId, 'shim', signal);
  const options = { methods: shimMethods, name: `desktop ${caller.desktopId}`, handshakeTimeoutMs, onNotice: caller.onNotice };
  const connection = await openConnection(stream, options, signal);
  const hello = await greet(() => connection.call('hello', helloOf(caller), { timeoutMs: helloTimeoutMs }, signal), connection, 'shim');
  if (hello.broken !== undefined) {
    connection.close();
    throw new VitrineError('desktop_broken', `desktop ${caller.desktopId} is broken: ${printable(hello.broken, 500)}`);
  }
  return { connection, hello };
}

/** Opens a greeted connection to hands. Rejects as `greetShim` does. */
export async function greetHands(caller: Caller, signal: AbortSignal): Promise<{ readonly connection: Connection<HandsMethods>; readonly hello: Hello }> {
  const stream = await caller.launcher.openStream(caller.containerId, 'hands', signal);
  const options = { methods: handsMethods, name: `hands of desktop ${caller.desktopId}`, handshakeTimeoutMs, onNotice: caller.onNotice };
  const connection = await openConnection(stream, options, signal);
  const hello = await greet(() => connection.call('hello', helloOf(caller), { timeoutMs: helloTimeoutMs }, signal), connection, 'hands');
  return { connection, hello };
}

function helloOf({ controllerEpoch, desktopId }: Caller) {
  return { protocol: protocolVersion, controllerEpoch, desktopId };
}

async function greet(ask: () => Promise<{ readonly result: Hello }>, connection: Pick<Connection<ShimMethods>, 'breach' | 'close' | 'speak'>, server: Hello['server']): Promise<Hello> {
  try {
    const { result } = await ask();
    if (result.server !== server) throw connection.breach(`${result.server} answers where ${server} was asked`);
    if (result.protocol < oldestVersion || result.protocol > protocolVersion) throw connection.breach(`it speaks version ${result.protocol} of the wire, this controller ${oldestVersion} to ${protocolVersion}: build the desktop image again with "npm run setup"`);
    connection.speak(result.protocol, server);
    return result;
  } catch (error) {
    connection.close();
    throw error;
  }
}
