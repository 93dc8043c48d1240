import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const greeting = 'Hello from computer use';
/** Without a vendor's key, so that the rehearsal plays. */
const environment = { ...process.env, OPENAI_API_KEY: '', OPENAI_API_KEY_FILE: '', OPENAI_BASE_URL: '', VITRINE_MODEL: '' };

type Ended = { readonly code: number; readonly lines: string[]; readonly errors: string };

/** What a new user types; set-up is done, so this begins with its checks. */
function demo(...task: string[]): Promise<Ended> {
  return new Promise((done) => {
    execFile('npm', ['run', '--silent', 'demo', ...(task.length > 0 ? ['--', ...task] : [])], { cwd: root, env: environment, timeout: 180_000, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), lines: stdout.trimEnd().split('\n'), errors: stderr });
    });
  });
}

describe('npm run demo', () => {
  it('prints every turn, a replay that shows each step, and the answer as the last line', async () => {
    const { code, lines, errors } = await demo();
    assert.equal(code, 0, `${lines.join('\n')}\n${errors}`);
    assert.equal(lines.at(-1), greeting);
    assert.ok(lines.some((line) => /executingAction.*Type .*→.*\[\d+.*ms\]/.test(line)), 'a step is told with state, action, effect and milliseconds');
    const replay = lines.flatMap((line) => /^Replay: (\S+\.html)$/.exec(line)?.[1] ?? [])[0] ?? '';
    assert.ok(existsSync(replay), replay);
    const page = readFileSync(replay, 'utf8');
    const pngs = new Set(page.match(/iVBORw0KGgo[\w+/=]{100}/g));
    assert.ok(page.split('iVBORw0KGgo').length > 4 && pngs.size >= 1, 'the frames of the steps are in the page');
    assert.doesNotMatch(page, /(?:src|href)="https?:/);
  });

  it('brings back a random number that stands nowhere in the task', async () => {
    const { code, lines } = await demo('Run a Python script that prints a random number');
    assert.equal(code, 0, lines.join('\n'));
    assert.match(lines.at(-1) ?? '', /^\d{9}$/);
  });

  it('ends with another exit code when the run does not succeed, and says which variable to set', async () => {
    const { code, lines, errors } = await demo('Write me a novel');
    assert.equal(code, 1);
    assert.match(`${lines.join('\n')}${errors}`, /OPENAI_API_KEY/);
    assert.notEqual(lines.at(-1), greeting);
  });
});
