import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Entrance } from '../controller/entrance.ts';
import { VitrineError } from '../controller/errors.ts';
import { createRestoring } from '../controller/restoring.ts';
import type { Life, Restore } from '../controller/restoring.ts';
import { waitFor } from './support/wait-for.ts';

const nothing = async function* () {};
const signal = new AbortController().signal;

/** A controller whose journal cannot be opened any more as long as the test says so. */
function world() {
  const said: string[] = [];
  const lives: string[] = [];
  let restore: Restore = () => assert.fail('no life has begun');
  const state = { isBroken: false };
  const entrance: Entrance = { open: () => assert.fail('this test has no use for it'), shut: (reason) => void said.push(reason) };
  const live = async (given: Restore): Promise<Life> => {
    if (state.isBroken) throw new VitrineError('unavailable', 'the disk is full');
    restore = given;
    const number = lives.push('begun');
    return {
      url: '', token: '',
      stage: async () => ({ folder: '/nowhere/at/all', head: { format: 1, createdAt: 1, schema: 1 }, runs: 0, files: 0 }),
      close: async () => void (lives[number - 1] = 'closed'),
    };
  };
  const restoring = createRestoring({ folder: '/nowhere', entrance, live, againMs: 20 });
  return { restoring, said, lives, state, restore: () => restore(nothing(), signal) };
}

describe('a controller that cannot open its journal after a restore', () => {
  it('refuses everything with the reason, tries again, and lives on when it can', async () => {
    const w = world();
    await w.restoring.begin();
    w.state.isBroken = true;
    await assert.rejects(w.restore());
    await waitFor('the reason', () => w.said.some((reason) => reason.includes('the disk is full')));
    assert.deepEqual(w.lives, ['closed']);
    w.state.isBroken = false;
    await waitFor('the next life', () => w.lives.length === 2);
    await w.restoring.end('keep');
    assert.deepEqual(w.lives, ['closed', 'closed']);
  });

  it('can be ended meanwhile', async () => {
    const w = world();
    await w.restoring.begin();
    w.state.isBroken = true;
    await assert.rejects(w.restore());
    await w.restoring.end('keep');
    assert.deepEqual(w.lives, ['closed']);
  });
});
