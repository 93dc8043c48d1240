/** The server name of a TLS client's first message. `more`: not whole yet. `none`: it names no server. `invalid`: this is no such message. */
export type ServerName = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'more' | 'none' | 'invalid' };

/** Bytes of the first message that are waited for at most. */
export const maxHelloBytes = 16 * 1024;

const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const hostNameType = 0;
const invalid = { kind: 'invalid' } as const;
const more = { kind: 'more' } as const;

/** Reads the server name out of the bytes that a TLS client has sent so far (RFC 8446 §4.1.2, RFC 6066 §3), however they are cut into records. */
export function readServerName(bytes: Buffer): ServerName {
  const message = handshakeBytes(bytes);
  if (message === undefined) return invalid;
  if (message.length < 4) return more;
  if (message[0] !== clientHello) return invalid;
  const length = message.readUIntBE(1, 3);
  if (length > maxHelloBytes) return invalid;
  if (message.length < 4 + length) return more;
  try {
    return nameOf(message.subarray(4, 4 + length));
  } catch {
    return invalid; // A length that leads beyond the end.
  }
}

/** The handshake bytes of the records that are there; undefined when something else than handshake records comes. */
function handshakeBytes(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== handshakeRecord) return undefined;
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return undefined;
    if (at + 5 > bytes.length) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > 2 ** 14) return undefined;
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
    const whole = Buffer.concat(parts);
    if (whole.length >= 4 && whole.length >= 4 + whole.readUIntBE(1, 3)) return whole;
  }
  return Buffer.concat(parts);
}

function nameOf(hello: Buffer): ServerName {
  const reader = new Reader(hello);
  reader.skip(2 + 32);
  reader.skip(reader.number(1));
  reader.skip(reader.number(2));
  reader.skip(reader.number(1));
  if (reader.isAtEnd) return { kind: 'none' };
  const extensions = new Reader(reader.bytes(reader.number(2)));
  let name: string | undefined;
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.bytes(extensions.number(2));
    if (type !== serverNameExtension) continue;
    if (name !== undefined) return invalid;
    const outer = new Reader(content);
    const list = new Reader(outer.bytes(outer.number(2)));
    if (list.number(1) !== hostNameType) return invalid;
    name = list.bytes(list.number(2)).toString('latin1');
    if (!list.isAtEnd) return invalid;
  }
  return name === undefined ? { kind: 'none' } : { kind: 'name', name };
}

/** Walks over bytes; throws a RangeError beyond their end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(size: 1 | 2): number {
    const value = this.#bytes.readUIntBE(this.#at, size);
    this.#at += size;
    return value;
  }

  skip(size: number): void {
    void this.bytes(size);
  }

  bytes(size: number): Buffer {
    const from = this.#at;
    if (from + size > this.#bytes.length) throw new RangeError('beyond the end');
    this.#at = from + size;
    return this.#bytes.subarray(from, this.#at);
  }
}
