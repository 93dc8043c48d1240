/** A Content-Disposition that saves what is sent under the last part of a path, whatever characters it has (RFC 6266, RFC 8187). */
export function attachment(path: string): string {
  const name = (path.split('/').at(-1) ?? '').toWellFormed() || 'file';
  const plain = name.replaceAll(/[^\w.,+ -]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
