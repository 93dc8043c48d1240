import sharp from 'sharp';
import type { RunState } from '../../../controller/runs/run.ts';
import type { DesktopImages, DesktopImageView } from '../../../controller/desktops/desktop-image.ts';
import { startFakeApi } from '../../support/fake-api.ts';
import { sampleRun } from '../../support/sample-run.ts';

export type Crowd = Awaited<ReturnType<typeof startCrowd>>;

const states: readonly RunState[] = ['awaitingModel', 'executingAction', 'observing', 'deciding', 'preparing'];
const tasks = ['Reconcile the March invoices with the bank statement', 'Book the cheapest train to Gothenburg on Friday', 'Fill in the customs form for shipment 4471', 'Export the open tickets as a spreadsheet', 'Compare three offers for office chairs and write a summary'];

const image: DesktopImageView = { name: 'vitrine-desktop', state: 'present', image: { id: 'sha256:1', createdAt: 1, isCurrent: true }, build: null, cannotBuild: null };
const look = () => Promise.resolve(image);
const imagePresent: DesktopImages = { look, build: look, cancel: look, worthWaiting: () => Promise.resolve(undefined) };

/**
 * The real API over memory, with as many sessions as are wanted, each on a desktop that shows a picture of its own; every
 * tenth waits for a person, every seventh is in somebody's hands. `move` makes each take a step, with the events of one.
 */
export async function startCrowd(count: number) {
  const api = await startFakeApi({ images: imagePresent });
  const began = Date.now() - 300_000;
  for (let index = 0; index < count; index += 1) {
    const desktop = api.desktops.add(`d-${index}`);
    desktop.thumbnail = await screen(index, 0);
    const isWaiting = index % 10 === 3;
    const isHeld = index % 7 === 6 && !isWaiting;
    const run = sampleRun(`run-${index}`, {
      task: `${tasks[index % tasks.length]} (${index})`, model: index % 3 === 0 ? 'gpt-5.6' : 'claude-opus-5', desktopId: desktop.id, createdAt: began - index * 61_000, startedAt: began - index * 60_000,
      state: isWaiting ? 'awaitingSafetyAck' : states[index % states.length] ?? 'deciding', approvalId: isWaiting ? `approval-${index}` : null, control: isHeld ? 'operator' : 'agent', steps: index * 3, costUsd: index * 0.0173,
      waitsFor: isWaiting ? "a person's decision on an approval" : isHeld ? 'Bea, who is in control' : null,
      lease: isHeld ? { holder: 'Bea', reason: 'a captcha', takenAt: began, until: Date.now() + 240_000, isFenced: true, requests: [] } : null,
    });
    api.runs.runs.set(run.id, run);
  }
  return {
    ...api,
    /** Every session acts, sees and thinks once more: six events each, all at once. */
    async move(round: number): Promise<void> {
      for (const [index, run] of [...api.runs.runs.values()].entries()) {
        const desktop = api.desktops.all.get(run.desktopId ?? '');
        if (desktop !== undefined) desktop.thumbnail = await screen(index, round);
        if (run.state === 'awaitingSafetyAck' || run.control === 'operator') continue;
        const next = states[(index + round) % states.length] ?? 'deciding';
        for (let more = 0; more < 5; more += 1) api.runs.tell(run.id, { type: 'note.added', from: 'vitrine', by: 'test', text: 'x', frameId: null });
        api.runs.tell(run.id, { type: 'state.changed', from: run.state, to: next, control: 'agent' }, { steps: run.steps + 1, state: next });
      }
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

async function screen(index: number, round: number): Promise<{ bytes: Buffer<ArrayBuffer>; tag: string }> {
  const colour = { r: (index * 37) % 200 + 30, g: (index * 71 + round * 40) % 200 + 30, b: (index * 113) % 200 + 30 };
  const { data } = await sharp({ create: { width: 320, height: 200, channels: 3, background: colour } }).jpeg({ quality: 60 }).toBuffer({ resolveWithObject: true });
  return { bytes: Buffer.from(data), tag: `"${index}-${round}"` };
}
