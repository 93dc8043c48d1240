import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { AnswerOf } from '../api/contract.ts';
import { wordsOfApproval, wordsOfEdits } from '../api/plain-words.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { plain } from './progress.ts';
import type { Terminal } from './terminal.ts';

type Approval = AnswerOf<'GET /api/approvals/{id}'>;
type Edit = Approval['edits'][number];
type ListOptions = { readonly state?: Approval['state'] | 'all'; readonly kind?: Approval['kind']; readonly run?: string; readonly limit?: string; readonly json?: true };
type DecideOptions = { readonly reason?: string; readonly digest?: string; readonly text?: string; readonly edit?: Edit[]; readonly json?: true };

/** Adds the commands that list and decide questions to people. */
export function addApprovalCommands(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  const { client, print, signal } = terminal;
  program.command('approvals').description('List what waits for a person, newest first').option('--state <state>', 'pending, approved, denied, expired, withdrawn, or all', 'pending')
    .option('--kind <kind>', 'safety_check, policy, stale_target, network or question').option('--run <run>', 'only those of this run').option('--limit <n>', 'at most this many').option('--json', 'one JSON per approval')
    .action(async ({ state, kind, run, limit, json }: ListOptions) => {
      const query = { run, kind, limit, ...(state === 'all' ? {} : { state }) };
      const { approvals } = await client.call('GET /api/approvals', { query }, signal);
      for (const approval of approvals) for (const line of json === true ? [JSON.stringify(approval)] : linesOf(approval)) print(line);
      end(exitCodes.succeeded);
    });
  const decide = (decision: 'approve' | 'deny', description: string) => program.command(`${decision} <approval>`).description(description).option('--reason <text>', 'why; a denial\'s reason reaches the model')
    .option('--digest <hex>', 'refuse if what is asked is not what has this digest').option('--json', 'the approval as JSON')
    .action(async (id: string, { reason, digest, text, edit = [], json }: DecideOptions) => {
      const edits = text === undefined ? edit : [...edit, { ...onlyText(await client.call('GET /api/approvals/{id}', { params: { id } }, signal), program), text }];
      const approval = await client.call('POST /api/approvals/{id}/decision', { params: { id }, body: { decision, reason, digest, ...(edits.length === 0 ? {} : { edits }) } }, signal);
      print(json === true ? JSON.stringify(approval) : [`${approval.id}  ${approval.state}`, ...wordsOfEdits(approval).map((words) => plain(words))].join('\n'));
      end(exitCodes.succeeded);
    });
  decide('approve', 'Let what waits happen').option('--text <text>', 'type this instead of the only text that waits')
    .option('--edit <call:index=text>', 'type this instead of the text of one action; may be given again', addEdit);
  decide('deny', 'Refuse what waits');
  program.command('answer <approval> [text]').description('Answer a question of the model\'s; without a text, leave it unanswered').option('--reason <text>', 'why there is no answer; it reaches the model')
    .option('--digest <hex>', 'refuse if what is asked is not what has this digest').option('--json', 'the approval as JSON')
    .action(async (id: string, text: string | undefined, { reason, digest, json }: DecideOptions) => {
      const approval = await client.call('POST /api/approvals/{id}/answer', { params: { id }, body: { answer: text, reason, digest } }, signal);
      print(json === true ? JSON.stringify(approval) : `${approval.id}  ${text === undefined ? 'left unanswered' : 'answered'}`);
      end(exitCodes.succeeded);
    });
}

function linesOf(approval: Approval): string[] {
  const { id, kind, state, expiresAt, runId, decidedBy } = approval;
  const when = state === 'pending' ? `until ${new Date(expiresAt).toISOString().slice(0, 19)}` : decidedBy === null ? '' : `by ${decidedBy}`;
  return [[id, kind.padEnd(12), state.padEnd(9), when, runId].join('  '), `    ${plain(wordsOfApproval(approval))}`, ...wordsOfEdits(approval).map((words) => `    ${plain(words)}`)];
}

/** Where the only text is that waits; without one, or with several, the command ends and says so. */
function onlyText({ id, calls }: Approval, program: Command): Pick<Edit, 'callId' | 'index'> {
  const texts = calls.flatMap(({ callId, actions }) => actions.flatMap((action, index) => (action.type === 'type' ? [{ callId, index }] : [])));
  const [only, more] = texts;
  if (only === undefined) return program.error(`No text waits in ${id}: there is nothing to edit.`);
  if (more !== undefined) return program.error(`${texts.length} texts wait in ${id}: say which with --edit, such as --edit '${only.callId}:${only.index}=…'.`);
  return only;
}

function addEdit(argument: string, before: Edit[] = []): Edit[] {
  const [, callId, index, text] = /^([^=]+):(\d{1,3})=([^]+)$/.exec(argument) ?? [];
  if (callId === undefined || text === undefined) throw new InvalidArgumentError('It must be CALL:INDEX=TEXT, such as call_1:0=ls.');
  return [...before, { callId, index: Number(index), text }];
}
