import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { filmOf } from '../../controller/api/replay/film.ts';
import { builtPlayer } from '../../controller/api/replay/built-player.ts';
import { renderReplay } from '../../controller/api/replay/render-replay.ts';
import { VitrineError } from '../../controller/errors.ts';
import { buildConsole } from '../support/built-console.ts';
import { startFakeApi } from '../support/fake-api.ts';
import { tinyPng } from '../support/memory-desktops.ts';
import { sampleFrame, sampleHistory } from '../support/sample-run.ts';

const image = process.env['VITRINE_DESKTOP_IMAGE'] ?? 'vitrine-desktop:latest';
const hostile = '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\'{{frames}}{{film}}<!--\u2028';

async function rendered(words: Parameters<typeof sampleHistory>[1] = {}, missing: readonly string[] = []): Promise<{ html: string; loaded: string[] }> {
  const { run, events } = sampleHistory('r-1', words);
  const loaded: string[] = [];
  let html = '';
  for await (const chunk of renderReplay(run, events, builtPlayer(), async (frameId) => {
    loaded.push(frameId);
    if (missing.includes(frameId)) throw new VitrineError('not_found', 'gone');
    return { frame: sampleFrame(frameId), bytes: tinyPng };
  })) html += chunk;
  return { html, loaded };
}

before(buildConsole);

describe('filmOf', () => {
  it('shows each action on the frame it was decided on, with what came of it', async () => {
    const { run, events } = sampleHistory('r-1');
    const { scenes } = await filmOf(run, events);
    const actions = scenes.filter(({ kind }) => kind === 'action');
    assert.deepEqual(actions.map(({ before, after }) => [before, after]), [['f1', 'f2'], ['f2', null], ['f2', 'f3'], ['f3', 'f4'], ['f4', null], ['f4', null], ['f4', 'f5'], ['f4', null]]);
    assert.deepEqual(actions[0]?.mark?.at, { x: 640, y: 400 });
    assert.deepEqual(actions.at(-1)?.tone, 'bad');
    assert.equal(Object.values(actions[0]?.timings ?? {}).reduce((sum, ms) => sum + ms, 0), 100, 'the parts add up to what the relay took in all');
    assert.deepEqual(scenes.map(({ kind }) => kind).filter((kind) => kind !== 'action' && kind !== 'turn'), ['task', 'desktop', 'approval', 'approval', 'control', 'control', 'note', 'note', 'answer']);
    assert.match(scenes.find(({ title }) => title.startsWith('Approved'))?.text ?? '', /This starts a program.*\nReason: Harmless\nDecided after 6\.4 s/);
  });
});

describe('renderReplay', () => {
  it('is one page that needs nothing but itself', async () => {
    const { html, loaded } = await rendered();
    const withoutNamespaces = html.replaceAll(/http:\/\/www\.w3\.org\/(2000\/svg|1999\/xhtml|1998\/Math\/MathML)/g, '');
    assert.doesNotMatch(withoutNamespaces, /https?:|\bsrc="(?!data:)|<link|@import|url\(/);
    assert.deepEqual(loaded, ['f1', 'f2', 'f3', 'f4', 'f5'], 'each frame once');
    assert.equal(html.split(tinyPng.toString('base64')).length - 1, 5);
    assert.match(html, /Hello from computer use/);
  });

  it('lets its own script and style run, by their hashes, and no others', async () => {
    const { html } = await rendered();
    const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    for (const content of [script, style]) {
      assert.ok(content.length > 1000);
      assert.ok(builtPlayer().policy.includes(createHash('sha256').update(content).digest('base64')));
    }
    assert.doesNotMatch(builtPlayer().policy, /unsafe|\*/);
  });

  it('keeps whatever desktop, model and people say as text', async () => {
    const { html } = await rendered({ task: hostile, commentary: hostile, typed: hostile.replaceAll('\u2028', ''), answer: hostile, reason: hostile });
    const plain = (await rendered()).html;
    for (const tag of ['<script', '</script', '<img', '<!--', '<style']) assert.equal(html.split(tag).length, plain.split(tag).length, tag);
    const film = JSON.parse(/<script id="film" type="application\/json">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '') as { run: { task: string; answer: string } };
    assert.deepEqual([film.run.task, film.run.answer], [hostile, hostile]);
  });

  it('goes on without a frame that was not kept, and fails for other reasons', async () => {
    const { html } = await rendered({}, ['f2']);
    assert.ok(!html.includes('data-frame="f2"') && html.includes('data-frame="f3"') && html.trimEnd().endsWith('</html>'));
    const { run, events } = sampleHistory('r-1');
    const chunks = renderReplay(run, events, builtPlayer(), async () => { throw new Error('disk'); });
    await assert.rejects(async () => { for await (const _chunk of chunks); }, /disk/);
  });

  it('plays in the desktop image\'s browser without a word in its console', { skip: imageSkip() }, async () => {
    const { html } = await rendered({ task: hostile, commentary: hostile, answer: hostile });
    const { run, events } = sampleHistory('r-1');
    const first = (await filmOf(run, events)).scenes.find(({ kind }) => kind === 'action');
    const { stdout, stderr } = browse(html, `#${first?.sequence}`);
    // Chromium's own pages (chrome://…) also log, at times; what counts is what ours says, and that the policy blocks nothing.
    const said = stderr.split('\n').filter((line) => line.includes('CONSOLE') && !line.includes('source: chrome://'));
    assert.deepEqual(said, []);
    assert.match(stdout, /<strong>Double-click at 60,783 holding Ctrl<\/strong>/);
    assert.match(stdout, />4 \/ 25</);
    assert.doesNotMatch(stdout, /<img src="x"/);
  });
});

describe('GET /api/runs/{id}/replay', () => {
  it('serves the page under a policy that lets it do nothing else', async () => {
    await using api = await startFakeApi();
    const { run, events } = sampleHistory('r-1');
    api.runs.runs.set('r-1', run);
    api.runs.journal.push(...events);
    const response = await api.ask('/api/runs/r-1/replay');
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'.*frame-ancestors 'none'; sandbox allow-scripts$/);
    assert.match(await response.text(), /data-frame="f5"/);
  });
});

function imageSkip(): string | false {
  return spawnSync('docker', ['image', 'inspect', image]).status === 0 ? false : `needs a Docker engine with the image ${image} (npm run setup)`;
}

/** The page as Chromium has it once its script has run, and what Chromium logged. */
function browse(html: string, fragment: string): { stdout: string; stderr: string } {
  const browser = ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--enable-logging=stderr', '--user-data-dir=/tmp/profile', '--dump-dom', `file:///tmp/replay.html${fragment}`];
  const container = ['run', '--rm', '-i', '--network', 'none', '--user', '10001', '--read-only', '--tmpfs', '/tmp:mode=1777', '--tmpfs', '/home/agent:mode=0777', '--env', 'HOME=/home/agent', '--entrypoint', 'sh'];
  const { stdout, stderr, status } = spawnSync('docker', [...container, image, '-c', 'cat >/tmp/replay.html && exec "$@"', 'sh', ...browser], { input: html, encoding: 'utf8', timeout: 90_000, maxBuffer: 32e6 });
  assert.equal(status, 0, stderr);
  return { stdout, stderr };
}
