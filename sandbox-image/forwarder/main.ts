import { Duplex } from 'node:stream';
import { forwarderPort } from '../wire/places.ts';
import { createForwarder } from './forwarder.ts';

/** The desktop's proxy, started for a desktop that has a gate; its standard input and output lead there. It ends with them. */
// The types of Duplex.from know only web streams in this place.
const gate = Duplex.from({ readable: process.stdin, writable: process.stdout } as never);
const { server, ended } = createForwarder(gate);
server.once('error', (error) => {
  process.stderr.write(`forwarder: ${error.message}\n`);
  process.exit(1);
});
server.listen(forwarderPort, '127.0.0.1');
await ended;
process.exit(0);
