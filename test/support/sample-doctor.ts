import type { Doctor } from '../../controller/doctor/doctor.ts';

/** A doctor who finds nothing wrong and attacks nobody. */
export const sampleDoctor: Doctor = {
  look: async () => ({ ok: true, profile: 'browser', findings: [{ name: 'engine', ok: true, says: 'well' }] }),
  selfTest: async (desktop, profile = 'browser') => ({
    desktopId: desktop.id, profile, ok: true, durationMs: 1, probes: [{ name: 'bpf', danger: 'escape', expected: ['refused', 'absent'], seen: 'refused', detail: 'EPERM', ok: true }],
  }),
};
