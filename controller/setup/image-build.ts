import { hasPlugin } from './docker.ts';
import { outputTail, runProgram } from './program.ts';
import { SetupFailure } from './setup-failure.ts';

/** One image to build: absolute paths, labels and build arguments as plain text. */
export type ImageBuild = {
  readonly tag: string;
  readonly dockerfile: string;
  readonly context: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly buildArgs: Readonly<Record<string, string>>;
};

const buildMs = 30 * 60_000;

/** Builds an image with BuildKit where buildx is there, else with the classic builder; rejects with the end of the build's output. */
export async function buildImage(build: ImageBuild): Promise<void> {
  const pairs = (option: string, values: Readonly<Record<string, string>>): string[] =>
    Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`]);
  // Named as a plugin, because the clients of older engines do not know that `build` means buildx.
  const builder = (await hasPlugin('buildx')) ? ['buildx', 'build', '--load'] : ['build', '--force-rm'];
  const files = ['--tag', build.tag, '--file', build.dockerfile];
  const options = [...pairs('--label', build.labels), ...pairs('--build-arg', build.buildArgs)];
  const result = await runProgram('docker', [...builder, ...files, ...options, build.context], {
    timeoutMs: buildMs,
    env: builder.includes('buildx') ? {} : { DOCKER_BUILDKIT: '0' },
  });
  if (result.code !== 0) throw new SetupFailure(`the image ${build.tag} could not be built.`, outputTail(result, 25));
}
