/*
 * A vendor's answer under another model's name: the asker knows its model by an alias, and is answered under it.
 *
 *   ← { "model": "gpt-5.6", … }                               one body
 *   ← data: { "type": "response.created", "response": { "model": "gpt-5.6", … } }
 *   ← data: { "type": "message_start", "message": { "model": "claude-opus-5", … } }
 */

/** Places besides the top where an event of a stream names its model. */
const inside = new Set(['response', 'message']);

/** A body's text with the model's name exchanged; as it is if it is not JSON. */
export function renameModelInBody(text: string, name: string): string {
  try {
    return JSON.stringify(renamed(JSON.parse(text), name));
  } catch {
    return text; // Not JSON: whoever asked sees it as it came.
  }
}

/** The bytes of an event stream with the model's name exchanged. Events go on as soon as their lines are whole; all other bytes are as they came. */
export async function* renameModelInEvents(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const end = rest.lastIndexOf('\n') + 1;
    if (end === 0) continue;
    yield Buffer.from(rest.slice(0, end).split('\n').map((line) => renameInLine(line, name)).join('\n'));
    rest = rest.slice(end);
  }
  rest += decoder.decode();
  if (rest !== '') yield Buffer.from(renameInLine(rest, name));
}

function renameInLine(line: string, name: string): string {
  const data = /^data: ?(\{.*)$/s.exec(line)?.[1];
  return data?.includes('"model"') ? `data: ${renameModelInBody(data, name)}` : line;
}

function renamed(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value as Record<string, unknown>).map(([key, held]) => {
    if (key === 'model' && typeof held === 'string') return [key, name];
    return [key, inside.has(key) && hasModel(held) ? { ...held, model: name } : held];
  }));
}

function hasModel(value: unknown): value is { readonly model: string } {
  return typeof value === 'object' && value !== null && 'model' in value && typeof value.model === 'string';
}
