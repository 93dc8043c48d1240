/** A stage that could not be had: `message` is one sentence with what to do, `detail` the tail of the program that failed. */
export class SetupFailure extends Error {
  readonly detail: string;

  constructor(message: string, detail = '') {
    super(message);
    this.name = 'SetupFailure';
    this.detail = detail;
  }
}
