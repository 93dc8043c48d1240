import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startFakeApi, testToken } from '../support/fake-api.ts';
import { tinyPng } from '../support/memory-desktops.ts';
import { sampleApproval, sampleHistory } from '../support/sample-run.ts';
import { waitFor } from '../support/wait-for.ts';

let api: Awaited<ReturnType<typeof startFakeApi>>;
let folder = '';

before(async () => {
  api = await startFakeApi();
  folder = await mkdtemp(join(tmpdir(), 'vitrine-cli-'));
});
after(async () => {
  await api.server.close(200);
  await rm(folder, { recursive: true });
});

/** Plays a whole story as soon as a run is created. */
function playHistory(words: Parameters<typeof sampleHistory>[1] = {}): void {
  api.runs.onCreate = (run) => {
    for (const { fact } of sampleHistory(run.id, words).events.slice(1)) api.runs.tell(run.id, fact);
  };
}

/** The real program against the server. */
function start(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['controller/cli/vitrine.ts', ...args], { env: { PATH: process.env['PATH'], HOME: folder, VITRINE_URL: api.url, VITRINE_TOKEN: testToken, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output.stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { output.stderr += text; });
  const { promise, resolve } = Promise.withResolvers<{ code: number | null; stdout: string; stderr: string }>();
  child.once('close', (code) => resolve({ code, ...output }));
  return { child, output, ended: promise };
}

const vitrine = (args: readonly string[], environment?: Record<string, string>) => start(args, environment).ended;

describe('vitrine run', () => {
  it('shows what happens and prints the answer alone on standard output', async () => {
    playHistory();
    const { code, stdout, stderr } = await vitrine(['run', 'Print a greeting']);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'Hello from computer use\n');
    assert.match(stderr, / s {2}awaitingModel .*Double-click at 60,783 holding Ctrl → changed 31 % in 760×420 at 200,120 {2}\[100 ms\]/);
    assert.match(stderr, /This starts a program — Press Enter\n.*decide with: vitrine approve ap-1/);
    assert.match(stderr, /Right-click at 300,300 → refused: the area around 300,300 changed/);
  });

  it('passes its options on', async () => {
    playHistory();
    await vitrine(['run', 'x', '--model', 'rehearsal', '--display', '1024x768', '--keep', '1.5', '--max-steps', '7', '--max-seconds', '60', '--instructions', 'be quick', '--approval-timeout', '30', '--template', 'strict']);
    const created = api.runs.journal.map(({ fact }) => fact).findLast((fact) => fact.type === 'run.created');
    assert.ok(created?.type === 'run.created');
    assert.equal(created.request.template, 'strict');
    assert.match((await vitrine(['templates'])).stdout, /^default {2}What the configuration says\.\nstrict {2}/);
    const { model, display, keepForMs, budgets, instructions, approvalTimeoutMs } = created.request;
    assert.deepEqual([model, display, keepForMs, budgets.maxSteps, budgets.maxDurationMs, instructions, approvalTimeoutMs], ['rehearsal', { width: 1024, height: 768 }, 1500, 7, 60_000, 'be quick', 30_000]);
  });

  it('sends files first, and has them put where they are wanted', async () => {
    playHistory();
    await writeFile(join(folder, 'letter.txt'), 'Dear reader');
    await writeFile(join(folder, 'a:b.csv'), '1,2');
    const file = (name: string) => ['--file', join(folder, name)];
    const { code, stderr } = await vitrine(['run', 'x', ...file('letter.txt'), ...file('letter.txt:Data/l.txt'), ...file('letter.txt:Data/'), ...file('a:b.csv')]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Sending .*letter\.txt/);
    const created = api.runs.journal.map(({ fact }) => fact).findLast((fact) => fact.type === 'run.created');
    const files = created?.type === 'run.created' ? created.request.files : [];
    assert.deepEqual(files.map(({ path }) => path), ['letter.txt', 'Data/l.txt', 'Data/letter.txt', 'a:b.csv']);
    assert.deepEqual(files.map(({ upload }) => api.runs.uploaded.get(upload)?.bytes.toString()), ['Dear reader', 'Dear reader', 'Dear reader', '1,2']);
    assert.deepEqual(files.map(({ upload }) => api.runs.uploaded.get(upload)?.declaredBytes), [11, 11, 11, 3], 'one of unknown length would count as the largest');
  });

  it('begins nothing, and leaves nothing behind, when a file is not there or the run is refused', async () => {
    const before = [api.runs.journal.length, api.runs.uploaded.size];
    const missing = await vitrine(['run', 'x', '--file', join(folder, 'letter.txt'), '--file', join(folder, 'missing.txt')]);
    assert.deepEqual([missing.code === 0, /missing\.txt: there is no such file/.test(missing.stderr)], [false, true]);
    const refused = await vitrine(['run', 'x', '--model', 'nobody', '--file', join(folder, 'letter.txt')]);
    assert.match(refused.stderr, /there is no model nobody/);
    assert.deepEqual([api.runs.journal.length, api.runs.uploaded.size], before);
  });

  it('prints one JSON per event, then the run, with --json', async () => {
    playHistory();
    const { code, stdout, stderr } = await vitrine(['run', 'x', '--json']);
    const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { fact?: { type: string }; state?: string });
    assert.deepEqual([code, stderr, lines[0]?.fact?.type, lines.at(-2)?.fact?.type, lines.at(-1)?.state], [0, '', 'run.created', 'run.ended', 'succeeded']);
  });

  it('lets no text from a desktop speak to the terminal', async () => {
    playHistory({ commentary: '\u001b]0;title\u0007\u202eevil', answer: 'a\u001b[2Jb\nsecond line', reason: 'r\u001b[31m' });
    const { stdout, stderr } = await vitrine(['run', 'x']);
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(stdout + stderr, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    assert.equal(stdout, 'a\\u{1b}[2Jb\nsecond line\n');
  });

  it('exits with 1 when the run fails, 4 when the time is up, 3 when it is interrupted', async () => {
    api.runs.onCreate = (run) => api.runs.end(run.id, 'failed');
    assert.equal((await vitrine(['run', 'x'])).code, 1);
    api.runs.onCreate = () => undefined;
    const late = await vitrine(['run', 'x', '--timeout', '0.3']);
    assert.equal(late.code, 4);
    assert.match(late.stderr, /goes on: vitrine watch r-\d+/);
    const { child, output, ended } = start(['run', 'x']);
    await waitFor('it follows', () => /Task for/.test(output.stderr));
    child.kill('SIGINT');
    const { code } = await ended;
    assert.equal(code, 3);
    assert.equal([...api.runs.runs.values()].at(-1)?.state, 'cancelled');
  });
});

