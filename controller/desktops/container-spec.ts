import { VitrineError } from '../errors.ts';
import type { ContainerSpec } from '../launcher/launcher.ts';
import type { DesktopOwner, DesktopSpec } from './desktop.ts';

/** What a kind of desktop is made of; named in requests, defined by configuration only. */
export type DesktopTemplate = Pick<ContainerSpec, 'image' | 'seccomp' | 'memoryBytes' | 'cpus' | 'pids'>;

/** What an installation decides about every container. */
export type ContainerPolicy = Pick<ContainerSpec, 'installId' | 'controllerEpoch' | 'deadManSeconds'> & {
  readonly templates: Readonly<Record<string, DesktopTemplate>>;
  readonly hardLifetimeSeconds: number;
};

/** The container of a new desktop. Throws `invalid_request` naming the templates there are. */
export function containerSpec(policy: ContainerPolicy, id: string, spec: DesktopSpec, owner: DesktopOwner): ContainerSpec {
  const { templates, installId, controllerEpoch, deadManSeconds, hardLifetimeSeconds } = policy;
  const template = Object.hasOwn(templates, spec.template) ? templates[spec.template] : undefined;
  if (template === undefined) {
    throw new VitrineError('invalid_request', `there is no desktop template ${JSON.stringify(spec.template)}; there are: ${Object.keys(templates).join(', ')}`);
  }
  const { image, seccomp, memoryBytes, cpus, pids } = template;
  const { project, runId } = owner;
  const { width, height } = spec.display;
  const hardDeadline = Math.floor(Date.now() / 1000) + hardLifetimeSeconds;
  return { desktopId: id, installId, controllerEpoch, project, runId, width, height, image, seccomp, memoryBytes, cpus, pids, deadManSeconds, hardDeadline };
}
