const quoting: Readonly<Record<string, (text: string) => string>> = {
  python: (text) => JSON.stringify(text).replaceAll('\u007f', '\\x7f'),
  shell: (text) => `'${text.replaceAll("'", "'\\''")}'`,
};

/** Puts values into a template. Throws for a value that is not there: a script names only what its task or an earlier step gave. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{\{(\w+)(?:\|(\w+))?\}\}/g, (_all, name: string, quote: string | undefined) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the script uses ${name}, which nothing gave`);
    if (quote === undefined) return value;
    const quoted = quoting[quote];
    if (quoted === undefined) throw new Error(`the script quotes ${name} as ${quote}; it can be ${Object.keys(quoting).join(' or ')}`);
    return quoted(value);
  });
}

/** Puts values into a pattern, where they stand for themselves. */
export function fillPattern(pattern: string, values: Readonly<Record<string, string>>): string {
  const escaped = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, RegExp.escape(value)]));
  return fill(pattern, escaped);
}
