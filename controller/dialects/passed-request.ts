import { z } from 'zod';
import { readTools, schemaProblem } from './received-tools.ts';
import { computerTypes } from './received-task.ts';
import type { ReceivedProblem, WantedComputer } from './received-task.ts';

/**
 * What has to be known of a request that is passed on to a vendor as it is, of whichever shape. Everything else in it is
 * between the caller and the vendor.
 */
export type PassedRequest = {
  readonly model: string;
  /** Null when the request has no tool for a screen. */
  readonly computer: WantedComputer | null;
  readonly background: boolean;
  /** Whether its history holds something that was done on a screen. */
  readonly hasActed: boolean;
  /** The body without directions, which no vendor knows. */
  readonly body: Readonly<Record<string, unknown>>;
};

const Body = z.looseObject({
  model: z.string().min(1).max(256),
  tools: z.array(z.unknown()).max(200).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  background: z.unknown().optional(),
  input: z.unknown().optional(),
  messages: z.unknown().optional(),
});
const WithDirections = z.looseObject({ metadata: z.record(z.string(), z.unknown()) });
const Typed = z.looseObject({ type: z.string() });
const Message = z.looseObject({ content: z.array(z.unknown()) });
const Use = z.looseObject({ type: z.literal('tool_use'), name: z.string(), toolset_name: z.unknown().optional() });
const direction = 'vitrine_';

/** Reads a body that is to be passed on, or says what is wrong with it. */
export function readPassedRequest(raw: unknown): { readonly passed: PassedRequest } | { readonly problem: ReceivedProblem } {
  const parsed = Body.safeParse(raw);
  if (!parsed.success) return { problem: schemaProblem(parsed.error) };
  const { metadata, ...rest } = parsed.data;
  const read = readTools((parsed.data.tools ?? []).filter(isComputer));
  if ('problem' in read) return read;
  const entries = Object.entries(metadata ?? {});
  const own = entries.filter(([name]) => !name.startsWith(direction));
  const hadOnlyDirections = entries.length > 0 && own.length === 0;
  return {
    passed: {
      model: rest.model,
      computer: read.tools.computer,
      background: rest.background === true,
      hasActed: hasActed(rest),
      body: metadata === undefined || hadOnlyDirections ? rest : { ...rest, metadata: metadata === null ? null : Object.fromEntries(own) },
    },
  };
}

/** One of the directions to the gateway in a body's metadata, such as `vitrine_mode`; undefined if it has none of that name. */
export function directionOf(body: unknown, name: `vitrine_${string}`): string | undefined {
  const value = WithDirections.safeParse(body).data?.metadata[name];
  return typeof value === 'string' ? value : undefined;
}

function isComputer(tool: unknown): boolean {
  const read = Typed.safeParse(tool);
  return read.success && computerTypes.test(read.data.type);
}

function hasActed({ input, messages }: z.infer<typeof Body>): boolean {
  const items = Array.isArray(input) ? input : [];
  if (items.some((item) => Typed.safeParse(item).data?.type === 'computer_call_output')) return true;
  return (Array.isArray(messages) ? messages : []).some((message) => Message.safeParse(message).data?.content.some((block) => {
    const use = Use.safeParse(block).data;
    return use !== undefined && (use.name === 'computer' || typeof use.toolset_name === 'string');
  }) ?? false);
}
