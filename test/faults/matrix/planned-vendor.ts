import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { computerCall, message, responseWith } from '../../support/scripted-vendor.ts';

/** What the model asks for in one turn: actions of one computer call, with or without a safety check, or output items of any other kind. */
export type PlannedTurn = { readonly actions: readonly unknown[]; readonly checks?: readonly unknown[] } | { readonly items: (callId: string) => readonly unknown[] };

/** One question that the model got, as text. */
export type Question = { readonly plan: string; readonly turn: number; readonly text: string };

/** A way to answer a question otherwise than with the planned turn; `right` is what the turn's answer would have been. */
export type Misanswer = (response: ServerResponse, right: string) => void;

/**
 * A server that speaks the Responses API and answers by plan: which turn comes next is read from the question itself,
 * so that a question asked again (after a restart, after a failure) gets the same answer.
 */
export class PlannedVendor implements AsyncDisposable {
  readonly url: string;
  readonly asked: Question[] = [];
  /** The next questions are answered by these, in order, one each. */
  readonly faults: Misanswer[] = [];
  readonly #plans: Map<string, readonly PlannedTurn[]>;
  readonly #gates: Map<string, Promise<void>>;
  readonly #close: () => Promise<void>;

  private constructor(url: string, plans: Map<string, readonly PlannedTurn[]>, gates: Map<string, Promise<void>>, close: () => Promise<void>) {
    this.url = url;
    this.#plans = plans;
    this.#gates = gates;
    this.#close = close;
  }

  static async start(): Promise<PlannedVendor> {
    const plans = new Map<string, readonly PlannedTurn[]>();
    const gates = new Map<string, Promise<void>>();
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => void vendor.#answer(Buffer.concat(chunks).toString(), response));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const vendor = new PlannedVendor(`http://127.0.0.1:${port}/v1`, plans, gates, async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    });
    return vendor;
  }

  /** Adds a plan; the task that names it. After its last turn the model says `done PLAN`. */
  plan(turns: readonly PlannedTurn[]): { readonly name: string; readonly task: string } {
    const name = `plan-${this.#plans.size + 1}-end`;
    this.#plans.set(name, turns);
    return { name, task: `Do ${name}` };
  }

  /** Holds the answer of one turn of a plan back until the function that it gives is called. */
  hold(plan: string, turn: number): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gates.set(`${plan} ${turn}`, promise);
    return resolve;
  }

  questions(plan: string): Question[] {
    return this.asked.filter((question) => question.plan === plan);
  }

  async #answer(body: string, response: ServerResponse): Promise<void> {
    const input = JSON.stringify((JSON.parse(body) as { input: unknown }).input).replaceAll(/data:image[^"\\]+/g, 'data:');
    const plan = /plan-\d+-end/.exec(input)?.[0] ?? '';
    const turn = Math.max(-1, ...[...input.matchAll(/plan-\d+-end\.t(\d+)/g)].map((match) => Number(match[1]))) + 1;
    this.asked.push({ plan, turn, text: input });
    const right = JSON.stringify(responseWith(outputOf(plan, turn, this.#plans.get(plan)?.[turn]), this.asked.length));
    const fault = this.faults.shift();
    if (fault !== undefined) return fault(response, right);
    await this.#gates.get(`${plan} ${turn}`);
    if (response.destroyed) return;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(right);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

function outputOf(plan: string, turn: number, planned: PlannedTurn | undefined): readonly unknown[] {
  const callId = `${plan}.t${turn}`;
  if (planned === undefined) return [message(`done ${plan}`)];
  return 'items' in planned ? planned.items(callId) : [computerCall(callId, planned.actions, planned.checks ?? [])];
}

let places = 0;

/** A click at a place where no other click of this process is. */
export function click(): { readonly type: 'click'; readonly button: 'left'; readonly x: number; readonly y: number } {
  places += 1;
  return { type: 'click', button: 'left', x: 10 + (places * 37) % 1200, y: 10 + (places * 23) % 700 };
}

/** A safety check. */
export const check = { id: 'cu_sc_1', code: 'malicious_instructions', message: 'look twice' };

/** Text of small letters in which no place looks like another for long. */
export function letters(count: number): string {
  return Array.from({ length: count }, (_, index) => String.fromCharCode(97 + (index * 7 + Math.floor(index / 26)) % 26)).join('');
}
