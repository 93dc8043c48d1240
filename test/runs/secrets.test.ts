import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { Action } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../../controller/errors.ts';
import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { createRedactor } from '../../controller/redactor.ts';
import { createRuns } from '../../controller/runs/run-registry.ts';
import { RunRequest } from '../../controller/runs/run.ts';
import { TakeControl } from '../../controller/runs/control/control.ts';
import { Secret } from '../../controller/secret.ts';
import type { SecretBook } from '../../controller/secret-book.ts';
import { fakeDesktops } from '../support/fake-desktops.ts';
import { onlyModel, scriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { turnWith } from './random-commands.ts';

const ann = { name: 'ann', project: 'default', mayUseSecrets: true };
const bob = { name: 'bob', project: 'default' };
const eve = { name: 'eve', project: 'other', mayUseSecrets: true };
const soon = () => AbortSignal.timeout(10_000);
const values: Record<string, string> = { 'bank': 'CANARY-hunter2', 'mail': 'CANARY-{{secret:bank}}' };
const book: SecretBook = {
  find: (project, name) => (project === 'default' && Object.hasOwn(values, name) ? new Secret(values[name] ?? '') : undefined),
  names: (project) => (project === 'default' ? Object.keys(values) : []),
};
const type = (text: string): Action => ({ type: 'type', text });
const typing = (...texts: string[]) => turnWith([{ callId: 'call_1', actions: texts.map(type), safetyChecks: [] }]);
const direct = (...texts: string[]) => ({ actions: texts.map(type), capture: undefined, settle: undefined, decidedOn: undefined, staleTarget: undefined });

function open(folder: string, turns: ScriptedModel['turns']) {
  const [journal, desktops, model] = [openJournal(folder), fakeDesktops(), scriptedModel(turns)];
  desktops.showsTyped = true;
  const logged: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  const runs = createRuns({
    journal, desktops, models: onlyModel(model), log, maxDesktops: 4, secrets: book, redactor: createRedactor(Object.values(values).map((value) => new Secret(value))),
    makeBriefing: (_display, text) => ({ version: 'test', text: text ?? '' }),
  });
  return {
    runs, desktops, model, logged,
    typed: () => [...desktops.made.values()].flatMap((desktop) => desktop.performedRequests.flatMap(({ action }) => (action.type === 'type' ? [action.text] : []))),
    told: () => JSON.stringify(model.asked.at(-1)?.transcript),
    events: (runId: string) => JSON.stringify(runs.events({ runId, after: 0, limit: 500 }, ann)),
    async [Symbol.asyncDispose]() {
      await runs.close();
      journal.close();
    },
  };
}

/** Everything under a folder, as it lies on the disk. */
function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile()).map((path) => readFileSync(path, 'latin1')).join('\n');
}

const request = (secrets: readonly string[], more: object = {}) => RunRequest.parse({ task: 'sign in', secrets, ...more });
const isRefused = (code: VitrineError['code'], words: RegExp) => (error: unknown) => error instanceof VitrineError && error.code === code && words.test(error.message);

