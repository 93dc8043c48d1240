import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { expected, probes } from '../../controller/doctor/probe.ts';
import { selfTest } from '../../controller/doctor/self-test.ts';
import { Installation, launch } from '../desktops/real-desktops.ts';

const limits = { memoryBytes: 2 * 2 ** 30, cpus: 2, pids: 512 };

describe('a desktop, attacked from inside', () => {
  for (const profile of ['browser', 'strict'] as const) {
    it(`lets no attempt out under the profile ${profile}, and stands afterwards`, async () => {
      await using installation = new Installation();
      const signal = AbortSignal.timeout(170_000);
      const desktop = await launch(installation.controller({ change: { seccomp: profile } }), `d-${randomUUID()}`);
      const result = await selfTest(desktop, profile, limits, signal);
      assert.deepEqual(result.probes.filter(({ ok }) => !ok), []);
      assert.ok(result.ok && result.probes.length >= 150, `${result.probes.length} probes`);
      const made = result.probes.filter(({ seen }) => seen === 'refused' || seen === 'bounded').length;
      console.log(`      ${profile}: ${result.probes.length} attempts, ${made} refused or bounded, in ${Math.round(result.durationMs)} ms`);
      assert.ok(made >= 120, 'hardly any attempt came to be made');
      assert.equal(result.probes.find(({ name }) => name === 'new-user-namespace')?.seen, profile === 'browser' ? 'succeeded' : 'refused');
      assert.equal((await desktop.perform({ actionId: randomUUID(), epoch: desktop.epoch, action: { type: 'move', x: 10, y: 10, modifiers: [] } }, signal)).outcome.status, 'performed');
      assert.equal((await desktop.runProgram({ argv: ['echo', 'well'] }, signal)).stdout.toString(), 'well\n');
    });
  }
});

describe('the self-test', () => {
  it('knows every attempt of probes.py, and each once', () => {
    const source = readFileSync(new URL('../../controller/doctor/probes.py', import.meta.url), 'utf8');
    const table = source.slice(source.indexOf('PROBES = {'), source.indexOf('\n}\n', source.indexOf('PROBES = {')));
    const there = [...table.matchAll(/"([a-z0-9-]+)": (?=[a-z])/g)].map((match) => match[1] ?? '');
    assert.deepEqual(probes.map(({ name }) => name).toSorted(), there.toSorted());
    assert.equal(new Set(there).size, there.length);
  });

  const said = (lines: readonly unknown[], exitCode = 0) => ({
    id: 'd_1',
    runProgram: async () => ({ exitCode, signal: null, timedOut: false, truncated: false, stdoutBytes: 0, stderrBytes: 0, durationMs: 1, stdout: Buffer.from(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')), stderr: Buffer.from('Traceback') }),
  });
  const good = probes.map((probe) => ({ probe: probe.name, seen: expected(probe, 'strict')[0], detail: '' }));
  const never = new AbortController().signal;

  it('fails for one attempt that gets through, that nobody tells of, or that could not be made', async () => {
    assert.equal((await selfTest(said(good), 'strict', limits, never)).ok, true);
    for (const [change, seen] of [['bpf', 'succeeded'], ['fork-bomb', 'unbounded'], ['dns', 'unknown'], ['keyctl', 'died'], ['fork-bomb', 'refused'], ['new-user-namespace', 'succeeded']] as const) {
      const result = await selfTest(said(good.map((line) => (line.probe === change ? { ...line, seen } : line))), 'strict', limits, never);
      assert.deepEqual([result.ok, result.probes.filter(({ ok }) => !ok).map(({ name }) => name)], [false, [change]]);
    }
    const silent = await selfTest(said([...good.slice(1), 'nonsense', { probe: good[0]?.probe, seen: 'fine', detail: '' }]), 'strict', limits, never);
    assert.deepEqual(silent.probes.filter(({ ok }) => !ok).map(({ name, seen }) => [name, seen]), [[probes[0]?.name, 'unknown']]);
    assert.equal((await selfTest(said(good), 'browser', limits, never)).ok, false, 'under browser Chromium\'s sandbox has to be possible');
    await assert.rejects(selfTest(said(good, 1), 'strict', limits, never), { code: 'desktop_broken', message: /Traceback/ });
  });
});
