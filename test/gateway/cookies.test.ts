import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fromOwnPage, rawAsk, signIn } from '../support/browser-session.ts';
import { startGateway, token } from './gateway-world.ts';

it('the gateway takes no cookie, from whatever page, and tickets no more', async () => {
  await using world = await startGateway([]);
  const page = await signIn(world.url, token);
  assert.equal((await page.ask('/api/models')).status, 200);
  const { ticket } = (await page.ask('/api/tickets', { method: 'POST', body: { for: 'events' } })).json() as { ticket: string };
  for (const [path, method] of [['/v1/models', 'GET'], ['/v1/responses', 'POST'], ['/v1/chat/completions', 'POST'], ['/v1/messages', 'POST'], [`/v1/models?ticket=${ticket}`, 'GET']] as const) {
    const { status } = await rawAsk(`${world.url}${path}`, { method, ...(method === 'POST' ? { body: {} } : {}), headers: fromOwnPage(world.url, page.cookie, method) });
    assert.equal(status, 401, path);
  }
  for (const headers of [{ authorization: `Bearer ${ticket}` }, { 'x-api-key': ticket }]) assert.equal((await rawAsk(`${world.url}/v1/models`, { headers })).status, 401);
  assert.equal((await rawAsk(`${world.url}/v1/models`, { headers: { ...fromOwnPage(world.url, page.cookie), authorization: `Bearer ${token}` } })).status, 200, 'a program in a page of its own sends its token');
});
