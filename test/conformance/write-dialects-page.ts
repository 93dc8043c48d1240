import { writeFileSync } from 'node:fs';
import { renderPage } from './dialects-page.ts';
import { recordedRows, tablePage } from './rows.ts';
import { dialects } from './vocabulary.ts';

/* `npm run docs:dialects`: makes docs/dialects.md of what the tests of the dialects saw last. */
writeFileSync(tablePage, renderPage(dialects.map(recordedRows)));
