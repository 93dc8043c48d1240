import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { faultsPage, matrixFiles, rowsIn, rowsListed } from './matrix/faults-page.ts';
import { rows } from './matrix/rows.ts';

const names = Object.keys(rows).toSorted();

describe('the table of the fault matrix', () => {
  it('has every row brought about by one test, and no other', () => {
    assert.deepEqual(matrixFiles().flatMap(rowsIn).toSorted(), names);
  });

  it('is the table of docs/faults.md', () => {
    assert.deepEqual(rowsListed(readFileSync(faultsPage, 'utf8')).toSorted(), names, 'make it anew: npm run -s docs:faults');
  });
});
