import type { Desktop, DesktopHands } from './desktop.ts';
import type { HandsClient } from './hands-client.ts';
import type { ShimClient } from './shim-client.ts';

/** A desktop's hands for what was decided in one control epoch; `ask` gives each answer, or why there is none. */
export function handsInEpoch(desktop: Desktop, hands: HandsClient, shim: ShimClient, epoch: number, ask: <Result>(answer: Promise<Result>) => Promise<Result>): DesktopHands {
  return {
    listFiles: (options, signal) => desktop.listFiles(options, signal),
    readFile: (path, signal) => desktop.readFile(path, signal),
    writeFile: (path, content, maxBytes, signal) => ask(hands.writeFile(path, content, maxBytes, epoch, signal)),
    removeFile: (path, signal) => ask(hands.removeFile(path, epoch, signal)),
    runProgram: (request, signal) => ask(hands.runProgram({ ...request, epoch }, signal)),
    openProgram: (argv, signal) => ask(hands.openProgram(argv, epoch, signal)),
    writeClipboard: async (text, signal) => void await ask(shim.ask('writeClipboard', { text, epoch }, signal)),
  };
}
