import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { computerCall, message, responseWith } from '../../support/scripted-vendor.ts';

type Asked = { readonly input: readonly { readonly type?: string }[]; readonly tools: readonly { readonly type: string; readonly name?: string }[] };

/** A server that speaks the Responses API and keeps nothing: what it answers depends on the request alone. */
export type SoakVendor = AsyncDisposable & { readonly url: string };

/** Each run of it takes `turns` turns of the kinds of `turnOf`, then a final message. */
export async function startSoakVendor(turns: number): Promise<SoakVendor> {
  const server = createServer((request, response) => {
    void answerTo(request, turns).then((answer) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    }, () => void response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answerTo(request: IncomingMessage, turns: number): Promise<unknown> {
  const { input, tools } = (await json(request)) as Asked;
  const done = input.filter(({ type }) => type === 'computer_call_output' || type === 'function_call_output').length;
  const offered = tools.flatMap(({ type, name }) => (type === 'function' && name !== undefined ? [name] : []));
  return responseWith([done >= turns ? message(`done after ${done} turns`) : turnOf(done, offered)], done + 1);
}

const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look' };

/** One call: mostly clicks and batches; now and then typed text, a check, a tool of the desktop, a function of the caller's. */
function turnOf(index: number, offered: readonly string[]): unknown {
  const callId = `call_${index}`;
  const [x, y] = [300 + ((index * 37) % 700), 250 + ((index * 53) % 350)];
  const call = (...actions: readonly unknown[]) => computerCall(callId, actions);
  switch (index % 10) {
    case 1:
      return call({ type: 'move', x, y }, { type: 'click', x, y, button: 'left' }, { type: 'scroll', x, y, scroll_x: 0, scroll_y: 120 });
    case 3:
      return call({ type: 'type', text: `Schritt ${index}: 你好 🙂\n` });
    case 4:
      return index === 4 ? computerCall(callId, [{ type: 'click', x, y, button: 'left' }], [check]) : call({ type: 'keypress', keys: ['ESC'] });
    case 5:
      return offered.includes('shell') ? functionCall(callId, 'shell', { command: `echo step ${index}; seq 200` }) : call({ type: 'screenshot' });
    case 6:
      return offered.includes('edit_file') ? functionCall(callId, 'edit_file', { command: 'create', path: 'note.txt', text: `step ${index}` }) : call({ type: 'move', x, y });
    case 7:
      return index === 7 && offered.includes('weather') ? functionCall(callId, 'weather', { city: 'Ulm' }) : call({ type: 'double_click', x, y });
    case 8:
      return call({ type: 'drag', path: [{ x, y }, { x: x + 40, y: y + 20 }] });
    default:
      return call({ type: 'click', x, y, button: 'left' });
  }
}

function functionCall(callId: string, name: string, values: unknown): unknown {
  return { type: 'function_call', id: `fc_${callId}`, call_id: callId, name, arguments: JSON.stringify(values), status: 'completed' };
}
