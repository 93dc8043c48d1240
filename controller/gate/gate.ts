import { createServer } from 'node:http2';
import type { Http2Server } from 'node:http2';
import type { Duplex } from 'node:stream';
import { dialAddress } from './dial.ts';
import type { Dial } from './dial.ts';
import { GateSession } from './gate-session.ts';
import type { HostRule } from './host-rule.ts';
import type { NetworkPolicy, RuledHost } from './network-policy.ts';
import type { TargetOptions } from './resolve-target.ts';

/** What became of one request through a gate. `host` is empty when the request named none that could be judged. */
export type GateDecision = {
  readonly host: string;
  readonly port: number;
  readonly kind: 'connect' | 'http';
  readonly verdict: 'allowed' | 'refused';
  /** The rule that decided. */
  readonly rule: string;
  /** Why it was refused, cut or failed; null when it ended well. */
  readonly reason: string | null;
  /** What browsers do by themselves: counted, not told to anybody. */
  readonly isQuiet: boolean;
  /** The address that was dialled. */
  readonly address: string | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly ms: number;
};

/** Asks people about a first contact. `waiting`: nobody has decided in the time that a request can be held. Never rejects. */
export type GateQuestions = { ask(host: string, port: number): Promise<'allow' | 'deny' | 'waiting'> };

/** The way out of one desktop. */
export type Gate = {
  /** Serves the connection of the desktop's forwarder. It owns the stream from now on. */
  attach(stream: Duplex): void;
  /** Changes what may be reached; what is open and not covered any more is cut at once. */
  change(policy: NetworkPolicy, allowed: readonly HostRule[]): void;
  readonly traffic: { readonly up: number; readonly down: number };
  readonly openCount: number;
  close(): void;
};

export type GateOptions = TargetOptions & {
  readonly policy: NetworkPolicy;
  /** Bytes that passed through earlier gates of the same run: they count against the budgets. */
  readonly spent?: { readonly up: number; readonly down: number } | undefined;
  /** What the rules of a policy say about a host; they stay what they are. */
  readonly ruleOn?: ((host: string, port: number) => RuledHost | undefined) | undefined;
  readonly questions: GateQuestions;
  readonly onDecision: (decision: GateDecision) => void;
  readonly dial?: Dial;
  readonly idleMs?: number;
};

const maxStreams = 64;
const idleMs = 120_000;

/**
 * Opens the gate of a desktop: an HTTP/2 server at the other end of the forwarder's stream. The desktop is hostile: what it
 * may send is bounded by the server's settings, and a breach ends its connection, nothing else.
 */
export function openGate(options: GateOptions): Gate {
  const session = new GateSession({ dial: dialAddress, idleMs, ...options });
  const server = createGateServer();
  server.on('session', (opened) => {
    opened.on('error', () => opened.destroy());
    session.serve(opened);
  });
  return {
    attach: (stream) => {
      stream.on('error', () => stream.destroy());
      server.emit('connection', stream);
    },
    change: (policy, allowed) => session.change(policy, allowed),
    get traffic() {
      return session.traffic;
    },
    get openCount() {
      return session.openCount;
    },
    close: () => session.close(),
  };
}

function createGateServer(): Http2Server {
  const server = createServer({
    maxSessionMemory: 16,
    maxHeaderListPairs: 100,
    maxOutstandingPings: 4,
    maxSendHeaderBlockLength: 64 * 1024,
    streamResetBurst: 256,
    streamResetRate: 32,
    maxSettings: 16,
    settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: 16 * 1024, enablePush: false, initialWindowSize: 256 * 1024 },
  });
  server.on('sessionError', () => {}); // The session ended with it; the next connection begins anew.
  return server;
}