describe('a secret in a text', () => {
  it('reaches the desktop, and nothing else: everywhere the reference stands', async () => {
    await using folder = await temporaryFolder();
    await using w = open(folder.path, [typing('user\t{{secret:bank}}\n', '{{secret:mail}}'), turnWith([], 'done')]);
    const { id } = w.runs.create(request(['bank', 'mail'], { instructions: 'Be quick.' }), ann);
    const run = await w.runs.ended(id, ann, soon());
    assert.deepEqual([run.state, run.steps], ['succeeded', 2], JSON.stringify(run.failure));
    const stored = everythingIn(folder.path);
    assert.ok(stored.includes('{{secret:bank}}'), 'the reference is in the journal');
    for (const place of [stored, w.events(id), JSON.stringify(w.model.asked), w.logged.join('')]) assert.ok(!place.includes('CANARY'), place.slice(0, 2000));
    assert.match(JSON.stringify(w.model.asked[0]), /Be quick\.\\n\\nYou may use these secrets: bank, mail\./);
    assert.match(w.told(), /The value of bank was typed in its place/);
  });

  it('is typed as it is, in one pass', async () => {
    await using folder = await temporaryFolder();
    await using w = open(folder.path, [typing('a {{secret:bank}} {{secret:mail}} b'), new Promise(() => {})]);
    w.runs.create(request(['bank', 'mail']), ann);
    await waitFor('the text', () => w.typed().length === 1);
    assert.deepEqual(w.typed(), ['a CANARY-hunter2 CANARY-{{secret:bank}} b']);
  });

  for (const [what, text, name] of [
    ['that the run did not name', 'x{{secret:mail}}', 'mail'], ['that is not there', '{{secret:bank}}{{secret:nothing}}', 'nothing'], ['without a name', '{{secret:}}', ''], ['named like a property', '{{secret:constructor}}', 'constructor'],
  ] as const) {
    it(`${what} refuses the whole text, and the model is told the name`, async () => {
      await using folder = await temporaryFolder();
      await using w = open(folder.path, [typing(text), new Promise(() => {})]);
      w.runs.create(request(['bank']), ann);
      await waitFor('the next question', () => w.model.asked.length === 2);
      assert.deepEqual(w.typed(), []);
      assert.ok(w.told().includes(`type was not performed: there is no secret \\"${name}\\" that may be used here: there is bank.`), w.told());
    });
  }

  it('is not there for a run whose request names none', async () => {
    await using folder = await temporaryFolder();
    await using w = open(folder.path, [typing('{{secret:bank}}'), new Promise(() => {})]);
    w.runs.create(request([]), bob);
    await waitFor('the next question', () => w.model.asked.length === 2);
    assert.deepEqual(w.typed(), []);
    assert.match(w.told(), /there is none at all/);
  });

  it('is taken out of what a desktop says of its action', async () => {
    await using folder = await temporaryFolder();
    await using w = open(folder.path, [typing('{{secret:bank}}'), new Promise(() => {})]);
    const launch = w.desktops.launch.bind(w.desktops);
    w.desktops.launch = async (...args) => {
      const desktop = await launch(...args);
      const perform = desktop.perform.bind(desktop);
      return Object.assign(desktop, { perform: async (asked: Parameters<typeof perform>[0], signal: AbortSignal) => {
        const performed = await perform(asked, signal);
        const text = asked.action.type === 'type' ? asked.action.text : '';
        return { ...performed, outcome: { ...performed.outcome, status: 'failed' as const, typedCharacters: 3, warnings: [`I typed ${text}`], error: { code: 'internal' as const, message: `lost after ${text}` } } };
      } });
    };
    const { id } = w.runs.create(request(['bank']), ann);
    await waitFor('the next question', () => w.model.asked.length === 2);
    assert.match(w.told(), /lost after \[secret\].*3 characters were typed.*I typed \[secret\]/);
    assert.ok(!`${w.told()}${w.events(id)}${everythingIn(folder.path)}${w.logged.join('')}`.includes('CANARY'));
  });
});

describe('the right to use secrets', () => {
  it('is needed to name one for a run, and the name has to be there, in the project of the token', async () => {
    await using folder = await temporaryFolder();
    await using w = open(folder.path, []);
    assert.throws(() => w.runs.create(request(['bank']), bob), isRefused('forbidden', /"bank" typed needs the scope secrets:use/));
    assert.throws(() => w.runs.create(request(['bank', 'nothing']), ann), isRefused('unprocessable', /no secret "nothing" in project default: there is bank, mail/));
    assert.throws(() => w.runs.create(request(['bank']), eve), isRefused('unprocessable', /no secret "bank" in project other: there is none at all/));
    assert.equal(w.runs.list({ limit: 10 }, ann).items.length, 0);
  });

  it('is needed by callers and by a person in control; who has it types through both', async () => {
    await using folder = await temporaryFolder();
    await using w = open(folder.path, []);
    await w.runs.launchDesktop('d-1', { display: { width: 1280, height: 800 }, template: 'default' }, ann, soon());
    assert.throws(() => w.runs.performDirectly('d-1', direct('first', '{{secret:bank}}'), bob, soon()), isRefused('forbidden', /secrets:use/));
    assert.throws(() => w.runs.performDirectly('d-1', direct('first', '{{secret:no}}'), ann, soon()), isRefused('unprocessable', /"no"/));
    assert.deepEqual(w.typed(), [], 'nothing at all was typed');
    const { run, performed } = await w.runs.performDirectly('d-1', direct('{{secret:bank}}'), ann, soon());
    assert.deepEqual([performed.map(({ outcome }) => outcome.status), w.typed()], [['performed'], ['CANARY-hunter2']]);
    const { lease } = await w.runs.control.take('d-1', TakeControl.parse({}), false, ann, soon());
    const operated = await w.runs.performDirectly('d-1', { ...direct('{{secret:bank}}'), lease }, ann, soon());
    assert.deepEqual([operated.performed.map(({ outcome }) => outcome.status), w.typed().length], [['performed'], 2]);
    assert.match(w.events(run.id), /"characters":15/, 'of what a person types the length of the reference is kept');
    assert.ok(!`${w.events(run.id)}${everythingIn(folder.path)}${w.logged.join('')}`.includes('CANARY'));
  });
});
