import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readings } from '../../../controller/crash-points.ts';
import { openJournal } from '../../../controller/journal/sqlite-journal.ts';
import { dockerLauncher } from '../../../controller/launcher/docker-launcher.ts';
import { RunFact } from '../../../controller/runs/run-event.ts';

/**
 * What no script here comes to, and the test that does, without a kill at that point: it is committed, or called, in the
 * same way as everything else. A new kind of fact or a new call belongs into a script, or here.
 */
const elsewhere: Readonly<Record<string, string>> = {
  'control.changed': 'test/runs/control-desk.test.ts',
  'control.requested': 'test/runs/control-desk.test.ts',
  'control.fenced': 'test/runs/run-machine.test.ts',
  'operator.intended': 'test/runs/control-desk.test.ts',
  'operator.acted': 'test/runs/control-desk.test.ts',
  'network.changed': 'test/runs/network-questions.test.ts',
  'network.decided': 'test/runs/network-questions.test.ts',
  'desktop.waits': 'test/runs/image-wait.test.ts',
  'run.started_over': 'test/e2e/start-over.test.ts',
  'clock.jumped': 'test/runs/lasting.test.ts',
  'model.failed': 'test/e2e/failures.test.ts',
  'caller.asked': 'test/gateway/retries.test.ts',
  'caller.answered': 'test/gateway/retries.test.ts',
  'policy.judged': 'test/runs/rules.test.ts',
  'journal.recordDeed': 'test/journal/audit.test.ts',
  'journal.keepTraffic': 'test/runs/kept-traffic.test.ts',
  'journal.mark': 'test/gateway/follow-ups.test.ts',
  'journal.keepUpload': 'test/journal/uploads.test.ts',
  'journal.removeUpload': 'test/api/uploads.test.ts',
  'upload.opened': 'test/journal/uploads.test.ts',
  'upload.written': 'test/journal/uploads.test.ts',
  'upload.synced': 'test/journal/uploads.test.ts',
  'upload.renamed': 'test/journal/uploads.test.ts',
  'journal.checkWritable': 'test/e2e/full-disk.test.ts',
  'launcher.buildImage': 'test/launcher/image-builder.test.ts',
  'launcher.cancelBuild': 'test/launcher/image-builder.test.ts',
  'launcher.openRawStream': 'test/launcher/limited-launcher.test.ts',
};

/** The ways in which a run writes or acts that are neither among these points nor tested elsewhere; and what is listed as tested elsewhere and need not be. */
export async function uncovered(points: readonly string[]): Promise<string[]> {
  const hit = new Set(points.flatMap(wordsOf));
  const all = [...factTypes(), ...(await methodsOf()), ...fileSteps];
  return [
    ...all.filter((word) => !hit.has(word) && elsewhere[word] === undefined),
    ...Object.keys(elsewhere).filter((word) => hit.has(word) || !all.includes(word)).map((word) => `${word} need not be listed`),
  ];
}

/** The steps in which a file is made. */
const fileSteps: readonly string[] = ['picture', 'artefact', 'upload'].flatMap((kind) => ['opened', 'written', 'synced', 'renamed'].map((step) => `${kind}.${step}`));

/** The method, and the facts that were committed; a step as it is. */
function wordsOf(point: string): string[] {
  if (fileSteps.includes(point)) return [point];
  const [, method = '', facts = ''] = /^([\w.]+?)(?:\((.*)\))?\.(?:before|after)$/.exec(point) ?? [];
  return [method, ...(method === 'journal.commit' ? facts.split('+') : [])];
}

function factTypes(): string[] {
  return RunFact.options.map((option) => option.shape.type.value);
}

async function methodsOf(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-methods-'));
  const journal = openJournal(folder);
  try {
    const writing = Object.entries(journal).flatMap(([name, value]) => (typeof value === 'function' && !isIn(readings.journal, name) ? [`journal.${name}`] : []));
    const acting = Object.getOwnPropertyNames(Object.getPrototypeOf(dockerLauncher())).filter((name) => name !== 'constructor' && !isIn(readings.launcher, name)).map((name) => `launcher.${name}`);
    return [...writing, ...acting];
  } finally {
    journal.close();
    await rm(folder, { recursive: true });
  }
}

function isIn(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
