import type { Desktop, Desktops } from './desktops/desktop.ts';
import type { Failpoint } from './failpoint.ts';
import type { Commit, Journal } from './journal/journal.ts';
import type { Launcher } from './launcher/launcher.ts';
import type { Model, Models } from './models/model.ts';

/** Everything through which a controller acts and remembers. */
export type Ports = { readonly journal: Journal; readonly launcher: Launcher; readonly desktops: Desktops; readonly models: Models };

/** What is put around each port when a controller is composed, and who is told of the steps in which it writes files. */
export type Around = { readonly [Name in keyof Ports]: (port: Ports[Name]) => Ports[Name] } & { readonly files?: Failpoint };

/** The ports as they are. */
export const nothingAround: Around = { journal: (port) => port, launcher: (port) => port, desktops: (port) => port, models: (port) => port };

/** Methods that change nothing anywhere: a crash at one of them is a crash after whatever came before. All others are crash points. */
export const readings = {
  journal: ['run', 'unfinishedRuns', 'findRuns', 'events', 'effects', 'dueDeadlines', 'nextDeadline', 'approval', 'findApprovals', 'census', 'controlEpoch', 'audit', 'picture', 'artefact', 'artefacts', 'upload', 'waitingUploads', 'isMarked', 'traffic', 'checkRoom'],
  launcher: ['version', 'image', 'desktopImage', 'logTail', 'inspect'],
  desktops: ['get', 'list', 'onGone', 'onExpiring', 'idleMs'],
  desktop: ['view', 'state', 'onEnd', 'inEpoch', 'listLeftProcesses', 'openView', 'thumbnail'],
  model: [],
} as const satisfies { readonly journal: readonly (keyof Journal)[]; readonly launcher: readonly (keyof Launcher)[]; readonly desktops: readonly (keyof Desktops)[]; readonly desktop: readonly (keyof Desktop)[]; readonly model: readonly (keyof Model)[] };

type Call = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Puts a point before and after every call by which a run goes on: `port.method.before` and `port.method.after`, with
 * what is committed or performed in brackets. A new method of a port is a point by itself. A commit's points lie around
 * its transaction, a picture's and an artefact's around each step of making its file (opened, written, synced, renamed) too, an
 * action's around its way to the desktop and back.
 */
export function crashPoints(failpoint: Failpoint): Around {
  const wrapped = new WeakMap<object, object>();
  const once = <Port extends object>(port: Port, make: () => Port): Port => {
    const known = wrapped.get(port);
    if (known !== undefined) return known as Port;
    const made = make();
    wrapped.set(port, made);
    return made;
  };
  const desktop = (one: Desktop) => once(one, () => {
    const hands = (epoch: number) => pointed(one.inEpoch(epoch), 'desktop', readings.desktop, failpoint);
    return through(pointed(one, 'desktop', readings.desktop, failpoint), { inEpoch: hands });
  });
  const model = (one: Model) => once(one, () => pointed(one, 'model', readings.model, failpoint));
  return {
    journal: (port) => pointed(port, 'journal', readings.journal, failpoint),
    launcher: (port) => pointed(port, 'launcher', readings.launcher, failpoint),
    desktops: (port) => {
      const points = pointed(port, 'desktops', readings.desktops, failpoint);
      return through(points, {
        get: (id) => mapped(port.get(id), desktop),
        launch: async (...args) => desktop(await points.launch(...args)),
      });
    },
    models: (port) => through(port, { get: (name) => model(port.get(name)) }),
    files: failpoint,
  };
}

function pointed<Port extends object>(port: Port, kind: keyof typeof readings, reading: readonly string[], failpoint: Failpoint): Port {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const call: Call = (value as Call).bind(target);
      if (typeof key !== 'string' || reading.includes(key)) return call;
      return (...args: unknown[]) => {
        const name = `${kind}.${key}${detail(key, args[0])}`;
        failpoint(`${name}.before`);
        return afterwards(call(...args), () => failpoint(`${name}.after`));
      };
    },
  });
}

/** A port with some of its methods replaced. */
function through<Port extends object>(port: Port, replaced: Partial<Port>): Port {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(key in replaced ? replaced : target, key, target);
      return typeof value === 'function' ? (value as Call).bind(target) : value;
    },
  });
}

function afterwards(result: unknown, then: () => void): unknown {
  if (result instanceof Promise) return result.finally(then);
  then();
  return result;
}

/** What tells two calls of one method apart: the facts of a commit, the kind of an action. */
function detail(method: string, given: unknown): string {
  if (method === 'commit') return `(${(given as Commit).facts.map(({ type }) => type).join('+') || 'no facts'})`;
  if (method === 'perform') return `(${(given as { action: { type: string } }).action.type})`;
  return '';
}

function mapped<From, To>(value: From | undefined, map: (value: From) => To): To | undefined {
  return value === undefined ? undefined : map(value);
}
