import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import type { DesktopImages, DesktopImageView } from '../../controller/desktops/desktop-image.ts';
import { startFakeApi, testToken } from '../support/fake-api.ts';

type Build = NonNullable<DesktopImageView['build']>;
const build: Build = { state: 'building', startedAt: Date.now(), endedAt: null, done: 0, total: 3, step: '', lines: [], failure: null };
const there = { id: `sha256:${'a'.repeat(64)}`, createdAt: 1_700_000_000_000, isCurrent: true };

/** An image whose build goes through the given states, one each time it is looked at. */
function imagesOf(states: readonly Partial<Build>[], outcome: DesktopImageView['image']): DesktopImages {
  let index = -1;
  const view = (): DesktopImageView => {
    const now = index < 0 ? null : { ...build, ...states[Math.min(index, states.length - 1)] };
    const image = now?.state === 'built' ? outcome : null;
    return { name: 'vitrine-desktop:latest', state: now?.state === 'building' ? 'building' : image !== null ? 'present' : now?.state === 'failed' ? 'failed' : 'missing', image, build: now, cannotBuild: null };
  };
  const next = async () => {
    if (index >= 0) index += 1;
    return view();
  };
  return { look: next, build: async () => { index = 0; return view(); }, cancel: next, worthWaiting: async () => undefined };
}

async function vitrine(images: DesktopImages, ...args: string[]) {
  await using api = await startFakeApi({ images });
  const child = spawn(process.execPath, ['controller/cli/vitrine.ts', 'image', ...args], { env: { PATH: process.env['PATH'], HOME: '/nonexistent', VITRINE_URL: api.url, VITRINE_TOKEN: testToken }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output.stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { output.stderr += text; });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('close', resolve);
  return { code: await promise, ...output, deeds: api.deeds.map(({ what }) => what) };
}

describe('vitrine image', () => {
  it('says what is missing and how it is built', async () => {
    assert.deepEqual(await vitrine(imagesOf([], null)), { code: 1, stdout: 'vitrine-desktop:latest  missing: vitrine image build\n', stderr: '', deeds: [] });
  });

  it('build follows the build step by step, and what it did is in the audit', async () => {
    const states: Partial<Build>[] = [{ step: 'FROM debian:trixie-slim' }, { done: 1, step: 'RUN apt-get update && apt-get install x' }, { done: 2, step: 'exporting to image' }, { state: 'built', done: 3 }];
    const { code, stdout, stderr, deeds } = await vitrine(imagesOf(states, there), 'build');
    assert.deepEqual([code, deeds], [0, ['POST /api/image/build']], stderr);
    assert.deepEqual(stderr.trimEnd().split('\n').map((line) => line.replace(/^ *[\d.]+ m?s {2}/, '')), ['step 1 of 3: taking the base system', 'step 2 of 3: installing the desktop\'s programs: browser, editor, terminal, fonts', 'step 3 of 3: writing the image']);
    assert.match(stdout, /^vitrine-desktop:latest {2}sha256:a{12} {2}built 2023-11-14/);
  });

  it('build tells which base image is pulled, and counts no steps before there are any', async () => {
    const pulling = 'pulling debian:trixie-slim';
    const states: Partial<Build>[] = [{ total: 0 }, { total: 0, lines: [pulling] }, { total: 0, lines: [pulling] }, { state: 'built', done: 3 }];
    const { stderr } = await vitrine(imagesOf(states, there), 'build');
    assert.deepEqual(stderr.trimEnd().split('\n').map((line) => line.replace(/^ *[\d.]+ m?s {2}/, '')), [pulling]);
    const images = imagesOf([{ total: 0 }], null);
    await images.build(AbortSignal.timeout(1000));
    assert.equal((await vitrine(images)).stdout, 'vitrine-desktop:latest  building, getting ready\n');
  });

  it('build that fails shows the end of its output, and why', async () => {
    const { code, stdout, stderr } = await vitrine(imagesOf([{ done: 1, step: 'RUN x' }, { state: 'failed', done: 1, lines: ['E: no such package\u001B[31m'], failure: 'the engine could not build it: exit code: 100' }], null), 'build');
    assert.equal(code, 1);
    assert.match(stderr, / {4}E: no such package/);
    assert.ok(!stderr.includes('\u001B'), 'a terminal\'s escape');
    assert.match(stdout, /exit code: 100/);
  });

  it('build that somebody cancels ends with the exit code for that', async () => {
    assert.equal((await vitrine(imagesOf([{ done: 1 }, { state: 'cancelled' }], null), 'build')).code, 3);
  });
});
