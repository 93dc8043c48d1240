import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Picture } from '../../picture.ts';
import { VitrineError } from '../../errors.ts';
import type { RunEvent } from '../../runs/run-event.ts';
import type { Run } from '../../runs/run.ts';
import { embeddedJson, escapeHtml } from './embed.ts';
import { filmOf } from './film.ts';

const asset = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
// The page's modules become one script, since a page from a file:// address may load no other file.
const script = `'use strict';\n${['./player-marks.js', './player.js'].map((name) => asset(name).replaceAll(/^import .*$/gm, '').replaceAll(/^export /gm, '')).join('\n')}`;
const style = asset('./player.css');
const page = asset('./page.html');

const hashOf = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;

/** What a replay page may do: run its own script, show its own pictures, and nothing else. */
export const pagePolicy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; img-src data:; base-uri 'none'; form-action 'none'`;

/**
 * A run as one HTML page that needs nothing but itself, chunk by chunk, one picture in memory at a time. Whatever came
 * from the desktop, the model or a person is data to it, never markup. A frame that is not kept is shown as missing.
 */
export async function* renderReplay(run: Run, events: readonly RunEvent[], loadPicture: (frameId: string) => Promise<Picture>): AsyncGenerator<string> {
  const film = filmOf(run, events);
  const parts: Readonly<Record<string, string>> = { policy: escapeHtml(pagePolicy), title: escapeHtml(`${run.task.slice(0, 80)} · Vitrine`), style, film: embeddedJson(film), script };
  // Split before anything is filled in: what is filled in may look like a placeholder.
  for (const [index, part] of page.split(/\{\{(\w+)\}\}/).entries()) {
    if (index % 2 === 0) yield part;
    else if (part === 'frames') yield* pictures(Object.keys(film.frames), loadPicture);
    else yield parts[part] ?? '';
  }
}

async function* pictures(frameIds: readonly string[], loadPicture: (frameId: string) => Promise<Picture>): AsyncGenerator<string> {
  for (const frameId of frameIds) {
    const picture = await loadPicture(frameId).catch((reason: unknown) => {
      if (reason instanceof VitrineError && (reason.code === 'not_found' || reason.code === 'gone')) return undefined;
      throw reason;
    });
    if (picture === undefined) continue;
    yield `<script type="text/plain" data-frame="${escapeHtml(frameId)}" data-format="${escapeHtml(picture.frame.format)}">${picture.bytes.toString('base64')}</script>\n`;
  }
}
