import { z } from 'zod';
import { VitrineError } from '../errors.ts';
import { readLabels } from './labels.ts';
import type { ContainerState, ContainerSummary } from './launcher.ts';

/** The engine's replies as far as Vitrine reads them; everything else in them is ignored. */
export const VersionReply = z.object({ Version: z.string(), ApiVersion: z.string(), Os: z.string(), Arch: z.string() });
export const InfoReply = z.object({ NCPU: z.int().positive(), MemTotal: z.number().positive() });
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
