import type { z } from 'zod';

/**
 * One method of a server inside the desktop: its parameters, its result, and which side's message carries a body.
 * Both ends parse with the same schemas; an unknown method and bad parameters are the same failure.
 */
export type Method<Params extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> = {
  readonly params: Params;
  readonly result: Result;
  /** `request`: the caller sends bytes. `response`: the answer carries bytes. */
  readonly body: 'none' | 'request' | 'response';
};

/** A table of methods by name: what one server can be asked. */
export type Methods = Readonly<Record<string, Method>>;

export type ParamsOf<Table extends Methods, Name extends keyof Table> = z.input<Table[Name]['params']>;
export type ParsedParamsOf<Table extends Methods, Name extends keyof Table> = z.output<Table[Name]['params']>;
export type ResultOf<Table extends Methods, Name extends keyof Table> = z.output<Table[Name]['result']>;

/** Declares a method; only a typed identity. */
export function method<Params extends z.ZodType, Result extends z.ZodType>(params: Params, result: Result, body: Method['body'] = 'none'): Method<Params, Result> {
  return { params, result, body };
}
