import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { containerSpec } from '../../controller/desktops/container-spec.ts';
import { DesktopSpec } from '../../controller/desktops/desktop.ts';
import { containerTemplate } from '../../controller/launcher/host-config.ts';
import { readSeccompProfile } from '../../controller/launcher/seccomp-profile.ts';
import { Installation } from '../desktops/real-desktops.ts';

type Inspected = { readonly Config: Record<string, unknown>; readonly HostConfig: Record<string, unknown>; readonly Mounts: unknown[]; readonly NetworkSettings: { readonly Networks: Record<string, unknown>; readonly Ports: object } };

/** The engine's words for nothing. */
const isNothing = (value: unknown) => value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);

describe('the container that the engine runs', () => {
  it('is the golden one, in every field that decides what it may do', async () => {
    await using installation = new Installation();
    const id = await installation.container(`d-${randomUUID()}`, 1);
    const [{ Config, HostConfig, Mounts, NetworkSettings }] = JSON.parse(execFileSync('docker', ['inspect', id], { encoding: 'utf8' })) as [Inspected];
    const golden = {
      NetworkMode: 'none', Privileged: false, ReadonlyRootfs: true, CapDrop: ['ALL'], IpcMode: 'private', CgroupnsMode: 'private', PidMode: '', UTSMode: '', UsernsMode: '', PublishAllPorts: false,
      PidsLimit: 512, Memory: 2147483648, MemorySwap: 2147483648, CpuShares: 256, OomScoreAdj: 500, ShmSize: 268435456, Init: true, AutoRemove: false,
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 }, LogConfig: { Type: 'none', Config: {} }, VolumeDriver: '', ContainerIDFile: '', Cgroup: '', CgroupParent: '', Isolation: '',
      Ulimits: [{ Name: 'nofile', Hard: 4096, Soft: 4096 }, { Name: 'core', Hard: 0, Soft: 0 }, { Name: 'memlock', Hard: 65536, Soft: 65536 }],
      SecurityOpt: ['no-new-privileges:true', `seccomp=${await readSeccompProfile('browser')}`],
      Tmpfs: {
        '/tmp': 'rw,noexec,nosuid,nodev,size=201326592,mode=1777', '/run/vitrine/warden': 'rw,noexec,nosuid,nodev,size=37748736,uid=10002,gid=10002,mode=0700', '/run/vitrine/agent': 'rw,noexec,nosuid,nodev,size=16777216,uid=10001,gid=10001,mode=0700',
        '/run/vitrine/forwarder': 'rw,noexec,nosuid,nodev,size=4194304,uid=10003,gid=10003,mode=0700', '/home/agent': 'rw,exec,nosuid,nodev,size=545259520,uid=10001,gid=10001,mode=0700',
      },
    };
    for (const [name, value] of Object.entries(golden)) assert.deepEqual(HostConfig[name], value, name);
    for (const name of ['CapAdd', 'Binds', 'Mounts', 'VolumesFrom', 'Links', 'Devices', 'DeviceRequests', 'DeviceCgroupRules', 'PortBindings', 'ExtraHosts', 'Dns', 'DnsOptions', 'DnsSearch', 'GroupAdd', 'Sysctls', 'StorageOpt']) {
      assert.ok(isNothing(HostConfig[name]), `${name}: ${JSON.stringify(HostConfig[name])}`);
    }
    assert.ok((HostConfig['MaskedPaths'] as string[]).includes('/proc/kcore') && (HostConfig['ReadonlyPaths'] as string[]).includes('/proc/sysrq-trigger'), 'the engine\'s own covers stay');
    assert.deepEqual([Config['User'], Config['Tty'], Config['OpenStdin'], Config['WorkingDir'], Config['Entrypoint']], ['10002:10002', false, false, '/', ['/opt/vitrine/warden/warden']]);
    assert.deepEqual([Object.keys(NetworkSettings.Networks).filter((name) => name !== 'none'), isNothing(NetworkSettings.Ports), isNothing(Mounts)], [[], true, true]);
  });
});

describe('a request for a desktop', () => {
  const template = { image: 'vitrine-desktop:latest', seccomp: 'browser' as const, memoryBytes: 2 ** 31, cpus: 1, pids: 512 };
  const policy = { installId: 'i1', controllerEpoch: 1, deadManSeconds: 600, hardLifetimeSeconds: 3600, templates: { default: template } };
  const holes = { seccompProfile: '{}', engineCpus: 2, createdAt: new Date(0) };
  const made = (body: unknown) => {
    const parsed = DesktopSpec.safeParse(body);
    if (!parsed.success) return undefined;
    return containerTemplate(containerSpec(policy, 'd-1', parsed.data, { project: 'default', runId: undefined }), holes);
  };
  const dangerous = ['HostConfig', 'Privileged', 'privileged', 'Binds', 'binds', 'image', 'Image', 'seccomp', 'memoryBytes', 'cpus', 'pids', 'user', 'User', 'Cmd', 'Env', 'env', 'CapAdd', 'Mounts', 'Devices', 'NetworkMode', 'runtime', 'installId', 'labels', '__proto__'];

  it('cannot change the container but in the size of its screen: all else is refused or the template\'s', () => {
    const body = fc.record({
      display: fc.oneof({ weight: 4, arbitrary: fc.record({ width: fc.integer({ min: 300, max: 4200 }), height: fc.integer({ min: 300, max: 4200 }) }) }, { weight: 1, arbitrary: fc.anything() }),
      template: fc.oneof(fc.constant('default'), fc.constantFrom('constructor', '__proto__', ''), fc.string()),
    }, { requiredKeys: [] });
    const extra = fc.oneof(fc.constant({}), fc.dictionary(fc.constantFrom(...dangerous), fc.anything(), { maxKeys: 2 }));
    let accepted = 0;
    fc.assert(fc.property(body, extra, (good, more) => {
      const request: unknown = JSON.parse(JSON.stringify({ ...good, ...more }) ?? 'null');
      let container;
      try {
        container = made(request);
      } catch (reason) {
        assert.equal((reason as { code?: string }).code, 'invalid_request');
        return;
      }
      if (container === undefined) return;
      accepted += 1;
      assert.equal(Object.keys(request as object).filter((name) => name !== 'display' && name !== 'template').length, 0);
      const display = (request as { display?: { width: number; height: number } }).display ?? { width: 1280, height: 800 };
      assert.deepEqual(container.Env?.[0], `VITRINE_DISPLAY=${display.width}x${display.height}`);
      const reference = made({ display }) ?? {};
      const timeless = (given: typeof reference) => ({ ...given, Env: given.Env?.filter((line) => !line.startsWith('VITRINE_HARD_DEADLINE')), Labels: { ...given.Labels, 'dev.vitrine.hard-deadline': '' } });
      assert.deepEqual(timeless(container), timeless(reference));
      const { Tmpfs, ShmSize, ...constant } = container.HostConfig ?? {};
      const { Tmpfs: _folders, ShmSize: _shm, ...usual } = made({})?.HostConfig ?? {};
      assert.deepEqual(constant, usual);
      assert.deepEqual(Object.values(Tmpfs ?? {}).map((options) => options.replace(/size=\d+/, 'size=')), Object.values(_folders ?? {}).map((options) => options.replace(/size=\d+/, 'size=')));
      assert.ok((ShmSize ?? 0) <= 2 ** 30);
    }), { numRuns: 3000 });
    assert.ok(accepted > 100, `only ${accepted} requests were accepted: the property says little`);
  });
});
