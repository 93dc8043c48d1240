import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Run } from '../../controller/runs/run.ts';
import { computerCall, message } from '../support/scripted-vendor.ts';
import { assertAccessible } from './support/accessible.ts';
import { ConsoleWorld } from './support/console-world.ts';

const task = 'Say a word in the terminal';

describe('runs that are over', () => {
  let world: ConsoleWorld;
  let left: Run;
  let right: Run;
  let failed: Run;
  before(async () => {
    world = await ConsoleWorld.start();
    const { controller, vendor } = world;
    const played = async (answers: readonly unknown[], more: object = {}) => {
      vendor.answers.push(...answers.map((answer) => [answer]));
      const { id } = await controller.post<Run>('/api/runs', { task, model: 'scripted', ...more });
      return controller.ended(id);
    };
    const click = (x: number) => computerCall('c1', [{ type: 'click', button: 'left', x, y: 300 }]);
    const type = (text: string) => computerCall('c2', [{ type: 'type', text }]);
    left = await played([click(400), type('alpha'), message('I said alpha.')]);
    right = await played([click(410), computerCall('c9', [{ type: 'wait' }]), type('beta'), message('I said beta.')]);
    failed = await played([click(400), computerCall('c2', [{ type: 'move', x: 5, y: 5 }])], { task: 'Do more than is allowed', budgets: { maxSteps: 1 } });
  });
  after(() => world[Symbol.asyncDispose]());

  it('are chosen with those of the same task first, and compared turn by turn', async () => {
    await using window = await world.windowOf('viewer', `/compare?left=${left.id}`, { width: 1440, height: 900 });
    const { page } = window;
    const choices = page.getByRole('list').getByRole('listitem');
    await choices.first().getByText('The same task').waitFor();
    assert.equal(await page.getByText('The same task').count(), 1);
    await page.getByRole('button', { name: new RegExp(right.id) }).click();
    await page.getByText('3 of 4 turns differ').waitFor();
    const turns = page.getByRole('region', { name: 'Turns' }).getByRole('button').filter({ hasText: 'Turn' });
    assert.deepEqual(await turns.allInnerTexts().then((texts) => texts.map((text) => /same|only right|only left|actions|text/.exec(text)?.[0])), ['same', 'actions', 'only right', 'text']);
    for (const answer of ['I said alpha.', 'I said beta.']) await page.getByRole('region', { name: /answer$/ }).getByText(answer).waitFor();
    const row = page.getByRole('row', { name: /^Turns/ });
    assert.deepEqual(await row.getByRole('cell').allInnerTexts(), ['3', '4']);
    assert.match(await row.innerText(), /differs/);
    assert.doesNotMatch(await page.getByRole('row', { name: /^Model/ }).innerText(), /differs/);
    await page.locator('canvas[data-frame]').first().waitFor();
    await assertAccessible(page);
    await window.picture('compare');
  });

  it('go together by turn, then by time', async () => {
    await using window = await world.windowOf('viewer', `/compare?left=${left.id}&right=${right.id}`);
    const { page } = window;
    const [one, other] = [page.getByRole('region', { name: 'Left run' }), page.getByRole('region', { name: 'Right run' })];
    for (const side of [one, other]) await side.getByText(/^Turn 1:/).waitFor();
    await page.keyboard.press('Home');
    await page.getByText('The beginning').waitFor();
    await page.keyboard.press('End');
    for (const side of [one, other]) await side.getByText(/Succeeded after/).waitFor();
    await page.getByRole('radio', { name: 'by time' }).check();
    await page.getByRole('slider', { name: 'Position in both runs' }).fill('0');
    for (const side of [one, other]) await side.getByText(/Task for scripted/).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: /turn 2/i }).first().click();
    await one.getByText(/^Turn 2:/).waitFor();
  });

  it('are films up to now while they go on, which grow while the moment on show stays', async () => {
    const { controller, vendor } = world;
    const held = Promise.withResolvers<readonly unknown[]>();
    vendor.answers.push([computerCall('c1', [{ type: 'click', button: 'left', x: 400, y: 300 }])], held.promise);
    const { id } = await controller.post<Run>('/api/runs', { task, model: 'scripted' });
    await controller.until(id, ({ steps, state }) => steps === 1 && state === 'awaitingModel');
    await using window = await world.windowOf('viewer', `/runs/${id}/replay`);
    const { page } = window;
    await page.getByText('Goes on: this is the film up to now').waitFor();
    const [shown, steps] = [page.getByText(/^\d+ \/ \d+$/), page.getByText(/^\d+ steps$/).last()];
    await page.getByRole('option').filter({ hasText: 'Click at 400,300' }).click();
    const [step, length] = (await shown.innerText()).split(' / ').map(Number);
    held.resolve([message('That was all.')]);
    await page.getByRole('option').filter({ hasText: 'Succeeded after' }).waitFor();
    const [later, longer] = (await shown.innerText()).split(' / ').map(Number);
    assert.equal(later, step);
    assert.ok((longer ?? 0) > (length ?? 0), await steps.innerText());
    await page.getByText('Goes on').waitFor({ state: 'detached' });
  });

  it('tell what came of them, what to do about a failure, and lead to the replay', async () => {
    await using window = await world.windowOf('viewer', `/runs/${left.id}`);
    const { page } = window;
    await page.getByRole('region', { name: 'Answer' }).getByText('I said alpha.').waitFor();
    await page.getByRole('region', { name: 'Where the time went' }).getByText('Thinking').waitFor();
    await page.getByText('Nothing had to be decided.').waitFor();
    await assertAccessible(page);
    await window.picture('run', true);
    await page.goto(`/runs/${failed.id}`);
    await page.getByText('Give it more (maxSteps)').waitFor();
    await page.getByRole('link', { name: 'Watch the replay' }).first().click();
    await page.getByRole('slider', { name: 'Position in the run' }).waitFor();
  });
});
