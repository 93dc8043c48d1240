import { limits } from '../../sandbox-image/wire/index.ts';
import type { Frame, ImageFormat } from '../../sandbox-image/wire/index.ts';

/** Three bytes a pixel at the largest size: more is no JPEG of that screen. */
const maxThumbnailBytes = 3 * limits.maxThumbnailWidth * limits.maxDisplayEdge;

type Size = { readonly width: number; readonly height: number };

/**
 * Why a picture is not what its frame says, in words; undefined if it is. Reads headers only and decodes nothing: a
 * picture from a desktop could be a bomb. What passes has the declared format, size and length, 8 bits a channel, no
 * second image and no compressed metadata.
 */
export function imageFault(frame: Frame, bytes: Buffer): string | undefined {
  if (bytes.length !== frame.byteLength) return `a picture of ${bytes.length} bytes where ${frame.byteLength} are declared`;
  if (bytes.length > limits.maxImageBytes) return `a picture of ${bytes.length} bytes; the limit is ${limits.maxImageBytes}`;
  const { region, display } = frame;
  if (region.x + region.width > display.width || region.y + region.height > display.height) return 'a frame whose region lies off its screen';
  if (frame.width > region.width || frame.height > region.height) return 'a picture larger than the region it shows';
  const size = sizeReaders[frame.format](bytes);
  if (size === undefined) return `a picture that is no plain ${frame.format.toUpperCase()}`;
  if (size.width !== frame.width || size.height !== frame.height) return `a picture of ${size.width}x${size.height} pixels where ${frame.width}x${frame.height} are declared`;
  return undefined;
}

/** The same of a thumbnail, a JPEG. */
export function thumbnailFault(size: Size, maxWidth: number, bytes: Buffer): string | undefined {
  if (bytes.length > maxThumbnailBytes) return `a thumbnail of ${bytes.length} bytes; the limit is ${maxThumbnailBytes}`;
  if (size.width > maxWidth) return `a thumbnail ${size.width} pixels wide where ${maxWidth} are the limit`;
  const read = jpegSize(bytes);
  if (read === undefined) return 'a thumbnail that is no plain JPEG';
  return read.width === size.width && read.height === size.height ? undefined : `a thumbnail of ${read.width}x${read.height} pixels where ${size.width}x${size.height} are declared`;
}

const sizeReaders: Readonly<Record<ImageFormat, (bytes: Buffer) => Size | undefined>> = { png: pngSize, jpeg: jpegSize, webp: webpSize };

const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex');
const pngChunks = new Set(['IHDR', 'pHYs', 'sRGB', 'gAMA', 'cHRM', 'IDAT', 'IEND']);

/** PNG (RFC 2083): signature, then chunks of length, type, data, checksum. */
function pngSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 57 || !bytes.subarray(0, 8).equals(pngSignature)) return undefined;
  const isPlain = bytes.readUInt32BE(8) === 13 && bytes.toString('latin1', 12, 16) === 'IHDR' && bytes[24] === 8 && (bytes[25] === 2 || bytes[25] === 6)
    && bytes[26] === 0 && bytes[27] === 0 && bytes[28] === 0;
  if (!isPlain) return undefined;
  for (let offset = 8; offset + 12 <= bytes.length;) {
    const type = bytes.toString('latin1', offset + 4, offset + 8);
    if (!pngChunks.has(type) || (type === 'IHDR' && offset !== 8)) return undefined;
    offset += 12 + bytes.readUInt32BE(offset);
    if (type === 'IEND') return offset === bytes.length ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : undefined;
  }
  return undefined;
}

/** JPEG (ITU T.81): segments up to the frame header; baseline, extended and progressive Huffman. */
function jpegSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 20 || bytes.readUInt16BE(0) !== 0xffd8 || bytes.readUInt16BE(bytes.length - 2) !== 0xffd9) return undefined;
  for (let offset = 2; offset + 10 <= bytes.length;) {
    if (bytes[offset] !== 0xff) return undefined;
    const marker = bytes[offset + 1] ?? 0;
    const length = bytes.readUInt16BE(offset + 2);
    if (length < 2) return undefined;
    if (marker >= 0xc0 && marker <= 0xc2) {
      return bytes[offset + 4] === 8 ? { height: bytes.readUInt16BE(offset + 5), width: bytes.readUInt16BE(offset + 7) } : undefined;
    }
    const isBeforeFrame = (marker >= 0xe0 && marker <= 0xef) || marker === 0xdb || marker === 0xc4 || marker === 0xdd || marker === 0xfe;
    if (!isBeforeFrame) return undefined;
    offset += 2 + length;
  }
  return undefined;
}

/** WebP (RFC 9649): one RIFF container with one image, not animated. */
function webpSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP') return undefined;
  if (bytes.readUInt32LE(4) + 8 !== bytes.length) return undefined;
  const kind = bytes.toString('latin1', 12, 16);
  if (kind === 'VP8 ') {
    if (bytes.readUIntBE(23, 3) !== 0x9d012a) return undefined;
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  }
  if (kind === 'VP8L') {
    if (bytes[20] !== 0x2f) return undefined;
    const packed = bytes.readUInt32LE(21);
    return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
  }
  const isAnimated = ((bytes[20] ?? 0) & 0x02) !== 0;
  return kind === 'VP8X' && !isAnimated ? { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 } : undefined;
}
