import { z } from 'zod';
import type { FunctionTool } from './desktop-functions.ts';
import { PersonQuestion } from './transcript.ts';
import type { Call } from './transcript.ts';

/** The function by which a model asks the person who is responsible for its run; the same in every vendor's shape. */
export const askPersonFunction: FunctionTool = {
  name: 'ask_person',
  description: [
    'Asks the person who is responsible for this task, and waits for the answer, which may take minutes.',
    'Only for what the task leaves open and a person has to know or decide: find out yourself what the screen can tell you.',
    'Ask one thing at a time, so that it can be understood without the screen. Never ask for passwords or other secrets. What you call after it in the same turn is not performed: decide again with the answer.',
  ].join(' '),
  parameters: {
    type: 'object', additionalProperties: false, required: ['question'],
    properties: {
      question: { type: 'string', description: 'The question, in full sentences.' },
      choices: { type: 'array', items: { type: 'string' }, maxItems: 8, description: 'The answers to choose from, if they are few. The person may give another one.' },
    },
  },
};

/** Begins what the model is told when a person answered. */
export const beforeAnswer = 'A person answers: ';

const Arguments = z.object({ question: PersonQuestion.shape.text, choices: PersonQuestion.shape.choices.nullish() });

/** The question in a call's arguments, given as an object or as what is wrong with them; or the call's problem, for the model. */
export function readQuestion(given: unknown): Pick<Call, 'question' | 'problem'> {
  const { name } = askPersonFunction;
  if (typeof given === 'string') return { problem: `${name}: ${given}` };
  const read = Arguments.safeParse(given);
  if (!read.success) return { problem: `${name}: ${z.prettifyError(read.error).replaceAll(/\s+/g, ' ').replaceAll('✖ ', '').slice(0, 300)}` };
  return { question: { text: read.data.question, choices: read.data.choices ?? [] } };
}
