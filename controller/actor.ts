import { AsyncLocalStorage } from 'node:async_hooks';

/** Whose request is being served, and from which address it came. */
export type Actor = { readonly name: string; readonly address: string };

/** The request behind what is done now, for the audit's `from`. What goes on after a request has it too: whoever reads it compares the name. */
export const actor = new AsyncLocalStorage<Actor>();
