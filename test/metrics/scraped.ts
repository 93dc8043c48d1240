/** The value of a series in a page of metrics; undefined where there is none. */
export function valueOf(page: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`).toSorted().join(',');
  for (const line of page.split('\n')) {
    const read = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (read?.[1] === name && (read[2] ?? '').split(',').toSorted().join(',') === wanted) return Number(read[3]);
  }
  return undefined;
}
