import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { handsMethods, limits, protocolVersion, WireError, type HandsMethods, type WireErrorCode } from '../../sandbox-image/wire/index.ts';
import { startLocalServer, type LocalServer } from '../support/local-server.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSocket, unixSocket, WireClient } from '../support/wire-client.ts';

const main = new URL('../../sandbox-image/hands/main.ts', import.meta.url).pathname;

describe('hands', () => {
  let folder = '';
  let home = '';
  let server: LocalServer;
  let hands: WireClient<HandsMethods>;
  const connect = async (): Promise<WireClient<HandsMethods>> => {
    const client = new WireClient(await openSocket(unixSocket(join(folder, 'hands.sock'))), handsMethods);
    await client.call('hello', { protocol: protocolVersion, controllerEpoch: 3, desktopId: 'd_test' });
    return client;
  };
  const refused = (code: WireErrorCode, pattern: RegExp) => (error: unknown) => error instanceof WireError && error.code === code && pattern.test(error.message);

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'hands-test-')));
    home = join(folder, 'home');
    mkdirSync(home);
    server = await startLocalServer(main, { VITRINE_HANDS_SOCKET: join(folder, 'hands.sock'), VITRINE_AGENT_FOLDER: join(folder, 'agent'), VITRINE_HOME: home });
    hands = await connect();
  });
  after(async () => {
    hands?.[Symbol.dispose]();
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = async (path: string, bytes: Uint8Array, commit = true): Promise<void> => {
    const { handle } = await hands.call('openFile', { path, mode: 'write' });
    for (let offset = 0; offset < bytes.length; offset += limits.maxChunkBytes) {
      await hands.call('writeFile', { handle, offset }, bytes.subarray(offset, offset + limits.maxChunkBytes));
    }
    await hands.call('closeFile', { handle, commit });
  };
  const take = async (path: string): Promise<Buffer> => {
    const { handle, size } = await hands.call('openFile', { path, mode: 'read' });
    const chunks: Buffer[] = [];
    for (let offset = 0; offset < size; ) {
      const { body } = await hands.begin('readFile', { handle, offset, length: limits.maxChunkBytes }).answer;
      if (body.length === 0) break;
      chunks.push(body);
      offset += body.length;
    }
    await hands.call('closeFile', { handle });
    return Buffer.concat(chunks);
  };

  describe('files', () => {
    it('go in and come out byte for byte, in folders made on the way', async () => {
      const bytes = randomBytes(3 * limits.maxChunkBytes + 17);
      await put('Documents/new/data.bin', bytes);
      assert.deepEqual(await take('Documents/new/data.bin'), bytes);
      assert.deepEqual(await take(join(home, 'Documents/new/data.bin')), bytes);
      assert.deepEqual(readFileSync(join(home, 'Documents/new/data.bin')), bytes);
      await put('empty', new Uint8Array(0));
      assert.equal((await take('empty')).length, 0);
    });

    it('appear whole at commit, and not at all without it', async () => {
      await put('note.txt', Buffer.from('old'));
      const { handle } = await hands.call('openFile', { path: 'note.txt', mode: 'write' });
      await hands.call('writeFile', { handle, offset: 0 }, Buffer.from('new'));
      assert.equal(readFileSync(join(home, 'note.txt'), 'utf8'), 'old');
      await hands.call('closeFile', { handle, commit: true });
      assert.equal(readFileSync(join(home, 'note.txt'), 'utf8'), 'new');
      await put('note.txt', Buffer.from('thrown away'), false);
      assert.equal(readFileSync(join(home, 'note.txt'), 'utf8'), 'new');
      assert.deepEqual(readdirSync(home).filter((name) => name.endsWith('.part')), []);
    });

    it('keep nothing of a connection that ended before the commit', async () => {
      const other = await connect();
      const { handle } = await other.call('openFile', { path: 'half', mode: 'write' });
      await other.call('writeFile', { handle, offset: 0 }, Buffer.from('half'));
      other[Symbol.dispose]();
      await waitFor('the part is gone', () => !readdirSync(home).some((name) => name.endsWith('.part')));
      assert.ok(!readdirSync(home).includes('half'));
      await assert.rejects(hands.call('closeFile', { handle: 4711 }), refused('not_found', /4711/));
    });

    it('do not leave home, by whatever path', async () => {
      const secret = join(folder, 'secret');
      writeFileSync(secret, 'secret');
      mkdirSync(join(home, 'd'), { recursive: true });
      symlinkSync(secret, join(home, 'link'));
      symlinkSync(folder, join(home, 'out'));
      symlinkSync('note.txt', join(home, 'inside'));
      symlinkSync('/nowhere/at/all', join(home, 'dangling'));
      execFileSync('mkfifo', [join(home, 'fifo')]);
      const paths = ['../secret', 'd/../../secret', secret, '/etc/passwd', `${home}-other`, 'link', 'out/secret', 'inside', 'dangling', 'fifo', 'd', '.', '/', home];
      for (const path of paths) {
        for (const mode of ['read', 'write'] as const) {
          await assert.rejects(hands.call('openFile', { path, mode }), refused('forbidden', /./), `${mode} ${path}`);
        }
      }
      await assert.rejects(hands.call('openFile', { path: 'a\0b', mode: 'read' }), refused('invalid_request', /NUL/));
      await assert.rejects(hands.call('listFiles', { path: 'out' }), refused('forbidden', /symbolic link/));
      await assert.rejects(hands.call('removeFile', { path: 'out/secret' }), refused('forbidden', /symbolic link/));
      await assert.rejects(hands.call('runProgram', { argv: ['true'], cwd: 'out' }), refused('forbidden', /symbolic link/));
      assert.equal(readFileSync(secret, 'utf8'), 'secret');
      await hands.call('removeFile', { path: 'link' });
      assert.equal(readFileSync(secret, 'utf8'), 'secret');
    });

    it('replace the name of a hard link, not what it shares', async () => {
      writeFileSync(join(folder, 'shared'), 'shared');
      linkSync(join(folder, 'shared'), join(home, 'hard'));
      await put('hard', Buffer.from('mine'));
      assert.equal(readFileSync(join(folder, 'shared'), 'utf8'), 'shared');
      assert.equal(readFileSync(join(home, 'hard'), 'utf8'), 'mine');
    });

    it('are bounded: no holes, no size beyond the limit, no more than 32 open', async () => {
      const { handle } = await hands.call('openFile', { path: 'bounded', mode: 'write' });
      await assert.rejects(hands.call('writeFile', { handle, offset: 5 }, Buffer.from('x')), refused('invalid_request', /beyond the 0 bytes/));
      await assert.rejects(hands.call('writeFile', { handle, offset: 0 }, Buffer.alloc(limits.maxChunkBytes + 1)), refused('limit_exceeded', /chunk/));
      await hands.call('closeFile', { handle, commit: false });
      execFileSync('truncate', ['-s', String(limits.maxFileBytes + 1), join(home, 'huge')]);
      await assert.rejects(hands.call('openFile', { path: 'huge', mode: 'read' }), refused('limit_exceeded', /huge/));
      const other = await connect();
      for (let i = 0; i < 32; i += 1) await other.call('openFile', { path: 'note.txt', mode: 'read' });
      await assert.rejects(other.call('openFile', { path: 'note.txt', mode: 'read' }), refused('limit_exceeded', /32/));
      other[Symbol.dispose]();
    });

    it('are listed sorted, links unfollowed, cut at the limit', async () => {
      mkdirSync(join(home, 'list/sub'), { recursive: true });
      for (const name of ['b', 'a', 'ü 😀']) writeFileSync(join(home, 'list', name), name);
      writeFileSync(join(home, 'list/sub/deep'), '12345');
      symlinkSync('/etc', join(home, 'list/z'));
      const { entries, truncated } = await hands.call('listFiles', { path: 'list', recursive: true });
      assert.deepEqual(entries.map(({ path, kind }) => [path, kind]), [
        ['list/a', 'file'], ['list/b', 'file'], ['list/sub', 'folder'], ['list/sub/deep', 'file'], ['list/z', 'link'], ['list/ü 😀', 'file'],
      ]);
      assert.equal(truncated, false);
      assert.equal(entries[3]?.size, 5);
      assert.equal((await hands.call('listFiles', { path: 'list', limit: 2 })).truncated, true);
      mkdirSync(join(home, 'many'));
      for (let i = 0; i < 3000; i += 1) writeFileSync(join(home, 'many', `${'n'.repeat(100)}${i}`), '');
      assert.equal((await hands.call('listFiles', { path: 'many', limit: 10_000 })).truncated, true);
    });

    it('are removed one at a time; folders only when empty', async () => {
      await assert.rejects(hands.call('removeFile', { path: 'list' }), refused('conflict', /not an empty folder/));
      await hands.call('removeFile', { path: 'list/a' });
      await assert.rejects(hands.call('removeFile', { path: 'list/a' }), refused('not_found', /list\/a/));
      await assert.rejects(hands.call('removeFile', { path: '.' }), refused('forbidden', /home/));
    });
  });

  describe('runProgram', () => {
    const run = async (params: Parameters<typeof hands.begin<'runProgram'>>[1]) => {
      const { result, body } = await hands.begin('runProgram', params).answer;
      return { ...result, stdout: body.subarray(0, result.stdoutBytes).toString(), stderr: body.subarray(result.stdoutBytes).toString() };
    };
    const isAlive = (marker: string) => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n').some((line) => line.includes(marker) && !line.includes('ps -eo'));

    it('gives arguments as they are, never to a shell', async () => {
      const strange = ['$(touch x)', '`id`', '; rm -rf /', '--', "a'b\"c", 'line\nfeed', '*', ''];
      const { stdout, exitCode } = await run({ argv: ['printf', '%s\\0', ...strange] });
      assert.equal(exitCode, 0);
      assert.deepEqual(stdout.split('\0').slice(0, -1), strange);
    });

    it('passes standard input, environment and folder, and reports the exit', async () => {
      mkdirSync(join(home, 'work'), { recursive: true });
      const answer = await run({ argv: ['sh', '-c', 'cat; echo "$GREETING" >&2; pwd; exit 7'], stdin: 'in ü\n', env: { GREETING: 'hello' }, cwd: 'work' });
      assert.deepEqual([answer.stdout, answer.stderr, answer.exitCode, answer.signal, answer.timedOut], [`in ü\n${join(home, 'work')}\n`, 'hello\n', 7, null, false]);
    });

    it('kills the whole group at the deadline', async () => {
      const marker = `4242.${randomBytes(4).readUInt32BE()}`;
      const answer = await run({ argv: ['sh', '-c', `sleep ${marker} & sleep ${marker}`], deadlineMs: 300 });
      assert.equal(answer.timedOut, true);
      assert.equal(answer.signal, 'SIGKILL');
      assert.ok(answer.durationMs >= 300 && answer.durationMs < 3000);
      await waitFor('the group is gone', () => !isAlive(marker));
    });

    it('kills what a program left behind in its group', async () => {
      const marker = `4343.${randomBytes(4).readUInt32BE()}`;
      const answer = await run({ argv: ['sh', '-c', `sleep ${marker} & echo done`] });
      assert.equal(answer.stdout, 'done\n');
      await waitFor('the grandchild is gone', () => !isAlive(marker));
    });

    it('kills the group when the request is cancelled and when the connection ends', async () => {
      const marker = `4444.${randomBytes(4).readUInt32BE()}`;
      const first = hands.begin('runProgram', { argv: ['sleep', marker] });
      await waitFor('the program runs', () => isAlive(marker));
      hands.cancel(first.id);
      await assert.rejects(first.answer, refused('cancelled', /./));
      await waitFor('the program is gone', () => !isAlive(marker));
      const other = await connect();
      other.begin('runProgram', { argv: ['sh', '-c', `sleep ${marker} & sleep ${marker}`] }).answer.catch(() => undefined);
      await waitFor('the program runs', () => isAlive(marker));
      other[Symbol.dispose]();
      await waitFor('the program is gone', () => !isAlive(marker));
    });

    it('keeps the first output and throws the rest away without stalling the program', async () => {
      const answer = await run({ argv: ['sh', '-c', 'head -c 20000000 /dev/zero; echo end >&2'], maxOutputBytes: 1000 });
      assert.deepEqual([answer.exitCode, answer.truncated, answer.stdoutBytes], [0, true, 1000]);
    });

    it('names what is missing or too large', async () => {
      await assert.rejects(run({ argv: ['no-such-program-here'] }), refused('not_found', /no-such-program-here/));
      await assert.rejects(run({ argv: ['true'], cwd: 'no-such-folder' }), refused('not_found', /no-such-folder/));
      await assert.rejects(run({ argv: ['echo', 'x'.repeat(100_000), 'y'.repeat(100_000)] }), refused('limit_exceeded', /arguments/));
      await assert.rejects(run({ argv: ['a\0b'] }), refused('invalid_request', /NUL/));
      writeFileSync(join(home, 'plain'), 'not a program', { mode: 0o644 });
      await assert.rejects(run({ argv: [join(home, 'plain')] }), refused('forbidden', /plain/));
    });
  });

  describe('the control epoch', () => {
    it('refuses what acts for another one, and what names none goes through', async () => {
      const { epoch } = await hands.call('setEpoch', { epoch: 5 });
      assert.equal(epoch, 5);
      const acts: (() => Promise<unknown>)[] = [
        () => hands.begin('runProgram', { argv: ['touch', 'stale'], epoch: 4 }).answer,
        () => hands.call('openProgram', { argv: ['touch', 'stale'], epoch: 4 }),
        () => hands.call('openFile', { path: 'stale', mode: 'write', epoch: 6 }),
        () => hands.call('removeFile', { path: 'note.txt', epoch: 4 }),
        () => hands.call('endProcess', { pid: process.pid, epoch: 4 }),
        () => hands.call('setEpoch', { epoch: 4 }),
      ];
      for (const act of acts) await assert.rejects(act(), refused('stale_epoch', /epoch/));
      assert.ok(!readdirSync(home).includes('stale'));
      await hands.begin('runProgram', { argv: ['touch', 'present'], epoch: 5 }).answer;
      await hands.begin('runProgram', { argv: ['touch', 'unnamed'] }).answer;
      assert.ok(readdirSync(home).includes('present') && readdirSync(home).includes('unnamed'));
    });

    it('stops the programs of older ones with their groups, and leaves what was opened', async () => {
      const marker = `4747.${randomBytes(4).readUInt32BE()}`;
      const running = hands.begin('runProgram', { argv: ['sh', '-c', `sleep ${marker} & sleep ${marker}`], epoch: 5 });
      const { pid } = await hands.call('openProgram', { argv: ['sleep', '4848'], epoch: 5 });
      try {
        const listed = async () => (await hands.call('listProcesses', {})).processes.filter(({ command }) => command === `sleep ${marker}`).length;
        await waitFor('both run', async () => (await listed()) === 2);
        const { stopped } = await hands.call('setEpoch', { epoch: 6, stopPrograms: true });
        assert.deepEqual(stopped.map(({ command }) => command), [`sh -c sleep ${marker} & sleep ${marker}`]);
        await assert.rejects(running.answer, refused('stale_epoch', /epoch 6/));
        await waitFor('the group is gone', async () => (await listed()) === 0);
        assert.ok((await hands.call('listProcesses', {})).processes.some((one) => one.pid === pid && one.startedByHands));
        await assert.rejects(hands.call('endProcess', { pid, command: 'sleep 1' }), refused('conflict', /sleep 4848/));
        await hands.call('endProcess', { pid, command: 'sleep 4848', epoch: 6 });
        assert.ok(!(await hands.call('listProcesses', {})).processes.some((one) => one.pid === pid && one.command === 'sleep 4848'));
      } finally {
        await hands.call('endProcess', { pid }).catch(() => undefined); // ended above
      }
    });

    it('kills a process that does not end when asked to, and none of another user', async () => {
      const { pid } = await hands.call('openProgram', { argv: ['bash', '-c', 'trap "" TERM; touch trapped; while :; do read -rt 1 < <(:); done'] });
      await waitFor('it has set its trap', () => readdirSync(home).includes('trapped'));
      await hands.call('endProcess', { pid });
      assert.ok(!(await hands.call('listProcesses', {})).processes.some((one) => one.pid === pid && one.command.startsWith('bash')));
      await assert.rejects(hands.call('endProcess', { pid: 2 ** 30 }), refused('not_found', /no process/));
    });

    it('keeps a file from being committed that was opened before control passed', async () => {
      const { handle } = await hands.call('openFile', { path: 'late', mode: 'write', epoch: 6 });
      await hands.call('writeFile', { handle, offset: 0 }, Buffer.from('early'));
      await hands.call('setEpoch', { epoch: 7 });
      await assert.rejects(hands.call('writeFile', { handle, offset: 5 }, Buffer.from('late')), refused('stale_epoch', /epoch 6/));
      await assert.rejects(hands.call('closeFile', { handle, commit: true }), refused('stale_epoch', /epoch 6/));
      assert.ok(!readdirSync(home).some((name) => name === 'late' || name.endsWith('.part')));
    });

    it('is remembered when hands are started again, and told with hello', async () => {
      await using again = await startLocalServer(main, { VITRINE_HANDS_SOCKET: join(folder, 'again.sock'), VITRINE_AGENT_FOLDER: join(folder, 'agent'), VITRINE_HOME: home });
      assert.ok(again.pid > 0);
      using client = new WireClient(await openSocket(unixSocket(join(folder, 'again.sock'))), handsMethods);
      assert.deepEqual(await client.call('hello', { protocol: protocolVersion, controllerEpoch: 3, desktopId: 'd_test' }), { protocol: protocolVersion, server: 'hands', epoch: 7 });
    });

    it('answers a controller of version 1 in version 1', async () => {
      using client = new WireClient(await openSocket(unixSocket(join(folder, 'hands.sock'))), handsMethods);
      assert.equal((await client.call('hello', { protocol: 1, controllerEpoch: 3, desktopId: 'd_test' })).protocol, 1);
    });
  });

  it('openProgram starts something that outlives the connection, and listProcesses shows it', async () => {
    const other = await connect();
    const { pid } = await other.call('openProgram', { argv: ['sleep', '4545'] });
    other[Symbol.dispose]();
    try {
      const { processes } = await hands.call('listProcesses', {});
      const found = processes.find((one) => one.pid === pid);
      assert.deepEqual([found?.command, found?.startedByHands], ['sleep 4545', true]);
      assert.equal(processes.find((one) => one.pid === server.pid)?.startedByHands, false);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  it('listens on a socket that only its own user may use', () => {
    assert.equal(statSync(join(folder, 'hands.sock')).mode & 0o777, 0o600);
  });
});
