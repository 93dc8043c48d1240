/** A control, how it is switched off (one text in one file in place of another), and the test that must fail then. */
export type Mutation = { readonly control: string; readonly file: string; readonly find: string; readonly replace: string; readonly test: string };

const host = 'controller/launcher/host-config.ts';
const hostTest = 'test/launcher/host-config.test.ts';
const access = 'test/access/access.test.ts';
const gate = 'test/gate/gate-protocol.test.ts';
const vectors = 'test/gate/address-vectors.test.ts';
const book = 'test/access/token-book.test.ts';
const signIn = 'test/access/recognise.test.ts';
const tickets = 'controller/access/tickets.ts';
const ticketsTest = 'test/access/tickets.test.ts';
const sessions = 'controller/access/sessions.ts';
const sessionsTest = 'test/access/sessions.test.ts';
const demultiplexer = 'controller/launcher/demultiplexer.ts';

/** Controls that an attacker would have to get past, each with a test that notices when it is gone. */
export const mutations: readonly Mutation[] = [
  { control: 'foreign Host names are refused', file: 'controller/access/origins.ts', find: 'if (!allowed.has(name) && !allowed.has(host))', replace: 'if (host === "-")', test: access },
  { control: 'foreign Origins are refused', file: 'controller/access/origins.ts', find: 'if (origin !== undefined && !isSameOrigin(origin, host))', replace: 'if (origin === "-")', test: access },
  { control: 'requests from other sites are refused', file: 'controller/access/origins.ts', find: "if (site !== undefined && site !== 'same-origin' && site !== 'none' && !(isPage && isLink(headers)))", replace: "if (site === '-')", test: access },
  { control: 'headers sent twice are refused', file: 'controller/access/origins.ts', find: 'if (values.length > 1)', replace: 'if (values.length > 99)', test: access },
  { control: 'tokens in URLs are refused', file: 'controller/access/access.ts', find: 'if (hasTokenInQuery(url))', replace: 'if (url === "-")', test: access },
  { control: 'wrong tokens are slowed down', file: 'controller/access/access.ts', find: 'if (waitMs <= 0) return;', replace: 'if (waitMs <= 1e9) return;', test: access },
  { control: 'a token needs the scope of its route', file: 'controller/access/access.ts', find: "if (scope !== 'open' && !grant.scopes.has(scope))", replace: "if (scope === 'tokens:manage' && grant.name === '-')", test: access },
  { control: 'the console runs no script but its own files', file: 'controller/api/security-headers.ts', find: "script-src 'self';", replace: "script-src 'self' 'unsafe-inline';", test: 'test/api/console-files.test.ts' },
  { control: 'revoked and expired tokens are refused', file: 'controller/access/token-book.ts', find: 'found.stored.revokedAt === null && found.stored.expiresAt > now()', replace: 'found.stored.createdAt > 0', test: book },
  { control: 'revoking a token ends its streams', file: 'controller/access/token-book.ts', find: '        clearTimeout(entry.timer);\n        entry.end.abort();', replace: '        clearTimeout(entry.timer);', test: book },
  { control: 'changes with a cookie name exactly this origin', file: 'controller/access/browser-request.ts', find: "if (onlyValue(headers, 'origin') !== own)", replace: "if (own === '')", test: signIn },
  { control: 'changes with a cookie carry a header that other sites cannot send', file: 'controller/access/browser-request.ts', find: "if (onlyValue(headers, ownHeader) !== '1')", replace: "if (ownHeader === '')", test: signIn },
  { control: 'a cookie reads for pages of its own only', file: 'controller/access/browser-request.ts', find: "if (site !== 'same-origin' && !isTyped)", replace: "if (site === '-')", test: signIn },
  { control: 'a cookie and a token do not come together', file: 'controller/access/access.ts', find: 'if (hasToken(asked.headers))', replace: "if (asked.method === '-')", test: signIn },
  { control: 'a browser is signed in over https or on the loopback only', file: 'controller/access/access.ts', find: 'if (!isSecure && !isLoopbackHost(', replace: "if (!isSecure && '-' === (", test: signIn },
  { control: 'no script reads the cookie, no other site has it sent', file: 'controller/access/session-cookie.ts', find: 'HttpOnly; SameSite=Strict', replace: 'SameSite=Lax', test: signIn },
  { control: 'only pages are opened from links on other sites', file: 'controller/access/access.ts', find: "return method === 'GET' && ", replace: "return method !== '-' || ", test: signIn },
  { control: 'the gateway takes no cookie', file: 'controller/gateway/create-gateway.ts', find: "access.authenticate(request.headersDistinct, request.socket.remoteAddress ?? '')", replace: "access.recognise({ method: request.method, headers: request.headersDistinct, address: '' })", test: 'test/gateway/cookies.test.ts' },
  { control: 'without a proxy nobody says where he comes from', file: 'controller/access/client-address.ts', find: 'if (!isBehindProxy) return socketAddress;', replace: '', test: 'test/access/client-address.test.ts' },
  { control: 'a session ends in 8 h', file: sessions, find: 'if (entry === undefined || entry.stored.expiresAt <= now())', replace: 'if (entry === undefined)', test: sessionsTest },
  { control: 'signing out ends what a session holds open', file: sessions, find: '    clearTimeout(entry.timer);\n    entry.end.abort();', replace: '    clearTimeout(entry.timer);', test: sessionsTest },
  { control: 'a session ends with its token', file: sessions, find: "token.ended.addEventListener('abort', () => forget(entry)", replace: "token.ended.addEventListener('abort', () => undefined", test: sessionsTest },
  { control: 'a session is of one value of its token', file: sessions, find: '|| !timingSafeEqual(', replace: '|| timingSafeEqual(', test: sessionsTest },
  { control: 'a ticket is good once', file: tickets, find: '      kept.delete(key);\n', replace: '', test: ticketsTest },
  { control: 'a ticket is good for 30 s', file: tickets, find: 'if (found === undefined || found.expiresAt <= now() ||', replace: 'if (found === undefined ||', test: ticketsTest },
  { control: 'a ticket ends with what asked for it', file: tickets, find: ' || found.grant.ended.aborted) return undefined;', replace: ') return undefined;', test: ticketsTest },
  { control: 'a ticket is for one thing and one web origin', file: tickets, find: 'if (!isFor(found, at)) return undefined;', replace: '', test: ticketsTest },
  { control: 'a ticket opens event streams only', file: 'controller/api/credentials.ts', find: " && takingTickets.includes(key) ?", replace: " ?", test: 'test/api/tickets.test.ts' },
  { control: 'a ticket needs the right to what it opens', file: 'controller/api/routes/sessions-routes.ts', find: "      access.authorize(grant, 'control:take');\n", replace: '', test: 'test/api/tickets.test.ts' },
  { control: 'deciding approvals is in no role but admin\'s', file: 'controller/access/scopes.ts', find: "const operator: readonly Scope[] = [...viewer,", replace: "const operator: readonly Scope[] = [...viewer, 'approvals:decide',", test: book },
  { control: 'who started a run does not decide its approvals', file: 'controller/runs/own-approvals.ts', find: 'if (by.mayDecideOwn !== false', replace: 'if (by.name !== ""', test: 'test/runs/own-approvals.test.ts' },
  { control: 'an approval is decided once', file: 'controller/runs/decisions.ts', find: "if (approval.state === 'pending') return;", replace: "if (approval.state !== 'withdrawn') return;", test: 'test/runs/run-registry.test.ts' },
  { control: 'a decision is bound to the digest of what was seen', file: 'controller/runs/decisions.ts', find: 'if (digest !== undefined && digest !== approval.digest)', replace: 'if (digest === "-")', test: 'test/runs/run-registry.test.ts' },
  { control: 'a turn is judged again when another window has the focus', file: 'controller/runs/changes/judging-again.ts', find: 'if (isOver ||', replace: 'if (true || isOver ||', test: 'test/runs/rules.test.ts' },
  { control: 'input is bound to the window by which it was judged', file: 'sandbox-image/shim/focus.ts', find: 'isAsExpected(expected, focused)) return undefined', replace: 'focused !== undefined) return undefined', test: 'test/shim/focus.test.ts' },
  { control: 'foreign runs are not found', file: 'controller/runs/run-sight.ts', find: 'if (run === undefined || run.project !== by.project)', replace: 'if (run === undefined)', test: 'test/runs/run-registry.test.ts' },
  { control: 'foreign approvals are not found', file: 'controller/runs/run-sight.ts', find: 'if (found === undefined || found.project !== by.project)', replace: 'if (found === undefined)', test: 'test/runs/run-registry.test.ts' },
  { control: 'addresses that are not public are not dialled (IPv4)', file: 'controller/gate/address.ts', find: "isWithin(parsed, deniedV4) || parsed.range() !== 'unicast'", replace: 'parsed.toString() === ""', test: vectors },
  { control: 'addresses that are not public are not dialled (IPv6)', file: 'controller/gate/address.ts', find: 'return isGlobal ? undefined', replace: 'return canonical !== "" ? undefined', test: vectors },
  { control: 'this machine is not dialled', file: 'controller/gate/address.ts', find: 'if (own.has(canonical))', replace: 'if (canonical === "")', test: vectors },
  { control: 'one address that is not public spoils a name', file: 'controller/gate/resolve-target.ts', find: 'for (const answer of answers) {', replace: 'for (const answer of answers.slice(0, 1)) {', test: gate },
  { control: 'names have one form; addresses are no names', file: 'controller/gate/host-name.ts', find: 'if (/^(\\d+|0x[0-9a-f]*)$/.test(last))', replace: 'if (last === "-")', test: vectors },
  { control: 'wildcards cover whole labels', file: 'controller/gate/host-rule.ts', find: 'host.endsWith(rule.host.slice(1))', replace: 'host.endsWith(rule.host.slice(2))', test: vectors },
  { control: 'wildcards over public suffixes are refused', file: 'controller/gate/host-rule.ts', find: "return suffix === domain ?", replace: "return suffix === '-' ?", test: vectors },
  { control: 'rules about hosts bind the gate', file: 'controller/gate/network-policy.ts', find: "if (ruled.verdict === 'refuse') return", replace: "if (ruled.rule === '-') return", test: 'test/runs/network-questions.test.ts' },
  { control: 'a request does not widen its template\'s way out', file: 'controller/runs/template.ts', find: 'if (asked === undefined || mayWiden ||', replace: 'if (asked !== null || mayWiden ||', test: 'test/runs/template.test.ts' },
  { control: 'TLS has to name the host that was asked for', file: 'controller/gate/gate-session.ts', find: 'port === 443 ? await peekServerName(stream, host)', replace: 'port === 0 ? await peekServerName(stream, host)', test: gate },
  { control: 'no tunnel leads to the port of plain http', file: 'controller/gate/network-policy.ts', find: 'return port !== plainPort ||', replace: 'return port > 0 ||', test: gate },
  { control: 'bytes through the gate are bounded', file: 'controller/gate/meter.ts', find: 'if (traffic[direction] + bytes > limit)', replace: 'if (limit < 0)', test: gate },
  { control: 'requests through the gate are bounded in number', file: 'controller/gate/rate-limit.ts', find: 'if (this.#left < 1) return false;', replace: 'if (this.#left < -1e9) return false;', test: gate },
  { control: 'a desktop has no network', file: host, find: "NetworkMode: 'none'", replace: "NetworkMode: 'bridge'", test: hostTest },
  { control: 'a desktop has no capabilities', file: host, find: "CapDrop: ['ALL']", replace: 'CapDrop: []', test: hostTest },
  { control: 'a desktop gains no privileges', file: host, find: "'no-new-privileges:true', ", replace: '', test: hostTest },
  { control: 'a desktop has a seccomp profile', file: host, find: ', `seccomp=${holes.seccompProfile}`', replace: '', test: hostTest },
  { control: 'the warden and the agent are different users', file: host, find: "User: warden,", replace: "User: '10001:10001',", test: hostTest },
  { control: 'processes of a desktop are bounded', file: host, find: 'PidsLimit: spec.pids', replace: 'PidsLimit: 0', test: hostTest },
  { control: 'memory of a desktop is bounded', file: host, find: 'MemorySwap: spec.memoryBytes', replace: 'MemorySwap: -1', test: hostTest },
  { control: 'the root of a desktop is read-only', file: host, find: 'ReadonlyRootfs: true', replace: 'ReadonlyRootfs: false', test: hostTest },
  { control: 'frames of a container\'s stream are bounded', file: demultiplexer, find: 'if (length > maxFrameBytes)', replace: 'if (length < 0)', test: 'test/launcher/demultiplexer.test.ts' },
  { control: 'frames of a container\'s stream are of known types', file: demultiplexer, find: 'if (type !== 1 && type !== 2)', replace: 'if (type === 255)', test: 'test/launcher/demultiplexer.test.ts' },
  { control: 'pictures are what they say before they are used', file: 'controller/desktops/image-check.ts', find: 'if (size.width !== frame.width || size.height !== frame.height)', replace: 'if (size.width < 0)', test: 'test/desktops/image-check.test.ts' },
  { control: 'the ledger knows what was begun', file: 'sandbox-image/shim/ledger.ts', find: 'find: (actionId) => entries.get(actionId)', replace: 'find: () => undefined', test: 'test/shim/ledger.test.ts' },
  { control: 'entries of the audit are chained', file: 'controller/audit-chain.ts', find: 'entry.previous !== previous || ', replace: '', test: 'test/journal/audit.test.ts' },
  { control: 'the audit is append-only', file: 'controller/journal/schema.ts', find: 'CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN', replace: 'CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN 0 BEGIN', test: 'test/journal/audit.test.ts' },
  { control: 'known secrets are taken out of logs and messages', file: 'controller/redactor.ts', find: 'for (const value of longestFirst) clean = clean.replaceAll(value, redacted);', replace: '', test: 'test/redactor.test.ts' },
  { control: 'using secrets needs a scope', file: 'controller/runs/secret-rights.ts', find: 'if (by.mayUseSecrets !== true)', replace: 'if (by.name === "")', test: 'test/runs/secrets.test.ts' },
  { control: 'listening beyond the loopback needs TLS', file: 'controller/config.ts', find: 'if (isLoopback(address.host) || isProtected) return address;', replace: 'if (address.port >= 0) return address;', test: 'test/configuration/config.test.ts' },
  { control: 'a viewer only watches: input is not passed on', file: 'controller/desktops/rfb/client-messages.ts', find: "const isInput = mode === 'control' && input.has(type);", replace: 'const isInput = input.has(type);', test: 'test/rfb/client-messages.test.ts' },
  { control: 'messages of the live view that are not known are refused', file: 'controller/desktops/rfb/client-messages.ts', find: 'if (!watching.has(type) && !isInput) throw refused(type, mode);', replace: 'if (type === 255) throw refused(type, mode);', test: 'test/rfb/client-messages.test.ts' },
  { control: 'input of the live view needs the lease, message by message', file: 'controller/desktops/rfb/client-messages.ts', find: 'if (isInput && !mayInput())', replace: 'if (isInput && mode === "view")', test: 'test/rfb/client-messages.test.ts' },
  { control: 'a live view with input is opened by the holder of the lease alone', file: 'controller/api/view/view-endpoint.ts', find: "if (asked.mode === 'control') assertHolds(ports.runs, asked);", replace: '', test: 'test/api/view-socket.test.ts' },
  { control: 'a live view needs a ticket or a token', file: 'controller/api/view/view-request.ts', find: 'if (redeemed === undefined) throw', replace: 'if (redeemed === undefined) return { grant: { name: "x", project: "default", scopes: new Set(["desktops:read"]), mayDecideOwn: false, ended: new AbortController().signal }, mode: "view", lease: undefined }; if (redeemed === undefined) throw', test: 'test/api/view-socket.test.ts' },
  { control: 'a ticket gives the mode it was made for, whatever the URL says', file: 'controller/api/view/view-request.ts', find: 'mode: redeemed.for.mode,', replace: "mode: 'control',", test: 'test/api/view-socket.test.ts' },
  { control: 'a live view ends with its token', file: 'controller/api/view/view-endpoint.ts', find: 'endWith(asked.ended, gone.signal,', replace: 'endWith(gone.signal, gone.signal,', test: 'test/api/view-socket.test.ts' },
  { control: 'giving input in the live view ends with the lease', file: 'controller/api/view/view-endpoint.ts', find: 'endWith(control, gone.signal,', replace: 'endWith(gone.signal, gone.signal,', test: 'test/api/view-socket.test.ts' },
  { control: 'the lease of another gives no input', file: 'controller/runs/control-desk.ts', find: 'lease.id === leaseId && lease.principal === by.name && lease.until', replace: 'lease.principal === by.name && lease.until', test: 'test/runs/control-desk.test.ts' },
];
