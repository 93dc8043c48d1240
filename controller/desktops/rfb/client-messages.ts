import { limits } from '../../../sandbox-image/wire/index.ts';
import type { ViewMode } from '../../../sandbox-image/wire/index.ts';
import { passingEncodings } from './encodings.ts';

/** A client's bytes broke the rules of its connection; the message says how and may be shown to it. */
export class RfbViolation extends Error {
  override readonly name = 'RfbViolation';
}

/** The reading of one client's bytes. */
export type ClientMessages = {
  /** Takes the next bytes, however they were cut, and returns what may go on to the server now. Throws RfbViolation; nothing may be sent on after that. */
  take(chunk: Buffer): Buffer;
  /** Whether the handshake is over. */
  readonly isGreeted: boolean;
  /** Whether the client has given input: something may still be held when it goes. */
  readonly hasInput: boolean;
};

/** What lies at the beginning of the bytes: something whole of this size and what passes of it, or too little. */
type Step = { readonly size: number; readonly passes: Buffer } | { readonly needs: number };

/** What a person does, without what it is. */
export type InputKind = 'click' | 'scroll' | 'key';

/** Buttons 4 to 7 are the wheels. */
const wheelButtons = 0b0111_1000;
const version = Buffer.from('RFB 003.008\n', 'latin1');
const noSecurity = 1;
const maxEncodings = 256;
const maxFenceBytes = 64;
/** Clipboard text as UTF-8, or compressed with its header. */
const maxCutTextBytes = limits.maxClipboardBytes + 1024;
const nothing = Buffer.alloc(0);

/** Messages that ask for the picture, and those that give input, by their first byte. All others are refused in every mode. */
const watching: ReadonlySet<number> = new Set([0, 2, 3, 150, 248]);
const input: ReadonlySet<number> = new Set([4, 5, 6]);
const fixedSizes: Readonly<Record<number, number>> = { 0: 20, 3: 10, 4: 8, 5: 6, 150: 10 };
const names: Readonly<Record<number, string>> = { 4: 'KeyEvent', 5: 'PointerEvent', 6: 'ClientCutText', 250: 'xvp', 251: 'SetDesktopSize', 255: 'a message of QEMU' };

/**
 * A strict reader of what an RFB 3.8 client sends: a handshake without a password, then messages. In `view` only messages
 * that ask for the picture pass. In `control` keys, pointer and clipboard pass as long as `mayInput` says so when they
 * are whole, and `onInput` is told of each press. Encodings that would give another form to a client's messages are taken out of SetEncodings, and every
 * connection is made a shared one, so that nobody pushes another out. What cannot be judged is refused, never passed.
 */
export function readClientMessages(mode: ViewMode, mayInput: () => boolean, onInput: (kind: InputKind) => void = () => {}): ClientMessages {
  const parts: Buffer[] = [];
  let held = 0;
  let needed = 1;
  let hasInput = false;
  let buttons = 0;

  const readMessage = (bytes: Buffer): Step => {
    const type = bytes[0] ?? 0;
    const isInput = mode === 'control' && input.has(type);
    if (!watching.has(type) && !isInput) throw refused(type, mode);
    const size = sizeOf(type, bytes);
    if (bytes.length < size) return { needs: size };
    if (isInput && !mayInput()) throw new RfbViolation('control has passed on: no more input is taken');
    const message = bytes.subarray(0, size);
    if (isInput) tell(message);
    if (type === 0) checkPixelFormat(message);
    return { size, passes: type === 2 ? passingEncodings(message, mode) : message };
  };
  /** Says what a message is worth telling of: a key or a button that goes down. */
  const tell = (message: Buffer): void => {
    hasInput = true;
    if (message[0] === 4 && message[1] !== 0) onInput('key');
    if (message[0] !== 5) return;
    const pressed = (message[1] ?? 0) & ~buttons;
    buttons = message[1] ?? 0;
    if ((pressed & wheelButtons) !== 0) onInput('scroll');
    if ((pressed & ~wheelButtons) !== 0) onInput('click');
  };
  const handshake = [readVersion, readSecurity, readInit];
  const read = (bytes: Buffer): Step => {
    const step = (handshake[0] ?? readMessage)(bytes);
    if ('size' in step) handshake.shift();
    return step;
  };

  return {
    get isGreeted() {
      return handshake.length === 0;
    },
    get hasInput() {
      return hasInput;
    },
    take(chunk) {
      parts.push(chunk);
      held += chunk.length;
      if (held < needed) return nothing;
      let bytes = Buffer.concat(parts.splice(0), held);
      const passed: Buffer[] = [];
      needed = 1;
      while (bytes.length >= needed) {
        const step = read(bytes);
        needed = 'needs' in step ? step.needs : 1;
        if ('needs' in step) continue;
        passed.push(step.passes);
        bytes = bytes.subarray(step.size);
      }
      held = bytes.length;
      parts.push(bytes);
      return Buffer.concat(passed);
    },
  };
}

function readVersion(bytes: Buffer): Step {
  const said = bytes.subarray(0, version.length);
  if (!said.equals(version.subarray(0, said.length))) throw new RfbViolation('only version 3.8 of RFB is spoken here');
  if (said.length < version.length) return { needs: said.length + 1 };
  return { size: version.length, passes: version };
}

function readSecurity(bytes: Buffer): Step {
  if (bytes[0] !== noSecurity) throw new RfbViolation(`security type ${bytes[0] ?? 0} was not offered`);
  return { size: 1, passes: Buffer.from([noSecurity]) };
}

/** Whatever it says, the connection is shared. */
function readInit(): Step {
  return { size: 1, passes: Buffer.from([1]) };
}

function refused(type: number, mode: ViewMode): RfbViolation {
  const name = names[type] ?? `message ${type}`;
  return new RfbViolation(mode === 'view' ? `this connection may only watch: ${name} is refused` : `${name} is refused`);
}

/** The size of the message that begins here, or how many bytes have to be there to tell it. Throws RfbViolation for one that is too large. */
function sizeOf(type: number, bytes: Buffer): number {
  const fixed = fixedSizes[type];
  if (fixed !== undefined) return fixed;
  if (type === 2) return bytes.length < 4 ? 4 : 4 + 4 * bounded('encodings', bytes.readUInt16BE(2), maxEncodings);
  if (type === 6) return bytes.length < 8 ? 8 : 8 + bounded('bytes of clipboard', Math.abs(bytes.readInt32BE(4)), maxCutTextBytes);
  return bytes.length < 9 ? 9 : 9 + bounded('bytes of a fence', bytes[8] ?? 0, maxFenceBytes);
}

function bounded(what: string, count: number, limit: number): number {
  if (count > limit) throw new RfbViolation(`${count} ${what}; the limit is ${limit}`);
  return count;
}

function checkPixelFormat(message: Buffer): void {
  const bits = message[4] ?? 0;
  if (bits !== 8 && bits !== 16 && bits !== 32) throw new RfbViolation(`pixels of ${bits} bits do not exist`);
}
