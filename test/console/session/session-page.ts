import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import type { RunEvent, RunFact } from '../../../controller/runs/run-event.ts';
import { sampleHistory } from '../../support/sample-run.ts';

/** Waits for the live desktop, and resolves with how long after the page was opened its first picture was drawn. */
export async function pictureMs(page: Page): Promise<number> {
  await page.waitForFunction(() => performance.getEntriesByName('vitrine.picture').length > 0);
  return page.evaluate(() => performance.getEntriesByName('vitrine.picture')[0]?.startTime ?? Number.NaN);
}

/** The keys of every row of the timeline, from its first to its last, scrolling through it. */
export async function shownKeys(page: Page): Promise<string[]> {
  return page.getByRole('listbox', { name: 'Timeline' }).evaluate(async (list) => {
    const keys = new Map<number, string>();
    for (let top = 0; ; top += list.clientHeight / 2) {
      list.scrollTop = top;
      await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
      for (const row of list.querySelectorAll<HTMLElement>('[role=option]')) keys.set(Number(row.ariaPosInSet), row.dataset['key'] ?? '');
      if (top >= list.scrollHeight) return [...keys].toSorted(([one], [other]) => one - other).map(([, key]) => key);
    }
  });
}

/** Drags files of this machine onto an element and lets go, as the browser itself tells a page of it. */
export async function dropFiles(page: Page, target: Locator, files: readonly string[]): Promise<void> {
  const { x, y, width, height } = await target.boundingBox() ?? { x: 0, y: 0, width: 0, height: 0 };
  const session = await page.context().newCDPSession(page);
  const drag = { x: x + width / 2, y: y + height / 2, data: { items: [], files: [...files], dragOperationsMask: 1 } };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await session.send('Input.dispatchDragEvent', { type, ...drag });
  await session.detach();
}

/** Does what begins a download, and resolves with the name and the bytes that the browser saved. */
export async function downloaded(page: Page, begin: () => Promise<unknown>): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), begin()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** A typed text without repeats: where a machine is slow between a key's press and its release, X repeats it. */
export function withoutRepeats(text: string): string {
  return text.replaceAll(/(.)\1+/gs, '$1');
}

/** The middle of some measurements. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The events of a run with so many turns, two actions each, told as a sample tells one. */
export function longHistory(runId: string, turns: number): RunEvent[] {
  const { events } = sampleHistory(runId);
  const began = events[0]?.at ?? 0;
  const all: RunEvent[] = [];
  const tell = (fact: RunFact) => all.push({ sequence: all.length + 1, runId, at: began + all.length * 40, fact });
  const created = events.find(({ fact }) => fact.type === 'run.created')?.fact;
  const answered = events.find(({ fact }) => fact.type === 'model.answered')?.fact;
  const acted = events.find(({ fact }) => fact.type === 'action.ended')?.fact;
  if (created === undefined || answered?.type !== 'model.answered' || acted?.type !== 'action.ended') throw new Error('the sample has no turn');
  tell(created);
  for (let turn = 1; turn <= turns; turn += 1) {
    tell({ type: 'model.asked', turn, askId: `a${turn}` });
    tell({ ...answered, turn, askId: `a${turn}` });
    for (const index of [0, 1]) tell({ ...acted, turn, index, actionId: `${runId}.${turn}.${index}` });
  }
  return all;
}
