import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { renderFields } from './request-fields.ts';

/* `npm run docs:fields`: writes the table of fields into docs/gateway.md. */
const path = resolve(import.meta.dirname, '../../docs/gateway.md');
writeFileSync(path, readFileSync(path, 'utf8').replace(/(<!-- fields: [^>]*-->\n)[\s\S]*?(<!-- end of fields -->)/, (_whole, begin: string, end: string) => `${begin}${renderFields()}\n${end}`));
