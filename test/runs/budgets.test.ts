import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Action } from '../../sandbox-image/wire/index.ts';
import { spentBy } from '../../controller/runs/chart/changes/budgets.ts';
import type { RunContext } from '../../controller/runs/chart/run-context.ts';
import type { RunRequest } from '../../controller/runs/run.ts';
import { conversation, timings } from './conversation.ts';
import { click, frameNamed, newRun, outcomeFor, turnWith } from './random-commands.ts';

type Conversation = ReturnType<typeof conversation>;
const turn = (actions: Action[] = [click]) => turnWith([{ callId: 'c', actions, safetyChecks: [] }]);
/** What one answer of `turnWith` takes. */
const tokensOfAnswer = 15;

/** Answers what is in flight; every frame and every action is another one, so that nothing repeats itself. */
function goOn(run: Conversation, count: number, costUsd: number | null = null): void {
  const { awaits } = run.context();
  if (awaits?.kind === 'ask') run.answer({ type: 'model.answered', ms: 9, costUsd, turn: turn([{ ...click, x: count }]) });
  else if (awaits?.kind === 'perform') run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed(`f${count}`)), timings });
  else assert.fail(`${run.place().state} awaits ${awaits?.kind ?? 'nothing'}`);
  assertWithin(run.context());
}

/** What is spent and what is held back stay within the budgets. */
function assertWithin(context: RunContext): void {
  const { tokens, costUsd } = spentBy(context);
  const { maxTokens, maxCostUsd = Number.POSITIVE_INFINITY } = context.request.budgets;
  assert.ok(tokens + (context.reserve?.tokens ?? 0) <= maxTokens, `${tokens} spent and ${context.reserve?.tokens ?? 0} held back of ${maxTokens} tokens`);
  assert.ok(costUsd + (context.reserve?.costUsd ?? 0) <= maxCostUsd + 1e-9, `${costUsd} spent and ${context.reserve?.costUsd ?? 0} held back of ${maxCostUsd} dollars`);
}

/** Runs to the end of a budget, killed in the middle of these questions; how often the vendor was asked. */
function askedUntilTheEnd(request: Partial<RunRequest>, killedAt: readonly number[], costUsd: number | null = null): { readonly asked: number; readonly run: Conversation } {
  const run = conversation(newRun(request));
  run.ready();
  let asked = 0;
  let seen: string | undefined;
  for (let count = 0; run.place().state !== 'finishing'; count += 1) {
    assert.ok(count < 1000, 'it never ends');
    const { awaits } = run.context();
    if (awaits?.kind === 'ask' && awaits.effectId !== seen) {
      seen = awaits.effectId;
      asked += 1;
      for (const at of killedAt) {
        if (at !== asked || run.place().state === 'finishing') continue;
        run.say({ type: 'taken.up' });
        assertWithin(run.context());
        if (run.place().state !== 'finishing') asked += 1;
      }
    }
    if (run.place().state !== 'finishing') goOn(run, count, costUsd);
  }
  return { asked, run };
}

