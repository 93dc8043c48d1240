import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

type Role = 'viewer' | 'operator' | 'admin';

/** `vitrine tokens`, `vitrine token create`, `vitrine token revoke`. */
export function addTokenCommands(program: Command, { client, print, signal }: Terminal, end: (code: ExitCode) => void): void {
  program.command('tokens').description('List the tokens').option('--json', 'one JSON per token').action(async ({ json }: { json?: true }) => {
    const { tokens } = await client.call('GET /api/tokens', {}, signal);
    for (const token of tokens) print(json === true ? JSON.stringify(token) : `${token.id}  ${token.name.padEnd(24)}  ${token.role.padEnd(8)}  ${token.project.padEnd(12)}  ${lifeOf(token)}`);
    end(exitCodes.succeeded);
  });
  const token = program.command('token').description('Make and revoke tokens');
  token.command('create <name>').description('Make a token and print it, this once').option('--role <role>', 'viewer, operator or admin', roleOf, 'operator' as Role).option('--project <project>', 'what it may see', 'default')
    .option('--scopes <scopes>', 'given by name besides those of the role, commas between').option('--days <n>', 'how long it is valid', Number, 90).option('--json', 'the token with what is known of it')
    .action(async (name: string, { role, project, scopes, days, json }: { role: Role; project: string; scopes?: string; days: number; json?: true }) => {
      const made = await client.call('POST /api/tokens', { body: { name, role, project, expiresInDays: days, scopes: (scopes ?? '').split(',').filter((scope) => scope !== '') as never[] } }, signal);
      print(json === true ? JSON.stringify(made) : made.token);
      end(exitCodes.succeeded);
    });
  token.command('revoke <id>').description('End a token at once').action(async (id: string) => {
    await client.call('DELETE /api/tokens/{id}', { params: { id } }, signal);
    end(exitCodes.succeeded);
  });
}

function roleOf(text: string): Role {
  if (text === 'viewer' || text === 'operator' || text === 'admin') return text;
  throw new InvalidArgumentError('viewer, operator or admin');
}

function lifeOf({ revokedAt, expiresAt }: { readonly revokedAt: number | null; readonly expiresAt: number }): string {
  if (revokedAt !== null) return `revoked ${new Date(revokedAt).toISOString()}`;
  return `${expiresAt <= Date.now() ? 'expired' : 'until'} ${new Date(expiresAt).toISOString()}`;
}
