import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { VitrineError } from '../../errors.ts';

/** The console's player, bundled to be written into a page, and the policy under which exactly it runs. */
export type BuiltPlayer = { readonly script: string; readonly style: string; readonly policy: string };

const folder = new URL('../../console/dist/export/', import.meta.url);
let kept: { readonly builtAt: number; readonly player: BuiltPlayer } | undefined;

/** The player as it was bundled last. Throws `unavailable` where the console is not built. */
export function builtPlayer(): BuiltPlayer {
  const builtAt = statSync(new URL('page.js', folder), { throwIfNoEntry: false })?.mtimeMs;
  if (builtAt === undefined) throw new VitrineError('unavailable', 'replay pages need the console, and it is not built: run npm run console:build (npm run setup does it too)');
  if (kept?.builtAt !== builtAt) kept = { builtAt, player: read() };
  return kept.player;
}

function read(): BuiltPlayer {
  // No text in the bundle may end the element that it stands in, nor open a comment there.
  const script = readFileSync(new URL('page.js', folder), 'utf8').replaceAll(/<(?=\/script|!--)/gi, '<\\');
  const style = readFileSync(new URL('page.css', folder), 'utf8');
  return { script, style, policy: `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'` };
}

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}