describe('a budget', () => {
  const budgets = { maxSteps: 1000, maxDurationMs: 1_000_000, maxTokens: 10 * tokensOfAnswer };

  it('ends a run at exactly its cap, also when the controller was killed three times in the middle of a question', () => {
    for (const killedAt of [[], [2], [2, 4, 6], [3, 4, 5], [10], [9, 10]]) {
      const { asked, run } = askedUntilTheEnd({ budgets }, killedAt);
      assert.equal(asked, 10, `killed at ${killedAt.join(', ')}`);
      assert.equal(run.context().ending?.failure?.code, 'budget_tokens');
      assert.equal(spentBy(run.context()).tokens, budgets.maxTokens);
      assert.equal(run.facts.filter((fact) => fact.type === 'model.lost').length, killedAt.length);
    }
  });

  it('of money ends it there too', () => {
    for (const killedAt of [[], [2, 4, 6]]) {
      const { asked, run } = askedUntilTheEnd({ budgets: { ...budgets, maxTokens: 1_000_000, maxCostUsd: 0.8 } }, killedAt, 0.1);
      assert.equal(asked, 8);
      assert.equal(run.context().ending?.failure?.code, 'budget_cost');
    }
  });

  it('charges a first question that never comes back, until nothing is left', () => {
    const run = conversation(newRun({ budgets: { ...budgets, maxTokens: 10_000 } }));
    run.ready();
    let kills = 0;
    while (run.place().state !== 'finishing') {
      run.say({ type: 'taken.up' });
      assertWithin(run.context());
      kills += 1;
      assert.ok(kills < 100, 'it never ends');
    }
    assert.equal(kills, 3, '4000 and 4000 and what was left');
    assert.match(run.context().ending?.failure?.message ?? '', /10000 were used, 10000 of them held for 3 questions whose answers were lost/);
  });

  it('that cannot hold another question ends the run before it is asked', () => {
    const { asked, run } = askedUntilTheEnd({ budgets: { ...budgets, maxTokens: 10 * tokensOfAnswer - 1 } }, []);
    assert.equal(asked, 9);
    assert.match(run.context().ending?.failure?.message ?? '', /135 were used, and a question takes 15/);
  });

  it('of steps is not changed by a restart', () => {
    const run = conversation(newRun({ budgets: { ...budgets, maxSteps: 2 } }));
    run.ready();
    goOn(run, 1);
    goOn(run, 2);
    run.say({ type: 'taken.up' });
    goOn(run, 3);
    goOn(run, 4);
    goOn(run, 5);
    assert.deepEqual([run.place().state, run.context().steps, run.context().ending?.failure?.code], ['finishing', 2, 'budget_steps']);
  });
});

describe('a run that goes round in circles', () => {
  /** Takes turns with these clicks on these screens until it stops; how many it took. */
  function turnsUntilStuck(request: Partial<RunRequest>, clicks: (count: number) => number, frames: (count: number) => string): { readonly count: number; readonly run: Conversation } {
    const run = conversation(newRun(request));
    run.ready();
    for (let count = 1; count < 200; count += 1) {
      run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turn([{ ...click, x: clicks(count) }]) });
      if (run.place().state !== 'executingAction') return { count, run };
      run.answer({ type: 'action.ended', outcome: outcomeFor('x', 'performed', frameNamed(frames(count))), timings });
    }
    return { count: Number.POSITIVE_INFINITY, run };
  }

  it('asks a person after so many equal turns, also in a circle of several', () => {
    const same = turnsUntilStuck({}, () => 1, () => 'f0');
    assert.deepEqual([same.count, same.run.place().state], [6, 'awaitingOperator']);
    const circle = turnsUntilStuck({}, (count) => count % 3, (count) => `f${count % 3}`);
    assert.deepEqual([circle.count, circle.run.place().state], [16, 'awaitingOperator']);
  });

  it('asks a person when turn after turn leaves the screen as it is', () => {
    const { count, run } = turnsUntilStuck({ loopGuard: { turns: 6, frames: 20 } }, (turns) => turns, () => 'f0');
    assert.deepEqual([count, run.place().state], [20, 'awaitingOperator']);
    run.say({ type: 'message', from: 'person', by: 'ann', text: 'try the menu' });
    run.answer({ type: 'observed', frame: frameNamed('f0') });
    run.answer({ type: 'model.answered', ms: 9, costUsd: null, turn: turn([{ ...click, x: 500 }]) });
    assert.equal(run.place().state, 'executingAction', 'it counts anew');
  });

  it('goes on while the screen changes', () => {
    assert.equal(turnsUntilStuck({}, (count) => count, (count) => `f${count}`).count, Number.POSITIVE_INFINITY);
  });

  it('ends where nobody is to be asked', () => {
    const { count, run } = turnsUntilStuck({ onStuck: 'end' }, () => 1, () => 'f0');
    assert.deepEqual([count, run.place().state, run.context().ending?.failure?.code], [6, 'finishing', 'stuck']);
    assert.equal(run.types().includes('note.added'), false, 'nobody is asked');
  });
});
