import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DesktopContainer } from './desktop-container.ts';

const page = 'data:text/html,<title>Ready</title><h1>Hello</h1>';

/** Distinct colours of a part of the screen. */
function colours(desktop: DesktopContainer, top: number, bottom: number): number {
  const { width, offset, stride, bytes } = desktop.screen();
  const seen = new Set<number>();
  for (let y = top; y < bottom; y += 1) {
    for (let x = 0; x < width; x += 1) seen.add(bytes.readUInt32LE(offset + y * stride + x * 4) & 0xffffff);
  }
  return seen.size;
}

describe('the desktop', () => {
  let desktop: DesktopContainer;
  before(async () => {
    desktop = await DesktopContainer.start();
  });
  after(() => desktop?.[Symbol.asyncDispose]());

  it('shows an empty desktop of the wanted size over a panel with launchers', async () => {
    await desktop.until('agent', 'wmctrl -l -x | grep -q tint2 || xdotool search --class tint2', 20_000);
    const deadlineMs = performance.now() + 20_000;
    while (colours(desktop, 760, 800) < 100) assert.ok(performance.now() < deadlineMs, 'no launchers on the panel');
    const { width, height } = desktop.screen();
    assert.deepEqual([width, height], [1280, 800]);
    assert.equal(colours(desktop, 0, 755), 1);
    assert.equal(desktop.run('agent', 'wmctrl -l | grep -v tint2').output, '');
  });

  it('keeps the pointer out of the framebuffer', () => {
    desktop.run('agent', 'xdotool mousemove 600 300');
    assert.equal(colours(desktop, 0, 755), 1);
  });

  it('gives the agent its programs, and what it installs', () => {
    const wheel = `import zipfile
z = zipfile.ZipFile("hi-1-py3-none-any.whl", "w")
z.writestr("hi.py", "answer = 42")
z.writestr("hi-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: hi\\nVersion: 1\\n")
z.writestr("hi-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
z.writestr("hi-1.dist-info/RECORD", "hi.py,,\\n")
z.close()`;
    const cases: readonly (readonly [string, RegExp])[] = [
      ['id -u; id -G', /^10001\n10001$/],
      [
        `python3 -c '${wheel}' && pip install -q --no-index ./hi-1-py3-none-any.whl && python3 -c 'import hi; print(hi.answer)'`,
        /^42$/m,
      ],
      [
        'mkdir -p p && cd p && echo \'{"name":"p","version":"1.0.0","bin":{"pp":"x.js"}}\' > package.json && printf "#!/usr/bin/env node\\nconsole.log(6 * 7)" > x.js && npm pack --silent && npm install -g --offline --silent ./p-1.0.0.tgz; pp',
        /^42$/m,
      ],
      [
        'git init -q g && cd g && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first && git log --format=%s',
        /^first$/m,
      ],
      // xclip goes on in the background before the X server has heard that the clipboard is its own.
      ['echo text | xclip -selection clipboard && for n in $(seq 50); do xclip -o -selection clipboard 2> /dev/null && break; sleep 0.1; done', /^text$/],
      ['fc-match monospace; fc-list :lang=zh family; fc-list :charset=1f600 family', /^DejaVu[^]*CJK[^]*Emoji/],
      ['command -v chromium xterm pcmanfm mousepad curl socat xdotool X0tigervnc | wc -l', /^8$/],
      ['node --version', /^v26\./],
    ];
    for (const [text, expected] of cases) assert.match(desktop.run('agent', text).output, expected, text);
  });

  it('lets nobody become root or write outside home and tmpfs', () => {
    for (const text of [
      'touch /etc/x',
      'touch /opt/vitrine/x',
      'su -c id',
      'sudo id',
      'cp /bin/true /tmp/t && chmod +x /tmp/t && /tmp/t',
    ]) {
      assert.notEqual(desktop.run('agent', text).code, 0, text);
    }
    assert.equal(desktop.run('agent', 'find / -xdev -perm /6000 -type f 2>/dev/null').output, '');
    assert.match(desktop.run('agent', 'grep -h CapEff /proc/self/status').output, /^CapEff:\s+0+$/);
  });

  it("keeps the warden out of the agent's reach", () => {
    const attempts = [
      'ls /run/vitrine/warden',
      'kill -0 1',
      'kill -0 $(pgrep -u warden -x Xvfb)',
      'cat /proc/$(pgrep -u warden -x Xvfb)/environ',
      'socat - UNIX-CONNECT:/run/vitrine/warden/shim.sock </dev/null',
    ];
    for (const text of attempts) assert.notEqual(desktop.run('agent', text).code, 0, text);
  });

  it('starts the shim from what was compiled when the image was built', () => {
    assert.match(desktop.run('warden', 'tr "\\0" "\\n" < /proc/$(pgrep -u warden -f ^node.*shim/main.cjs)/environ').output, /^NODE_COMPILE_CACHE=\/opt\/vitrine\/compile-cache$/m);
    const other = 'VITRINE_WARDEN_FOLDER=/tmp/other VITRINE_FRAMEBUFFER_FOLDER=/nonexistent VITRINE_SHIM_SOCKET=/tmp/other/shim.sock';
    const said = desktop.run('warden', `env ${other} NODE_COMPILE_CACHE=/opt/vitrine/compile-cache NODE_DEBUG_NATIVE=COMPILE_CACHE timeout 3 node /opt/vitrine/shim/main.cjs`).output;
    assert.match(said, /\/opt\/vitrine\/shim\/main\.cjs was accepted/);
    assert.doesNotMatch(said, /was rejected|Cannot find/);
  });

  it('has no network but loopback', () => {
    assert.match(desktop.run('agent', 'ls /sys/class/net; cat /proc/net/route | tail -n +2').output, /^lo$/);
    assert.notEqual(desktop.run('agent', 'curl -sS --max-time 5 http://192.0.2.1').code, 0);
  });

  it('runs Chromium in its own sandbox, without a question', async () => {
    desktop.run('agent', `chromium '${page}' >/tmp/chromium.log 2>&1 &`);
    const windows = await desktop.until(
      'agent',
      'wmctrl -l | grep "Ready - Chromium" && wmctrl -l | grep -v tint2',
      40_000,
    );
    assert.equal(new Set(windows.split('\n')).size, 1, windows);
    const renderers = desktop
      .run(
        'agent',
        'for p in $(pgrep -f -- "^/usr/lib/chromium/chromium --type=renderer"); do readlink /proc/$p/ns/user; grep -hE "^(Seccomp|NoNewPrivs|CapEff):" /proc/$p/status | tr -d "\\n\\t "; echo; done',
      )
      .output.split('\n');
    assert.ok(renderers.length >= 2, renderers.join());
    const own = desktop.run('agent', 'readlink /proc/self/ns/user').output;
    for (const line of renderers) assert.match(line, /^user:|^CapEff:0+NoNewPrivs:1Seccomp:2$/);
    assert.ok(!renderers.includes(own));
  });
});

