import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { controlsPage } from './controls-page.ts';

writeFileSync(resolve(import.meta.dirname, '../../docs/controls.md'), controlsPage());