describe('vitrine', () => {
  it('exits with 2 for wrong usage, and says what is wrong', async () => {
    for (const args of [['run'], ['explode'], ['run', 'x', '--display', 'big'], ['run', 'x', '--max-steps', '-1'], ['runs', '--limit', 'many'], []]) {
      const { code, stderr } = await vitrine(args);
      assert.equal(code, 2, args.join(' '));
      assert.ok(stderr.length > 0);
    }
    const help = await vitrine(['--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /Exit codes:/);
  });

  it('exits with 5 when nothing answers or the token is wrong, 6 when it is refused', async () => {
    const nobody = await vitrine(['runs'], { VITRINE_URL: 'http://127.0.0.1:9' });
    assert.deepEqual([nobody.code, /nothing answers at http:\/\/127\.0\.0\.1:9/.test(nobody.stderr)], [5, true]);
    assert.equal((await vitrine(['runs'], { VITRINE_TOKEN: 'wrong' })).code, 5);
    const refused = await vitrine(['watch', 'none']);
    assert.deepEqual([refused.code, /there is no run none/.test(refused.stderr)], [6, true]);
    assert.equal((await vitrine(['run', 'x', '--model', 'nobody'])).code, 6);
  });

  it('finds the token in the data folder', async () => {
    await writeFile(join(folder, 'token'), `${testToken}\n`);
    const { code } = await vitrine(['models'], { VITRINE_TOKEN: '', VITRINE_DATA: folder });
    assert.equal(code, 0);
  });

  it('lists, steers and replays runs', async () => {
    playHistory();
    const { stdout } = await vitrine(['run', 'tell me', '--detach']);
    const id = stdout.trim();
    assert.match((await vitrine(['runs', '--search', 'tell me'])).stdout, new RegExp(`^${id}  succeeded .*tell me`));
    assert.equal((await vitrine(['watch', id])).stdout, 'Hello from computer use\n');
    const path = join(folder, 'replay.html');
    assert.equal((await vitrine(['replay', id, '-o', path])).code, 0);
    assert.match(await readFile(path, 'utf8'), /<\/html>\s*$/);
    assert.match((await vitrine(['replay', id, '-o', '-'])).stdout, /^<!doctype html>[\s\S]*<\/html>\s*$/);
    api.runs.onCreate = () => undefined;
    const open = (await vitrine(['run', 'x', '--detach'])).stdout.trim();
    assert.match((await vitrine(['pause', open])).stdout, /paused/);
    await vitrine(['resume', open]);
    await vitrine(['message', open, 'look twice']);
    assert.equal(api.runs.messages.at(-1), 'look twice');
    assert.match((await vitrine(['cancel', open])).stdout, /cancelled/);
  });

  it('decides approvals', async () => {
    api.runs.pending.set('ap-7', sampleApproval('ap-7', 'r-1'));
    assert.match((await vitrine(['deny', 'ap-7', '--reason', 'not today'])).stdout, /^ap-7 {2}denied/);
    assert.equal(api.runs.pending.get('ap-7')?.reason, 'not today');
    assert.equal((await vitrine(['approve', 'ap-7'])).code, 6);
  });

  it('lists what waits, and has another text typed than the one that is asked about', async () => {
    const call = { callId: 'call_1', actions: [{ type: 'type' as const, text: 'rm all' }, { type: 'type' as const, text: 'x' }], safetyChecks: [] };
    const rules = [{ rule: 'removal', reason: 'something is removed', callId: 'call_1', index: 0 }];
    api.runs.pending.set('ap-8', sampleApproval('ap-8', 'r-1', { kind: 'policy', calls: [{ ...call, actions: call.actions.slice(0, 1) }], rules }));
    api.runs.pending.set('ap-9', sampleApproval('ap-9', 'r-1', { kind: 'policy', calls: [call], rules }));
    assert.match((await vitrine(['approvals'])).stdout, /ap-8 {2}policy +pending .*r-1\n +rule removal: something is removed — Type “rm all”\n/);
    assert.match((await vitrine(['approve', 'ap-8', '--text', 'ls'])).stdout, /^ap-8 {2}approved\nthe text “rm all” was edited to “ls”/);
    assert.deepEqual(api.runs.pending.get('ap-8')?.edits, [{ callId: 'call_1', index: 0, text: 'ls' }]);
    const unclear = await vitrine(['approve', 'ap-9', '--text', 'ls']);
    assert.match(unclear.stderr, /2 texts wait in ap-9: say which with --edit/);
    assert.equal(api.runs.pending.get('ap-9')?.state, 'pending');
    assert.equal((await vitrine(['approve', 'ap-9', '--edit', 'call_1:1=a=b'])).code, 0);
    assert.deepEqual(api.runs.pending.get('ap-9')?.edits, [{ callId: 'call_1', index: 1, text: 'a=b' }]);
    assert.doesNotMatch((await vitrine(['approvals'])).stdout, /ap-[89]/);
    assert.match((await vitrine(['approvals', '--state', 'all', '--json'])).stdout, /"id":"ap-8"/);
  });

  it('launches, lists, pictures and releases desktops', async () => {
    const id = (await vitrine(['desktops', 'launch', '--display', '800x600'])).stdout.trim();
    assert.match((await vitrine(['desktops'])).stdout, new RegExp(`${id}  ready +800x600`));
    const path = join(folder, 'shot.webp');
    assert.equal((await vitrine(['shot', id, '-o', path])).code, 0);
    assert.deepEqual(await readFile(path), tinyPng);
    assert.deepEqual(api.desktops.all.get(id)?.captures, [{ capture: { format: 'webp' }, settle: {} }]);
    await vitrine(['desktops', 'release', id]);
    assert.ok(!api.desktops.all.has(id));
  });

  it('follows all events until it is stopped', async () => {
    const { child, output, ended } = start(['events', '--json']);
    const enough = api.runs.journal.length;
    await waitFor('all events', () => output.stdout.split('\n').length > enough);
    child.kill('SIGINT');
    assert.equal((await ended).code, 0);
    assert.deepEqual(output.stdout.trim().split('\n').map((line) => (JSON.parse(line) as { sequence: number }).sequence), api.runs.journal.map(({ sequence }) => sequence));
  });

  it('prints the OpenAPI document', async () => {
    const { stdout } = await vitrine(['openapi']);
    assert.equal((JSON.parse(stdout) as { openapi: string }).openapi, '3.1.0');
  });
});
