import { duration } from '../../../api/plain-words.ts';
import type { Film, Scene } from '../../film/film.ts';
import { moneyText } from '../../ui/format.ts';

/** One line of the table: what both runs have of something, and whether that differs. `better` names the one with less of what is scarce. */
export type Line = { readonly name: string; readonly left: string; readonly right: string; readonly differs: boolean; readonly better: 'left' | 'right' | null };

/** What two runs came to and took, line by line. Pure. */
export function linesOf(left: Film, right: Film): Line[] {
  const runs = [left.run, right.run] as const;
  const outcome = ({ run }: Film) => `${run.state}${run.failure === null ? '' : `: ${run.failure.message}`}`;
  const took = ({ run }: Film) => (run.endedAt ?? run.createdAt) - run.createdAt;
  const approvals = ({ scenes }: Film) => scenes.filter(({ kind, tone }) => kind === 'approval' && tone === 'asks').length;
  const failed = ({ scenes }: Film) => scenes.filter(isFailedAction).length;
  return [
    words('Outcome', outcome(left), outcome(right)),
    words('Model', runs[0].model ?? '–', runs[1].model ?? '–'),
    amount('Turns', runs[0].turns, runs[1].turns, count),
    amount('Steps', runs[0].steps, runs[1].steps, count),
    amount('Actions that failed or were refused', failed(left), failed(right), count),
    amount('Approvals', approvals(left), approvals(right), count),
    amount('From asking to end', took(left), took(right), duration),
    amount('At work', runs[0].activeMs, runs[1].activeMs, duration),
    amount('Cost', runs[0].costUsd, runs[1].costUsd, moneyText),
    amount('Tokens in', runs[0].usage.inputTokens, runs[1].usage.inputTokens, count),
    amount('Tokens out', runs[0].usage.outputTokens, runs[1].usage.outputTokens, count),
  ];
}

function isFailedAction({ kind, outcome }: Scene): boolean {
  return kind === 'action' && outcome?.status !== 'performed';
}

function words(name: string, left: string, right: string): Line {
  return { name, left, right, differs: left !== right, better: null };
}

function amount(name: string, left: number | null, right: number | null, textOf: (value: number) => string): Line {
  const [one, other] = [left, right].map((value) => (value === null ? '–' : textOf(value)));
  return { name, left: one ?? '–', right: other ?? '–', differs: left !== right, better: left === null || right === null || left === right ? null : left < right ? 'left' : 'right' };
}

function count(value: number): string {
  return value.toLocaleString('en');
}
