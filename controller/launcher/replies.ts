import { z } from 'zod';
import { VitrineError } from '../errors.ts';
import { readLabels } from './labels.ts';
import type { ContainerState, ContainerSummary, EngineVersion } from './launcher.ts';

/** The engine's replies as far as Vitrine reads them; everything else in them is ignored. */
export const VersionReply = z.object({
  Version: z.string(), ApiVersion: z.string(), Os: z.string(), Arch: z.string(),
  Components: z.array(z.object({ Name: z.string(), Version: z.string() })).catch([]),
});
const can = z.boolean().catch(false);
export const InfoReply = z.object({
  NCPU: z.int().positive(), MemTotal: z.number().positive(),
  MemoryLimit: can, SwapLimit: can, PidsLimit: can, CpuCfsQuota: can,
  CgroupVersion: z.string().catch('unknown'),
  SecurityOptions: z.array(z.string()).catch([]),
  Runtimes: z.record(z.string(), z.unknown()).catch({}),
});
export const ImageReply = z.object({ Id: z.string().min(1) });
export const InspectReply = z.object({ State: z.object({ Status: z.string(), ExitCode: z.int().optional() }) });
export const ListReply = z.array(z.object({ Id: z.string().min(1), Image: z.string(), State: z.string(), Labels: z.record(z.string(), z.string()) })).max(100_000);
/** Objects of dockerode that carry the id which the engine gave. */
export const Handle = z.object({ id: z.string().regex(/^[0-9a-f]{12,128}$/) });

/** A reply parsed by its schema. Throws `engine_unavailable` for one that no engine gives: dockerode passes on whatever arrived. */
export function parseReply<Schema extends z.ZodType>(schema: Schema, reply: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(reply);
  if (parsed.success) return parsed.data;
  throw new VitrineError('engine_unavailable', `what answered to "${what}" is no Docker engine: its reply cannot be read; check DOCKER_HOST`, { cause: parsed.error });
}

/** The engine's word for a container's state as one of ours. */
export function stateOf(status: string): ContainerState {
  return status === 'created' || status === 'running' || status === 'paused' || status === 'exited' ? status : 'other';
}

/** One entry of the engine's list as a summary. */
export function summaryOf(entry: z.output<typeof ListReply>[number]): ContainerSummary {
  return { containerId: entry.Id, image: entry.Image, state: stateOf(entry.State), ...readLabels(entry.Labels) };
}

/** What an engine's two replies about itself say. */
export function engineVersionOf(version: z.output<typeof VersionReply>, info: z.output<typeof InfoReply>): EngineVersion {
  const has = (option: string) => info.SecurityOptions.some((each) => each === `name=${option}` || each.startsWith(`name=${option},`));
  return {
    engine: version.Version, api: version.ApiVersion, os: version.Os, arch: version.Arch, cpus: info.NCPU, memoryBytes: info.MemTotal,
    runc: version.Components.find(({ Name }) => Name === 'runc')?.Version,
    runtimes: Object.keys(info.Runtimes),
    isolation: {
      seccomp: has('seccomp'), rootless: has('rootless'), userns: has('userns'), cgroup: info.CgroupVersion,
      memory: info.MemoryLimit, swap: info.SwapLimit, pids: info.PidsLimit, cpu: info.CpuCfsQuota,
    },
  };
}
