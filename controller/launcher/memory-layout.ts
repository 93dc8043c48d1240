import { VitrineError } from '../errors.ts';
import type { ContainerSpec } from './launcher.ts';

const mebibyte = 1024 * 1024;
const smallestMemoryBytes = 512 * mebibyte;

/** Sizes of a desktop's writable folders and shared memory, in bytes. */
export type MemoryLayout = Readonly<Record<'warden' | 'agent' | 'forwarder' | 'shm' | 'tmp' | 'home', number>>;

/**
 * Divides half of the container's memory among its tmpfs folders and shared memory, so that a full disk is a full disk
 * and not an end by lack of memory. The warden's folder holds the framebuffer (4 bytes a pixel), logs and ledger.
 * Throws `invalid_request` below 512 MiB.
 */
export function memoryLayout(spec: Pick<ContainerSpec, 'memoryBytes' | 'width' | 'height'>): MemoryLayout {
  if (spec.memoryBytes < smallestMemoryBytes) {
    throw new VitrineError('invalid_request', `a desktop with ${spec.memoryBytes} bytes of memory cannot work; give it at least ${smallestMemoryBytes}`);
  }
  const warden = Math.ceil((spec.width * spec.height * 4) / mebibyte) * mebibyte + 32 * mebibyte;
  const agent = 16 * mebibyte;
  const forwarder = 4 * mebibyte;
  const rest = Math.floor(spec.memoryBytes / 2) - warden - agent - forwarder;
  const shm = Math.min(256 * mebibyte, Math.floor(rest / 3));
  const tmp = Math.min(192 * mebibyte, Math.floor(rest / 4));
  return { warden, agent, forwarder, shm, tmp, home: rest - shm - tmp };
}
