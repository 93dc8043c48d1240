import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { AuditEntry, chainStart, firstMisfit } from '../audit-chain.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** `vitrine audit`, `vitrine audit export`, `vitrine audit verify`. */
export function addAuditCommands(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  const { print } = terminal;
  const audit = program.command('audit').description('Who changed what, when and from where');
  audit.command('list', { isDefault: true }).description('Print the audit, oldest first').option('--json', 'one JSON per entry').action(async ({ json }: { json?: true }) => {
    for await (const entry of entries(terminal)) print(json === true ? JSON.stringify(entry) : inWords(entry));
    end(exitCodes.succeeded);
  });
  audit.command('export').description('Print every entry as JSON, a line each: for `vitrine audit verify <file>`').action(async () => {
    for await (const entry of entries(terminal)) print(JSON.stringify(entry));
    end(exitCodes.succeeded);
  });
  audit.command('verify [file]').description('Compute the chain of hashes again, of a running Vitrine or of an exported file; exit code 1 if an entry does not fit').action(async (file: string | undefined) => {
    const given = file === undefined ? entries(terminal) : readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => AuditEntry.parse(JSON.parse(line)));
    let previous = chainStart;
    let count = 0;
    for await (const entry of given) {
      if (firstMisfit([entry], previous) !== undefined) {
        print(`entry ${entry.sequence} (${inWords(entry)}) does not fit the one before it: it was changed, or one is missing`);
        return end(exitCodes.failed);
      }
      previous = entry.hash;
      count += 1;
    }
    print(`${count} entries fit; the last hash is ${previous}`);
    return end(exitCodes.succeeded);
  });
}

async function* entries({ client, signal }: Terminal): AsyncGenerator<AuditEntry> {
  for (let after: number | null = 0; after !== null; ) {
    const page: { entries: AuditEntry[]; next: number | null } = await client.call('GET /api/audit', { query: { after: String(after), limit: '500' } }, signal);
    yield* page.entries;
    after = page.next;
  }
}

function inWords({ at, who, from, what, subject, details }: AuditEntry): string {
  const said = Object.keys(details).length === 0 ? '' : `  ${JSON.stringify(details)}`;
  return `${new Date(at).toISOString()}  ${who}${from === null ? '' : ` from ${from}`}  ${what}${subject === null ? '' : `  ${subject}`}${said}`;
}
