/** What a request tells a model of its last turn. */
export type Told = {
  /** Texts of the results, in order, by the id of their call where the form has one. */
  readonly results: readonly { readonly callId: string | null; readonly text: string; readonly hasPicture: boolean }[];
  /** Words beside the results. */
  readonly words: readonly string[];
  /** Pictures beside the results, as data URLs. */
  readonly pictures: readonly string[];
};

type Part = { readonly type: string; readonly text?: string; readonly image_url?: string | { readonly url: string } };
type Item = { readonly type?: string; readonly role?: string; readonly call_id?: string; readonly tool_call_id?: string; readonly output?: string | { readonly image_url: string; readonly detail?: string }; readonly content?: string | readonly Part[] };

/** Reads what stands behind the model's last words, in chats and in the Responses API. */
export function readTold(body: Record<string, unknown>): Told {
  const items = (body['messages'] ?? body['input']) as readonly Item[];
  const last = items.findLastIndex((item) => item.role === 'assistant' || item.type === 'reasoning' || item.type === 'computer_call' || item.type === 'function_call');
  const told = items.slice(last + 1);
  const parts = told.flatMap((item) => (item.role === 'user' || item.role === 'developer' ? partsOf(item.content) : []));
  const written = parts.flatMap(({ text }) => (text?.startsWith('<tool_response>') === true ? [{ callId: null, text: text.replaceAll(/<\/?tool_response>/g, '').trim(), hasPicture: false }] : []));
  return {
    results: [...told.flatMap(resultOf), ...written],
    words: parts.flatMap(({ text }) => (text === undefined || text.startsWith('<tool_response>') ? [] : [text])),
    pictures: parts.flatMap(({ image_url: image }) => (image === undefined ? [] : [typeof image === 'string' ? image : image.url])),
  };
}

/** Every picture of a request, as data URLs. */
export function picturesIn(body: Record<string, unknown>): string[] {
  return [...JSON.stringify(body).matchAll(/"(data:image\/png;base64,[^"]+)"/g)].map(([, url = '']) => url);
}

/** Width and height that a PNG says it has. */
export function sizeOfPng(url: string): { readonly width: number; readonly height: number } {
  const bytes = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function resultOf(item: Item): Told['results'] {
  if (item.type === 'computer_call_output' && typeof item.output === 'object') return [{ callId: item.call_id ?? null, text: '', hasPicture: item.output.image_url.startsWith('data:image/png;base64,') }];
  if (item.type === 'function_call_output') return [{ callId: item.call_id ?? null, text: textOf(item.output), hasPicture: false }];
  return item.role === 'tool' ? [{ callId: item.tool_call_id ?? null, text: textOf(item.content), hasPicture: false }] : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function partsOf(content: Item['content']): readonly Part[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
}
