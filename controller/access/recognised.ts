import type { EventEmitter } from 'node:events';

/** What a connection says of itself once it is known who asks over it. */
export const recognised = Symbol('recognised');

/** Says on a connection that who asks over it is known: it is not among those any more that make room for others. */
export function noteRecognised(connection: EventEmitter): void {
  connection.emit(recognised);
}
