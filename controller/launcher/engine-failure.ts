import { z } from 'zod';
import { VitrineError } from '../errors.ts';
import type { EngineCall } from './engine-call.ts';

const Failure = z.object({ code: z.string().optional().catch(undefined), statusCode: z.int().optional().catch(undefined), message: z.string().catch('no reason given') });

const whatToDo: Readonly<Record<string, string>> = {
  ENOENT: 'no engine listens there: start Docker, or say in DOCKER_HOST where it is',
  ECONNREFUSED: 'nothing answers there: start Docker, or say in DOCKER_HOST where it is',
  EACCES: 'this user may not use the engine: add it to the group "docker", or run as one that may',
  EPERM: 'this user may not use the engine: add it to the group "docker", or run as one that may',
  ENOTFOUND: 'the host name is unknown: check DOCKER_HOST',
};

/** Any failure of a call of the engine as a VitrineError that names the call, the engine and what to do. */
export function engineFailure(call: EngineCall, reason: unknown): VitrineError {
  if (reason instanceof VitrineError) return reason;
  const { code, statusCode, message } = Failure.parse(reason instanceof Object ? reason : {});
  // dockerode puts a guess of its own between the status and the engine's words: "container not running" for every 500.
  const said = message.replace(/^\(HTTP code \d+\) (?:[a-z /]+ - )?/, '').replaceAll(/\s+/g, ' ').trim().slice(0, 600);
  if (statusCode === undefined) {
    const hint = whatToDo[code ?? ''] ?? said;
    return new VitrineError('engine_unavailable', `cannot reach the Docker engine at ${call.engineUrl} (${code ?? 'no reply'}): ${hint}`, { cause: reason });
  }
  if (call.image !== undefined && statusCode === 404) {
    return new VitrineError('image_missing', `the desktop image ${call.image} does not exist on the Docker engine: have an admin build it in the console or with "vitrine image build", or run "npm run setup"`, { cause: reason });
  }
  if (statusCode === 404 || isNotRunning(statusCode, said)) {
    return new VitrineError('gone', `the Docker engine could not ${call.what}: ${said}`, { cause: reason });
  }
  if (statusCode === 409) return new VitrineError('conflict', `the Docker engine could not ${call.what}: ${said}`, { cause: reason });
  return new VitrineError('engine_unavailable', `the Docker engine refused to ${call.what}: ${said}`, { cause: reason });
}

/** Engines differ in the status by which they say that a container has stopped. */
function isNotRunning(statusCode: number, said: string): boolean {
  return (statusCode === 409 || statusCode === 500) && /is not running|cannot exec in a stopped/i.test(said);
}
