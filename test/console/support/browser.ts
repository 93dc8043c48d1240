import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { browserPath } from '../../../controller/setup/browser.ts';

/** Where pictures of pages are written; nowhere unless VITRINE_PICTURES names a folder (`npm run docs:pictures` does). */
const pictures = process.env['VITRINE_PICTURES'];

export type Look = { readonly width?: number; readonly height?: number; readonly colours?: 'dark' | 'light'; readonly isMotionReduced?: boolean };

/** The one browser of a test file. Its windows have nothing of each other. */
export async function startBrowser(): Promise<TestBrowser> {
  const executablePath = browserPath();
  if (executablePath === undefined) throw new Error('there is no Chromium here: npm run setup -- test installs it, or install it by hand');
  // As root, which tests may be, Chromium starts only without its sandbox; what it shows is our own page.
  return new TestBrowser(await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] }));
}

export class TestBrowser {
  readonly #browser: Browser;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** A window of its own on a controller, with nobody signed in yet. What goes wrong in it fails the test when the window is closed. */
  async openWindow(url: string, { width = 1280, height = 800, colours = 'dark', isMotionReduced = true }: Look = {}): Promise<Window> {
    const context = await this.#browser.newContext({
      baseURL: url, viewport: { width, height }, colorScheme: colours, reducedMotion: isMotionReduced ? 'reduce' : 'no-preference', locale: 'en-GB', timezoneId: 'UTC', acceptDownloads: true,
    });
    context.setDefaultTimeout(20_000);
    return new Window(context, await context.newPage());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** A window, its page, and everything in it that went wrong: errors in the console, uncaught exceptions, breaches of the CSP. */
export class Window {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly problems: string[] = [];
  readonly #expected: RegExp[] = [
    // noVNC says so of what was still on its way when a picture was closed.
    /^Got data while (in an invalid state|disconnected)/,
    // Chromium drops what it is fetching when a network interface of the machine comes or goes.
    /net::ERR_NETWORK_CHANGED/,
  ];

  constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on('console', (line) => {
      if (line.type() === 'error') this.problems.push(`${line.text()} (${line.location().url})`);
    });
    page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.stack ?? error.message}`));
  }

  /** Signs in with a token as a person does, and waits until the frame of the console is there. */
  async signIn(token: string, path = '/'): Promise<void> {
    this.expectProblems(/status of 401.*\/api\/me/);
    await this.page.goto(path);
    await this.page.getByLabel('Token').fill(token).catch(async (reason: unknown) => {
      throw new Error(`no sign-in: the page says "${await this.page.locator('body').innerText()}", its console ${JSON.stringify(this.problems)}`, { cause: reason });
    });
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('button', { name: 'Sign out' }).waitFor();
  }

  /** Problems of this kind are part of the test: a connection that is cut, a request that is refused. */
  expectProblems(kind: RegExp): void {
    this.#expected.push(kind);
  }

  /** Problems that nobody expected. */
  get unexpected(): string[] {
    return this.problems.filter((problem) => !this.#expected.some((kind) => kind.test(problem)));
  }

  /** Keeps a picture of what the window shows as `console-<name>.png`, if pictures are wanted. */
  async picture(name: string, whole = false): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `console-${name}.png`), fullPage: whole, animations: 'disabled' });
  }

  /** Closes the window. Throws what went wrong in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    if (this.unexpected.length > 0) throw new Error(`in the browser:\n${this.unexpected.join('\n')}`);
  }
}
