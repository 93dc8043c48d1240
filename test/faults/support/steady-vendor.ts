import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { computerCall, message } from '../../support/scripted-vendor.ts';

/** What a model does in one task: its turns, each a list of output items, before its last word. */
export type Script = { readonly turns: readonly (readonly unknown[])[]; readonly answer: string };

/** A question that the model was asked, its pictures left out. */
export type Asked = { readonly task: string; readonly turn: number; readonly text: string };

/**
 * A server that speaks the Responses API and has no memory: what it answers depends on nothing but how far the
 * conversation in the request has come, so that a question that is asked again is answered as before.
 */
export type SteadyVendor = AsyncDisposable & { readonly url: string; readonly asked: Asked[] };

/** The call ids of a script's turn: `t3-1` is the second call of the third turn. */
export function callIdOf(turn: number, call: number): string {
  return `t${turn}-${call}`;
}

export function computerItem(turn: number, call: number, actions: readonly unknown[], checks: readonly string[] = []): unknown {
  return computerCall(callIdOf(turn, call), actions, checks.map((code, index) => ({ id: `sc_${turn}_${index}`, code, message: 'look' })));
}

export function functionItem(turn: number, call: number, name: string, given: object): unknown {
  return { type: 'function_call', id: `fc_${turn}_${call}`, call_id: callIdOf(turn, call), name, arguments: JSON.stringify(given), status: 'completed' };
}

/** Starts one; `scriptOf` finds the script by the run's task. */
export async function startSteadyVendor(scriptOf: (task: string) => Script): Promise<SteadyVendor> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { input } = JSON.parse(body) as { input: unknown };
      const text = JSON.stringify(input).replaceAll(/data:image\/[a-z]+;base64,[A-Za-z0-9+/=]+/g, 'PICTURE');
      const task = /\[script ([^\]]+)\]/.exec(text)?.[1] ?? '';
      const turn = Math.max(0, ...[...text.matchAll(/"call_id":"t(\d+)-/g)].map(([, number]) => Number(number)));
      asked.push({ task, turn, text });
      const { turns, answer } = scriptOf(task);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(responseOf(`${task.replaceAll(/\W/g, '_')}_${turn}`, turns[turn] ?? [message(answer)])));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function responseOf(id: string, output: readonly unknown[]): unknown {
  return {
    id: `resp_${id}`, object: 'response', created_at: 1, status: 'completed', model: 'scripted', output, error: null, incomplete_details: null, instructions: null, metadata: {},
    parallel_tool_calls: true, temperature: null, top_p: null, tool_choice: 'auto', tools: [], previous_response_id: null,
    usage: { input_tokens: 100, input_tokens_details: { cached_tokens: 0 }, output_tokens: 10, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 110 },
  };
}
