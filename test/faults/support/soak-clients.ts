import OpenAI from 'openai';
import type { RunEvent } from '../../../controller/runs/run-event.ts';
import type { Run } from '../../../controller/runs/run.ts';
import type { ControllerProcess } from '../../support/controller-process.ts';

/** The events of a server-sent event stream of the API as they come. */
async function* eventsAt(controller: ControllerProcess, path: string, signal: AbortSignal): AsyncGenerator<RunEvent> {
  const response = await fetch(`${controller.url}${path}`, { headers: { ...controller.headers, accept: 'text/event-stream' }, signal });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) yield JSON.parse(data.slice('data: '.length)) as RunEvent;
    }
  }
}

/** Approves whatever is asked, from the stream of all events, until the signal says so. Resolves with how many it approved. */
export async function approveAll(controller: ControllerProcess, signal: AbortSignal): Promise<number> {
  let approved = 0;
  try {
    for await (const { fact } of eventsAt(controller, '/api/events', signal)) {
      if (fact.type !== 'approval.opened') continue;
      await controller.post(`/api/approvals/${fact.approval.id}/decision`, { decision: 'approve', digest: fact.approval.digest });
      approved += 1;
    }
  } catch (reason) {
    if (!signal.aborted) throw reason;
  }
  return approved;
}

/** Follows a run to its end. Resolves with the sequence numbers that it was told. */
export async function follow(controller: ControllerProcess, runId: string): Promise<number[]> {
  const told: number[] = [];
  for await (const { sequence } of eventsAt(controller, `/api/runs/${runId}/events`, AbortSignal.timeout(600_000))) told.push(sequence);
  return told;
}

/** Opens the stream of all events, reads the beginning and goes away. */
export async function peek(controller: ControllerProcess): Promise<void> {
  const leave = new AbortController();
  try {
    for await (const _event of eventsAt(controller, '/api/events', leave.signal)) leave.abort();
  } catch (reason) {
    if (!leave.signal.aborted) throw reason;
  }
}

/** A task through the gateway, with a desktop of its own and a function of the caller's, which is answered. Resolves with the run. */
export async function askThroughGateway(controller: ControllerProcess): Promise<Run> {
  const client = new OpenAI({ baseURL: `${controller.url}/v1`, apiKey: controller.headers['authorization']?.slice('Bearer '.length) ?? '', maxRetries: 0 });
  const tools = [{ type: 'computer' as const }, { type: 'function' as const, name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: false }];
  const ask = async (more: Pick<OpenAI.Responses.ResponseCreateParams, 'input' | 'previous_response_id'>) => client.responses.stream({ model: 'scripted', tools, store: false, ...more }).finalResponse();
  const first = await ask({ input: 'Soak' });
  const call = first.output.find((item) => item.type === 'function_call');
  if (call === undefined) throw new Error(`no question came back:\n${JSON.stringify(first, null, 2)}`);
  const last = await ask({ previous_response_id: first.id, input: [{ type: 'function_call_output', call_id: call.call_id, output: 'sunny' }] });
  return controller.run(last.metadata?.['vitrine_run'] ?? '');
}

/** What a caller does with a desktop of its own: actions, and now and then files, programs, the clipboard, a frame. */
export async function actDirectly(controller: ControllerProcess, desktopId: string, requests: number): Promise<string> {
  const path = `/api/desktops/${desktopId}`;
  let runId = '';
  for (let index = 0; index < requests; index += 1) {
    const [x, y] = [200 + ((index * 41) % 800), 200 + ((index * 59) % 400)];
    const actions = index % 3 === 0 ? [{ type: 'move', x, y }, { type: 'click', x, y }] : [{ type: 'click', x, y }];
    const acted = await controller.post<{ runId: string; complete: boolean }>(`${path}/actions`, { actions });
    if (!acted.complete) throw new Error(`not performed: ${JSON.stringify(acted)}`);
    runId = acted.runId;
    const file = { method: 'PUT', headers: { ...controller.headers, 'content-type': 'application/octet-stream' }, body: 'x'.repeat(10_000) };
    if (index % 5 === 1) await (await fetch(`${controller.url}${path}/files/soak.txt`, file)).text();
    if (index % 5 === 2) await controller.post(`${path}/programs`, { argv: ['sh', '-c', 'echo soak'] });
    if (index % 5 === 3) await controller.request('PUT', `${path}/clipboard`, { text: `soak ${index}` });
    if (index % 5 === 4) await (await controller.request('GET', `${path}/frame?format=webp`)).arrayBuffer();
  }
  return runId;
}
