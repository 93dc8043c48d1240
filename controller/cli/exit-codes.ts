/** What the exit code of `vitrine` says. */
export const exitCodes = {
  succeeded: 0,
  /** The run failed, or the command did. */
  failed: 1,
  usage: 2,
  cancelled: 3,
  /** --timeout has passed; the run goes on. */
  stillRunning: 4,
  /** Vitrine cannot be reached, or does not know the token. */
  noAccess: 5,
  /** Vitrine refused the request: unknown id, conflict, not possible. */
  refused: 6,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The table of exit codes for --help. */
export const exitCodesInWords = `
Exit codes:
  0  succeeded
  1  the run or the command failed
  2  wrong usage
  3  the run was cancelled
  4  --timeout has passed; the run goes on
  5  Vitrine cannot be reached, or does not know the token
  6  Vitrine refused the request (unknown id, conflict, not possible)

Environment:
  VITRINE_URL    where Vitrine listens (default http://127.0.0.1:8080)
  VITRINE_TOKEN  the token (default: the file token in VITRINE_DATA)`;
