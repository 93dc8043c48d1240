import { Command, InvalidArgumentError } from 'commander';
import { addControlCommands } from './control-commands.ts';
import { addApprovalCommands } from './approval-commands.ts';
import { exitCodes, exitCodesInWords } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { plain } from './progress.ts';
import { beginRun, followRun, listRuns, printEvents, runTask, saveReplay, saveShot } from './run-commands.ts';
import type { RunRequest } from './run-commands.ts';
import { addBackupCommands } from './backup-commands.ts';
import { addDoctorCommand } from './doctor-commands.ts';
import { addImageCommands } from './image-commands.ts';
import { addAuditCommands } from './audit-commands.ts';
import { addPolicyCommands } from './policy-commands.ts';
import { addTemplateCommands } from './template-commands.ts';
import { addTokenCommands } from './token-commands.ts';
import type { Terminal } from './terminal.ts';

type RunOptions = {
  readonly model?: string; readonly display?: { width: number; height: number }; readonly desktop?: string; readonly keep?: number; readonly maxSteps?: number; readonly maxTokens?: number; readonly maxSeconds?: number;
  readonly approvalTimeout?: number; readonly instructions?: string; readonly template?: string; readonly allow?: string[]; readonly file?: string[]; readonly ask?: true; readonly questions?: true; readonly timeout?: number; readonly detach?: true; readonly json?: true;
};

/** The commands of `vitrine`. `end` is told the exit code of the command that ran. */
export function createProgram(terminal: Terminal, end: (code: ExitCode) => void): Command {
  const program = new Command('vitrine').description('Hardened Linux desktops, driven by a model, watched by a person.').exitOverride().showHelpAfterError('(vitrine --help says more)').addHelpText('after', exitCodesInWords);
  addRun(program, terminal, end);
  addRunCommands(program, terminal, end);
  addApprovalCommands(program, terminal, end);
  addDesktopCommands(program, terminal, end);
  addControlCommands(program, terminal, end, secondsOf);
  addBackupCommands(program, terminal, end);
  addTokenCommands(program, terminal, end);
  addPolicyCommands(program, terminal, end);
  addTemplateCommands(program, terminal, end);
  addAuditCommands(program, terminal, end);
  addDoctorCommand(program, terminal, end);
  addImageCommands(program, terminal, end);
  return program;
}

type End = (code: ExitCode) => void;

function addRun(program: Command, terminal: Terminal, end: End): void {
  program.command('run <task>').description('Give a task, follow the run, print its answer')
    .option('--model <name>', 'model to use').option('--display <WxH>', 'size of the screen, such as 1280x800', displayOf).option('--desktop <id>', 'work on an existing desktop').option('--template <name>', 'kind of desktop; `vitrine templates` lists them')
    .option('--keep <seconds>', 'keep the desktop this long after the run', secondsOf).option('--max-steps <n>', 'end the run after this many actions', wholeOf)
    .option('--max-tokens <n>', 'end the run after this many tokens', wholeOf).option('--max-seconds <n>', 'end the run after this much work', secondsOf)
    .option('--approval-timeout <seconds>', 'how long a person has to decide', secondsOf).option('--instructions <text>', 'added to what the model is told')
    .option('--file <local[:path]>', 'put this file into the desktop first, in the home folder or under a path there; may be repeated', (one: string, before: string[] | undefined) => [...(before ?? []), one])
    .option('--allow <host...>', 'let the desktop reach these hosts, such as example.org, *.example.org or example.org:80,443').option('--ask', 'ask a person at the first contact with any other host')
    .option('--questions', 'let the model ask a person what the task leaves open')
    .option('--timeout <seconds>', 'stop following after this long; the run goes on (exit code 4)', secondsOf).option('--detach', 'print the run\'s id and do not follow it').option('--json', 'one JSON per event, then the run')
    .action(async (task: string, options: RunOptions) => {
      const request = requestOf(task, options);
      const given = { json: options.json === true, files: options.file ?? [] };
      if (options.detach !== true) return end(await runTask(terminal, request, { ...given, timeoutMs: milliseconds(options.timeout) }));
      const run = await beginRun(terminal, request, given);
      terminal.print(options.json === true ? JSON.stringify(run) : run.id);
      return end(exitCodes.succeeded);
    });
}

function requestOf(task: string, options: RunOptions): RunRequest {
  return {
    task, model: options.model, display: options.display, desktopId: options.desktop, template: options.template, instructions: options.instructions,
    ...networkOf(options), ...(options.questions === true ? { tools: ['ask_person'] } : {}),
    keepForMs: milliseconds(options.keep), approvalTimeoutMs: milliseconds(options.approvalTimeout),
    budgets: { maxSteps: options.maxSteps, maxTokens: options.maxTokens, maxDurationMs: milliseconds(options.maxSeconds) },
  };
}

/** `--allow` and `--ask` as the run's network policy; nothing without them. */
function networkOf({ allow = [], ask }: RunOptions): Pick<RunRequest, 'network'> {
  const rules = allow.map((text) => {
    const [host = '', ports] = text.split(':');
    return { host, ...(ports === undefined ? {} : { ports: ports.split(',').map(Number) }) };
  });
  if (ask === true) return { network: { mode: 'ask', allow: rules } };
  return rules.length === 0 ? {} : { network: { mode: 'allow', allow: rules } };
}

