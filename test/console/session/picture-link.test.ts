import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiFailure } from '../../../controller/console/api/api-failure.ts';
import { keepPicture } from '../../../controller/console/pages/session/picture-link.ts';
import type { OpenPicture, PictureState } from '../../../controller/console/pages/session/picture-link.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A link whose connections end as they are told to, one after the other; the last one stays. */
function linked(ends: readonly (readonly [code: number, reason: string] | ApiFailure)[]) {
  const states: PictureState[] = [];
  const tickets: string[] = [];
  const left = [...ends];
  let isClosed = 0;
  const open: OpenPicture = (ticket, on) => {
    tickets.push(ticket);
    const end = left.shift();
    queueMicrotask(() => {
      on.picture();
      if (Array.isArray(end)) on.closed(...(end as [number, string]));
    });
    return { close: () => void (isClosed += 1) };
  };
  let count = 0;
  const link = keepPicture({
    ticket: async () => {
      const [end] = left;
      if (end instanceof ApiFailure) {
        left.shift();
        throw end;
      }
      return `t${count += 1}`;
    },
    open, onState: (state) => states.push(state), firstDelayMs: 2,
  });
  return { link, states, tickets, closed: () => isClosed };
}

describe('keepPicture', () => {
  it('opens a lost picture again with a new ticket, also when control is passing', async () => {
    const { link, states, tickets, closed } = linked([[1006, ''], [4011, 'the live view was interrupted'], [4001, 'control has passed on'], new ApiFailure('conflict', 'nobody is in control')]);
    await waitFor('the fourth connection', () => tickets.length === 4 && states.at(-1)?.kind === 'live');
    assert.deepEqual(tickets, ['t1', 't2', 't3', 't4']);
    assert.deepEqual(states.flatMap((state) => (state.kind === 'lost' ? [state.why] : [])), ['the connection was lost', 'the live view was interrupted', 'control has passed on', 'nobody is in control']);
    link.close();
    await waitFor('all are closed', () => closed() === 4);
  });

  it('says why and stops where trying again mends nothing', async () => {
    for (const end of [[4010, 'the desktop is gone'], [4003, 'the token has ended'], [1008, 'a watcher sends no keys']] as const) {
      const { states, tickets } = linked([end]);
      await waitFor('it is over', () => states.at(-1)?.kind === 'over');
      assert.deepEqual([states.at(-1), tickets.length], [{ kind: 'over', why: end[1] }, 1]);
    }
    const { states } = linked([new ApiFailure('gone', 'the desktop was released')]);
    await waitFor('it is over', () => states.at(-1)?.kind === 'over');
  });
});
