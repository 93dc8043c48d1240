import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startFakeApi, testToken } from '../support/fake-api.ts';
import { waitFor } from '../support/wait-for.ts';
import { RfbClient } from '../view/support/rfb-client.ts';

describe('a live view', () => {
  it('holds a viewer that takes nothing to a megabyte, and gives it the rest when it takes again', async () => {
    await using api = await startFakeApi();
    const desktop = api.desktops.add('d-1');
    using client = await RfbClient.connect(`${api.url}/api/desktops/d-1/view`, { headers: { authorization: `Bearer ${testToken}` } });
    const stream = await waitFor('the view is opened', () => desktop.views[0]?.stream);
    const total = 16 * 2 ** 20;
    let sent = 0;
    const source = (async () => {
      while (sent < total) {
        sent += 65_536;
        if (!stream.write(Buffer.alloc(65_536))) await once(stream, 'drain');
      }
    })();
    let taken = 0;
    client.socket.on('message', (data: Buffer) => (taken += data.length));
    client.socket.pause();
    let before = -1;
    while (before !== sent) {
      before = sent;
      await pause(200);
    }
    assert.ok(sent < total * 0.75, `${sent} bytes were taken for a viewer that takes none`);
    client.socket.resume();
    await source;
    await waitFor('all of it', () => taken === total, 20_000);
  });
});
