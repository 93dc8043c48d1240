import type { EngineVersion } from './launcher.ts';

/** Below these, ways out of a container are known: CVE-2026-41567 and CVE-2026-42306 of the engine, CVE-2025-31133, -52565 and -52881 of runc. */
const oldest = { engine: '29.5.1', runc: '1.2.8' } as const;

/** What the person who runs Vitrine should know of their engine, each in a sentence; empty for a recent engine that can hold every limit. `runtime` is the one that was chosen for desktops. */
export function engineWarnings({ engine, runc, runtimes, isolation }: EngineVersion, runtime?: string): string[] {
  const old = (name: string, version: string, wanted: string) => (isOlder(version, wanted)
    ? [`${name} ${version} is older than ${wanted}, and ways out of its containers are known: upgrade it, or give every group of people that must not reach each other a machine of its own`]
    : []);
  const missing = ([['memory', isolation.memory], ['swap', isolation.swap], ['processes', isolation.pids], ['processor', isolation.cpu]] as const).filter(([, can]) => !can).map(([what]) => what);
  return [
    ...old('Docker Engine', engine, oldest.engine),
    ...(runc === undefined ? [] : old('runc', runc, oldest.runc)),
    ...(runtime === undefined || runtimes.includes(runtime) ? [] : [missingRuntime(runtime, runtimes)]),
    ...(isolation.seccomp ? [] : ['this engine has no seccomp: desktops cannot be started on it as they should be']),
    ...(missing.length === 0 ? [] : [`this engine cannot limit ${missing.join(', ')}: one desktop can take what the others need`]),
  ];
}

/** Why desktops cannot be started under a runtime. */
export function missingRuntime(runtime: string, runtimes: readonly string[]): string {
  return `the Docker engine has no runtime ${runtime}, only ${runtimes.join(', ')}: register it with the engine, or name another in VITRINE_RUNTIME; until then no desktop can be launched`;
}

/** Compares dotted numbers; what follows them, such as `+dfsg1` or `-ce`, does not count. */
function isOlder(version: string, wanted: string): boolean {
  const numbers = (text: string) => (/^v?(\d+(?:\.\d+)*)/.exec(text)?.[1] ?? '0').split('.').map(Number);
  const [have, want] = [numbers(version), numbers(wanted)];
  const differing = want.findIndex((number, index) => (have[index] ?? 0) !== number);
  return differing !== -1 && (have[differing] ?? 0) < (want[differing] ?? 0);
}
