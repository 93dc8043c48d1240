import type { XServer } from './x-server.ts';

const maxWindows = 200;
const maxTitleCharacters = 400;
const maxTitleBytes = 1600;

/** The windows that the window manager lists (EWMH), oldest first, and the active one; titles, shortened. */
export async function readWindows(server: XServer): Promise<{ activeWindow: string | null; windows: string[] }> {
  const list = idsOf(await server.property(server.root, '_NET_CLIENT_LIST', maxWindows * 4));
  const [active] = idsOf(await server.property(server.root, '_NET_ACTIVE_WINDOW', 4));
  return {
    activeWindow: active === undefined || active === 0 ? null : await titleOf(server, active),
    windows: await Promise.all(list.map((window) => titleOf(server, window))),
  };
}

function idsOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readUInt32LE(index * 4));
}

async function titleOf(server: XServer, window: number): Promise<string> {
  const utf8 = await server.property(window, '_NET_WM_NAME', maxTitleBytes);
  const title = utf8.length > 0 ? utf8.toString('utf8') : (await server.property(window, 'WM_NAME', maxTitleBytes)).toString('latin1');
  return title.slice(0, maxTitleCharacters).toWellFormed();
}
