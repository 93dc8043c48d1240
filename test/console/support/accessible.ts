import assert from 'node:assert/strict';
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** Fails if axe finds anything serious or critical on the page as it is: contrast, names, roles, order of headings, reach by keyboard. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(async () => (globalThis as unknown as { axe: { run(options: unknown): Promise<AxeResults> } }).axe.run({ resultTypes: ['violations'] }));
  const found = results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html.slice(0, 300)}\n  ${failureSummary ?? ''}`));
  assert.deepEqual(found, []);
}
