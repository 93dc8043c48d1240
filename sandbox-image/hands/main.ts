import { join } from 'node:path';
import { openControlEpoch } from '../server/control-epoch.ts';
import { openControllerFence } from '../server/controller-fence.ts';
import { serveMethods } from '../server/method-server.ts';
import { places } from '../wire/index.ts';
import { createHomeFolder } from './home-folder.ts';
import { methods, openHandsSession, type HandsParts } from './methods.ts';
import { createPrograms } from './programs.ts';

const socketPath = process.env['VITRINE_HANDS_SOCKET'] ?? places.handsSocket;
const folder = process.env['VITRINE_AGENT_FOLDER'] ?? places.agentFolder;
const home = createHomeFolder(process.env['VITRINE_HOME'] ?? places.home);
const kill = (pid: number, signal: NodeJS.Signals): void => void process.kill(pid, signal);
const parts: HandsParts = {
  home,
  programs: createPrograms(home, process.env, (pid) => kill(pid, 'SIGKILL')),
  kill,
  uid: process.getuid?.() ?? -1,
  epoch: openControlEpoch(join(folder, 'control-epoch')),
};

const listening = serveMethods(socketPath, {
  server: 'hands',
  methods,
  fence: openControllerFence(join(folder, 'controller.json')),
  describe: () => ({ epoch: parts.epoch.present }),
  open: () => openHandsSession(parts),
  refusal: () => undefined,
  heard: () => undefined,
  connected: () => undefined,
});
listening.then(
  () => console.error(`hands listen on ${socketPath}`),
  (reason: unknown) => {
    console.error(reason);
    process.exit(1);
  },
);

const end = async (): Promise<void> => {
  await (await listening)[Symbol.asyncDispose]();
  process.exit(0);
};
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void end());
