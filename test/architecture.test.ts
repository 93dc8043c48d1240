import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';

const root = resolve(import.meta.dirname, '..');

/** What a folder of the controller may import: folders with a higher number, never a sibling of its own group. Calls upward are ports. */
const levels: Readonly<Record<string, number>> = {
  api: 1, gateway: 1, access: 2, metrics: 2, runs: 3, approvals: 4, policy: 4, doctor: 4, models: 5, desktops: 5, gate: 5, rehearsal: 5, dialects: 6, launcher: 6, journal: 6,
};
/** Files at the top of the controller that anybody may import. */
const leaves = ['actor.ts', 'audit-chain.ts', 'clock.ts', 'content-hash.ts', 'errors.ts', 'failpoint.ts', 'json-file.ts', 'log.ts', 'picture.ts', 'redactor.ts', 'secret.ts', 'secret-book.ts'];
/** Pairs inside a group that have to know each other's words: approvals carry the calls of a turn. */
const clients = ['cli', 'console'];
/** A composition root in a folder: the launcher's process reads the configuration itself. */
const roots: Readonly<Record<string, readonly string[]>> = { 'controller/launcher/main.ts': ['controller/config.ts'] };
/** What clients of the API may import besides their own folder. */
const clientFacing = ['audit-chain.ts', 'api/console-paths.ts', 'api/contract.ts', 'api/plain-words.ts'];

/** Each package has one home, so that it can be replaced there. `zod` and `pino` are at home anywhere. */
const homes: Readonly<Record<string, readonly string[]>> = {
  dockerode: ['controller/launcher/'],
  openai: ['controller/models/', 'controller/cli/demo.ts'],
  '@anthropic-ai/sdk': ['controller/models/'],
  xstate: ['controller/runs/'],
  express: ['controller/api/', 'controller/gateway/'],
  ws: ['sandbox-image/server/', 'controller/desktops/', 'controller/api/'],
  sharp: ['sandbox-image/shim/', 'controller/journal/', 'controller/rehearsal/read-screen.ts'],
  x11: ['sandbox-image/shim/'],
  commander: ['controller/cli/'],
  'tesseract.js': ['controller/rehearsal/'],
  'node:sqlite': ['controller/journal/'],
  'tar-stream': ['controller/journal/', 'controller/launcher/build-context.ts'],
  'ipaddr.js': ['controller/gate/'],
  tldts: ['controller/gate/'],
  preact: ['controller/console/'],
  'preact-iso': ['controller/console/'],
  '@preact/signals': ['controller/console/'],
  '@novnc/novnc': ['controller/console/'],
  vite: ['controller/console/'],
  'prom-client': ['controller/metrics/'],
  rolldown: ['sandbox-image/bundle.ts'],
};
const anywhere = ['zod', 'pino'];

