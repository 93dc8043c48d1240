import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { installPackages, isRootOnDebian } from './apt.ts';
import { askDocker } from './docker.ts';
import { outputTail, runProgram } from './program.ts';
import { SetupFailure } from './setup-failure.ts';

const daemonLog = '/var/log/vitrine-dockerd.log';
const pidFiles = [
  { path: '/var/run/docker.pid', program: 'dockerd' },
  { path: '/var/run/docker/containerd/containerd.pid', program: 'containerd' },
];

/** Installs Debian's engine. Rejects with a sentence for the user where that is not possible. */
export async function installEngine(tell: (doing: string) => void): Promise<void> {
  if (!isRootOnDebian()) {
    throw new SetupFailure(
      'no Docker engine answers and none can be installed here (that needs root on Debian or Ubuntu): ' +
        'install and start Docker, or point DOCKER_HOST at an engine, and run this again.',
      outputTail(await askDocker('ps', '--quiet'), 3),
    );
  }
  tell('installing docker.io');
  await installPackages(['docker.io', 'iptables'], 'install and start Docker by hand and run this again');
}

/** Starts an installed engine and waits for its answer; false when none is installed or it may not be started from here. */
export async function startEngine(tell: (doing: string) => void): Promise<boolean> {
  if (process.env.DOCKER_HOST) {
    throw new SetupFailure('the engine that DOCKER_HOST names does not answer: start it, or unset DOCKER_HOST.');
  }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  if ((await runProgram('dockerd', ['--version'], { timeoutMs: 10_000 })).code !== 0) return false;
  tell('starting the engine');
  if (!existsSync('/run/systemd/system') || !(await startedBySystemd())) startDaemonDetached();
  await engineAnswers(60_000);
  return true;
}

async function startedBySystemd(): Promise<boolean> {
  return (await runProgram('systemctl', ['start', 'docker'], { timeoutMs: 60_000 })).code === 0;
}

function startDaemonDetached(): void {
  for (const { path, program } of pidFiles) removeStalePidFile(path, program);
  const log = openSync(daemonLog, 'a');
  const daemon = spawn('setsid', ['dockerd'], { cwd: '/', detached: true, stdio: ['ignore', log, log] });
  daemon.on('error', () => undefined); // engineAnswers tells what is wrong
  daemon.unref();
  closeSync(log);
}

/** A pid file whose number belongs to another program by now keeps the daemon from starting. */
function removeStalePidFile(path: string, program: string): void {
  if (!existsSync(path)) return;
  const comm = `/proc/${readFileSync(path, 'utf8').trim()}/comm`;
  if (!existsSync(comm) || readFileSync(comm, 'utf8').trim() !== program) rmSync(path, { force: true });
}

async function engineAnswers(timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  let last = await askDocker('info');
  while (last.code !== 0) {
    if (performance.now() > deadlineMs) {
      throw new SetupFailure(
        `the Docker engine was started and does not answer after ${timeoutMs / 1000} s: see ${daemonLog}.`,
        outputTail(last, 4),
      );
    }
    await delay(250);
    last = await askDocker('info');
  }
}
