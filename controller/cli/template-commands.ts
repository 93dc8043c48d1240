import type { Command } from 'commander';
import { wordsOfNetwork } from '../api/plain-words.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** `vitrine templates`. */
export function addTemplateCommands(program: Command, { client, print, signal }: Terminal, end: (code: ExitCode) => void): void {
  program.command('templates').description('List the kinds of desktops that runs may name').option('--json', 'one JSON per template')
    .action(async ({ json }: { json?: true }) => {
      const { templates } = await client.call('GET /api/templates', {}, signal);
      for (const template of templates) {
        const { name, description, network, rules } = template;
        const details = [description, network && `network ${wordsOfNetwork(network, [])}`, rules.length === 0 ? undefined : `rules ${rules.map((rule) => rule.name).join(', ')}`];
        print(json === true ? JSON.stringify(template) : [name, ...details.filter((part) => part !== undefined)].join('  '));
      }
      end(exitCodes.succeeded);
    });
}
