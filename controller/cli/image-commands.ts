import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { duration, wordsOfBuildStep } from '../api/plain-words.ts';
import type { AnswerOf } from '../api/contract.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { plain } from './progress.ts';
import type { Terminal } from './terminal.ts';

type DesktopImage = AnswerOf<'GET /api/image'>;
type Options = { readonly json?: true };

/** How often a build is looked at. */
const everyMs = 500;

/** `vitrine image`: the image that desktops are made from, and its build. */
export function addImageCommands(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  const { client, print, signal } = terminal;
  const image = program.command('image').description('Show and build the image that desktops are made from');
  image.command('show', { isDefault: true }).description('Say whether it is there; exit code 1 if not').option('--json', 'as JSON').action(async ({ json }: Options) => {
    const found = await client.call('GET /api/image', {}, signal);
    print(json === true ? JSON.stringify(found) : wordsOf(found));
    end(found.image === null ? exitCodes.failed : exitCodes.succeeded);
  });
  image.command('build').description('Have it built, or join the build under way, and follow it; Ctrl+C stops following').option('--json', 'the outcome as JSON').action(async ({ json }: Options) => {
    const built = await followBuild(terminal, await client.call('POST /api/image/build', {}, signal));
    if (json === true) print(JSON.stringify(built));
    else print(built.build?.state === 'failed' ? plain(built.build.failure ?? '') : wordsOf(built));
    end(built.build?.state === 'cancelled' ? exitCodes.cancelled : built.build?.state === 'built' ? exitCodes.succeeded : exitCodes.failed);
  });
  image.command('cancel').description('Give the build under way up').action(async () => {
    print(wordsOf(await client.call('POST /api/image/build/cancel', {}, signal)));
    end(exitCodes.succeeded);
  });
}

/**
 * Tells each step once, before the first one what is printed last (base images are pulled then), and the output's end where it
 * failed; resolves when the build is over.
 */
async function followBuild({ client, note, signal }: Terminal, first: DesktopImage): Promise<DesktopImage> {
  let told = '';
  for (let now = first; ; now = await client.call('GET /api/image', {}, signal)) {
    const { build } = now;
    if (build === null) return now;
    const line = build.total > 0 ? wordsOfProgress(build) : plain(build.lines.at(-1) ?? '');
    if (build.state === 'building' && line !== '' && line !== told) note(`${duration(Date.now() - build.startedAt).padStart(11)}  ${line}`);
    told = line;
    if (build.state === 'failed') for (const output of build.lines.slice(-15)) note(`    ${plain(output)}`);
    if (build.state !== 'building') return now;
    await setTimeout(everyMs, undefined, { signal });
  }
}

function wordsOfProgress({ done, total, step }: NonNullable<DesktopImage['build']>): string {
  const words = plain(wordsOfBuildStep(step));
  return total === 0 ? words : `step ${Math.min(done + 1, total)} of ${total}: ${words}`;
}

function wordsOf({ name, state, image, build, cannotBuild }: DesktopImage): string {
  if (state === 'building' && build !== null) return `${name}  building, ${wordsOfProgress(build)}`;
  if (image !== null) return `${name}  ${image.id.slice(0, 19)}  built ${new Date(image.createdAt).toISOString()}${image.isCurrent === false ? '  older than what Vitrine has: vitrine image build' : ''}`;
  if (state === 'failed' && build !== null) return `${name}  missing; its build failed: ${plain(build.failure ?? '')}`;
  return `${name}  missing: ${cannotBuild ?? 'vitrine image build'}`;
}
