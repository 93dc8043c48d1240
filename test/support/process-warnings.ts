/** What Node warned of in this process while the work was done, such as listeners that pile up, in its words. */
export async function warningsDuring(work: () => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const hear = (warning: Error) => void warnings.push(`${warning.name}: ${warning.message}`);
  process.on('warning', hear);
  try {
    await work();
    await new Promise(setImmediate); // Warnings are told on the next tick.
  } finally {
    process.off('warning', hear);
  }
  return warnings;
}
