import { readFileSync } from 'node:fs';
import { VitrineError } from './errors.ts';

/** The JSON of a file that a variable names. Throws VitrineError `invalid_request` naming the variable or the file; never quotes the text, which may hold what it should not. */
export function readJsonFile(path: string, variable: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new VitrineError('invalid_request', `${variable} names ${path}, which cannot be read`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VitrineError('invalid_request', `${path} is no JSON`, { cause });
  }
}
