import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { createDesktops } from '../../controller/desktops/desktops.ts';
import { dockerLauncher } from '../../controller/launcher/docker-launcher.ts';
import { Installation, launch, median } from '../desktops/real-desktops.ts';
import { served } from './both-launchers.ts';

const signal = AbortSignal.timeout(120_000);
const rounds = 60;
/** Draws noise, so that a picture has a size to speak of. */
const noise = `
from gi import require_version
require_version('Gtk', '3.0')
from gi.repository import Gtk, GdkPixbuf, GLib
import os
w = Gtk.Window(title='noise'); w.set_default_size(220, 160)
pixels = GLib.Bytes.new(os.urandom(200 * 150 * 3))
w.add(Gtk.Image.new_from_pixbuf(GdkPixbuf.Pixbuf.new_from_bytes(pixels, GdkPixbuf.Colorspace.RGB, False, 8, 200, 150, 600)))
w.show_all(); Gtk.main()`;

describe('the way through the launcher\'s process', () => {
  it('does not make an action with its picture slower by more than a moment', async () => {
    await using installation = new Installation();
    await using held = await served(dockerLauncher());
    const desktops = installation.controller();
    const near = await launch(desktops, `d-${randomUUID()}`);
    await near.openProgram(['python3', '-c', noise], signal);
    for (let shown = false; !shown;) shown = (await near.state(signal)).windows.some((title) => title.includes('noise'));
    await near.capture({ settle: { floorMs: 200, quietMs: 200, ceilingMs: 5000 } }, signal);
    const time = async (desktop: typeof near) => {
      const started = performance.now();
      const { bytes } = await desktop.capture({}, signal);
      return { ms: performance.now() - started, size: bytes.length };
    };
    const measure = async (desktop: typeof near) => {
      const times = [];
      for (let round = 0; round < rounds; round += 1) times.push(await time(desktop));
      return times;
    };
    await measure(near); // until every cache is warm
    const before = await measure(near);
    await desktops.close('keep');
    // The same container, taken over by a controller whose launcher is behind a socket.
    const far = createDesktops({
      launcher: held.launcher, installId: installation.installId, controllerEpoch: 2, templates: {}, deadManSeconds: 600, hardLifetimeSeconds: 3600, maxDesktops: 1, readinessTimeoutMs: 45_000, log: pino({ level: 'silent' }),
    });
    try {
      const [adopted] = await far.adopt(signal);
      assert.ok(adopted !== undefined);
      const after = await measure(adopted);
      const [direct, through] = [median(before.map(({ ms }) => ms)), median(after.map(({ ms }) => ms))];
      const size = Math.round((after[0]?.size ?? 0) / 1000);
      console.log(`      ${rounds} captures of ${size} kB: median ${direct} ms directly, ${through} ms through the launcher's socket`);
      assert.ok(size > 60, `a picture of ${size} kB says little`);
      assert.ok(through < direct * 1.5 + 3, `${through} ms where it was ${direct}`);
    } finally {
      await far.close('keep');
    }
  });
});
