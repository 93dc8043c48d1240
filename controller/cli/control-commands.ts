import type { Command } from 'commander';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { plain } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** The commands about people: what waits for them, and control of desktops. `secondsOf` parses a number of seconds. */
export function addControlCommands(program: Command, { client, print, note, signal }: Terminal, end: (code: ExitCode) => void, secondsOf: (text: string) => number): void {
  program.command('inbox').description('List what waits for a person, the oldest first').option('--json', 'one JSON per item').action(async ({ json }: { json?: true }) => {
    const { items } = await client.call('GET /api/inbox', {}, signal);
    for (const item of items) {
      const until = item.until === null ? '' : `until ${new Date(item.until).toISOString().slice(0, 19)}`;
      print(json === true ? JSON.stringify(item) : [new Date(item.since).toISOString().slice(0, 19), item.kind.padEnd(17), item.approvalId ?? item.runId, plain(item.words), until].join('  '));
    }
    end(exitCodes.succeeded);
  });
  program.command('take <desktop>').description('Take control of a desktop; prints the lease').option('--for <seconds>', 'how long, unless it is renewed (60)', secondsOf).option('--reason <text>', 'told to whoever asks')
    .option('--as <name>', 'who you are, where several share a token').option('--json', 'everything as JSON')
    .action(async (id: string, { for: seconds, reason, as, json }: { for?: number; reason?: string; as?: string; json?: true }) => {
      const ttlMs = seconds === undefined ? undefined : Math.round(seconds * 1000);
      const taken = await client.call('POST /api/desktops/{id}/control/take', { params: { id }, body: { reason, as, ttlMs } }, signal);
      print(json === true ? JSON.stringify(taken) : taken.lease);
      if (json !== true) {
        note(`You are in control of ${id} until ${new Date(taken.until ?? 0).toISOString()}`);
        for (const { command } of taken.stopped) note(`Stopped: ${plain(command)}`);
        for (const { pid, command } of taken.processes) note(`Still running, and able to see the screen and your keys: ${pid} ${plain(command)}`);
        if (taken.problem !== null) note(`Programs could not be stopped or listed: ${plain(taken.problem)}`);
      }
      end(exitCodes.succeeded);
    });
  program.command('give <desktop> <lease>').description('Give control back to the agent').option('--note <text>', 'told to the model').option('--json', 'the state of control as JSON')
    .action(async (id: string, lease: string, { note: text, json }: { note?: string; json?: true }) => {
      const control = await client.call('POST /api/desktops/{id}/control/give-back', { params: { id }, body: { lease, note: text } }, signal);
      print(json === true ? JSON.stringify(control) : `${control.desktopId}  ${control.control}`);
      end(exitCodes.succeeded);
    });
}
