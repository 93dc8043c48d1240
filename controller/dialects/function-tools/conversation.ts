/** A part of a user's message. */
export type ChatPart = { readonly type: 'text'; readonly text: string } | { readonly type: 'image_url'; readonly image_url: { readonly url: string } };

/** One message of a chat, as it goes over HTTP. */
export type WrittenMessage = Readonly<Record<string, unknown>> & { readonly role: string };

/** Text as a part. */
export function textPart(text: string): ChatPart {
  return { type: 'text', text };
}

/** A picture as a part, from its data URL. */
export function picturePart(url: string): ChatPart {
  return { type: 'image_url', image_url: { url } };
}

/** Messages that are being collected. */
export type Conversation = {
  /** Adds anything but a user's message. */
  add(message: WrittenMessage): void;
  /** Adds to what the user says. Parts in a row become one message: many templates accept users' and assistants' only in turn. */
  say(...parts: readonly ChatPart[]): void;
  /** Shows frames under a word that says what they are. The latest is not shown twice; one without a picture is left out. */
  show(frameIds: readonly (string | null)[], caption: string): void;
  messages(): readonly WrittenMessage[];
};

/** A conversation without messages. `pictures` maps frame ids to data URLs. */
export function createConversation(pictures: ReadonlyMap<string, string>): Conversation {
  const messages: WrittenMessage[] = [];
  let open: ChatPart[] | undefined;
  let latestFrame: string | null = null;

  function say(...parts: readonly ChatPart[]): void {
    if (parts.length === 0) return;
    if (open === undefined) {
      open = [];
      messages.push({ role: 'user', content: open });
    }
    open.push(...parts);
  }

  return {
    say,
    add(message) {
      open = undefined;
      messages.push(message);
    },
    show(frameIds, caption) {
      const urls: string[] = [];
      for (const id of new Set(frameIds)) {
        const url = id === null || id === latestFrame ? undefined : pictures.get(id);
        if (url === undefined) continue;
        latestFrame = id;
        urls.push(url);
      }
      if (urls.length > 0) say(...(caption === '' ? [] : [textPart(caption)]), ...urls.map(picturePart));
    },
    messages: () => messages,
  };
}
