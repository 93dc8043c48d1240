import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';

/** An engine behind SSH: who signs in where, and with which agent's keys. */
export type SshTarget = {
  readonly host: string;
  readonly port: number | undefined;
  readonly username: string | undefined;
  /** Path of the SSH agent's socket. */
  readonly agent: string | undefined;
  /** The client; the machine's `ssh` if absent. */
  readonly program?: string | undefined;
};

const maxSaidBytes = 2000;

/**
 * An HTTP agent that reaches an engine as Docker's own client does: each connection is `ssh host docker system dial-stdio`,
 * all of them over one SSH session that ends a minute after the last. The machine's own client checks the host's key
 * (known_hosts) and reads its configuration. It asks nobody: what it cannot do without a question fails.
 */
export function sshConnections(target: SshTarget): Agent {
  const agent = new Agent({ keepAlive: false });
  return Object.assign(agent, {
    createConnection: () => connection(spawn(target.program ?? 'ssh', argumentsOf(target), { stdio: 'pipe' })),
  });
}

function argumentsOf({ host, port, username, agent }: SshTarget): string[] {
  const options = ['BatchMode=yes', 'ConnectTimeout=10', 'ControlMaster=auto', 'ControlPath=~/.ssh/vitrine-%C', 'ControlPersist=60', ...(agent === undefined ? [] : [`IdentityAgent=${agent}`])];
  return [...options.flatMap((option) => ['-o', option]), '-T', ...(username === undefined ? [] : ['-l', username]), ...(port === undefined ? [] : ['-p', String(port)]), '--', host, 'docker', 'system', 'dial-stdio'];
}

/** The two pipes of a program as one stream, which fails with what the program said. It owns the program. */
function connection(child: ChildProcessWithoutNullStreams): Duplex {
  let said = '';
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => void child.stdin.write(chunk, done),
    final: (done) => void child.stdin.end(done),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  child.stdin.on('error', (error) => stream.destroy(error));
  child.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(0, maxSaidBytes);
  });
  child.once('error', (error) => stream.destroy(new Error(`ssh could not be started: ${error.message}`, { cause: error })));
  const spoken = once(child.stdout, 'end');
  child.once('exit', (code) => {
    // The session that connections share may keep the pipe of errors open: its end is not waited for.
    if (code !== 0 && code !== null) stream.destroy(new Error(`ssh ended with ${code}: ${said.replaceAll(/\s+/g, ' ').trim() || 'it said nothing'}`));
    else void spoken.then(() => stream.push(null), () => stream.destroy());
  });
  return stream;
}