function addRunCommands(program: Command, terminal: Terminal, end: End): void {
  const { client, print, signal } = terminal;
  program.command('runs').description('List the runs, newest first').option('--state <states>', 'only these states, commas between').option('--search <text>', 'only tasks with this text')
    .option('--limit <n>', 'at most this many', wholeOf).option('--json', 'one JSON per run')
    .action(async ({ state, search, limit, json }: { state?: string; search?: string; limit?: number; json?: true }) => end(await listRuns(terminal, { state, search, limit: limit?.toString() }, json === true)));
  program.command('watch <run>').description('Follow a run to its end').option('--timeout <seconds>', 'stop following after this long (exit code 4)', secondsOf).option('--json', 'one JSON per event, then the run')
    .action(async (runId: string, { timeout, json }: { timeout?: number; json?: true }) => end(await followRun(terminal, runId, { json: json === true, timeoutMs: milliseconds(timeout), cancelOnStop: false })));
  program.command('events').description('Follow the events of all runs').option('--after <sequence>', 'begin after this event', wholeOf, 0).option('--json', 'one JSON per event')
    .action(async ({ after, json }: { after: number; json?: true }) => end(await printEvents(terminal, after, json === true)));
  program.command('replay <run>').description('Save a run as one self-contained page').option('-o, --output <file>', 'where to (- for standard output; default <run>.html)')
    .action(async (runId: string, { output }: { output?: string }) => end(await saveReplay(terminal, runId, output ?? `${runId}.html`)));
  const steer = (name: 'pause' | 'resume' | 'cancel', description: string) => program.command(`${name} <run>`).description(description).option('--json', 'the run as JSON')
    .action(async (runId: string, { json }: { json?: true }) => {
      const run = await client.call(`POST /api/runs/{id}/${name}`, { params: { id: runId } }, signal);
      print(json === true ? JSON.stringify(run) : `${run.id}  ${run.state}${run.control === 'agent' ? '' : `  ${run.control}`}`);
      end(exitCodes.succeeded);
    });
  steer('cancel', 'End a run');
  steer('pause', 'Let no new action begin');
  steer('resume', 'Go on after a pause');
  program.command('message <run> <text>').description('Say something to the model').action(async (runId: string, text: string) => {
    await client.call('POST /api/runs/{id}/messages', { params: { id: runId }, body: { text } }, signal);
    end(exitCodes.succeeded);
  });
  program.command('models').description('List the models').option('--json', 'one JSON per model').action(async ({ json }: { json?: true }) => {
    const { models } = await client.call('GET /api/models', {}, signal);
    for (const model of models) print(json === true ? JSON.stringify(model) : `${model.name.padEnd(24)}  ${model.provider.padEnd(12)}  ${model.usable ? 'usable' : `not usable: ${model.reason ?? 'no reason given'}`}`);
    end(exitCodes.succeeded);
  });
  program.command('openapi').description('Print the API as an OpenAPI document').action(async () => {
    print(JSON.stringify(await client.call('GET /openapi.json', {}, signal), undefined, 2));
    end(exitCodes.succeeded);
  });
}

function addDesktopCommands(program: Command, terminal: Terminal, end: End): void {
  const { client, print, signal } = terminal;
  const desktops = program.command('desktops').description('List, launch and release desktops');
  desktops.command('ls', { isDefault: true }).description('List the desktops').option('--json', 'one JSON per desktop').action(async ({ json }: { json?: true }) => {
    const list = await client.call('GET /api/desktops', {}, signal);
    for (const desktop of list.desktops) print(json === true ? JSON.stringify(desktop) : [desktop.id, desktop.state.padEnd(9), `${desktop.display.width}x${desktop.display.height}`, desktop.runId ?? '-', plain(desktop.reason ?? '')].join('  '));
    end(exitCodes.succeeded);
  });
  desktops.command('launch').description('Launch a desktop and print its id').option('--display <WxH>', 'size of the screen', displayOf).option('--json', 'the desktop as JSON').action(async ({ display, json }: { display?: { width: number; height: number }; json?: true }) => {
    const desktop = await client.call('POST /api/desktops', { body: { display } }, signal);
    print(json === true ? JSON.stringify(desktop) : desktop.id);
    end(exitCodes.succeeded);
  });
  desktops.command('release <desktop>').description('Release a desktop').action(async (id: string) => {
    await client.call('DELETE /api/desktops/{id}', { params: { id } }, signal);
    end(exitCodes.succeeded);
  });
  program.command('shot <desktop>').description('Save a picture of a desktop').option('-o, --output <file>', '.png, .jpg or .webp (- for standard output; default <desktop>.png)')
    .action(async (id: string, { output }: { output?: string }) => end(await saveShot(terminal, id, output ?? `${id}.png`)));
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

function wholeOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function secondsOf(text: string): number {
  if (!/^\d{1,9}(\.\d{1,3})?$/.test(text)) throw new InvalidArgumentError('It must be a number of seconds.');
  return Number(text);
}

function displayOf(text: string): { width: number; height: number } {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/i.exec(text) ?? [];
  if (width === undefined || height === undefined) throw new InvalidArgumentError('It must be WIDTHxHEIGHT, such as 1280x800.');
  return { width: Number(width), height: Number(height) };
}
