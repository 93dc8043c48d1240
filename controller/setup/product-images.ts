import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash } from '../content-hash.ts';
import { askDocker, imageId, imageLabel } from './docker.ts';
import { buildImage } from './image-build.ts';
import { contentLabel, debianImage, desktopInputs, environmentBuildArgs, manifests, nodeImage } from '../launcher/image-recipe.ts';
import type { Stage } from './stage.ts';

type ProductImage = {
  readonly stage: string;
  readonly tag: string;
  readonly dockerfile: string;
  readonly inputs: readonly string[];
};

const desktop: ProductImage = {
  stage: 'desktop image',
  tag: 'vitrine-desktop:latest',
  dockerfile: 'sandbox-image/Dockerfile',
  inputs: desktopInputs,
};

const controller: ProductImage = {
  stage: 'controller',
  tag: 'vitrine-controller:latest',
  dockerfile: 'controller/Dockerfile',
  inputs: ['controller', 'sandbox-image', 'tsconfig.json', ...manifests],
};

/** The image that desktops are started from. */
export function desktopImageStage(root: string): Stage {
  return productImageStage(root, desktop);
}

/** The image that `docker compose up` starts the controller from. */
export function controllerImageStage(root: string): Stage {
  return productImageStage(root, controller);
}

/** An image is rebuilt exactly when its label no longer names the content that it would be built from. */
function productImageStage(root: string, image: ProductImage): Stage {
  const wanted = async (): Promise<string> => {
    const bases = await Promise.all([debianImage, nodeImage].map(imageId));
    return contentHash(root, image.inputs, bases.map(String));
  };
  return {
    name: image.stage,
    check: async () => {
      const built = await imageLabel(image.tag, contentLabel);
      if (!built) return { ready: false, detail: `${image.tag} is missing or was not built by set-up` };
      const ready = built === (await wanted());
      return { ready, detail: ready ? image.tag : `${image.tag} is older than its sources` };
    },
    make: async (tell) => {
      const before = await imageId(image.tag);
      tell(`building ${image.tag}${before ? '' : ', the first time takes a few minutes'}`);
      const content = await wanted();
      provideExtraCa(root);
      await buildImage({
        tag: image.tag,
        dockerfile: join(root, image.dockerfile),
        context: root,
        labels: { [contentLabel]: content },
        buildArgs: environmentBuildArgs(process.env),
      });
      // Untagged by now, unless nothing changed; one that a container still uses stays.
      if (before && before !== (await imageId(image.tag))) await askDocker('image', 'rm', before);
      return `${image.tag} built`;
    },
  };
}

/** A certificate authority that this host's Node was told to trust has to be trusted by npm inside the build as well. */
function provideExtraCa(root: string): void {
  const source = process.env.NODE_EXTRA_CA_CERTS;
  const target = join(root, 'extra-ca.pem');
  if (source && existsSync(source)) copyFileSync(source, target);
  else rmSync(target, { force: true });
}
