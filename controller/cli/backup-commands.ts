import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { restoreFolder } from '../journal/restore-folder.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** `vitrine backup` and `vitrine restore`. */
export function addBackupCommands(program: Command, { client, print, note, saveFile, signal }: Terminal, end: (code: ExitCode) => void): void {
  program.command('backup <file>').description('Save everything that is remembered in one file (- for standard output), while runs go on').action(async (file: string) => {
    const response = await client.open('GET /api/backup', {}, signal);
    const content = response.body ?? [];
    if (file === '-') await saveFile('-', content as AsyncIterable<Uint8Array>);
    else await saveWhole(file, (draft) => saveFile(draft, content as AsyncIterable<Uint8Array>));
    note(`Backup in ${file}`);
    end(exitCodes.succeeded);
  });
  program.command('restore <file>').description('Put a backup in the place of everything; runs that were not over in it end, but those that were queued go on')
    .option('--data <folder>', 'restore into this data folder, which no controller uses').option('--json', 'what was restored as JSON')
    .action(async (file: string, { data, json }: { data?: string; json?: true }) => {
      const content = createReadStream(file) as AsyncIterable<Uint8Array>;
      const restored = data === undefined ? await client.send('POST /api/restore', content, signal) : await restoreFolder(content, data, signal);
      print(json === true ? JSON.stringify(restored) : `Restored the backup of ${new Date(restored.backupAt).toISOString()}: ${restored.runs} runs, ${restored.files} files`);
      end(exitCodes.succeeded);
    });
}

/** A file under its name only when it is whole: a connection that breaks leaves none. */
async function saveWhole(path: string, save: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${path}.part`;
  try {
    await save(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
