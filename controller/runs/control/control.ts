import { z } from 'zod';
import { LeftProcess } from '../../desktops/desktop.ts';
import { Control } from '../run.ts';

/** How long a lease lasts unless it is renewed, and the longest time it may be given at once. */
export const defaultLeaseMs = 60_000;
export const maxLeaseMs = 3_600_000;

const who = z.string().trim().min(1).max(64).optional();
const reason = z.string().trim().min(1).max(2000).optional();
const ttlMs = z.int().min(5000).max(maxLeaseMs).default(defaultLeaseMs);
const LeaseId = z.string().min(16).max(64);

/** Takes control of a desktop. `as` names the person where several share a token. */
export const TakeControl = z.strictObject({ as: who, reason, ttlMs }).meta({ id: 'TakeControl' });
export type TakeControl = z.infer<typeof TakeControl>;
export const RenewControl = z.strictObject({ lease: LeaseId, ttlMs }).meta({ id: 'RenewControl' });
/** Gives control back to the agent; `note` is told to the model. */
export const GiveBack = z.strictObject({ lease: LeaseId, note: z.string().trim().min(1).max(10_000).optional() }).meta({ id: 'GiveBack' });
/** Asks whoever is in control to give it back. */
export const RequestControl = z.strictObject({ as: who, reason }).meta({ id: 'RequestControl' });
/** Ends a process that the agent left running. `command` as it was listed: the number may mean another by now. */
export const EndProcess = z.strictObject({ lease: LeaseId, pid: z.int().positive(), command: z.string().min(1).max(400) }).meta({ id: 'EndProcess' });

/** Who may give input on a desktop now. Times are milliseconds since the epoch. */
export const DesktopControl = z.strictObject({
  desktopId: z.string(),
  control: Control,
  /** Who is in control, and until when unless the lease is renewed. */
  holder: z.string().nullable(),
  until: z.int().nullable(),
  /** The run that everything done on the desktop belongs to now, if there is one. */
  runId: z.string().nullable(),
}).meta({ id: 'DesktopControl' });
export type DesktopControl = z.infer<typeof DesktopControl>;

/** What the agent has left running on a desktop. It can see the screen and the keys typed there, as any X client can. */
export const LeftProcesses = z.strictObject({
  processes: z.array(LeftProcess),
  /** Why programs could not be stopped or listed, if so; screen and input are the holder's all the same. */
  problem: z.string().nullable(),
}).meta({ id: 'LeftProcesses' });
export type LeftProcesses = z.infer<typeof LeftProcesses>;

/** Control was taken. `lease` is the secret that everything asked in this time carries, as the field `lease` or the header X-Vitrine-Lease. */
export const ControlTaken = DesktopControl.extend({
  lease: z.string(),
  /** Keys and buttons that were down. */
  released: z.strictObject({ keys: z.array(z.string()), buttons: z.array(z.string()) }),
  /** Programs that Vitrine ran for the agent. */
  stopped: z.array(z.strictObject({ pid: z.int(), command: z.string() })),
  ...LeftProcesses.shape,
}).meta({ id: 'ControlTaken' });
export type ControlTaken = z.infer<typeof ControlTaken>;

/** Something that waits for a person. */
export const InboxItem = z.strictObject({
  kind: z.enum(['approval', 'stuck', 'paused', 'lease_expired', 'control_requested']),
  runId: z.string(),
  desktopId: z.string().nullable(),
  task: z.string(),
  /** The approval to decide, for that kind. */
  approvalId: z.string().nullable(),
  since: z.int(),
  /** When it ends by itself; null if it does not. */
  until: z.int().nullable(),
  /** What is waited for, in words. */
  words: z.string(),
}).meta({ id: 'InboxItem' });
export type InboxItem = z.infer<typeof InboxItem>;
