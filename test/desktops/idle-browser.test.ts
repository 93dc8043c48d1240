import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import type { GateDecision } from '../../controller/gate/gate.ts';
import { createGates } from '../../controller/gate/gates.ts';
import { NetworkPolicy } from '../../controller/gate/network-policy.ts';
import { startFakeInternet } from '../gate/fake-internet.ts';
import { waitFor } from '../support/wait-for.ts';
import { Installation } from './real-desktops.ts';

const idleMs = 60_000;
const signal = () => AbortSignal.timeout(90_000);

it('a browser that stands idle for a minute opens no question', { timeout: 240_000 }, async (context) => {
  await using installation = new Installation();
  const internet = await startFakeInternet(['allowed.com']);
  internet.files.set('/', '<title>A page from outside</title><form>Name <input name="name"> Password <input type="password"></form>');
  const decisions: GateDecision[] = [];
  const asked: string[] = [];
  const gates = createGates({ log: pino({ level: 'silent' }), privateTargets: [], resolveNames: internet.resolveNames, dial: internet.dial });
  try {
    const desktop = await installation.controller().launch(`d-${randomUUID().slice(0, 8)}`, { display: { width: 1280, height: 800 }, template: 'default' }, { project: 'default', runId: undefined }, () => {}, signal());
    gates.open(desktop.id, {
      policy: NetworkPolicy.parse({ mode: 'ask', allow: [{ host: 'allowed.com', ports: [80, 443] }] }),
      allowed: [],
      questions: { ask: async (host, port) => (asked.push(`${host}:${port}`), 'waiting') },
      onDecision: (decision) => void decisions.push(decision),
      openForwarder: (stop) => desktop.openForwarder(stop),
    });
    await desktop.openProgram(['chromium', 'http://allowed.com/'], signal());
    await waitFor('the page', async () => (await desktop.state(signal())).windows.some((title) => title.includes('A page from outside')), 60_000);
    await delay(idleMs); // The time itself is what is looked at.
    const quiet = Map.groupBy(decisions.filter(({ isQuiet }) => isQuiet), ({ host }) => host);
    for (const [host, all] of quiet) context.diagnostic(`refused without a question: ${host} ${all.length} times`);
    assert.deepEqual(asked, []);
    assert.deepEqual(decisions.filter(({ isQuiet, host }) => !isQuiet && host !== 'allowed.com').map(({ host, reason }) => `${host}: ${reason}`), []);
    assert.ok(decisions.some(({ host, verdict }) => host === 'allowed.com' && verdict === 'allowed'), 'the way out was open');
  } finally {
    gates.closeAll();
    internet.close();
  }
});
