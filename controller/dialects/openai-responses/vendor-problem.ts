/** An error as the vendor's HTTP API tells it: the status, and the fields of its body. */
export type VendorProblem = {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
};

/** A request that is wrong in itself. */
export function invalidRequest(message: string, param: string | null = null, code: string | null = null): VendorProblem {
  return { status: 400, message, type: 'invalid_request_error', param, code };
}

/** The body that goes with a problem's status. */
export function printProblem(problem: VendorProblem): { readonly error: Omit<VendorProblem, 'status'> } {
  const { status: _status, ...error } = problem;
  return { error };
}
