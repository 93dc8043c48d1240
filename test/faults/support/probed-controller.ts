import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { ControllerProcess } from '../../support/controller-process.ts';
import type { Diagnosis } from './probe.ts';

const run = promisify(execFile);

/** A controller as a process of its own that can be asked what it holds. */
export type ProbedController = AsyncDisposable & { readonly controller: ControllerProcess; diagnose(): Promise<Diagnosis> };

export async function startProbedController(environment: Readonly<Record<string, string>>): Promise<ProbedController> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-probe-'));
  const socket = join(folder, 'probe.sock');
  const controller = await ControllerProcess.start({ ...environment, VITRINE_TEST_PROBE: socket, NODE_OPTIONS: `--import=${join(import.meta.dirname, 'probe.ts')}` });
  return {
    controller,
    diagnose: async () => JSON.parse(await text(connect(socket))) as Diagnosis,
    async [Symbol.asyncDispose]() {
      await controller[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What the engine holds of an installation. */
export type EngineHoldings = {
  readonly containers: number;
  /** Programs that were started in its containers through the engine and are still known to it: the streams to them. */
  readonly execs: number;
  /** The processes inside its containers, by their commands. */
  readonly processes: readonly string[];
};

export async function engineHoldings(installId: string): Promise<EngineHoldings> {
  const ids = lines((await run('docker', ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=dev.vitrine.install=${installId}`])).stdout);
  const inspected = ids.length === 0 ? [] : lines((await run('docker', ['inspect', '--format', '{{json .ExecIDs}}', ...ids])).stdout);
  const execs = inspected.map((line) => (JSON.parse(line) as readonly string[] | null)?.length ?? 0);
  const tops = await Promise.all(ids.map(async (id) => lines((await run('docker', ['top', id, '-eo', 'pid,args'])).stdout).slice(1)));
  return { containers: ids.length, execs: sum(execs), processes: tops.flat() };
}

function lines(output: string): string[] {
  return output.split('\n').filter((line) => line.trim() !== '');
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
