import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the vendor's server answers next: output items, or a wait that ends with them. */
export type VendorAnswer = readonly unknown[] | Promise<readonly unknown[]>;

/** A server that speaks the Responses API and answers from a list; what it was asked is kept. */
export type ScriptedVendor = AsyncDisposable & {
  /** With the version, as a client's base URL. */
  readonly url: string;
  readonly asked: Record<string, unknown>[];
  readonly answers: VendorAnswer[];
};

export async function startScriptedVendor(answers: readonly VendorAnswer[]): Promise<ScriptedVendor> {
  const left = [...answers];
  const asked: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
      void Promise.resolve(left.shift() ?? [message('the script of this test is at its end')]).then((output) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(responseWith(output, asked.length)));
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    answers: left,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function computerCall(callId: string, actions: readonly unknown[], checks: readonly unknown[] = []): unknown {
  return { type: 'computer_call', id: `cu_${callId}`, call_id: callId, status: 'completed', actions, pending_safety_checks: checks };
}

export function message(text: string): unknown {
  return { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] };
}

/** A whole answer of the vendor with these output items. */
export function responseWith(output: readonly unknown[], count: number): unknown {
  return {
    id: `resp_${count}`, object: 'response', created_at: 1, status: 'completed', model: 'scripted', output, error: null, incomplete_details: null, instructions: null, metadata: {},
    parallel_tool_calls: true, temperature: null, top_p: null, tool_choice: 'auto', tools: [], previous_response_id: null,
    usage: { input_tokens: 100, input_tokens_details: { cached_tokens: 0 }, output_tokens: 10, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 110 },
  };
}
