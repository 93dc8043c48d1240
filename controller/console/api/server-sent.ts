/** One message of a server-sent event stream. */
export type Sent = { readonly id: string | undefined; readonly event: string; readonly data: string };

/**
 * Takes a server-sent event stream piece by piece, cut anywhere, and gives the messages that are complete with each piece.
 * Comments are left out. https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function createSentParser(): (piece: string) => Sent[] {
  let rest = '';
  let fields = emptyFields();
  return (piece) => {
    const messages: Sent[] = [];
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (fields.data.length > 0) messages.push({ id: fields.id, event: fields.event, data: fields.data.join('\n') });
        fields = emptyFields();
        continue;
      }
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (name === 'data') fields.data.push(value);
      if (name === 'id') fields.id = value;
      if (name === 'event') fields.event = value;
    }
    return messages;
  };
}

function emptyFields(): { id: string | undefined; event: string; data: string[] } {
  return { id: undefined, event: 'message', data: [] };
}
