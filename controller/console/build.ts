import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { bundle, exportBundle } from './bundle.ts';

// Built beside the old one and put in its place as a whole: a controller that serves it meanwhile never sees half of it.
const { root } = bundle;
const next = join(root, `../../node_modules/.vitrine-console-${process.pid}`);
const logLevel = process.argv.includes('--quiet') ? 'warn' : 'info';
await build({ ...bundle, build: { ...bundle.build, outDir: next, emptyOutDir: true }, logLevel });
await build({ ...exportBundle, build: { ...exportBundle.build, outDir: join(next, 'export'), emptyOutDir: true }, logLevel });
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(next, join(root, 'dist'));
