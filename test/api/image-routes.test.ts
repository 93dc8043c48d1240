import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VitrineError } from '../../controller/errors.ts';
import type { DesktopImages, DesktopImageView } from '../../controller/desktops/desktop-image.ts';
import { startFakeApi } from '../support/fake-api.ts';

/** An image that is missing, and whose build never ends. */
function buildable(): DesktopImages & { readonly asked: string[] } {
  const asked: string[] = [];
  const view = (): DesktopImageView => {
    const isBuilding = asked.at(-1) === 'build';
    const build = { state: 'building' as const, startedAt: 1, endedAt: null, done: 6, total: 23, step: 'RUN x', lines: ['one'], failure: null };
    return { name: 'vitrine-desktop:latest', state: isBuilding ? 'building' : 'missing', image: null, build: isBuilding ? build : null, cannotBuild: null };
  };
  const deed = (name: string) => async () => {
    asked.push(name);
    return view();
  };
  return { asked, look: async () => view(), build: deed('build'), cancel: deed('cancel'), worthWaiting: async () => (view().build === null ? undefined : 'the desktop\'s image is being built, step 7 of 23') };
}

describe('the routes of the desktop\'s image', () => {
  it('show it to everybody, and have it built by admins alone, which the audit tells', async () => {
    const images = buildable();
    await using api = await startFakeApi({ images });
    const as = (role: 'viewer' | 'operator' | 'admin') => ({ authorization: `Bearer ${api.tokens.create({ name: role, role, scopes: [], project: 'default', expiresInDays: 1 }, 'test').token}` });
    for (const role of ['viewer', 'operator'] as const) {
      const headers = as(role);
      assert.equal((await (await api.ask('/api/image', { headers })).json() as DesktopImageView).state, 'missing');
      for (const path of ['/api/image/build', '/api/image/build/cancel']) assert.equal((await api.ask(path, { method: 'POST', headers })).status, 403, `${role} ${path}`);
    }
    assert.deepEqual([images.asked, api.deeds], [[], []]);
    const headers = as('admin');
    const built = await api.ask('/api/image/build', { method: 'POST', headers });
    assert.deepEqual([built.status, (await built.json() as DesktopImageView).build?.done], [200, 6]);
    assert.equal((await api.ask('/api/image/build/cancel', { method: 'POST', headers })).status, 200);
    assert.deepEqual(images.asked, ['build', 'cancel']);
    assert.deepEqual(api.deeds.map(({ who, what }) => [who, what]), [['admin', 'POST /api/image/build'], ['admin', 'POST /api/image/build/cancel']]);
  });

  it('begin no build that would end with a controller that is stopping', async () => {
    const images = buildable();
    await using api = await startFakeApi({ images, isDraining: () => true });
    const refused = await api.ask('/api/image/build', { method: 'POST' });
    assert.deepEqual([refused.status, refused.headers.get('retry-after'), images.asked], [503, '5', []]);
    assert.equal((await api.ask('/api/image')).status, 200);
  });

  it('tell who wants a desktop meanwhile how far the image is', async () => {
    const images = buildable();
    await using api = await startFakeApi({ images });
    api.runs.launchDesktop = async () => { throw new VitrineError('image_missing', 'the desktop image is missing'); };
    const launch = async () => {
      const response = await api.ask('/api/desktops', { method: 'POST', body: {} });
      return [response.status, response.headers.get('retry-after'), (await response.json() as { error: { message: string } }).error.message] as const;
    };
    assert.deepEqual((await launch()), [503, null, 'the desktop image is missing']);
    await api.ask('/api/image/build', { method: 'POST' });
    const [status, retryAfter, message] = await launch();
    assert.deepEqual([status, retryAfter], [503, '10']);
    assert.match(message, /being built, step 7 of 23: try again/);
  });
});
