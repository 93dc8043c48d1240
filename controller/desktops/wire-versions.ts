import { VitrineError } from '../errors.ts';

/** The oldest version of the wire that is spoken here: desktops of the programs before this one run on through an upgrade. */
export const oldestVersion = 1;

type Fields = Readonly<Record<string, readonly string[]>>;

/** What a version brought, by server: methods, and fields of methods that are older. */
type Brought = Readonly<Record<'hands' | 'shim', { readonly methods: readonly string[]; readonly fields: Fields }>>;

const brought: Readonly<Record<number, Brought>> = {
  2: {
    hands: { methods: ['setEpoch', 'endProcess'], fields: { runProgram: ['epoch'], openProgram: ['epoch'], openFile: ['epoch'], removeFile: ['epoch'] } },
    shim: { methods: [], fields: { writeClipboard: ['epoch'] } },
  },
  3: {
    hands: { methods: [], fields: {} },
    shim: { methods: ['startView', 'thumbnail'], fields: { perform: ['window'] } },
  },
};

/**
 * The parameters as a server of this version knows them: younger fields are left out. Throws `unprocessable` for a method
 * that it does not have; `name` is how the server is called in the message.
 */
export function asSpoken(version: number, server: 'shim' | 'hands', method: string, params: object, name: string): object {
  const younger = Object.entries(brought).flatMap(([since, by]) => (Number(since) > version ? [by[server]] : []));
  if (younger.some(({ methods }) => methods.includes(method))) throw new VitrineError('unprocessable', `${name} speaks version ${version} of the wire, which has no ${method}: launch a new desktop for it`);
  const young = younger.flatMap(({ fields }) => fields[method] ?? []);
  return young.length === 0 ? params : Object.fromEntries(Object.entries(params).filter(([field]) => !young.includes(field)));
}
