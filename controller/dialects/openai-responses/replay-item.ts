/**
 * An output item of an earlier response as an input item. Everything stays as it came, but for what the API refuses
 * on the way back: `created_by`, an empty `pending_safety_checks`, an empty `status`, and any `status` of a reasoning
 * item. Messages and calls keep their status and messages their phase.
 */
export function replayItem(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  const kept = Object.entries(item).filter(([name, value]) => {
    if (name === 'created_by') return false;
    if (name === 'pending_safety_checks') return Array.isArray(value) && value.length > 0;
    if (name === 'status') return value !== null && value !== undefined && !('type' in item && item.type === 'reasoning');
    return true;
  });
  return Object.fromEntries(kept);
}
