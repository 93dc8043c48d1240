import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRefresher } from '../../controller/console/state/refresher.ts';
import { waitFor } from '../support/wait-for.ts';

describe('createRefresher', () => {
  it('makes few requests of many wishes, never two at a time, and forgets none', async () => {
    const asked: string[] = [];
    let atOnce = 0;
    const told = async (what: string) => {
      assert.equal(atOnce += 1, 1, 'one fetch of a kind at a time');
      await new Promise((next) => setImmediate(next));
      atOnce -= 1;
      asked.push(what);
    };
    const refresher = createRefresher({ everyMs: 5, all: () => told('all'), inbox: async () => { asked.push('inbox'); }, run: (id) => told(id), onFailure: (reason) => assert.fail(String(reason)) });
    for (let count = 0; count < 100; count += 1) refresher.run('run-1');
    await waitFor('one run is fetched once', () => asked.length === 1);
    for (let count = 0; count < 100; count += 1) refresher.run(`run-${count}`);
    await waitFor('many are fetched as a whole', () => asked.length === 2);
    refresher.run('run-7');
    for (let count = 0; count < 100; count += 1) refresher.inbox();
    await waitFor('both are fetched', () => asked.length === 4);
    assert.deepEqual(asked, ['run-1', 'all', 'inbox', 'run-7'], 'what waits for a person does not stand in line');
  });

  it('goes on after a failure, which it tells', async () => {
    const failures: unknown[] = [];
    let hasFailed = false;
    let runs = 0;
    const refresher = createRefresher({
      everyMs: 5, inbox: async () => undefined, onFailure: (reason) => failures.push(reason),
      all: async () => { hasFailed = true; throw new Error('gone'); }, run: async () => { runs += 1; },
    });
    refresher.all();
    await waitFor('it failed', () => hasFailed);
    refresher.run('run-1');
    await waitFor('the next wish is met', () => runs === 1);
    assert.equal(failures.length, 1);
  });
});
