import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTickets } from '../../controller/access/tickets.ts';
import { endSignal } from '../../controller/access/tokens.ts';
import type { Grant } from '../../controller/access/tokens.ts';
import { VitrineError } from '../../controller/errors.ts';

const origin = 'https://desk.example';
const view = { kind: 'view', desktopId: 'd-1', mode: 'control', lease: 'lease-of-somebody-1' } as const;
const atView = { kind: 'view', desktopId: 'd-1', origin } as const;

function whoever(name = 'ada'): { readonly grant: Grant; readonly end: AbortController } {
  const end = endSignal();
  return { end, grant: { name, project: 'blue', scopes: new Set(['runs:read', 'secrets:use']), mayDecideOwn: false, ended: end.signal } };
}

describe('a ticket', () => {
  it('tells who asked for it and what for, once', () => {
    const tickets = createTickets();
    const { grant } = whoever();
    const { ticket } = tickets.issue(grant, view, origin);
    assert.match(ticket, /^vt_[\w-]{43}$/);
    const redeemed = tickets.redeem(ticket, atView);
    assert.deepEqual(redeemed?.principal, { name: 'ada', project: 'blue', mayDecideOwn: false, mayUseSecrets: true });
    assert.deepEqual([redeemed?.for, redeemed?.ended], [view, grant.ended]);
    assert.equal(tickets.redeem(ticket, atView), undefined, 'used');
  });

  it('is good for 30 s', () => {
    let now = 1_000_000;
    const tickets = createTickets(() => now);
    const { grant } = whoever();
    const early = tickets.issue(grant, view, origin);
    const late = tickets.issue(grant, view, origin);
    assert.equal(early.expiresAt, now + 30_000);
    now += 29_999;
    assert.ok(tickets.redeem(early.ticket, atView));
    now += 1;
    assert.equal(tickets.redeem(late.ticket, atView), undefined);
  });

  const elsewhere = [
    ['another desktop', view, { ...atView, desktopId: 'd-2' }],
    ['another web origin', view, { ...atView, origin: 'https://evil.example' }],
    ['no web origin', view, { ...atView, origin: undefined }],
    ['an event stream', view, { kind: 'events', runId: undefined, origin }],
    ['the live view', { kind: 'events' }, atView],
    ['another run', { kind: 'events', runId: 'r-1' }, { kind: 'events', runId: 'r-2', origin }],
    ['one run where it is for all', { kind: 'events' }, { kind: 'events', runId: 'r-1', origin }],
    ['all runs where it is for one', { kind: 'events', runId: 'r-1' }, { kind: 'events', runId: undefined, origin }],
    ['events for another web origin', { kind: 'events' }, { kind: 'events', runId: undefined, origin: 'null' }],
  ] as const;
  for (const [where, wanted, presented] of elsewhere) {
    it(`opens nothing elsewhere and is used up: ${where}`, () => {
      const tickets = createTickets();
      const { ticket } = tickets.issue(whoever().grant, wanted, origin);
      assert.equal(tickets.redeem(ticket, presented), undefined);
      const right = wanted.kind === 'view' ? atView : { kind: 'events' as const, runId: 'runId' in wanted ? wanted.runId : undefined, origin };
      assert.equal(tickets.redeem(ticket, right), undefined, 'whoever tried it has used it up');
    });
  }

  it('for events is taken without an origin too, as browsers ask their own site', () => {
    const tickets = createTickets();
    const { ticket } = tickets.issue(whoever().grant, { kind: 'events', runId: 'r-1' }, origin);
    assert.ok(tickets.redeem(ticket, { kind: 'events', runId: 'r-1', origin: undefined }));
  });

  it('asked for outside a browser is not taken from one', () => {
    const tickets = createTickets();
    const { grant } = whoever();
    assert.equal(tickets.redeem(tickets.issue(grant, view, undefined).ticket, atView), undefined);
    assert.ok(tickets.redeem(tickets.issue(grant, view, undefined).ticket, { ...atView, origin: undefined }));
  });

  it('ends with the token or session that asked for it', () => {
    const tickets = createTickets();
    const { grant, end } = whoever();
    const { ticket } = tickets.issue(grant, view, origin);
    end.abort();
    assert.equal(tickets.redeem(ticket, atView), undefined);
  });

  it('is nothing that can be guessed', () => {
    const tickets = createTickets();
    const { ticket } = tickets.issue(whoever().grant, view, origin);
    for (const other of ['', 'vt_', ticket.slice(0, -1), `${ticket}x`, ticket.toUpperCase()]) assert.equal(tickets.redeem(other, atView), undefined, other);
    assert.ok(tickets.redeem(ticket, atView));
  });

  it('is one of at most 100 unused ones of its token; used, old and ended ones do not count', () => {
    let now = 1_000_000;
    const tickets = createTickets(() => now);
    const { grant } = whoever();
    for (let count = 0; count < 300; count += 1) tickets.redeem(tickets.issue(grant, view, origin).ticket, atView);
    for (let count = 0; count < 100; count += 1) tickets.issue(grant, view, origin);
    assert.throws(() => tickets.issue(grant, view, origin), (reason) => reason instanceof VitrineError && reason.code === 'too_many_requests');
    tickets.issue(whoever('bob').grant, view, origin);
    now += 30_000;
    tickets.issue(grant, view, origin);
  });
});
