import type { ContainerSpec } from './launcher.ts';

const prefix = 'dev.vitrine.';

/** Names of the labels by which a controller finds its containers again. */
export const label = {
  managed: `${prefix}managed`,
  install: `${prefix}install`,
  desktop: `${prefix}desktop`,
  project: `${prefix}project`,
  run: `${prefix}run`,
  display: `${prefix}display`,
  created: `${prefix}created`,
  hardDeadline: `${prefix}hard-deadline`,
  controllerEpoch: `${prefix}controller-epoch`,
} as const;

/** The labels of a new container. */
export function labelsOf(spec: ContainerSpec, createdAt: Date): Record<string, string> {
  return {
    [label.managed]: '1',
    [label.install]: spec.installId,
    [label.desktop]: spec.desktopId,
    [label.project]: spec.project,
    ...(spec.runId === undefined ? {} : { [label.run]: spec.runId }),
    [label.display]: `${spec.width}x${spec.height}`,
    [label.created]: createdAt.toISOString(),
    [label.hardDeadline]: String(spec.hardDeadline),
    [label.controllerEpoch]: String(spec.controllerEpoch),
  };
}

/** The filter that lists the containers of one installation. */
export function labelFilter(installId: string): string[] {
  return [`${label.managed}=1`, `${label.install}=${installId}`];
}

/** What the labels of a container say; zeros and empty strings where they say nothing usable. */
export function readLabels(labels: Readonly<Record<string, string>>) {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(labels[label.display] ?? '') ?? [];
  return {
    desktopId: labels[label.desktop] ?? '',
    project: labels[label.project] ?? '',
    runId: labels[label.run],
    width: Number(width ?? 0),
    height: Number(height ?? 0),
    createdAt: Date.parse(labels[label.created] ?? '') || 0,
    controllerEpoch: Number(labels[label.controllerEpoch] ?? 0) || 0,
  };
}
