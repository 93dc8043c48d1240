/** The part of tar-stream that backups and the builds of images use. */
declare module 'tar-stream' {
  import type { Readable, Writable } from 'node:stream';

  export type Header = { readonly name: string; readonly size?: number | undefined; readonly type?: string | null | undefined; readonly mode?: number; readonly mtime?: Date; readonly uid?: number; readonly gid?: number };
  export type Pack = Readable & {
    /** Undefined once the pack is destroyed. */
    entry(header: Header, ended: (error?: Error | null) => void): Writable | undefined;
    /** An entry with all of its content, or a folder. */
    entry(header: Header, content?: Buffer): Writable | undefined;
    finalize(): void;
  };
  export type Extract = Writable & { on(event: 'entry', listener: (header: Header, stream: Readable, next: (error?: unknown) => void) => void): Extract };

  export function pack(): Pack;
  export function extract(): Extract;
}