describe('the seccomp profiles', () => {
  const probes = [
    'unshare --mount true',
    'unshare --user --map-root-user --mount true',
    'unshare --user --map-root-user mount -t tmpfs none /tmp',
    'unshare --user --map-root-user --net ip link 2>&1 || python3 -c "import socket; socket.socket(16, 3, 12)"',
    'python3 -c "import socket; socket.socket(40, 1)"',
    'python3 -c "import socket; socket.socket(17, 3)"',
    'python3 -c "import ctypes; libc = ctypes.CDLL(None); raise SystemExit(libc.ptrace(0, 0, 0, 0) + 1 == 0)"',
    'python3 -c "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); raise SystemExit(libc.syscall(425, 1, 0) < 0)"',
  ];

  for (const seccomp of ['browser', 'strict'] as const) {
    it(`${seccomp} refuses what leads out`, async () => {
      await using desktop = await DesktopContainer.start({ seccomp, session: false });
      for (const probe of probes) assert.notEqual(desktop.run('agent', probe).code, 0, probe);
      assert.equal(desktop.run('agent', 'unshare --user true').code === 0, seccomp === 'browser');
      assert.equal(
        desktop.run(
          'agent',
          'mkfifo ~/pipe && python3 -c "import threading, subprocess, socket; socket.create_server((\'127.0.0.1\', 0))"',
        ).code,
        0,
      );
    });
  }
});

/**
 * A window manager that is held up between its first word and its first look at what was asked of it, until the panel has
 * asked, which waits for the number of desktops before.
 */
const heldUp = `#!/bin/bash
xprop -root -f _NET_NUMBER_OF_DESKTOPS 32c -set _NET_NUMBER_OF_DESKTOPS 1
/usr/bin/openbox &
until xprop -root _NET_SUPPORTING_WM_CHECK | grep -q "window id"; do :; done
kill -STOP $!
until xwininfo -root -tree | grep -q '"tint2"'; do sleep 0.02; done
sleep 0.5
kill -CONT $!
wait`;

describe('a session whose window manager is slow to start', () => {
  it('has its panel all the same', async () => {
    await using desktop = await DesktopContainer.start({ session: false });
    const { code, output } = desktop.run('agent', `mkdir -p .local/bin && cat >.local/bin/openbox <<'EOF' && chmod +x .local/bin/openbox\n${heldUp}\nEOF`);
    assert.equal(code, 0, output);
    await desktop.startSession();
    await desktop.until('agent', "xprop -root _NET_CLIENT_LIST | grep -q '# 0x'", 15_000);
  });
});
