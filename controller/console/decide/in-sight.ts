/** Whether the two answers to a question are where a person sees them: drawn, within the window, and under nothing else. */
export function isInSight(approvalId: string): boolean {
  const answers = answersTo(approvalId);
  if (answers === null) return false;
  const { left, top, width, height } = answers.getBoundingClientRect();
  return answers.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}

/** Brings a question that is on the page back into the window. */
export function bringIntoSight(approvalId: string): void {
  answersTo(approvalId)?.scrollIntoView({ block: 'nearest' });
}

function answersTo(approvalId: string): Element | null {
  return document.querySelector(`[data-approval="${CSS.escape(approvalId)}"] [data-decision]`);
}
