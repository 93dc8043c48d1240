import type { AnswerOf } from '../../../controller/api/contract.ts';
import { buildConsole } from '../../support/built-console.ts';
import { ControllerProcess } from '../../support/controller-process.ts';
import { startScriptedVendor } from '../../support/scripted-vendor.ts';
import type { ScriptedVendor } from '../../support/scripted-vendor.ts';
import { startBrowser } from './browser.ts';
import type { Look, TestBrowser, Window } from './browser.ts';

export type RoleName = 'viewer' | 'operator' | 'admin';

/**
 * What a test of the console needs: the console as its sources are, a real controller on the real engine, with rehearsals
 * and a vendor's server that answers what the test says (model `scripted`), and one browser.
 */
export class ConsoleWorld {
  readonly controller: ControllerProcess;
  readonly vendor: ScriptedVendor;
  readonly browser: TestBrowser;
  readonly #tokens = new Map<string, string>();

  private constructor(controller: ControllerProcess, vendor: ScriptedVendor, browser: TestBrowser) {
    this.controller = controller;
    this.vendor = vendor;
    this.browser = browser;
  }

  /** Starts everything; `environment` are settings of the controller. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<ConsoleWorld> {
    await buildConsole();
    const vendor = await startScriptedVendor([]);
    const controller = await ControllerProcess.start({ OPENAI_BASE_URL: vendor.url, OPENAI_MODEL: 'scripted', VITRINE_MAX_DESKTOPS: '2', ...environment });
    return new ConsoleWorld(controller, vendor, await startBrowser());
  }

  /** A token of a role, made at its first use. `name` tells two people of one role apart. */
  async tokenOf(role: RoleName, name: string = role): Promise<string> {
    const known = this.#tokens.get(name);
    if (known !== undefined) return known;
    const { token } = await this.controller.post<AnswerOf<'POST /api/tokens'>>('/api/tokens', { name, role });
    this.#tokens.set(name, token);
    return token;
  }

  /** A window in which somebody of this role is signed in, at a path of the console. */
  async windowOf(role: RoleName, path = '/', look: Look & { readonly name?: string } = {}): Promise<Window> {
    const window = await this.browser.openWindow(this.controller.url, look);
    await window.signIn(await this.tokenOf(role, look.name), path);
    return window;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser[Symbol.asyncDispose]();
    await this.controller[Symbol.asyncDispose]();
    await this.vendor[Symbol.asyncDispose]();
  }
}

export { buildConsole };
