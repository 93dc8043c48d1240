import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeRequest } from '../../controller/dialects/openai-responses/write-input.ts';
import type { RunCommand } from '../../controller/runs/chart/run-command.ts';
import type { RunFact } from '../../controller/runs/run-event.ts';
import { placeOf } from '../../controller/runs/chart/run-view.ts';
import { createRun, stepRun } from '../../controller/runs/chart/step-run.ts';
import type { Step } from '../../controller/runs/chart/step-run.ts';
import { Transcripts } from '../../controller/runs/driving/transcripts.ts';
import type { TranscriptsOptions } from '../../controller/runs/driving/transcripts.ts';
import { finalStates } from '../../controller/runs/run.ts';
import { interruption, newRun, outcomesOf } from './random-commands.ts';
import { seededRandom } from '../support/seeded-random.ts';

type Written = { readonly journal: TranscriptsOptions['journal']; readonly write: (runId: string, facts: readonly RunFact[]) => void; reads: number };

/** Events as the journal keeps them: as text. */
function writtenEvents(): Written {
  const lines: { readonly runId: string; readonly text: string }[] = [];
  const written: Written = {
    reads: 0,
    write: (runId, facts) => void lines.push(...facts.map((fact, index) => ({ runId, text: JSON.stringify({ sequence: lines.length + index + 1, runId, at: 1, fact }) }))),
    journal: {
      run: (runId) => ({ runId, project: 'default', version: 1, snapshot: {}, view: {} }),
      events({ runId, after, limit }) {
        written.reads += 1;
        return lines.slice(after).filter((line) => line.runId === runId).slice(0, limit).map(({ text }) => JSON.parse(text));
      },
    },
  };
  return written;
}

const factsOf = (step: Step) => step.commit.facts as readonly RunFact[];

/** A run under random outcomes and interruptions, commit by commit. */
function* randomSteps(seed: number, runId: string): Generator<Step> {
  const random = seededRandom(seed);
  let step = createRun({ ...newRun(), runId });
  let at = 2000;
  yield step;
  for (let index = 0; index < 300; index += 1) {
    at += 10;
    const { context, value } = step.next.snapshot;
    const { state } = placeOf(value);
    if (finalStates.includes(state)) return;
    const outcomes = outcomesOf(context, at, random);
    const isOutside = random() < 0.2 || outcomes.length === 0;
    const briefing: RunCommand = { type: 'briefing', at, version: 'test', text: `You have a desktop (${index}).` };
    const command = state === 'queued' ? { type: 'admit' as const, at } : random() < 0.05 ? briefing : isOutside ? interruption(context, at, random) : outcomes[Math.floor(random() * outcomes.length)];
    const next = command && stepRun(step.next, command);
    if (next === undefined) continue;
    step = next;
    yield step;
  }
}

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('Transcripts', () => {
  it('keep what a reading of the journal gives, at every commit of 60 random runs, and so does what a model is sent', () => {
    let compared = 0;
    let longest = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const { journal, write } = writtenEvents();
      const kept = new Transcripts({ journal });
      for (const step of randomSteps(seed, 'run-1')) {
        write('run-1', factsOf(step));
        kept.record('run-1', factsOf(step));
        const now = kept.told('run-1');
        const read = new Transcripts({ journal }).told('run-1');
        assert.deepEqual(asJson(now), asJson(read), `seed ${seed}`);
        assert.equal(JSON.stringify(writeRequest(now.briefing, now.transcript, new Map())), JSON.stringify(writeRequest(read.briefing, read.transcript, new Map())), `seed ${seed}: another request`);
        compared += 1;
        longest = Math.max(longest, now.transcript.length);
      }
    }
    assert.ok(compared > 1000 && longest > 20, `${compared} comparisons, the longest of ${longest} entries, are too few to mean anything`);
  });

  it('read the journal once for a run however often they are asked', () => {
    const written = writtenEvents();
    const kept = new Transcripts(written);
    for (const step of randomSteps(2, 'run-1')) {
      written.write('run-1', factsOf(step));
      kept.record('run-1', factsOf(step));
      kept.told('run-1');
    }
    assert.equal(written.reads, 1);
    kept.drop('run-1');
    assert.equal(kept.count, 0);
  });

  it('give what was told before as it was, whatever happens later', () => {
    const { journal, write } = writtenEvents();
    const kept = new Transcripts({ journal });
    const [created] = randomSteps(1, 'run-1');
    assert.ok(created);
    write('run-1', factsOf(created));
    const before = kept.told('run-1');
    const copy = asJson(before);
    kept.record('run-1', [{ type: 'note.added', from: 'person', by: 'ann', text: 'look', frameId: null }]);
    assert.deepEqual(asJson(before), copy);
    assert.equal(kept.told('run-1').transcript.length, before.transcript.length + 1);
  });

  it('hold no more than their bound: those asked for longest ago are read again', () => {
    const written = writtenEvents();
    const kept = new Transcripts({ ...written, maxCharacters: 2500 });
    const runs = ['run-1', 'run-2', 'run-3'];
    for (const runId of runs) {
      const [created] = randomSteps(1, runId);
      assert.ok(created);
      const note: RunFact = { type: 'note.added', from: 'person', by: 'ann', text: 'x'.repeat(1000), frameId: null };
      written.write(runId, [...factsOf(created), note]);
      kept.told(runId);
    }
    assert.equal(kept.count, 2);
    assert.equal(kept.told('run-3').transcript.length, 2);
    assert.equal(written.reads, 3, 'the last one was kept');
    assert.equal(kept.told('run-1').transcript.length, 2);
    assert.equal(written.reads, 4, 'the first one was not');
  });
});
