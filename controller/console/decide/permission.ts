import type { Approval, Run } from '../api/answers.ts';
import type { Me } from '../state/me.ts';

/** Whether somebody may decide, and if not, why, in words. */
export type Permission = { readonly may: true } | { readonly may: false; readonly why: string };

/** Whether this token may decide this approval, or answer this question of the model's, as the server would say. */
export function mayDecide(me: Me | null, approval: Pick<Approval, 'state' | 'kind'>, run: Pick<Run, 'startedBy'> | null): Permission {
  if (approval.state !== 'pending') return { may: false, why: 'It has been decided.' };
  if (me === null) return { may: false, why: 'Nobody is signed in.' };
  if (approval.kind === 'question') return me.scopes.includes('runs:control') ? { may: true } : { may: false, why: `You are signed in as ${me.name}, who may look and not answer: that takes the right runs:control.` };
  if (!me.scopes.includes('approvals:decide')) return { may: false, why: `You are signed in as ${me.name}, who may look and not decide: that takes the right approvals:decide.` };
  if (!me.mayDecideOwn && run !== null && run.startedBy === me.name) {
    return { may: false, why: `You (${me.name}) started this run, and nobody decides about what they started themselves unless their token has approvals:decide by name. Somebody else has to.` };
  }
  return { may: true };
}
