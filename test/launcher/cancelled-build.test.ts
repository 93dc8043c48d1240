import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import { desktopRecipe } from '../../controller/launcher/image-recipe.ts';
import { waitFor } from '../support/wait-for.ts';
import { FakeEngine, reply } from './fake-engine.ts';

const never = new AbortController().signal;
const tag = 'vitrine-desktop:none';

describe('a build that was cancelled', () => {
  it('is not joined by whoever wants another at once', async () => {
    let asked = 0;
    await using engine = await FakeEngine.start((socket, request) => {
      if (request.includes(encodeURI(tag))) socket.end(reply(404, { message: 'No such image' }));
      else asked += 1; // About the base image, which it never answers.
    });
    const launcher = dockerLauncher({ endpoint: { url: engine.url }, recipe: { ...desktopRecipe(tag, {}), bases: ['debian:trixie-slim'] } });
    await launcher.buildImage(never);
    await waitFor('the first build to ask for its base', () => asked === 1);
    await launcher.cancelBuild(never);
    await launcher.buildImage(never);
    await waitFor('the second build to ask for its base', () => asked === 2);
    assert.equal((await launcher.desktopImage(never)).build?.state, 'building');
    await launcher.cancelBuild(never);
    await waitFor('its end', async () => (await launcher.desktopImage(never)).build?.state === 'cancelled');
  });
});
