import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import type { Desktop } from '../../controller/desktops/desktop.ts';
import type { GateDecision } from '../../controller/gate/gate.ts';
import { createGates } from '../../controller/gate/gates.ts';
import type { Gates } from '../../controller/gate/gates.ts';
import { NetworkPolicy } from '../../controller/gate/network-policy.ts';
import { startFakeInternet } from '../gate/fake-internet.ts';
import type { FakeInternet } from '../gate/fake-internet.ts';
import { waitFor } from '../support/wait-for.ts';
import { Installation } from './real-desktops.ts';

const hosts = ['allowed.com', 'www.cdn.com', 'packages.cdn.com', 'code.cdn.com'];
const policy = NetworkPolicy.parse({ mode: 'allow', allow: [{ host: 'allowed.com', ports: [80, 443] }, { host: '*.cdn.com' }] });
const signal = () => AbortSignal.timeout(90_000);

describe('the way out of a real desktop', { timeout: 180_000 }, () => {
  const installation = new Installation();
  const decisions: GateDecision[] = [];
  let internet: FakeInternet;
  let desktop: Desktop;
  let gates: Gates;

  /** Runs a shell line in the session's environment, as an agent's terminal has it. */
  async function shell(line: string, seconds = 60): Promise<{ readonly code: number | null; readonly out: string }> {
    const { exitCode, stdout, stderr } = await desktop.runProgram({ argv: ['bash', '-c', line], deadlineMs: seconds * 1000 }, signal());
    return { code: exitCode, out: `${stdout.toString()}${stderr.toString()}` };
  }

  before(async () => {
    internet = await startFakeInternet(hosts);
    internet.files.set('/', '<title>A page from outside</title><h1>hello</h1>');
    desktop = await installation.controller().launch(`d-${randomUUID().slice(0, 8)}`, { display: { width: 1280, height: 800 }, template: 'default' }, { project: 'default', runId: undefined }, () => {}, signal());
    gates = createGates({ log: pino({ level: 'silent' }), privateTargets: [], resolveNames: internet.resolveNames, dial: internet.dial });
    await desktop.writeFile('ca.pem', [Buffer.from(internet.certificate)] as never, 100_000, signal());
  });
  after(async () => {
    gates.closeAll();
    internet.close();
    await installation[Symbol.asyncDispose]();
  });

  it('does not exist before a gate is opened: nothing listens, and nothing else leads out', async () => {
    const { code, out } = await shell('curl -sS -m 5 https://allowed.com/; curl -sS -m 5 --noproxy "*" https://93.184.215.14/; ls /sys/class/net');
    assert.notEqual(code, null);
    assert.match(out, /port 3128[\s\S]*(Network is unreachable|Couldn't connect|Could not connect)/i);
    assert.match(out, /^lo$/m);
    assert.doesNotMatch(out, /^eth/m);
  });

  it('leads through the gate once that is open', async () => {
    gates.open(desktop.id, { policy, allowed: [], questions: { ask: async () => 'waiting' }, onDecision: (decision) => void decisions.push(decision), openForwarder: (stop) => desktop.openForwarder(stop) });
    await waitFor('the forwarder', async () => (await shell('curl -sS -m 5 -o /dev/null -w "%{http_code}" http://allowed.com/')).out.includes('200'), 20_000);
    assert.ok(internet.requests.includes('GET http://allowed.com/'));
  });

  it('serves curl over TLS, and refuses in words what is not allowed', async () => {
    assert.match((await shell('curl -sS --cacert ca.pem https://www.cdn.com/')).out, /A page from outside/);
    const refused = await shell('curl -sS --cacert ca.pem https://evil.com/');
    assert.equal(refused.code, 56);
    assert.match(refused.out, /403/);
    assert.match((await shell('curl -s http://evil.com/')).out, /evil\.com:80 is not among what this desktop may reach/);
    assert.ok(!internet.requests.some((request) => request.includes('evil')));
    assert.ok(decisions.some(({ host, verdict, rule }) => host === 'evil.com' && verdict === 'refused' && rule === 'allow'));
  });

  it('serves git', async () => {
    await shell('git init -q --bare site.git && git init -q work && cd work && echo hello > file && git add file && git -c user.name=a -c user.email=a@b.c commit -qm one && git push -q ../site.git HEAD:master && cd ../site.git && git update-server-info');
    const { entries } = await desktop.listFiles({ path: 'site.git', recursive: true }, signal());
    for (const { path } of entries.filter(({ kind }) => kind === 'file')) {
      const parts: Buffer[] = [];
      for await (const chunk of (await desktop.readFile(path, signal())).content) parts.push(chunk);
      internet.files.set(`/${path}`, Buffer.concat(parts));
    }
    const { code, out } = await shell('git -c http.sslCAInfo=$HOME/ca.pem clone -q https://code.cdn.com/site.git cloned && cat cloned/file');
    assert.deepEqual([code, out], [0, 'hello\n'], out);
  });

  it('serves pip, for the user', async () => {
    const wheel = 'outside-1.0-py3-none-any.whl';
    await shell(`python3 - <<'end'
import zipfile
with zipfile.ZipFile('${wheel}', 'w') as wheel:
    wheel.writestr('outside.py', 'word = "from outside"')
    wheel.writestr('outside-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: outside\\nVersion: 1.0\\n')
    wheel.writestr('outside-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('outside-1.0.dist-info/RECORD', 'outside.py,,\\noutside-1.0.dist-info/METADATA,,\\noutside-1.0.dist-info/WHEEL,,\\noutside-1.0.dist-info/RECORD,,\\n')
end`);
    const parts: Buffer[] = [];
    for await (const chunk of (await desktop.readFile(wheel, signal())).content) parts.push(chunk);
    internet.files.set(`/files/${wheel}`, Buffer.concat(parts));
    internet.files.set('/simple/outside/', `<a href="/files/${wheel}">${wheel}</a>`);
    const { out } = await shell('pip install -q --cert $HOME/ca.pem --index-url https://packages.cdn.com/simple outside && python3 -c "import outside; print(outside.word)"');
    assert.match(out, /from outside\n$/, out);
  });

  it('serves npm, for a project', async () => {
    await shell('mkdir -p pack project && cd pack && echo \'{"name":"outside","version":"1.0.0","main":"index.js"}\' > package.json && echo "module.exports = \'from outside\'" > index.js && npm pack --silent && cp outside-1.0.0.tgz ..');
    const parts: Buffer[] = [];
    for await (const chunk of (await desktop.readFile('outside-1.0.0.tgz', signal())).content) parts.push(chunk);
    const tarball = Buffer.concat(parts);
    internet.files.set('/outside/-/outside-1.0.0.tgz', tarball);
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    internet.files.set('/outside', JSON.stringify({ name: 'outside', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { name: 'outside', version: '1.0.0', dist: { tarball: 'https://packages.cdn.com/outside/-/outside-1.0.0.tgz', integrity } } } }));
    const { out } = await shell('cd project && npm init -y >/dev/null && npm install --silent --cafile $HOME/ca.pem --registry https://packages.cdn.com/ outside && node -p "require(\'outside\')"');
    assert.match(out, /from outside\n$/, out);
  });

  it('serves Chromium, which asks for nothing of its own that a person would be asked about', async () => {
    const before = decisions.length;
    await desktop.openProgram(['chromium', 'http://allowed.com/'], signal());
    await waitFor('the page', async () => (await desktop.state(signal())).windows.some((title) => title.includes('A page from outside')), 60_000);
    const asked = decisions.slice(before).filter(({ verdict, isQuiet, host }) => verdict === 'refused' && !isQuiet && host !== '');
    assert.deepEqual(asked.map(({ host }) => host), []);
  });

  it('has a forwarder that the agent cannot end', async () => {
    const pid = (await shell('pgrep -u forwarder -f forwarder/main.ts || true')).out.trim();
    assert.notEqual(pid, '', 'it runs as a user of its own');
    assert.match((await shell(`kill ${pid}; echo $?`)).out, /Operation not permitted/);
  });

  it('ends with the gate', async () => {
    gates.close(desktop.id);
    await waitFor('the proxy to be gone', async () => (await shell('curl -sS -m 5 http://allowed.com/')).out.includes('3128'), 10_000);
  });
});
