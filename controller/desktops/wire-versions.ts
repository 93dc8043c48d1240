import { protocolVersion } from '../../sandbox-image/wire/index.ts';
import { VitrineError } from '../errors.ts';

/** The oldest version of the wire that is spoken here: desktops of the program before this one run on through an upgrade. */
export const oldestVersion = protocolVersion - 1;

/** What version 2 of the wire brought, by server: methods, and fields of methods that are older. */
const sinceVersion2 = {
  hands: { methods: new Set(['setEpoch', 'endProcess']), fields: { runProgram: 'epoch', openProgram: 'epoch', openFile: 'epoch', removeFile: 'epoch' } as Readonly<Record<string, string>> },
  shim: { methods: new Set<string>(), fields: { writeClipboard: 'epoch' } as Readonly<Record<string, string>> },
} as const;

/**
 * The parameters as a server of this version knows them: younger fields are left out. Throws `unprocessable` for a method
 * that it does not have; `name` is how the server is called in the message.
 */
export function asSpoken(version: number, server: 'shim' | 'hands', method: string, params: object, name: string): object {
  if (version >= 2) return params;
  const { methods, fields } = sinceVersion2[server];
  if (methods.has(method)) throw new VitrineError('unprocessable', `${name} speaks version ${version} of the wire, which has no ${method}: launch a new desktop for it`);
  const young = fields[method];
  return young === undefined ? params : Object.fromEntries(Object.entries(params).filter(([field]) => field !== young));
}
