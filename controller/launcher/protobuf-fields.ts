/** A field of a protobuf message: a number for a varint, bytes for everything with a length. */
export type ProtobufField = { readonly number: number; readonly value: number | Buffer };

/**
 * The fields of a message in protobuf's wire format, in order; fixed-width fields are passed over. Throws RangeError where the
 * bytes are no such message. https://protobuf.dev/programming-guides/encoding/
 */
export function* protobufFields(bytes: Buffer): Generator<ProtobufField> {
  let offset = 0;
  const varint = (): number => {
    let value = 0;
    for (let power = 1; ; power *= 128) {
      const byte = bytes[offset];
      if (byte === undefined || power > 2 ** 63) throw new RangeError('a protobuf message ends in the middle of a number');
      offset += 1;
      value += (byte & 0x7f) * power;
      if (byte < 0x80) return value;
    }
  };
  const skip = (length: number): Buffer => {
    if (length > bytes.length - offset) throw new RangeError('a protobuf message ends in the middle of a field');
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  while (offset < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0: yield { number, value: varint() }; break;
      case 1: skip(8); break;
      case 2: yield { number, value: skip(varint()) }; break;
      case 5: skip(4); break;
      default: throw new RangeError(`a protobuf message has a field of the unknown kind ${tag % 8}`);
    }
  }
}
