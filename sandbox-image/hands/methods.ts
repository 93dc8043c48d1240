import type { Session } from '../server/method-server.ts';
import { handsMethods, type HandsMethods } from '../wire/hands-methods.ts';
import { listFolder, removeEntry } from './folder-listing.ts';
import type { HomeFolder } from './home-folder.ts';
import { createOpenFiles } from './open-files.ts';
import { listProcesses } from './processes.ts';
import type { Programs } from './programs.ts';

/** The table that hands answer. */
export const methods = handsMethods;

/** What hands act on. */
export type HandsParts = { readonly home: HomeFolder; readonly programs: Programs; readonly uid: number };

/** One connection's answers; its open files end with it. */
export function openHandsSession({ home, programs, uid }: HandsParts): Session<HandsMethods> {
  const files = createOpenFiles(home);
  return {
    closed: () => void files.closeAll(),
    handlers: {
      listFiles: async ({ path, recursive, limit }) => ({ result: await listFolder(home, path, recursive, limit) }),
      openFile: async ({ path, mode }) => ({ result: await files.open(path, mode) }),
      readFile: async ({ handle, offset, length }) => ({ result: {}, body: await files.read(handle, offset, length) }),
      writeFile: async ({ handle, offset }, { body }) => ({ result: { written: await files.write(handle, offset, body) } }),
      closeFile: async ({ handle, commit }) => ({ result: { size: await files.close(handle, commit) } }),
      async removeFile({ path }) {
        await removeEntry(home, path);
        return { result: {} };
      },
      async runProgram(params, { signal }) {
        const { result, output } = await programs.run(params, signal);
        return { result, body: output };
      },
      openProgram: async ({ argv, cwd }) => ({ result: { pid: await programs.open(argv, cwd) } }),
      listProcesses: async () => ({ result: { processes: await listProcesses(uid, programs.sessions) } }),
    },
  };
}
