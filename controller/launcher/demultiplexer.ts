import { VitrineError } from '../errors.ts';

/** Called with each piece of payload, in order, without copying. Type 1 is standard output, 2 standard error. */
export type OnPayload = (type: 1 | 2, payload: Buffer) => void;

const headerBytes = 8;
/** The engine writes frames of at most 32 KiB; more than this is no engine speaking. */
const maxFrameBytes = 16 * 1024 * 1024;

/**
 * Splits an exec stream without TTY into standard output and standard error. Each frame is
 *
 *     type (1 byte: 1 or 2) · three zero bytes · length (4 bytes, big-endian) · payload
 *
 * Payload is handed on as it arrives, so that a frame needs no memory; the result does not depend on how the bytes
 * were cut into chunks, but for where the payload is cut. Throws `desktop_broken` at the first byte that breaks the format.
 */
export class Demultiplexer {
  readonly #header = Buffer.alloc(headerBytes);
  #headerFill = 0;
  #type: 1 | 2 = 1;
  #remaining = 0;

  /** Takes the next bytes of the stream. */
  push(chunk: Buffer, onPayload: OnPayload): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#remaining > 0) {
        const end = Math.min(offset + this.#remaining, chunk.length);
        this.#remaining -= end - offset;
        onPayload(this.#type, chunk.subarray(offset, end));
        offset = end;
        continue;
      }
      const taken = chunk.copy(this.#header, this.#headerFill, offset, offset + headerBytes - this.#headerFill);
      this.#headerFill += taken;
      offset += taken;
      if (this.#headerFill === headerBytes) this.#beginFrame();
    }
  }

  #beginFrame(): void {
    this.#headerFill = 0;
    const type = this.#header.readUInt8(0);
    const padding = this.#header.readUIntBE(1, 3);
    const length = this.#header.readUInt32BE(4);
    if (type !== 1 && type !== 2) throw new VitrineError('desktop_broken', `the exec stream carries a frame of unknown type ${type}`);
    if (padding !== 0) throw new VitrineError('desktop_broken', 'the exec stream carries a malformed frame header');
    if (length > maxFrameBytes) throw new VitrineError('desktop_broken', `the exec stream declares a frame of ${length} bytes; the limit is ${maxFrameBytes}`);
    this.#type = type;
    this.#remaining = length;
  }
}