/** Where `process` may be used: composition roots, configuration, command line, set-up. */
const processHomes = [/^controller\/main\.ts$/, /^controller\/config\.ts$/, /^controller\/cli\//, /^controller\/setup\//, /^controller\/console\/(build|dev)\.ts$/, /^controller\/launcher\/main\.ts$/, /^sandbox-image\/(shim|hands|forwarder)\/main\.ts$/];

const forbiddenNames = ['utils', 'util', 'helpers', 'helper', 'common', 'lib', 'core', 'misc', 'manager', 'service'];
const maxLines = 300;

type Source = { readonly path: string; readonly text: string; readonly imports: readonly string[] };

/** `import … from 'x'`, `export … from 'x'`, `import('x')`. */
const importing = /^import\s[^;']*?'([^']+)'|^export\s*(?:type\s*)?(?:\*|\{[^}]*\})\s*from\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm;

function sources(folder: string): Source[] {
  return filesUnder(join(root, folder))
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => {
      const text = readFileSync(path, 'utf8');
      const imports = [...text.matchAll(importing)].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
      return { path: relative(root, path), text, imports };
    });
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (name === 'node_modules' || name === 'dist') return [];
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

const controller = sources('controller');
const image = sources('sandbox-image');
const all = [...controller, ...image];

function targetOf(source: Source, specifier: string): string | undefined {
  return specifier.startsWith('.') ? relative(root, resolve(root, dirname(source.path), specifier)) : undefined;
}

function folderOf(path: string): string | undefined {
  const [, folder, rest] = path.split('/');
  return rest === undefined ? undefined : folder;
}

describe('the structure of the code', () => {
  it('is read at all', () => {
    assert.ok(controller.length > 50 && image.length > 20, `${controller.length} and ${image.length} files`);
  });

  it('imports one way: a folder may know only folders below it', () => {
    const wrong = controller.flatMap((source) => {
      const from = folderOf(source.path);
      const level = from === undefined ? undefined : levels[from];
      if (level === undefined) return [];
      return source.imports.flatMap((specifier) => {
        const target = targetOf(source, specifier);
        if (target === undefined || target.startsWith('sandbox-image/wire/') || roots[source.path]?.includes(target) === true || leaves.includes(target.replace('controller/', ''))) return [];
        const to = folderOf(target);
        const isBelow = to === from || (to !== undefined && (levels[to] ?? 0) > level);
        return isBelow ? [] : [`${source.path} imports ${target}`];
      });
    });
    assert.deepEqual(wrong, []);
  });

  it('keeps the chart of a run apart from whatever performs it', () => {
    const performing = ['driving', 'effects', 'callers', 'queue', 'network'].map((part) => `controller/runs/${part}/`);
    const chart = controller.filter(({ path }) => path.startsWith('controller/runs/chart/'));
    assert.ok(chart.length > 20, `${chart.length} files`);
    const wrong = chart.flatMap((source) => source.imports.flatMap((specifier) => {
      const target = targetOf(source, specifier) ?? '';
      return performing.some((part) => target.startsWith(part)) ? [`${source.path} imports ${target}`] : [];
    }));
    assert.deepEqual(wrong, []);
  });

  it('gives the build of the controller\'s image every module that the console is bundled from', () => {
    const copied = readFileSync(join(root, 'controller/Dockerfile'), 'utf8');
    const bundled = controller.filter(({ path }) => path.startsWith('controller/console/')).flatMap((source) => [...source.text.matchAll(/^import\s(?!type\s)[^;']*?'(\.[^']+)'/gm)].map(([, specifier = '']) => targetOf(source, specifier) ?? ''));
    const elsewhere = [...new Set(bundled.filter((path) => !path.startsWith('controller/console/')))];
    assert.ok(elsewhere.length > 0);
    assert.deepEqual(elsewhere.filter((path) => !copied.includes(` ${path} `)), []);
  });

  it('lets clients of the API see its contract only', () => {
    const wrong = controller.flatMap((source) => {
      const from = folderOf(source.path);
      if (from === undefined || !clients.includes(from)) return [];
      return source.imports.flatMap((specifier) => {
        const target = targetOf(source, specifier)?.replace('controller/', '');
        const isFine = target === undefined || target.startsWith(`${from}/`) || clientFacing.includes(target) || isComposition(source.path, target);
        return isFine ? [] : [`${source.path} imports ${target}`];
      });
    });
    assert.deepEqual(wrong, []);
  });

  it('keeps the image free of everything outside itself', () => {
    const wrong = image.flatMap((source) => source.imports.flatMap((specifier) => {
      const target = targetOf(source, specifier);
      return target === undefined || target.startsWith('sandbox-image/') ? [] : [`${source.path} imports ${target}`];
    }));
    assert.deepEqual(wrong, []);
  });

  it('keeps each package in its home', () => {
    const wrong = all.flatMap((source) => source.imports.flatMap((specifier) => {
      if (specifier.startsWith('.')) return [];
      const name = Object.keys(homes).find((known) => specifier === known || specifier.startsWith(`${known}/`));
      if (name === undefined) return specifier.startsWith('node:') || anywhere.includes(specifier) ? [] : [`${source.path} imports ${specifier}, which has no home here`];
      return (homes[name] ?? []).some((home) => source.path.startsWith(home)) ? [] : [`${source.path} imports ${specifier}`];
    }));
    assert.deepEqual(wrong, []);
  });

  it('touches the process in mains, configuration, command line and set-up only', () => {
    const wrong = all.filter(({ path, text }) => /\bprocess\.(?!nextTick)/.test(withoutText(text)) && !processHomes.some((home) => home.test(path))).map(({ path }) => path);
    assert.deepEqual(wrong, []);
  });

  it('uses no any, no non-null assertion, no enum, no default export, no barrel', () => {
    const wrong = all.flatMap(({ path, text }) => {
      const code = withoutText(text);
      return [
        ...(/(:|<|as|,|\|)\s*any\b(?!\w)/.test(code) ? [`${path}: any`] : []),
        ...(/[\w)\]]!(?=[.;,)\]])/.test(code) ? [`${path}: !`] : []),
        ...(/^\s*(export\s+)?(const\s+)?enum\s/m.test(code) ? [`${path}: enum`] : []),
        ...(/^export default/m.test(code) ? [`${path}: default export`] : []),
        ...(/^export \* from/m.test(code) && path !== 'sandbox-image/wire/index.ts' ? [`${path}: barrel`] : []),
      ];
    });
    assert.deepEqual(wrong, []);
  });

  it('gives files names that say something, and keeps them readable', () => {
    const named = all.filter(({ path }) => path.split('/').some((part) => forbiddenNames.includes(part.replace(/\.ts$/, '')))).map(({ path }) => path);
    const long = all.filter(({ text }) => text.split('\n').length > maxLines).map(({ path, text }) => `${path}: ${text.split('\n').length} lines; the limit is ${maxLines}`);
    assert.deepEqual([...named, ...long], []);
  });
});

/** The demo starts a controller of its own, as the composition root does. */
function isComposition(path: string, target: string): boolean {
  return path.startsWith('controller/cli/') && ['main.ts', 'config.ts', 'log.ts', 'data-folder.ts', 'secret.ts', 'errors.ts', 'journal/restore-folder.ts'].includes(target);
}

/** Source without comments and string literals. */
function withoutText(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '').replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\\n]|\\.)*"/g, "''").replace(/\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g, "''");
}
