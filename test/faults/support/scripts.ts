import { lettersOf, placeOf } from './compare-witness.ts';
import { computerItem, functionItem } from './steady-vendor.ts';
import type { Script } from './steady-vendor.ts';

const click = (n: number) => ({ type: 'click', button: 'left', ...placeOf(n) });
const type = (n: number) => ({ type: 'type', text: lettersOf(n) });

/** What the runs of these scripts are asked with: quick to settle, with a shell. */
export const quickly = { settle: { floorMs: 20, quietMs: 20, ceilingMs: 1000 }, tools: ['shell'], approvalTimeoutMs: 600_000 } as const;

/** Places and letters of one use of a script; another `use` has others. */
const perUse = 8;

/** A run with all that a run can do on a desktop: a batch, a safety check, a tool that leaves a mark and an artefact. */
export function workScript(use: number): Script {
  const from = use * perUse;
  return {
    turns: [
      [computerItem(1, 1, [click(from), type(from + 1), click(from + 2)])],
      [computerItem(2, 1, [click(from + 3), type(from + 4)], ['malicious_instructions'])],
      [functionItem(3, 1, 'shell', { command: `echo ${markOf(use)} >> ~/marks; mkdir -p ~/Outbox; echo ${markOf(use)} > ~/Outbox/note.txt` })],
      [computerItem(4, 1, [click(from + 5)])],
    ],
    answer: `done ${use}`,
  };
}

/** Little to do, and a file to keep. */
export const outboxScript: Script = {
  turns: [
    [computerItem(1, 1, [click(0)])],
    [functionItem(2, 1, 'shell', { command: 'echo kept > ~/Outbox/note.txt' })],
  ],
  answer: 'done',
};

/** The line that the tool of a use appends to `~/marks`. */
export function markOf(use: number): string {
  return `mark-${use}`;
}

/** Many turns of batches, with a safety check now and then: for kills at any time. */
export function longScript(from: number, turns: number): Script {
  return {
    turns: Array.from({ length: turns }, (_, turn) => {
      const first = from + turn * perUse;
      const actions = Array.from({ length: perUse }, (__, index) => (index % 4 === 3 ? type(first + index) : click(first + index)));
      return [computerItem(turn + 1, 1, actions, turn % 10 === 9 ? ['malicious_instructions'] : [])];
    }),
    answer: 'done',
  };
}
