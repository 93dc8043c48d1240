import { join, resolve } from 'node:path';

/** The two images that everything is built from. */
export const debianImage = 'debian:trixie-slim';
export const nodeImage = 'node:26-trixie-slim';

/** The label that names the content an image was built from. */
export const contentLabel = 'dev.vitrine.content';

/** What both images of the product are built from besides their folders. */
export const manifests = ['package.json', 'package-lock.json', '.npmrc', '.dockerignore', 'controller/package.json', 'sandbox-image/package.json'] as const;

/** What the desktop's image is built from; another content of these is another image. */
export const desktopInputs: readonly string[] = ['sandbox-image', ...manifests];

/** All that decides how an image is built. Constant for a process: made from its own files and environment, never from a request. */
export type ImageRecipe = {
  readonly tag: string;
  /** The folder that `dockerfile` and `inputs` are relative to. */
  readonly root: string;
  readonly dockerfile: string;
  readonly inputs: readonly string[];
  /** The images it begins with, in the order in which they stand in its content's hash. */
  readonly bases: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  /** A file of certificates that the build has to trust, tried in this order. */
  readonly extraCa: readonly string[];
};

/** Environment variables by name. */
type Environment = Readonly<Record<string, string | undefined>>;

const ownRoot = resolve(import.meta.dirname, '../..');
/** The images that are ours, under whatever tag. */
const ownName = /^(?:docker\.io\/library\/)?vitrine-desktop(?::[\w.-]{1,128})?$/;

/** How the desktop's image is built under the given name, as set-up builds it. */
export function desktopRecipe(tag: string, environment: Environment, root: string = ownRoot): ImageRecipe {
  const given = environment['NODE_EXTRA_CA_CERTS'];
  return {
    tag, root, dockerfile: 'sandbox-image/Dockerfile', inputs: desktopInputs, bases: [debianImage, nodeImage], buildArgs: environmentBuildArgs(environment),
    extraCa: [...(given ? [given] : []), join(root, 'extra-ca.pem')],
  };
}

/** Why no image is built under this name; undefined if it may be: an image of somebody's own is not overwritten with ours. */
export function whyNotBuilt(tag: string): string | undefined {
  return ownName.test(tag) ? undefined : `${tag} is an image of your own (VITRINE_DESKTOP_IMAGE): Vitrine builds vitrine-desktop only; load or pull yours on the engine`;
}

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'] as const;

/** Build arguments that let a build go out as this environment does: by its proxies, and to the npm registry it names. */
export function environmentBuildArgs(environment: Environment): Record<string, string> {
  const values: Environment = { ...environment, NPM_CONFIG_REGISTRY: environment['npm_config_registry'] ?? environment['NPM_CONFIG_REGISTRY'] };
  return Object.fromEntries([...proxies, 'NPM_CONFIG_REGISTRY'].flatMap((name) => {
    const value = values[name];
    return value ? [[name, value]] : [];
  }));
}

/** What of an environment a build depends on, for a process that is given nothing else. */
export function buildEnvironment(environment: Environment): Record<string, string> {
  const ca = environment['NODE_EXTRA_CA_CERTS'];
  return { ...environmentBuildArgs(environment), ...(ca ? { NODE_EXTRA_CA_CERTS: ca } : {}) };
}
