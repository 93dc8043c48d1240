import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPause } from '../../controller/api/create-pause.ts';

const never = new AbortController().signal;

/** Keeps everybody waiting. */
function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('createPause', () => {
  it('lets others have their turn when a computation has had its own', async () => {
    const pause = createPause(60_000, 'it', never);
    let others = 0;
    const other = () => {
      others += 1;
      if (others < 5) setImmediate(other);
    };
    setImmediate(other);
    for (let step = 0; step < 10; step += 1) {
      work(15);
      await pause();
    }
    assert.ok(others >= 4, `${others} turns`);
  });

  it('ends with whoever asked, and when it takes too long', async () => {
    const asker = new AbortController();
    const pause = createPause(60_000, 'it', asker.signal);
    asker.abort(new Error('gone'));
    work(25);
    await assert.rejects(pause(), /gone/);
    const late = createPause(30, 'counting', never);
    work(35);
    await assert.rejects(late(), { code: 'deadline_exceeded', message: 'counting takes longer than 30 ms' });
  });
});
