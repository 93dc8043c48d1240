import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SetupFailure } from '../../controller/setup/setup-failure.ts';
import { checkStages, makeStages } from '../../controller/setup/stage.ts';
import type { Stage } from '../../controller/setup/stage.ts';

function stage(name: string, ready: boolean, make: Stage['make'], optional = false): Stage {
  return { name, optional, check: async () => ({ ready, detail: ready ? 'there' : 'missing' }), make };
}

describe('makeStages', () => {
  it('makes only what is missing, and prints one line for each with its seconds', async () => {
    const made: string[] = [];
    const lines: string[] = [];
    const make = (name: string) => async () => (made.push(name), 'made');
    const all = [stage('one', true, make('one')), stage('two', false, make('two'))];
    assert.equal(await makeStages(all, (line) => lines.push(line)), true);
    assert.deepEqual(made, ['two']);
    assert.match(lines.join('\n'), /^✓ one +there \(\d+\.\d s\)\n✓ two +made \(\d+\.\d s\)$/);
  });

  it('stops at the first that cannot be had, and says why', async () => {
    const lines: string[] = [];
    const fails = stage('one', false, async () => {
      throw new SetupFailure('no engine: install one.', 'the tail');
    });
    const never = stage('two', false, async () => assert.fail('went on'));
    assert.equal(await makeStages([fails, never], (line) => lines.push(line)), false);
    assert.match(lines.join('\n'), /^✗ one +no engine: install one\. .*\n {4}the tail$/);
  });
});

describe('checkStages', () => {
  it('makes nothing, and is content without what is optional', async () => {
    const never = async (): Promise<string> => assert.fail('made something');
    const ignore = (): void => undefined;
    assert.equal(await checkStages([stage('one', true, never), stage('two', false, never, true)], ignore), true);
    assert.equal(await checkStages([stage('one', false, never), stage('two', true, never)], ignore), false);
  });
});
