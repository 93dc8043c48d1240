import type { Session } from '../../state/session-status.ts';

/** A session's place on the page. One that is over keeps its place until another takes it. */
export type Slot = {
  /** Its own for as long as it is there: a desktop that goes on to another run stays where it is. */
  readonly id: string;
  readonly key: string;
  readonly desktopId: string | null;
  readonly isOver: boolean;
};

/**
 * Where each session stands, given where they stood: nobody moves because of another. What is new takes the first place
 * that is free, or one at the end; without any before they stand in the order given.
 */
export function placed(before: readonly Slot[], sessions: readonly Session[]): readonly Slot[] {
  const left = new Map(sessions.map((session) => [session.key, session]));
  const byDesktop = new Map(sessions.flatMap((session) => (session.desktop === null ? [] : [[session.desktop.id, session] as const])));
  const take = (slot: Slot): Slot => {
    const session = left.get(slot.key) ?? (slot.desktopId === null ? undefined : byDesktop.get(slot.desktopId));
    if (session === undefined || !left.delete(session.key)) return { ...slot, isOver: true };
    return { ...slot, key: session.key, desktopId: session.desktop?.id ?? slot.desktopId, isOver: false };
  };
  const kept = before.map(take);
  const added = [...left.values()];
  const after = kept.map((slot) => (slot.isOver ? slotOf(added.shift()) ?? slot : slot));
  for (const session of added) after.push(slotOf(session));
  return after.length === before.length && after.every((slot, index) => isSame(slot, before[index])) ? before : after;
}

/** Whether the places say the same as the order given, and nothing that is over stands among them. */
export function isInOrder(slots: readonly Slot[], sessions: readonly Session[]): boolean {
  return slots.length === sessions.length && sessions.every(({ key }, index) => slots[index]?.key === key);
}

function slotOf(session: Session): Slot;
function slotOf(session: Session | undefined): Slot | undefined;
function slotOf(session: Session | undefined): Slot | undefined {
  return session && { id: session.key, key: session.key, desktopId: session.desktop?.id ?? null, isOver: false };
}

function isSame(one: Slot, other: Slot | undefined): boolean {
  return one.id === other?.id && one.key === other.key && one.desktopId === other.desktopId && one.isOver === other.isOver;
}
