import type { ServerHttp2Session, ServerHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import { dialFirst } from './dial.ts';
import type { Dial } from './dial.ts';
import type { GateDecision, GateQuestions } from './gate.ts';
import { parseAuthority } from './host-name.ts';
import type { HostRule } from './host-rule.ts';
import { GateCut } from './meter.ts';
import type { Traffic } from './meter.ts';
import { judge, mayTunnel } from './network-policy.ts';
import type { NetworkPolicy, RuledHost } from './network-policy.ts';
import { forwardRequest } from './plain-request.ts';
import { resolveTarget } from './resolve-target.ts';
import type { TargetOptions } from './resolve-target.ts';
import { joinStreams, peekServerName } from './tunnel.ts';
import type { Passed } from './tunnel.ts';
import { RateLimit } from './rate-limit.ts';

export type GateSessionOptions = TargetOptions & {
  readonly dial: Dial;
  readonly policy: NetworkPolicy;
  /** Bytes that count against the budgets already. */
  readonly spent?: { readonly up: number; readonly down: number } | undefined;
  /** What the rules of a policy say about a host. */
  readonly ruleOn?: ((host: string, port: number) => RuledHost | undefined) | undefined;
  readonly questions: GateQuestions;
  readonly onDecision: (decision: GateDecision) => void;
  /** How long nothing may pass on a connection. */
  readonly idleMs: number;
};

/** A request that was let through and still runs. */
type Open = { readonly host: string; readonly port: number; readonly isTunnel: boolean; readonly cut: (reason: string) => void };

/** New requests per second, beyond a first burst that a page of many hosts makes. */
const requestsPerSecond = 20;
const burst = 128;

/** The way out of one desktop: judges each request, and lets through what may pass. */
export class GateSession {
  readonly #options: GateSessionOptions;
  readonly #traffic: Traffic;
  readonly #open = new Set<Open>();
  readonly #rate = new RateLimit(requestsPerSecond, burst);
  readonly #closing = new AbortController();
  #allowed: readonly HostRule[] = [];
  #policy: NetworkPolicy;
  #session: ServerHttp2Session | undefined;

  constructor(options: GateSessionOptions) {
    this.#options = options;
    this.#policy = options.policy;
    this.#traffic = { up: options.spent?.up ?? 0, down: options.spent?.down ?? 0, ...budgetsOf(options.policy) };
  }

  /** Bytes so far, in both directions. */
  get traffic(): Readonly<Pick<Traffic, 'up' | 'down'>> {
    return this.#traffic;
  }

  /** Connections that are open now. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Serves a connection of the desktop's forwarder; one at a time, the newest. */
  serve(session: ServerHttp2Session): void {
    this.#session?.destroy();
    this.#session = session;
    session.on('stream', (stream, headers) => void this.#handle(stream, headers));
  }

  /** Changes what may be reached, and how many bytes may pass in all. What is open and not covered any more is cut at once. */
  change(policy: NetworkPolicy, allowed: readonly HostRule[]): void {
    this.#policy = policy;
    this.#allowed = allowed;
    Object.assign(this.#traffic, budgetsOf(policy));
    for (const open of this.#open) {
      if (!this.#isOpenTo(open)) open.cut('the rules of this desktop have changed');
    }
  }

  /** Whether what is open may stay so. */
  #isOpenTo({ host, port, isTunnel }: Open): boolean {
    return this.#judge(host, port).verdict === 'allow' && (!isTunnel || mayTunnel(this.#policy, this.#allowed, host, port));
  }

  #judge(host: string, port: number): ReturnType<typeof judge> {
    return judge(this.#policy, this.#allowed, host, port, this.#options.ruleOn?.(host, port));
  }

  close(): void {
    this.#closing.abort();
    for (const open of this.#open) open.cut('the desktop is released');
    this.#session?.destroy();
  }

  async #handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const begunAt = performance.now();
    const isTunnel = headers[':method'] === 'CONNECT';
    const passed: Passed = { up: 0, down: 0 };
    const asked = this.#target(headers, isTunnel);
    const decided: Mutable<GateDecision> = { host: 'host' in asked ? asked.host : '', port: 'port' in asked ? asked.port : 0, kind: isTunnel ? 'connect' : 'http', verdict: 'refused', rule: 'form', reason: null, isQuiet: false, address: null, bytesUp: 0, bytesDown: 0, ms: 0 };
    // A client that goes away in the middle is nobody's mistake.
    stream.on('error', () => {});
    try {
      if ('problem' in asked) throw new Refusal(400, asked.problem);
      await this.#let(asked, isTunnel, stream, headers, decided, passed);
    } catch (error) {
      decided.reason = reasonOf(error);
      if (decided.verdict === 'refused') decided.rule = error instanceof Refusal ? error.rule : 'unreachable';
      answerRefusal(stream, error instanceof Refusal ? error.status : 502, decided.reason, isTunnel);
    }
    this.#options.onDecision({ ...decided, bytesUp: passed.up, bytesDown: passed.down, ms: performance.now() - begunAt });
  }

  #target(headers: IncomingHttpHeaders, isTunnel: boolean): ReturnType<typeof parseAuthority> {
    const authority = headers[':authority'] ?? '';
    if (isTunnel) return headers[':protocol'] === undefined ? parseAuthority(authority) : { problem: 'an extended CONNECT is not understood here' };
    if (headers[':scheme'] !== 'http') return { problem: 'https goes through CONNECT' };
    if (headers['host'] !== undefined && headers['host'] !== authority) return { problem: 'the Host header names another host than the request' };
    return parseAuthority(authority.includes(':') ? authority : `${authority}:80`);
  }

  async #let({ host, port }: { host: string; port: number }, isTunnel: boolean, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, decided: Mutable<GateDecision>, passed: Passed): Promise<void> {
    if (!this.#rate.take()) throw new Refusal(429, `more than ${requestsPerSecond} requests a second`);
    const rule = await this.#permission(host, port, isTunnel, decided);
    const signal = AbortSignal.any([this.#closing.signal, closedSignal(stream)]);
    const target = await resolveTarget(host, port, this.#options, signal);
    if ('problem' in target) throw new Refusal(403, target.problem, 'address');
    if (target.isPrivate && rule === 'open') throw new Refusal(403, `${host} is not on the public internet: a rule has to name it`, 'address');
    const { socket, address } = await dialFirst(this.#options.dial, target.addresses, port, signal);
    decided.address = address;
    let cutReason: string | undefined;
    const open: Open = { host, port, isTunnel, cut: (reason) => {
      cutReason = reason;
      socket.destroy();
    } };
    this.#open.add(open);
    try {
      // The rules may have changed while the name was resolved.
      if (!this.#isOpenTo(open)) throw new Refusal(403, 'the rules of this desktop have changed');
      Object.assign(decided, { verdict: 'allowed', rule });
      await this.#pass(isTunnel, stream, headers, socket, { host, port }, passed);
    } catch (error) {
      throw cutReason === undefined ? error : new GateCut(cutReason, { cause: error });
    } finally {
      this.#open.delete(open);
      socket.destroy();
    }
  }

  async #pass(isTunnel: boolean, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, socket: Socket, { host, port }: { host: string; port: number }, passed: Passed): Promise<void> {
    const { idleMs } = this.#options;
    if (!isTunnel) return await forwardRequest(stream, headers, socket, { host, port, traffic: this.#traffic, passed, idleMs });
    stream.respond({ ':status': 200 });
    const head = port === 443 ? await peekServerName(stream, host) : Buffer.alloc(0);
    await joinStreams(stream, socket, { traffic: this.#traffic, passed, idleMs, head });
  }

  /** The rule that lets a request pass; throws a Refusal. */
  async #permission(host: string, port: number, isTunnel: boolean, decided: Mutable<GateDecision>): Promise<string> {
    const verdict = this.#judge(host, port);
    if (verdict.verdict === 'refuse') {
      decided.isQuiet = verdict.isQuiet;
      throw new Refusal(403, verdict.reason, verdict.rule);
    }
    if (isTunnel && !mayTunnel(this.#policy, this.#allowed, host, port)) throw new Refusal(403, `port ${port} is for plain http, which goes without CONNECT: each request is judged`, 'plain');
    if (verdict.verdict === 'allow') return verdict.rule;
    const answer = await this.#options.questions.ask(host, port);
    if (answer === 'allow') return 'person';
    throw new Refusal(403, answer === 'deny' ? `a person refused ${host}:${port}` : `${host}:${port} waits for a person's decision: reload once it is allowed`, answer === 'deny' ? 'person' : 'waiting');
  }
}

function budgetsOf(policy: NetworkPolicy): Pick<Traffic, 'maxUp' | 'maxDown'> {
  return policy.mode === 'none' ? { maxUp: 0, maxDown: 0 } : { maxUp: policy.maxUpBytes, maxDown: policy.maxDownBytes };
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** A request that is not let through, with the status it is answered with. */
class Refusal extends Error {
  readonly status: number;
  readonly rule: string;

  constructor(status: number, message: string, rule = 'form') {
    super(message);
    this.status = status;
    this.rule = rule;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof GateCut) return error.message;
  return `the host could not be reached (${error instanceof Error && 'code' in error ? String(error.code) : 'connection failed'})`;
}

function closedSignal(stream: ServerHttp2Stream): AbortSignal {
  const controller = new AbortController();
  if (stream.closed) controller.abort();
  stream.once('close', () => controller.abort());
  return controller.signal;
}

/** Says why: in the reason phrase of a CONNECT (browsers show no page for it), as a page otherwise. */
function answerRefusal(stream: ServerHttp2Stream, status: number, reason: string, isTunnel: boolean): void {
  if (stream.closed || stream.destroyed) return;
  if (stream.headersSent) {
    stream.destroy(new GateCut(reason));
    return;
  }
  const phrase = reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300);
  if (isTunnel) {
    stream.respond({ ':status': status, 'vitrine-reason': phrase }, { endStream: true });
    return;
  }
  stream.respond({ ':status': status, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" });
  stream.end(`<!doctype html><title>Not reachable from this desktop</title><body style="font:16px sans-serif;margin:3em"><h1>Not reachable from this desktop</h1><p>${escapeHtml(reason)}</p></body>`);
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
