import { z } from 'zod';

/** What became of an attempt to get out of a desktop; probes.py says what each word means. */
export const Seen = z.enum(['refused', 'absent', 'bounded', 'succeeded', 'unbounded', 'died', 'unknown']).meta({ id: 'ProbeSeen' });
export type Seen = z.infer<typeof Seen>;

/** Which danger a probe is about: a way out of the container, to the network, into the warden's processes, or beyond a share. */
export const Danger = z.enum(['escape', 'network', 'warden', 'resources']).meta({ id: 'ProbeDanger' });
export type Danger = z.infer<typeof Danger>;

export type Profile = 'browser' | 'strict';
export type Probe = { readonly name: string; readonly danger: Danger };

/** Names of probes.py, in the order in which they are made: what weighs on the desktop comes last. */
const names: Readonly<Record<Danger, readonly string[]>> = {
  escape: [
    'new-user-namespace', 'clone-user-namespace', 'clone3-user-namespace', 'new-mount-namespace', 'new-mount-namespace-inside', 'new-both-namespaces', 'new-cgroup-namespace',
    'new-uts-namespace', 'new-ipc-namespace', 'new-time-namespace', 'new-net-namespace', 'new-pid-namespace', 'mount-tmpfs', 'mount-tmpfs-inside', 'mount-proc-inside', 'bind-mount',
    'remount-root', 'remount-root-inside', 'unmount', 'pivot-root', 'fsopen', 'open-tree', 'move-mount', 'mount-setattr', 'setns-first-process', 'setns-own', 'chroot-escape', 'bpf',
    'bpf-inside', 'perf-event', 'io-uring', 'userfaultfd', 'keyctl', 'add-key', 'request-key', 'open-by-handle', 'kexec', 'kernel-module', 'module-of-file', 'reboot', 'swap', 'set-clock',
    'adjust-clock', 'host-name', 'host-name-inside', 'kernel-log', 'accounting', 'quota', 'io-ports', 'local-descriptors', 'fanotify', 'compare-kernel-objects', 'no-randomisation',
    'device-disk', 'device-memory', 'device-disk-inside', 'vsock', 'packet-socket', 'packet-socket-inside', 'crypto-socket', 'bluetooth-socket', 'can-socket', 'tipc-socket', 'xdp-socket',
    'netfilter-netlink', 'audit-netlink', 'events-netlink', 'become-root', 'become-warden', 'become-forwarder', 'become-root-group', 'supplementary-groups', 'capabilities',
    'privileged-programs', 'own-setuid-program', 'execute-from-tmp', 'execute-from-shm', 'execute-from-run', 'write-etc', 'write-opt', 'write-usr', 'write-root', 'write-passwd', 'sys-write',
    'sys-uevent', 'sys-firmware', 'cgroup-write', 'cgroup-release-agent', 'cgroup-folder', 'sysrq', 'core-pattern', 'modprobe-path', 'forwarding', 'binfmt', 'kernel-memory', 'kernel-keys',
    'timer-list', 'scheduler-debug', 'kernel-message-file', 'device-mem-file', 'engine-socket', 'disk-devices',
  ],
  warden: [
    'ptrace-warden', 'ptrace-own-child', 'read-memory-of-warden', 'write-memory-of-warden', 'open-memory-of-warden', 'environment-of-warden', 'files-of-warden', 'root-of-warden',
    'maps-of-warden', 'folder-of-warden', 'root-of-first-process', 'signal-first-process', 'signal-warden', 'stop-warden', 'pidfd-signal-warden', 'pidfd-steal-file', 'renice-warden',
    'limits-of-warden', 'connect-shim', 'list-warden-folder', 'read-screen-file', 'list-forwarder-folder', 'replace-warden-folder', 'oom-score-of-warden', 'oom-immunity',
  ],
  network: [
    'tcp-metadata', 'tcp-bridge', 'tcp-public', 'tcp-public-6', 'tcp-private', 'udp-public', 'dns', 'interfaces', 'routes', 'new-interface', 'new-interface-inside', 'raw-socket', 'raw-socket-6',
    'raw-socket-inside', 'ping-socket', 'sctp-socket',
  ],
  resources: [
    'fork-bomb', 'memory-bomb', 'fill-tmp', 'fill-shm', 'fill-home', 'fill-run', 'open-files', 'more-open-files', 'core-dump', 'locked-memory', 'processor', 'realtime', 'higher-priority',
  ],
};

/** What Chromium makes its own sandbox of: possible under `browser`, and everything inside it refused. */
const partsOfSandbox = ['new-user-namespace', 'clone-user-namespace'];
/** What is there for everybody, up to a limit. */
const shared = ['fork-bomb', 'memory-bomb', 'fill-tmp', 'fill-shm', 'fill-home', 'fill-run', 'open-files', 'processor'];

/** Every attempt that is made. */
export const probes: readonly Probe[] = Danger.options.toSorted((a, b) => order(a) - order(b)).flatMap((danger) => names[danger].map((name) => ({ name, danger })));

function order(danger: Danger): number {
  return Object.keys(names).indexOf(danger);
}

/** What may be seen of a probe where a desktop is as it should be. */
export function expected({ name }: Probe, profile: Profile): readonly Seen[] {
  if (partsOfSandbox.includes(name) && profile === 'browser') return ['succeeded'];
  return shared.includes(name) ? ['bounded'] : ['refused', 'absent'];
}
