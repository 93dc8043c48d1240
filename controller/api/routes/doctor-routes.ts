import type { Desktops } from '../../desktops/desktop.ts';
import type { Doctor } from '../../doctor/doctor.ts';
import { VitrineError } from '../../errors.ts';
import type { Runs } from '../../runs/runs.ts';
import { foundDesktop } from '../found-desktop.ts';
import type { Handlers } from '../handler.ts';
import { json } from '../reply.ts';

/** What the installation stands on, and attacks on its desktops from inside. */
export function doctorRoutes(doctor: Doctor, desktops: Desktops, runs: Pick<Runs, 'control'>): Handlers<'GET /api/doctor' | 'POST /api/desktops/{id}/self-test'> {
  return {
    async 'GET /api/doctor'(_request, { signal }) {
      return json(await doctor.look(signal));
    },
    async 'POST /api/desktops/{id}/self-test'({ params, body }, { principal, lease, signal }) {
      const desktop = foundDesktop(desktops, params.id, principal);
      const { runId } = desktop.view();
      if (runId !== null) throw new VitrineError('conflict', `desktop ${params.id} is held by run ${runId}: a self-test takes its memory and processes for moments; test another one`);
      return json(await doctor.selfTest(desktop, body?.profile, runs.control.admit(params.id, lease, principal, signal)));
    },
  };
}
