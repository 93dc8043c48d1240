import { z } from 'zod';

/** What a request to `POST /v1/responses` says and every response to it repeats, as it came. */
export const EchoedFields = z.object({
  instructions: z.string().nullish(),
  max_output_tokens: z.int().min(1).max(10_000_000).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  prompt_cache_key: z.string().nullish(),
  reasoning: z.record(z.string(), z.unknown()).nullish(),
  safety_identifier: z.string().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  text: z.record(z.string(), z.unknown()).nullish(),
  tool_choice: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  tools: z.array(z.unknown()).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  user: z.string().nullish(),
});
export type EchoedFields = z.infer<typeof EchoedFields>;

/** The fields as a response prints them: as they came, else with the vendor's defaults. What was kept in another shape counts as not sent. */
export function printEchoed(kept: Readonly<Record<string, unknown>>) {
  const sent: EchoedFields = EchoedFields.safeParse(kept).data ?? {};
  return {
    instructions: sent.instructions ?? null,
    max_output_tokens: sent.max_output_tokens ?? null,
    parallel_tool_calls: sent.parallel_tool_calls ?? true,
    prompt_cache_key: sent.prompt_cache_key ?? null,
    reasoning: sent.reasoning ?? null,
    safety_identifier: sent.safety_identifier ?? null,
    temperature: sent.temperature ?? null,
    text: { format: { type: 'text' }, ...sent.text },
    tool_choice: sent.tool_choice ?? 'auto',
    tools: sent.tools ?? [],
    top_p: sent.top_p ?? null,
    truncation: sent.truncation ?? 'disabled',
    ...(typeof sent.user === 'string' ? { user: sent.user } : {}),
  };
}
