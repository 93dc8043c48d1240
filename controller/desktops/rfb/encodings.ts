import type { ViewMode } from '../../../sandbox-image/wire/index.ts';

/** Pictures: Raw, CopyRect, RRE, Hextile, Tight, ZRLE, JPEG. */
const pictures = [0, 1, 2, 5, 7, 16, 21];
/** What a server tells besides: desktop size, cursor in four forms, last rectangle, desktop name, LED state, the cursor's place. */
const facts = [-223, -239, -240, -314, 0x574d5664, -224, -307, -261, 0x574d5668, 0x574d5666];
/** Fence and ContinuousUpdates, whose client messages pass in every mode. */
const flow = [-312, -313];
/** Clipboard texts of any language. */
const extendedClipboard = 0xc0a1e5ce | 0;

const passing: ReadonlySet<number> = new Set([...pictures, ...facts, ...flow]);

/** Quality and compression levels are ranges of numbers. */
function isLevel(encoding: number): boolean {
  return (encoding >= -32 && encoding <= -23) || (encoding >= -256 && encoding <= -247) || (encoding >= -512 && encoding <= -412) || (encoding >= -768 && encoding <= -763);
}

/** A SetEncodings message with those encodings alone that are known here; what could give another form to input (QEMU keys, more mouse buttons) is left out. */
export function passingEncodings(message: Buffer, mode: ViewMode): Buffer {
  const asked = Array.from({ length: message.readUInt16BE(2) }, (_, index) => message.readInt32BE(4 + 4 * index));
  const kept = asked.filter((encoding) => passing.has(encoding) || isLevel(encoding) || (mode === 'control' && encoding === extendedClipboard));
  const written = Buffer.alloc(4 + 4 * kept.length);
  written[0] = 2;
  written.writeUInt16BE(kept.length, 2);
  for (const [index, encoding] of kept.entries()) written.writeInt32BE(encoding, 4 + 4 * index);
  return written;
}
