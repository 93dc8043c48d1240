import { rolldown } from 'rolldown';

/**
 * Writes shim and hands as one CommonJS file each to dist/, for the image: resolving and stripping two hundred modules takes
 * Node longer than all else that a desktop starts. CommonJS, because importing node:http as a module loads undici with it.
 * Names and line breaks stay, so that a stack trace can be read. `sharp` stays outside with its library.
 */
for (const server of ['shim', 'hands']) {
  const bundle = await rolldown({
    input: `${import.meta.dirname}/${server}/main.ts`,
    platform: 'node',
    // The last two are optional to ws and not installed.
    external: ['sharp', 'bufferutil', 'utf-8-validate'],
  });
  await bundle.write({ file: `${import.meta.dirname}/dist/${server}/main.cjs`, format: 'cjs', keepNames: true });
  await bundle.close();
}
