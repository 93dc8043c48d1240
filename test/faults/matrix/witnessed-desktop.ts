import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../../support/wait-for.ts';
import { readWitness } from '../../support/witnessed.ts';
import type { Witnessed } from '../../support/witnessed.ts';

const execute = promisify(execFile);
const program = resolve(import.meta.dirname, '../../support/witness.py');
const log = '/home/agent/witness.jsonl';
const ledgerFile = '/run/vitrine/warden/ledger.jsonl';
/** Says that everything which came before it has been written down; no action of a test presses it. */
const barrierKey = 'Pause';
const users = { agent: '10001', warden: '10002' } as const;

/** One line of the shim's own ledger. */
export type LedgerLine = { readonly event: 'begun' | 'ended'; readonly actionId: string };

/**
 * A desktop's container with a witness in it: a window that writes down every input event it gets. It is started and read with
 * docker exec, past the controller.
 */
export class WitnessedDesktop {
  readonly id: string;
  readonly containerId: string;
  readonly #docker: readonly string[];
  #seen = 0;
  #barriers = 0;
  #tail: string | undefined;
  #last: readonly Witnessed[] = [];

  private constructor(id: string, containerId: string, docker: readonly string[]) {
    this.id = id;
    this.containerId = containerId;
    this.#docker = docker;
  }

  /** Opens the witness on a running desktop. `engine`: the address of the engine, if it is not the machine's own. */
  static async open(id: string, containerId: string, engine?: string): Promise<WitnessedDesktop> {
    const desktop = new WitnessedDesktop(id, containerId, engine === undefined ? [] : ['-H', engine]);
    await desktop.#write(await readFile(program, 'utf8'));
    await desktop.docker('exec', '-d', '-u', users.agent, containerId, 'bash', '-c', `. /opt/vitrine/session/environment; cd; exec python3 witness.py ${log}`);
    await waitFor('the witness has its window', () => desktop.run('agent', 'xdotool search --onlyvisible --name "^Witness$" && xdotool search --name "^Witness$" windowfocus --sync').then(() => true, () => false), 30_000);
    await desktop.events();
    return desktop;
  }

  /** What was witnessed since `forget`, up to now: everything that the X server was given before this call is in it. */
  async events(): Promise<readonly Witnessed[]> {
    await this.run('agent', `xdotool key ${barrierKey}`);
    const before = await this.#lines();
    const count = (lines: readonly Witnessed[]) => lines.filter(({ event, key }) => event === 'keydown' && key === barrierKey).length;
    this.#barriers += 1;
    const all = count(before) >= this.#barriers ? before : await waitFor('the witness writes', async () => {
      const lines = await this.#lines();
      return count(lines) >= this.#barriers && lines;
    });
    this.#last = all;
    return all.slice(this.#seen).filter(({ key }) => key !== barrierKey);
  }

  /** What was witnessed until now is no longer of interest. */
  async forget(): Promise<void> {
    await this.events();
    this.#seen = this.#last.length;
  }

  /** How many lines the witness has written; without a barrier. */
  async count(event: 'press' | 'keydown'): Promise<number> {
    return (await this.#lines()).slice(this.#seen).filter((line) => line.event === event && line.key !== barrierKey).length;
  }

  /** Reads along from now on, so that what was witnessed is known even when the container goes: `followed` then has it. */
  async follow(): Promise<void> {
    const child = spawn('docker', [...this.#docker, 'exec', '-u', users.agent, this.containerId, 'tail', '-n', '+1', '-f', log], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#tail = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#tail = `${this.#tail ?? ''}${text}`;
    });
    await once(child.stdout, 'data');
  }

  /** What `follow` has read since `forget`; undefined without it. The last line may have been cut off. */
  get followed(): readonly Witnessed[] | undefined {
    const whole = this.#tail?.slice(0, this.#tail.lastIndexOf('\n') + 1);
    return whole === undefined ? undefined : readWitness(whole).slice(this.#seen).filter(({ key }) => key !== barrierKey);
  }

  async ledger(): Promise<readonly LedgerLine[]> {
    const text = await this.run('warden', `cat ${ledgerFile} 2>/dev/null || true`);
    return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as LedgerLine);
  }

  /** Runs a bash text inside as one of the two users; rejects when it fails. */
  async run(user: keyof typeof users, text: string): Promise<string> {
    const prelude = user === 'agent' ? '. /opt/vitrine/session/environment; cd; ' : '';
    return this.docker('exec', '-u', users[user], this.containerId, 'bash', '-c', prelude + text);
  }

  /** Sends a signal to every process of a user whose command line has this in it. */
  async signal(user: keyof typeof users, signal: 'KILL' | 'STOP' | 'CONT', command: string): Promise<void> {
    await this.run(user, `pkill -${signal} -u ${users[user]} -f '${command}'`);
  }

  async docker(...args: string[]): Promise<string> {
    const { stdout } = await execute('docker', [...this.#docker, ...args], { timeout: 60_000, maxBuffer: 2 ** 26 });
    return stdout;
  }

  async #lines(): Promise<Witnessed[]> {
    return readWitness(await this.run('agent', `cat ${log} 2>/dev/null || true`));
  }

  async #write(text: string): Promise<void> {
    const child = spawn('docker', [...this.#docker, 'exec', '-i', '-u', users.agent, this.containerId, 'bash', '-c', 'cat > /home/agent/witness.py'], { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.end(text);
    await new Promise<void>((done, fail) => child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`the witness could not be written: ${code}`)))));
  }
}
