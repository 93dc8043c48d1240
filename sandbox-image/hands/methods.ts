import type { Session } from '../server/method-server.ts';
import type { ControlEpoch } from '../server/control-epoch.ts';
import { handsMethods, type HandsMethods } from '../wire/hands-methods.ts';
import { listFolder, removeEntry } from './folder-listing.ts';
import type { HomeFolder } from './home-folder.ts';
import { endProcess, type Kill } from './end-process.ts';
import { createOpenFiles } from './open-files.ts';
import { listProcesses } from './processes.ts';
import type { Programs } from './programs.ts';

/** The table that hands answer. */
export const methods = handsMethods;

/** What hands act on. */
export type HandsParts = { readonly home: HomeFolder; readonly programs: Programs; readonly uid: number; readonly kill: Kill; readonly epoch: ControlEpoch };

/** One connection's answers; its open files end with it. */
export function openHandsSession({ home, programs, uid, kill, epoch: present }: HandsParts): Session<HandsMethods> {
  const assertPresent = (epoch: number | undefined) => {
    if (epoch !== undefined) present.assertPresent(epoch);
  };
  const files = createOpenFiles(home, assertPresent);
  return {
    closed: () => void files.closeAll(),
    handlers: {
      listFiles: async ({ path, recursive, limit }) => ({ result: await listFolder(home, path, recursive, limit) }),
      openFile: async ({ path, mode, epoch }) => ({ result: await files.open(path, mode, epoch) }),
      readFile: async ({ handle, offset, length }) => ({ result: {}, body: await files.read(handle, offset, length) }),
      writeFile: async ({ handle, offset }, { body }) => ({ result: { written: await files.write(handle, offset, body) } }),
      closeFile: async ({ handle, commit }) => ({ result: { size: await files.close(handle, commit) } }),
      async removeFile({ path, epoch }) {
        assertPresent(epoch);
        await removeEntry(home, path);
        return { result: {} };
      },
      async runProgram(params, { signal }) {
        assertPresent(params.epoch);
        const { result, output } = await programs.run(params, signal);
        return { result, body: output };
      },
      async openProgram({ argv, cwd, epoch }) {
        assertPresent(epoch);
        return { result: { pid: await programs.open(argv, cwd) } };
      },
      listProcesses: async () => ({ result: { processes: await listProcesses(uid, programs.sessions) } }),
      async setEpoch({ epoch, stopPrograms }) {
        present.raise(epoch);
        return { result: { epoch, stopped: stopPrograms ? programs.stopOlder(epoch) : [] } };
      },
      async endProcess({ pid, command, epoch }) {
        assertPresent(epoch);
        await endProcess(uid, pid, command, kill);
        return { result: {} };
      },
    },
  };
}
