import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { contentHash } from '../../controller/content-hash.ts';
import { buildContext } from '../../controller/launcher/build-context.ts';
import { desktopRecipe, environmentBuildArgs, whyNotBuilt } from '../../controller/launcher/image-recipe.ts';

const root = resolve(import.meta.dirname, '../..');

describe('the recipe of the desktop\'s image', () => {
  it('is for Vitrine\'s own image: one of somebody\'s own is not overwritten', () => {
    for (const name of ['vitrine-desktop', 'vitrine-desktop:latest', 'docker.io/library/vitrine-desktop:x']) assert.equal(whyNotBuilt(name), undefined, name);
    for (const name of ['evil/vitrine-desktop:latest', 'vitrine-desktop-2', 'vitrine-desktop@sha256:0', 'debian:trixie-slim', 'vitrine-controller:latest', 'vitrine-desktop:a:b']) assert.match(whyNotBuilt(name) ?? '', /VITRINE_DESKTOP_IMAGE/, name);
  });

  it('takes proxies and npm\'s registry from the environment, and nothing else', () => {
    const environment = { HTTP_PROXY: 'http://p:1', no_proxy: 'x', npm_config_registry: 'https://r.example/', PATH: '/bin', OPENAI_API_KEY: 'secret', HTTPS_PROXY: '' };
    assert.deepEqual(environmentBuildArgs(environment), { HTTP_PROXY: 'http://p:1', no_proxy: 'x', NPM_CONFIG_REGISTRY: 'https://r.example/' });
  });

  it('names files that are there, and sends them with their modes, without what builds leave out', async () => {
    const recipe = desktopRecipe('vitrine-desktop:latest', {});
    assert.match(contentHash(root, recipe.inputs, []), /^[0-9a-f]{64}$/);
    const context = await buildContext(recipe);
    const names = new Map<string, number>();
    for (let at = 0; at < context.length; at += 512) {
      const name = context.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
      if (name === '') break;
      names.set(name, Number.parseInt(context.toString('utf8', at + 100, at + 107), 8));
      at += Math.ceil(Number.parseInt(context.toString('utf8', at + 124, at + 135), 8) / 512) * 512;
    }
    for (const [name, mode] of [['sandbox-image/Dockerfile', 0o644], ['package-lock.json', 0o644], ['sandbox-image/warden/warden', 0o755], ['sandbox-image/', 0o755]] as const) assert.equal(names.get(name)?.toString(8), mode.toString(8), name);
    assert.deepEqual([...names.keys()].filter((name) => /node_modules|^controller\/(?!package\.json)|\.git\//.test(name)), []);
  });
});
