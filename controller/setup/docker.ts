import { runProgram } from './program.ts';
import type { ProgramResult } from './program.ts';

const quickMs = 20_000;

/** Asks the engine something short; resolves with exit code and output, never rejects. */
export function askDocker(...args: string[]): Promise<ProgramResult> {
  return runProgram('docker', args, { timeoutMs: quickMs });
}

/** The id of a local image, or null when there is none of that name. */
export async function imageId(name: string): Promise<string | null> {
  const result = await askDocker('image', 'inspect', '--format', '{{.Id}}', name);
  return result.code === 0 ? result.stdout.trim() : null;
}

/** The value of a label of a local image, or null. */
export async function imageLabel(name: string, label: string): Promise<string | null> {
  const result = await askDocker('image', 'inspect', '--format', `{{index .Config.Labels "${label}"}}`, name);
  return result.code === 0 && result.stdout.trim() !== '' ? result.stdout.trim() : null;
}

/** Whether a command-line plugin (`compose`, `buildx`) answers. */
export async function hasPlugin(name: 'compose' | 'buildx'): Promise<boolean> {
  return (await askDocker(name, 'version')).code === 0;
}
