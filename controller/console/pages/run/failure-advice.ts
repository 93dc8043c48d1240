import type { Run } from '../../api/answers.ts';

type Code = NonNullable<Run['failure']>['code'];

/** What to do about a run that failed, in a sentence. */
export function adviceFor(code: Code): string {
  switch (code) {
    case 'budget_steps': return 'It used up its steps. Give it more (maxSteps), or a smaller task.';
    case 'budget_duration': return 'It used up its working time. Give it more (maxDurationMs), or look in the replay for what took so long.';
    case 'budget_tokens': return 'It used up its tokens. Give it more (maxTokens), or a smaller task.';
    case 'budget_cost': return 'It used up its money. Raise the limit (maxCostUsd), or choose a cheaper model.';
    case 'model_failed': return 'The model\'s service failed or answered what could not be understood. Try again; if it stays so, look at the model\'s key, name and limits.';
    case 'model_refused': return 'The model would not do it. Read in the replay what it said, and put the task otherwise.';
    case 'desktop_failed': return 'Its desktop could not be started, or broke. The doctor says what the installation lacks: npx vitrine doctor.';
    case 'desktop_lost': return 'Its desktop went away while it ran. Start it again; with onDesktopLost: start_over a run does that by itself.';
    case 'caller_lost': return 'The program that drives it did not come back in time. Look there, or give it longer (callerTimeoutMs).';
    case 'queue_timeout': return 'No desktop could be had for too long. Release some, allow more, or let it wait longer (queueTimeoutMs).';
    case 'stuck': return 'It went round in circles, and nobody could be asked. The replay shows where; say in the task how to get past that.';
    case 'internal': return 'Something in Vitrine itself failed. The controller\'s log has the cause, by the id of the run.';
  }
}
