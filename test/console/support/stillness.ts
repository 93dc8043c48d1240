import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** How much of a page may move by itself, all its moves added up: half of what web.dev calls good for the worst five seconds. */
const mostShift = 0.05;

type Shift = { readonly value: number; readonly atMs: number; readonly moved: readonly string[] };

/** Every answer takes a while, as over a slow line: what stands in a place until its content comes is really shown. */
export async function slowDown(page: Page, latency = 150): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput: -1, uploadThroughput: -1 });
}

/** Prints how much of a page has moved since it was opened without anybody having pressed anything, and fails if that is worth a word. */
export async function assertStill(page: Page, name: string): Promise<void> {
  const shifts = await shiftsOf(page);
  const score = shifts.reduce((sum, { value }) => sum + value, 0);
  console.log(`layout shift of ${name}: ${score.toFixed(4)} in ${shifts.length} moves`);
  const worst = shifts.toSorted((one, other) => other.value - one.value).slice(0, 5).map(({ value, atMs, moved }) => `${value.toFixed(4)} at ${atMs} ms: ${moved.join('; ')}`);
  assert.ok(score < mostShift, `${name} moved by ${score.toFixed(4)}:\n${worst.join('\n')}`);
}

/** What has moved since the page was opened, but for what a press of a key or a button brought about. */
function shiftsOf(page: Page): Promise<Shift[]> {
  return page.evaluate(async () => {
    type Entry = PerformanceEntry & { readonly value: number; readonly hadRecentInput: boolean; readonly sources: readonly { readonly node: Node | null; readonly previousRect: DOMRectReadOnly; readonly currentRect: DOMRectReadOnly }[] };
    const entries: Entry[] = [];
    const observer = new PerformanceObserver((list) => entries.push(...(list.getEntries() as Entry[])));
    observer.observe({ type: 'layout-shift', buffered: true });
    for (let frame = 0; frame < 3; frame += 1) await new Promise((next) => requestAnimationFrame(next));
    await new Promise((next) => setTimeout(next));
    observer.disconnect();
    const place = ({ x, y, width, height }: DOMRectReadOnly) => [x, y, width, height].map(Math.round).join();
    return entries.filter(({ hadRecentInput }) => !hadRecentInput).map(({ value, startTime, sources }) => ({
      value, atMs: Math.round(startTime),
      moved: sources.map(({ node, previousRect, currentRect }) => `${node instanceof Element ? `${node.tagName.toLowerCase()}.${node.className}` : String(node?.nodeName)} ${(node?.textContent ?? '').slice(0, 30)} ${place(previousRect)} → ${place(currentRect)}`),
    }));
  });
}
