import type { Command } from 'commander';
import type { AnswerOf } from '../api/contract.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { plain } from './progress.ts';
import type { Terminal } from './terminal.ts';

type SelfTest = AnswerOf<'POST /api/desktops/{id}/self-test'>;
type Options = { readonly desktop?: string; readonly probes: boolean; readonly json?: true };

/** `vitrine doctor`: what the installation stands on, and what comes of attacking its desktops from inside. */
export function addDoctorCommand(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  program.command('doctor').description('Look at engine and separation, then attack a desktop of each seccomp profile from inside; exit code 1 if an attempt got through')
    .option('--desktop <id>', 'attack this desktop only, which no run may hold').option('--no-probes', 'attack no desktop').option('--json', 'one JSON per answer')
    .action(async (options: Options) => {
      const diagnosis = await terminal.client.call('GET /api/doctor', {}, terminal.signal);
      if (options.json === true) terminal.print(JSON.stringify(diagnosis));
      else for (const { name, ok, says } of diagnosis.findings) terminal.print(`${ok ? '✓' : '!'} ${name.padEnd(16)} ${plain(says)}`);
      const tests = options.probes ? await attack(terminal, diagnosis.profile, options.desktop) : [];
      for (const test of tests) {
        if (options.json === true) terminal.print(JSON.stringify(test));
        else for (const line of table(test)) terminal.print(line);
      }
      end(tests.every(({ ok }) => ok) ? exitCodes.succeeded : exitCodes.failed);
    });
}

async function attack(terminal: Terminal, profile: 'browser' | 'strict', desktop: string | undefined): Promise<SelfTest[]> {
  if (desktop !== undefined) return [await selfTest(terminal, desktop, profile)];
  const fresh: readonly (readonly [string, 'browser' | 'strict'])[] = profile === 'browser' ? [['default', 'browser'], ['strict', 'strict']] : [['default', 'strict']];
  const tests: SelfTest[] = [];
  for (const [template, each] of fresh) {
    terminal.note(`attacking a new desktop of the profile ${each} from inside…`);
    const { id } = await terminal.client.call('POST /api/desktops', { body: { template } }, terminal.signal);
    try {
      tests.push(await selfTest(terminal, id, each));
    } finally {
      await terminal.client.call('DELETE /api/desktops/{id}', { params: { id } }, AbortSignal.timeout(30_000));
    }
  }
  return tests;
}

function selfTest({ client, signal }: Terminal, id: string, profile: 'browser' | 'strict'): Promise<SelfTest> {
  return client.call('POST /api/desktops/{id}/self-test', { params: { id }, body: { profile } }, signal);
}

function table({ profile, probes, durationMs, desktopId }: SelfTest): string[] {
  const failed = probes.filter(({ ok }) => !ok);
  return [
    '', `profile ${profile}, desktop ${desktopId}`, `  ${'probe'.padEnd(28)} ${'expected'.padEnd(18)} seen`,
    ...probes.map(({ name, expected, seen, detail, ok }) => `${ok ? '✓' : '✗'} ${name.padEnd(28)} ${expected.join(' or ').padEnd(18)} ${plain(`${seen} ${detail}`).trim()}`),
    `${probes.length} attempts in ${(durationMs / 1000).toFixed(1)} s, ${failed.length === 0 ? 'none got through' : `${failed.length} not as expected: ${failed.map(({ name }) => name).join(', ')}`}`,
  ];
}
