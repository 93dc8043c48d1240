import { join } from 'node:path';
import { consoleStage } from '../../controller/setup/console.ts';

/** Bundles the console if what is bundled is older than its sources. */
export async function buildConsole(): Promise<void> {
  const stage = consoleStage(join(import.meta.dirname, '../..'));
  if (!(await stage.check()).ready) await stage.make(() => undefined);
}
