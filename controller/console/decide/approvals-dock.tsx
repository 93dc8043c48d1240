/** The questions that wait for a person, wherever the operator is. */
export function ApprovalsDock() {
  return null;
}
