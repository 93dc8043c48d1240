import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import { desktopRecipe } from '../../controller/launcher/image-recipe.ts';
import type { ImageRecipe } from '../../controller/launcher/image-recipe.ts';
import type { ImageBuild, Launcher } from '../../controller/launcher/launcher.ts';
import { VitrineError } from '../../controller/errors.ts';
import { waitFor } from '../support/wait-for.ts';
import { served } from './both-launchers.ts';

const never = new AbortController().signal;
const tag = `vitrine-desktop:test-build-${process.pid}`;
after(() => {
  for (const one of [tag, `${tag}-tiny`]) execFileSync('docker', ['image', 'rm', '--force', one], { stdio: 'ignore' });
});

/** A recipe of one's own Dockerfile: what is built, and in which folder, is the launcher's owner's to say. */
async function tiny(dockerfile: string, bases: readonly string[] = ['debian:trixie-slim']): Promise<ImageRecipe & AsyncDisposable> {
  const root = await mkdtemp(join(tmpdir(), 'vitrine-test-image-'));
  await mkdir(join(root, 'sandbox-image'));
  await writeFile(join(root, 'sandbox-image/Dockerfile'), dockerfile);
  return { ...desktopRecipe(`${tag}-tiny`, {}, root), inputs: ['sandbox-image'], bases, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

async function ended(launcher: Launcher): Promise<ImageBuild> {
  return waitFor('the build to end', async () => {
    const { build } = await launcher.desktopImage(never);
    return build !== undefined && build.state !== 'building' ? build : undefined;
  }, 240_000);
}

describe('the desktop\'s image, built through the engine', { timeout: 300_000 }, () => {
  // Set-up has filled BuildKit's cache where it could use it; from nothing a build takes minutes and the network.
  const skip = spawnSync('docker', ['buildx', 'version']).status === 0 ? false : 'set-up built with the classic builder here, whose cache BuildKit does not know';
  it('is built from Vitrine\'s own files under its configured name, as set-up builds it', { skip }, async () => {
    await using held = await served(dockerLauncher({ recipe: desktopRecipe(tag, process.env) }));
    const { launcher } = held;
    assert.deepEqual(await launcher.desktopImage(never), { name: tag, image: undefined, cannotBuild: undefined, build: undefined });
    await launcher.buildImage(never);
    await launcher.buildImage(never);
    const build = await ended(launcher);
    assert.deepEqual([build.state, build.failure, build.done], ['built', undefined, build.total], build.lines.join('\n'));
    assert.ok(build.total > 10 && build.lines.length > 5, `${build.total} steps, ${build.lines.length} lines`);
    const { image } = await launcher.desktopImage(never);
    assert.equal(image?.isCurrent, true);
    const label = (name: string) => execFileSync('docker', ['image', 'inspect', '--format', '{{index .Config.Labels "dev.vitrine.content"}} {{.Config.User}}', name], { encoding: 'utf8' }).trim();
    assert.match(label(tag), /^[0-9a-f]{64} 10002:10002$/);
  });

  it('that fails says at what and why, and can be tried again', async () => {
    await using recipe = await tiny('FROM debian:trixie-slim\nRUN echo first words\nRUN echo last words && exit 7\n');
    const held = { launcher: dockerLauncher({ recipe }) };
    for (const attempt of [1, 2]) {
      await held.launcher.buildImage(never);
      const build = await ended(held.launcher);
      assert.deepEqual([build.state, build.step, build.total], ['failed', 'RUN echo last words && exit 7', 4], `attempt ${attempt}`);
      assert.match(build.failure ?? '', /could not build vitrine-desktop:test-build-\d+-tiny: .*exit code: 7/);
      assert.ok(build.lines.includes('last words'), build.lines.join('\n'));
    }
    assert.equal((await held.launcher.desktopImage(never)).image, undefined);
  });

  it('that lacks a base image which cannot be pulled says what to do', async () => {
    await using recipe = await tiny('FROM 127.0.0.1:1/none:latest\n', ['127.0.0.1:1/none:latest']);
    const held = { launcher: dockerLauncher({ recipe }) };
    await held.launcher.buildImage(never);
    const build = await ended(held.launcher);
    assert.equal(build.state, 'failed');
    assert.match(build.failure ?? '', /pull 127\.0\.0\.1:1\/none:latest.*Let the engine reach an image registry, or run "npm run setup"/s);
  });

  it('is given up when that is asked for, and nothing of it runs on', async () => {
    const mark = `vitrine-mark-${process.pid}`;
    await using recipe = await tiny(`FROM debian:trixie-slim\nRUN echo ${mark} && sleep 3600\n`);
    await using held = await served(dockerLauncher({ recipe }));
    await held.launcher.buildImage(never);
    await waitFor('the long step', async () => (await held.launcher.desktopImage(never)).build?.lines.includes(mark) || undefined, 60_000);
    assert.ok(sleeping(mark), 'the step is not seen to run');
    await held.launcher.cancelBuild(never);
    const build = await ended(held.launcher);
    assert.deepEqual([build.state, build.failure], ['cancelled', undefined]);
    await waitFor('the step to end', () => !sleeping(mark) || undefined, 30_000);
  });

  it('ends with the process that had it built, however that ends', async () => {
    const mark = `vitrine-killed-${process.pid}`;
    await using recipe = await tiny(`FROM debian:trixie-slim\nRUN echo ${mark} && sleep 3600\n`);
    const program = `import { dockerLauncher } from ${JSON.stringify(new URL('../../controller/launcher/docker-launcher.ts', import.meta.url).href)};
      await dockerLauncher({ recipe: ${JSON.stringify(recipe)} }).buildImage(AbortSignal.timeout(60_000));`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
    try {
      await waitFor('the long step', () => sleeping(mark), 60_000);
    } finally {
      child.kill('SIGKILL');
    }
    await waitFor('the step to end', () => !sleeping(mark), 30_000);
  });

  it('is nobody\'s to overwrite who has an image of their own', async () => {
    await using held = await served(dockerLauncher({ recipe: desktopRecipe('registry.example/ours:1', {}) }));
    assert.match((await held.launcher.desktopImage(never)).cannotBuild ?? '', /image of your own/);
    await assert.rejects(held.launcher.buildImage(never), (error: unknown) => error instanceof VitrineError && error.code === 'unprocessable');
  });
});

/** Whether a step of a build with this text in its command is running on this machine. */
function sleeping(mark: string): boolean {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n').some((line) => line.includes(`echo ${mark}`) && line.includes('sleep 3600'));
}
