type Item = Readonly<Record<string, unknown>>;

/** What a vendor would refuse in a request that replays calls and their outputs, in words; nothing where all is well. */
export function pairingProblems(body: Item): string[] {
  if (Array.isArray(body['input'])) return itemProblems(body['input'] as Item[], (body['tools'] as Item[]).some(({ name }) => name === 'computer'));
  const messages = (body['messages'] ?? []) as Item[];
  return body['max_tokens'] !== undefined && body['system'] !== undefined ? blockProblems(messages) : chatProblems(messages);
}

/** The Responses API: every call has one output behind it, every output a call. Servers other than the vendor's make a chat of it. */
function itemProblems(items: readonly Item[], isMadeChat: boolean): string[] {
  const callIds = items.filter(({ type }) => type === 'computer_call' || type === 'function_call').map((item) => String(item['call_id']));
  const outputIds = items.filter(({ type }) => type === 'computer_call_output' || type === 'function_call_output').map((item) => String(item['call_id']));
  const texts = items.filter(({ type }) => type === 'function_call').filter((item) => typeof item['arguments'] !== 'string' || (isMadeChat && !isObjectText(item['arguments']))).map((item) => `arguments of ${String(item['call_id'])} cannot be read`);
  return [...(callIds.toSorted().join() === outputIds.toSorted().join() ? [] : [`calls ${callIds.join()} and outputs ${outputIds.join()}`]), ...texts];
}

/** Chats: behind an answer with calls stands one message for each, and nothing between. */
function chatProblems(messages: readonly Item[]): string[] {
  return messages.flatMap((message, index) => {
    const calls = (message['tool_calls'] ?? []) as { readonly id: unknown; readonly function: { readonly name: unknown; readonly arguments: unknown } }[];
    const answers = messages.slice(index + 1, index + 1 + calls.length).map((next) => (next['role'] === 'tool' ? next['tool_call_id'] : next['role']));
    const ids = calls.map(({ id }) => id);
    return [
      ...(JSON.stringify(ids) === JSON.stringify(answers) && new Set(ids).size === ids.length ? [] : [`calls ${JSON.stringify(ids)} and answers ${JSON.stringify(answers)}`]),
      ...calls.flatMap(({ id, function: { name, arguments: given } }) => (isName(name) && isObjectText(given) ? [] : [`call ${String(id)} of ${JSON.stringify(name)?.slice(0, 80)} with ${JSON.stringify(given)?.slice(0, 80)}`])),
      ...(message['role'] === 'tool' && message['content'] === '' ? ['an empty answer'] : []),
    ];
  });
}

/** Templates read the arguments of earlier calls as JSON, and fail on anything else. */
function isObjectText(given: unknown): boolean {
  if (typeof given !== 'string') return false;
  try {
    const value: unknown = JSON.parse(given);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false; // Which is what was to be found out.
  }
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name !== '';
}

/** The Messages API: results stand first in the message behind their calls, and no text is empty. */
function blockProblems(messages: readonly Item[]): string[] {
  return messages.flatMap((message, index) => {
    const content = message['content'] as Item[];
    const uses = content.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
    const next = (messages[index + 1]?.['content'] ?? []) as Item[];
    const results = next.slice(0, uses.length).map((block) => block['tool_use_id']);
    return [
      ...(uses.length === 0 || JSON.stringify(uses) === JSON.stringify(results) ? [] : [`uses ${JSON.stringify(uses)} and results ${JSON.stringify(results)}`]),
      ...content.filter(({ type, input }) => type === 'tool_use' && (typeof input !== 'object' || input === null || Array.isArray(input))).map(({ id }) => `the input of ${String(id)} is no object`),
      ...content.filter(({ type, text }) => type === 'text' && String(text).trim() === '').map(() => 'an empty text'),
    ];
  });
}
