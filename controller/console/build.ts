import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { bundle } from './bundle.ts';

// Built beside the old one and put in its place as a whole: a controller that serves it meanwhile never sees half of it.
const { root } = bundle;
const next = join(root, `../../node_modules/.vitrine-console-${process.pid}`);
await build({ ...bundle, build: { ...bundle.build, outDir: next, emptyOutDir: true }, logLevel: process.argv.includes('--quiet') ? 'warn' : 'info' });
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(next, join(root, 'dist'));
