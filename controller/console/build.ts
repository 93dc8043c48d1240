import { build } from 'vite';
import { bundle } from './bundle.ts';

await build({ ...bundle, logLevel: process.argv.includes('--quiet') ? 'warn' : 'info' });
