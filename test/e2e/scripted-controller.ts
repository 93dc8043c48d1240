import assert from 'node:assert/strict';
import type { Run } from '../../controller/runs/run.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { computerCall, startScriptedVendor } from '../support/scripted-vendor.ts';
import type { ScriptedVendor } from '../support/scripted-vendor.ts';

/** So long that it is still being typed while a test does something else. */
export const longText = 'all work and no play\n'.repeat(900);

/** A controller with room for two desktops, whose model `scripted` answers what the test says. */
export class ScriptedController implements AsyncDisposable {
  readonly vendor: ScriptedVendor;
  readonly controller: ControllerProcess;

  private constructor(vendor: ScriptedVendor, controller: ControllerProcess) {
    this.vendor = vendor;
    this.controller = controller;
  }

  static async start(): Promise<ScriptedController> {
    const vendor = await startScriptedVendor([]);
    return new ScriptedController(vendor, await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted', VITRINE_MAX_DESKTOPS: '2' }));
  }

  /** Forgets the answers that are left, and what was asked. */
  clear(): void {
    this.vendor.answers.splice(0);
    this.vendor.asked.splice(0);
  }

  give(more: object = {}): Promise<Run> {
    return this.controller.post<Run>('/api/runs', { task: 'do it', model: 'scripted', ...more });
  }

  /** Runs a shell's script on a desktop. */
  async program(desktopId: string, script: string, headers: Record<string, string> = {}): Promise<{ readonly exitCode: number; readonly stdout: string }> {
    const answer = await this.controller.request('POST', `/api/desktops/${desktopId}/programs`, { argv: ['sh', '-c', script] }, headers);
    return (await answer.json()) as { exitCode: number; stdout: string };
  }

  /** A run in the middle of typing the long text into a terminal, which writes it to `typed.txt`. */
  async typing(): Promise<{ readonly runId: string; readonly desktopId: string }> {
    const opened = Promise.withResolvers<readonly unknown[]>();
    this.vendor.answers.push(opened.promise);
    const { id } = await this.give();
    const { desktopId } = await this.controller.until(id, ({ state }) => state === 'awaitingModel');
    assert.ok(desktopId !== null);
    const launch = 'setsid xterm -e sh -c "cat > typed.txt" >/dev/null 2>&1 & for n in $(seq 200); do test -e typed.txt && exit 0; sleep 0.05; done; exit 1';
    assert.equal((await this.program(desktopId, launch)).exitCode, 0);
    opened.resolve([computerCall('c1', [{ type: 'type', text: longText }])]);
    assert.equal((await this.program(desktopId, 'for n in $(seq 400); do test -s typed.txt && exit 0; sleep 0.02; done; exit 1')).exitCode, 0);
    return { runId: id, desktopId };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.controller[Symbol.asyncDispose]();
    await this.vendor[Symbol.asyncDispose]();
  }
}
