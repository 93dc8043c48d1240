import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { metricsPage } from './metrics-page.ts';

writeFileSync(resolve(import.meta.dirname, '../../docs/metrics.md'), metricsPage());
