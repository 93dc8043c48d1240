import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** `vitrine policy test`. */
export function addPolicyCommands(program: Command, { client, print, signal }: Terminal, end: (code: ExitCode) => void): void {
  const policy = program.command('policy').description('Rules that refuse actions or ask a person first');
  policy.command('test <file> <run>').description('Say what the rules of a file would have done to a past run; nothing is changed').option('--json', 'the answer as JSON')
    .action(async (file: string, runId: string, { json }: { json?: true }) => {
      const { rules } = JSON.parse(readFileSync(file, 'utf8')) as { rules: never[] };
      const { turns, contacts } = await client.call('POST /api/runs/{id}/policy-test', { params: { id: runId }, body: { rules } }, signal);
      if (json === true) print(JSON.stringify({ turns, contacts }));
      else for (const { turn, matches } of turns) for (const { rule, verdict, reason, index, isWindowUnknown } of matches) print(`${turn === 0 ? 'caller' : `turn ${turn}`}, action ${index + 1}: ${verdict}, ${rule}: ${reason}${isWindowUnknown === true ? ' (unknown: this run does not say which window had the focus)' : ''}`);
      if (json !== true) for (const { host, port, was, rule, verdict, reason } of contacts) print(`${host}:${port} (was ${was}): ${verdict}, ${rule}: ${reason}`);
      if (json !== true && turns.length + contacts.length === 0) print('no rule is about anything that this run wanted done');
      end(exitCodes.succeeded);
    });
}
