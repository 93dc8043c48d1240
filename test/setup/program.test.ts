import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outputTail, runProgram } from '../../controller/setup/program.ts';

const node = (script: string, limits: { timeoutMs: number; firstOutputTimeoutMs?: number }) =>
  runProgram(process.execPath, ['-e', script], limits);

describe('runProgram', () => {
  it('gives exit code and output', async () => {
    const result = await node('console.log("out"); console.error("err"); process.exitCode = 3', { timeoutMs: 20_000 });
    assert.deepEqual([result.code, result.stdout, result.stderr], [3, 'out\n', 'err\n']);
  });

  it('gives 127 and the reason for a program that is not there', async () => {
    const result = await runProgram('vitrine-no-such-program', [], { timeoutMs: 1_000 });
    assert.equal(result.code, 127);
    assert.match(outputTail(result), /ENOENT/);
  });

  it('ends a program at its time limit, and says so', async () => {
    const result = await node('setInterval(() => {}, 1000)', { timeoutMs: 300 });
    assert.equal(result.code, 124);
    assert.match(result.stderr, /not finished after 300 ms/);
  });

  it('ends a program that stays silent, and lets one that spoke go on', async () => {
    const silent = await node('setInterval(() => {}, 1000)', { timeoutMs: 20_000, firstOutputTimeoutMs: 300 });
    assert.equal(silent.code, 124);
    assert.match(silent.stderr, /silent for 300 ms/);
    const script = 'process.stdout.write("on"); setTimeout(() => process.stdout.write("off"), 1500)';
    const spoke = await node(script, { timeoutMs: 20_000, firstOutputTimeoutMs: 1_000 });
    assert.deepEqual([spoke.code, spoke.stdout], [0, 'onoff']);
  });
});
