import { randomUUID } from 'node:crypto';
import { readConfig } from '../../../controller/config.ts';
import { crashPoints } from '../../../controller/crash-points.ts';
import type { Desktop, Desktops } from '../../../controller/desktops/desktop.ts';
import { readFailpoints } from '../../../controller/failpoint.ts';
import { startController } from '../../../controller/main.ts';

/**
 * A controller that is wrong in one thing: it sends every action under an id of that moment, so that after a restart
 * the desktop's ledger does not know the action that is sent again. A test that cannot tell it from the real one is worth nothing.
 */
const points = crashPoints(readFailpoints(process.env['VITRINE_FAILPOINT'] ?? 'never:1:pass', { kill: () => process.kill(process.pid, 'SIGKILL'), pause: () => process.kill(process.pid, 'SIGSTOP') }));
const controller = await startController(readConfig(process.env), undefined, { ...points, desktops: (desktops) => points.desktops(forgetful(desktops)) });
process.on('SIGTERM', () => void controller.close('keep').then(() => process.exit(0)));

function forgetful(desktops: Desktops): Desktops {
  const known = new Map<Desktop, Desktop>();
  const naive = (desktop: Desktop): Desktop => {
    const made = known.get(desktop) ?? replaced(desktop, { perform: (request, signal) => performAnew(desktop, request, signal) });
    known.set(desktop, made);
    return made;
  };
  return replaced(desktops, {
    get: (id) => {
      const desktop = desktops.get(id);
      return desktop && naive(desktop);
    },
    launch: async (...args) => naive(await desktops.launch(...args)),
  });
}

async function performAnew(desktop: Desktop, request: Parameters<Desktop['perform']>[0], signal: AbortSignal): ReturnType<Desktop['perform']> {
  const performed = await desktop.perform({ ...request, actionId: `again.${randomUUID()}` }, signal);
  return { ...performed, outcome: { ...performed.outcome, actionId: request.actionId } };
}

function replaced<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(key in methods ? methods : target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
