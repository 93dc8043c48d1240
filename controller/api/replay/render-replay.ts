import { readFileSync } from 'node:fs';
import type { Picture } from '../../picture.ts';
import { VitrineError } from '../../errors.ts';
import type { RunEvent } from '../../runs/run-event.ts';
import type { Run } from '../../runs/run.ts';
import { jsonPieces } from '../json-pieces.ts';
import type { BuiltPlayer } from './built-player.ts';
import { embeddedJson, escapeHtml } from './embed.ts';
import { filmOf } from './film.ts';

const page = readFileSync(new URL('./page.html', import.meta.url), 'utf8');

/**
 * A run as one HTML page that needs nothing but itself, chunk by chunk, one picture in memory at a time. Whatever came
 * from the desktop, the model or a person is data to it, never markup. A frame that is not kept is shown as missing.
 */
export async function* renderReplay(run: Run, events: Iterable<RunEvent> | AsyncIterable<RunEvent>, player: BuiltPlayer, loadPicture: (frameId: string) => Promise<Picture>): AsyncGenerator<string> {
  const film = await filmOf(run, events);
  const { script, style, policy } = player;
  const parts: Readonly<Record<string, string>> = { policy: escapeHtml(policy), title: escapeHtml(`${run.task.slice(0, 80)} · Vitrine`), style, script };
  // Split before anything is filled in: what is filled in may look like a placeholder.
  for (const [index, part] of page.split(/\{\{(\w+)\}\}/).entries()) {
    if (index % 2 === 0) yield part;
    else if (part === 'film') yield* jsonPieces(film, embeddedJson);
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
