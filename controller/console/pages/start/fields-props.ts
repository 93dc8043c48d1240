import type { Draft, Problems } from './draft.ts';

/** What a group of fields gets. */
export type FieldsProps = { readonly draft: Draft; readonly problems: Problems; readonly change: (changes: Partial<Draft>) => void };
