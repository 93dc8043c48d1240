import { openJournal } from '../../controller/journal/sqlite-journal.ts';
import { sampleCommit } from './sample-commit.ts';

// Commits to the journal in the folder of the first argument until it is killed; says each number once it is acknowledged.
const journal = openJournal(process.argv[2] ?? '');
for (let n = 0; ; n += 1) {
  journal.commit(sampleCommit({ expectedVersion: n, facts: [{ type: `step ${n} ${'x'.repeat(500)}` }] }));
  process.stdout.write(`${n + 1}\n`);
  if (n % 10 === 0) await new Promise((next) => setImmediate(next));
}
