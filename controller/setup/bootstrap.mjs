// The way in for `npm run setup`, `demo` and `test`. Runs on any Node since 18 with built-in modules only: makes sure
// that node_modules is what package-lock.json says, then hands over to setup.ts under the Node that came with it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const oldestNode = 26;

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} args @returns {Promise<number>} the exit code */
async function main(args) {
  const startedAt = Date.now();
  if (!dependenciesCurrent()) {
    if (args.includes('--check')) {
      console.log('✗ dependencies   node_modules is not as in package-lock.json: run npm run setup');
      return 1;
    }
    console.log('… dependencies   npm ci');
    const install = npm(['ci', '--no-fund', '--no-audit', '--loglevel=error']);
    if (install !== 0 || !dependenciesCurrent()) {
      console.log(
        '✗ dependencies   npm ci failed: see its message above, and check that the package registry can be reached',
      );
      return 1;
    }
  }
  const node = newNode();
  if (!node) {
    console.log(
      `✗ dependencies   Node ${oldestNode} is not to be had from npm on this platform: install it and run this again`,
    );
    return 1;
  }
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`✓ dependencies   node_modules is as in package-lock.json (${seconds} s)`);
  return handOver(node, args);
}

/** @param {string} node @param {string[]} args @returns {Promise<number>} the exit code; signals are passed on, so that nothing runs on alone */
function handOver(node, args) {
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}` };
  const setup = spawn(node, [join(root, 'controller/setup/setup.ts'), ...args], { cwd: root, stdio: 'inherit', env });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => setup.kill(signal));
  return new Promise((resolve) => {
    setup.on('error', () => resolve(1));
    setup.on('close', (code) => resolve(code ?? 1));
  });
}

/** Whether what npm noted in node_modules after its last install is what the lock file asks for. */
function dependenciesCurrent() {
  const installed = readPackages('node_modules/.package-lock.json');
  const wanted = readPackages('package-lock.json');
  if (!installed || !wanted) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') || entry.link || entry.optional || entry.devOptional) return true;
    return installed[path]?.version === entry.version;
  });
}

/** @param {string} path @returns {Record<string, {version?: string, link?: boolean, optional?: boolean, devOptional?: boolean}> | null} */
function readPackages(path) {
  const file = join(root, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : null;
}

/** The Node that npm installed for this platform, else the one that runs this if it is new enough, else null. */
function newNode() {
  const link = join(root, 'node_modules/.bin/node');
  const own = `node-${process.platform}-${process.arch}`;
  // npm 10 removes the link together with the other architecture's package.
  if (!existsSync(link) && existsSync(join(root, 'node_modules', own, 'bin/node'))) {
    rmSync(link, { force: true });
    symlinkSync(`../${own}/bin/node`, link);
  }
  if (existsSync(link)) return link;
  return Number(process.versions.node.split('.')[0]) >= oldestNode ? process.execPath : null;
}

/** @param {string[]} args @returns {number} npm's exit code; npm is the one that runs this script, if one does */
function npm(args) {
  const own = process.env.npm_execpath;
  const result = own?.endsWith('.js')
    ? spawnSync(process.execPath, [own, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit' });
  return result.status ?? 1;
}
