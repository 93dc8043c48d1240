import type { Invariant } from './invariants.ts';

/** What the matrix says of one fault: its number in the list of faults, how it is injected, and which invariants are asserted. */
export type RowSpec = { readonly of: `F${number}`; readonly how: string; readonly shows: readonly Invariant[] };

const whole = ['I1', 'I3', 'I4', 'I9', 'I11', 'I12', 'I16'] as const;

/** Every row of the fault matrix, by the fault in words. The tests named matrix-*.test.ts bring them about. */
export const rows = {
  'the shim is killed while it types': { of: 'F7', how: 'SIGKILL of the shim after the first letters', shows: whole },
  'the shim is killed between two actions': { of: 'F7', how: 'SIGKILL of the shim while the model thinks', shows: whole },
  'the shim hangs for a while': { of: 'F8', how: 'SIGSTOP of the shim for 1.5 s while it types', shows: whole },
  'the X server hangs for a while': { of: 'F8', how: 'SIGSTOP of Xvfb for 1.5 s while text is typed', shows: whole },
  'the X server is killed': { of: 'F8', how: 'SIGKILL of Xvfb while text is typed', shows: ['I3', 'I9', 'I11'] },
  'the window manager is killed': { of: 'F8', how: 'SIGKILL of openbox between two actions', shows: whole },
  'the hands are killed during a tool': { of: 'F7', how: 'SIGKILL of the hands while they run a program', shows: [...whole] },
  'the whole container is killed': { of: 'F5', how: 'docker kill while text is typed', shows: ['I1', 'I3', 'I9', 'I11'] },
  'the container\'s first process is killed from outside': { of: 'F5', how: 'SIGKILL of its process on the host while the model thinks', shows: ['I1', 'I3', 'I9', 'I11'] },
  'a program eats the desktop\'s memory': { of: 'F6', how: 'perl takes 1 GiB inside, of 768 MiB that there are', shows: whole },
  'the container is paused for a while': { of: 'F9', how: 'docker pause for 1.5 s while text is typed', shows: whole },
  'the wire is cut in the middle of a request': { of: 'F22', how: 'both ends closed 20 bytes into a click', shows: whole },
  'the wire is cut after the effect, before the answer': { of: 'F22', how: 'the answer is held back until the witness has seen the click; then both ends closed', shows: whole },
  'the wire is cut in the middle of the answer': { of: 'F22', how: 'both ends closed 700 bytes into outcome and picture', shows: whole },
  'the wire is cut at every new stream for a while': { of: 'F22', how: 'four streams in a row closed during handshake and hello', shows: whole },
  'the wire passes one byte at a time': { of: 'F22', how: 'a relay that writes byte by byte', shows: whole },
  'the engine refuses a stream': { of: 'F22', how: 'the engine answers 500 to the first exec', shows: whole },
  'the model hangs once': { of: 'F13', how: 'no answer to one question', shows: whole },
  'the model hangs for good': { of: 'F13', how: 'no answer to any question', shows: whole },
  'the model sends one byte a second': { of: 'F13', how: 'the right answer, dribbled', shows: whole },
  'the model resets before its headers': { of: 'F13', how: 'connection reset', shows: whole },
  'the model resets in its headers': { of: 'F13', how: 'connection reset after 24 bytes', shows: whole },
  'the model resets after its headers': { of: 'F13', how: 'connection reset before the body', shows: whole },
  'the model resets in its body': { of: 'F13', how: 'connection reset in the middle of the body', shows: whole },
  'the model sends half a body': { of: 'F13', how: 'connection ended in order, half of the promised bytes', shows: whole },
  'the model sends garbage': { of: 'F15', how: '200 with what is no JSON', shows: whole },
  'the model sends a page': { of: 'F15', how: '200 with HTML of a gateway', shows: whole },
  'the model sends nothing': { of: 'F15', how: '200 with an empty body', shows: whole },
  'the model sends without end': { of: 'F15', how: '200 with spaces for ever', shows: whole },
  '429 without a word on when': { of: 'F14', how: 'no Retry-After', shows: whole },
  '429 with seconds': { of: 'F14', how: 'Retry-After: 1', shows: whole },
  '429 with a date': { of: 'F14', how: 'Retry-After: a date 2 s ahead', shows: whole },
  '429 with a negative time': { of: 'F14', how: 'Retry-After: -5', shows: whole },
  '429 with a huge time': { of: 'F14', how: 'Retry-After: 86400', shows: whole },
  '429 for good': { of: 'F14', how: '429 to every question', shows: whole },
  '500': { of: 'F14', how: 'one answer 500', shows: whole },
  '502 twice': { of: 'F14', how: 'two answers 502', shows: whole },
  '503': { of: 'F14', how: 'one answer 503', shows: whole },
  '529': { of: 'F14', how: 'one answer 529', shows: whole },
  '401': { of: 'F14', how: 'every answer 401', shows: whole },
  '403': { of: 'F14', how: 'every answer 403', shows: whole },
  '400': { of: 'F14', how: 'every answer 400', shows: whole },
  'a redirect': { of: 'F14', how: '307 to another host', shows: whole },
  'cancelled while the model hangs': { of: 'F13', how: 'cancel during a question that nobody answers', shows: whole },
} as const satisfies Readonly<Record<string, RowSpec>>;
export type RowName = keyof typeof rows;
