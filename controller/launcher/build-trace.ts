import { protobufFields } from './protobuf-fields.ts';

/** A step of a build as BuildKit reports it, again with every change. */
export type TracedStep = { readonly kind: 'step'; readonly name: string; readonly isStarted: boolean; readonly isCompleted: boolean; readonly isCached: boolean; readonly error: string };
/** Output of a step. */
export type TracedOutput = { readonly kind: 'output'; readonly text: string };

/**
 * What a record `moby.buildkit.trace` says: a StatusResponse of BuildKit's control API, in base64
 * (github.com/moby/buildkit, api/services/control/control.proto). Throws RangeError for what is none.
 */
export function readTrace(base64: string): (TracedStep | TracedOutput)[] {
  const said: (TracedStep | TracedOutput)[] = [];
  for (const { number, value } of protobufFields(Buffer.from(base64, 'base64'))) {
    if (!(value instanceof Buffer)) continue;
    if (number === 1) said.push(stepOf(value));
    if (number === 3) said.push({ kind: 'output', text: textOf(value, 4) });
  }
  return said;
}

function stepOf(vertex: Buffer): TracedStep {
  const fields = new Map([...protobufFields(vertex)].map(({ number, value }) => [number, value]));
  const text = (number: number): string => {
    const value = fields.get(number);
    return value instanceof Buffer ? value.toString('utf8') : '';
  };
  return { kind: 'step', name: text(3), isCached: fields.get(4) === 1, isStarted: fields.has(5), isCompleted: fields.has(6), error: text(7) };
}

function textOf(message: Buffer, wanted: number): string {
  for (const { number, value } of protobufFields(message)) if (number === wanted && value instanceof Buffer) return value.toString('utf8');
  return '';
}
