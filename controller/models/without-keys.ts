/** A vendor's words without the key: vendors quote keys, or parts of them, in their messages. */
export function withoutKeys(text: string, apiKey: string | undefined): string {
  const plain = apiKey === undefined ? text : text.replaceAll(apiKey, '[key]');
  return plain.replaceAll(/\b(?:sk|key)-[\w*.-]{4,}/g, '[key]').replaceAll(/Bearer\s+[\w~+/.=-]{12,}/gi, 'Bearer [key]');
}
