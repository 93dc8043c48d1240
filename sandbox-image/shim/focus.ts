import { isInput, limits, WireError, type Action, type FocusedWindow } from '../wire/index.ts';
import { comesToRest } from './process-rest.ts';
import type { XServer } from './x-server.ts';

type Windows = Pick<XServer, 'root' | 'focusedWindow' | 'property' | 'parentOf'>;
type Managed = Windows & Pick<XServer, 'pointer' | 'processOf'>;

/** A focus of None or PointerRoot is no window. */
const leastWindow = 2;
/** Windows of one application are nested no deeper. */
const maxDepth = 8;
const bytesPerCharacter = 4;
const maxClassBytes = 1024;

/** The window that gets the keys (X's own focus, not what a window manager says), by the nearest window around it that says whose it is; null where none does, or the window manager keeps it. */
export async function readFocus(server: Windows): Promise<FocusedWindow | null> {
  const [focus, managers] = await Promise.all([server.focusedWindow(), managersWindow(server)]);
  let window = focus;
  for (let depth = 0; depth < maxDepth && window >= leastWindow && window !== server.root && window !== managers; depth += 1) {
    const named = await nameOf(server, window);
    if (named !== undefined) return named;
    window = await server.parentOf(window);
  }
  return null;
}

/** The same once the window manager has handled what was typed and clicked so far: it moves the focus in its own time. Waits 2 s at most. */
export async function readFocusAtRest(server: Managed, signal: AbortSignal): Promise<FocusedWindow | null> {
  const managers = await managersWindow(server);
  if (managers !== 0) await comesToRest(server, await server.processOf(managers), signal);
  return await readFocus(server);
}

/** A window that the window manager has to itself (EWMH); 0 without one. */
async function managersWindow(server: Windows): Promise<number> {
  const check = await server.property(server.root, '_NET_SUPPORTING_WM_CHECK', 4);
  return check.length < 4 ? 0 : check.readUInt32LE(0);
}

/** Why input is not given: another window has the focus than the one it was decided for; undefined if it may be. */
export function focusRefusal(action: Action, expected: Partial<FocusedWindow> | null | undefined, focused: FocusedWindow | null): WireError | undefined {
  if (expected === undefined || !isInput(action) || isAsExpected(expected, focused)) return undefined;
  return new WireError('stale_target', `${wordsFor(focused)} has the focus, where ${wordsFor(expected)} had it when this was decided: nothing was done; look at the new frame and decide again`);
}

function isAsExpected(expected: Partial<FocusedWindow> | null, focused: FocusedWindow | null): boolean {
  if (expected === null || focused === null) return expected === focused;
  return (expected.title ?? focused.title) === focused.title && (expected.app ?? focused.app) === focused.app;
}

function wordsFor(window: Partial<FocusedWindow> | null): string {
  if (window === null) return 'no window';
  return `the window ${[window.title === undefined ? [] : JSON.stringify(window.title), window.app === undefined ? [] : `of ${window.app}`].flat().join(' ')}`;
}

async function nameOf(server: Windows, window: number): Promise<FocusedWindow | undefined> {
  const maxTitleBytes = limits.maxWindowTitleCharacters * bytesPerCharacter;
  const [ofClass, utf8, latin1] = await Promise.all([
    server.property(window, 'WM_CLASS', maxClassBytes), server.property(window, '_NET_WM_NAME', maxTitleBytes), server.property(window, 'WM_NAME', maxTitleBytes),
  ]);
  if (ofClass.length === 0 && utf8.length === 0 && latin1.length === 0) return undefined;
  const [instance = '', general = ''] = ofClass.toString('latin1').split('\0');
  return {
    title: shown(utf8.length > 0 ? utf8.toString('utf8') : latin1.toString('latin1'), limits.maxWindowTitleCharacters),
    app: shown(general === '' ? instance : general, limits.maxApplicationCharacters),
  };
}

/** Without control characters and what is not seen (format characters, halves of pairs), shortened. */
function shown(text: string, max: number): string {
  return text.replaceAll(/\p{C}/gu, '').slice(0, max).replace(/[\ud800-\udbff]$/, '').trim();
}
