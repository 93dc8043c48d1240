import type { Page } from 'playwright-core';

/**
 * How a page was while it was scrolled through, in milliseconds: times between its frames and its longest task, which a machine
 * that does much else makes longer; and the processor's time that a frame took of it, which is the page's own.
 */
export type Smoothness = { readonly medianMs: number; readonly p95Ms: number; readonly longestTaskMs: number; readonly frames: number; readonly cpuMs: number };

/** Scrolls a page from its top to its end and back, a screen in ten frames, and measures. */
export async function scrollThrough(page: Page): Promise<Smoothness> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  const before = await spent();
  const seen = await scroll(page);
  const cpuMs = ((await spent()) - before) * 1000 / seen.frames;
  await session.detach();
  return { ...seen, cpuMs };
}

function scroll(page: Page): Promise<Omit<Smoothness, 'cpuMs'>> {
  return page.evaluate(async () => {
    const tasks: number[] = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ type: 'longtask' });
    const frame = () => new Promise<number>((next) => requestAnimationFrame(next));
    const end = document.documentElement.scrollHeight - innerHeight;
    const step = Math.max(40, innerHeight / 10);
    const places: number[] = [];
    for (let top = 0; top < end; top += step) places.push(top);
    const deltas: number[] = [];
    let before = await frame();
    for (const top of [...places, end, ...places.toReversed()]) {
      scrollTo({ top, behavior: 'instant' });
      const now = await frame();
      deltas.push(now - before);
      before = now;
    }
    await new Promise((next) => setTimeout(next));
    observer.disconnect();
    deltas.sort((one, other) => one - other);
    const at = (share: number) => deltas[Math.min(deltas.length - 1, Math.floor(deltas.length * share))] ?? 0;
    return { medianMs: at(0.5), p95Ms: at(0.95), longestTaskMs: Math.max(0, ...tasks), frames: deltas.length };
  });
}

/** The calmest of some passes: what else the machine does can only make one slower. */
export async function calmest(passes: number, once: () => Promise<Smoothness>): Promise<Smoothness> {
  let best = await once();
  for (let pass = 1; pass < passes; pass += 1) {
    const next = await once();
    if (next.cpuMs < best.cpuMs) best = next;
  }
  return best;
}

/** The figures in words. */
export function wordsOfSmoothness({ medianMs, p95Ms, longestTaskMs, frames, cpuMs }: Smoothness): string {
  return `${cpuMs.toFixed(1)} ms of work a frame; a frame every ${medianMs.toFixed(1)} ms (95 of 100 within ${p95Ms.toFixed(1)} ms, ${frames} frames), the longest task ${longestTaskMs.toFixed(0)} ms`;
}

/** Adds up the small pictures that a page fetches. */
export function watchThumbnails(page: Page): { take(): { readonly answers: number; readonly pictures: number; readonly bytes: number } } {
  const seen = { answers: 0, pictures: 0, bytes: 0 };
  page.on('response', (response) => {
    if (!response.url().endsWith('/thumbnail')) return;
    seen.answers += 1;
    if (response.status() !== 200) return;
    seen.pictures += 1;
    seen.bytes += Number(response.headers()['content-length'] ?? 0);
  });
  return {
    take() {
      const taken = { ...seen };
      Object.assign(seen, { answers: 0, pictures: 0, bytes: 0 });
      return taken;
    },
  };
}
