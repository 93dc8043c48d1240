import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { containerTemplate } from '../../controller/launcher/host-config.ts';
import { readLabels } from '../../controller/launcher/labels.ts';
import type { ContainerSpec } from '../../controller/launcher/launcher.ts';
import { memoryLayout } from '../../controller/launcher/memory-layout.ts';

const gibibyte = 2 ** 30;
const spec: ContainerSpec = {
  desktopId: 'd_7', installId: 'i1', project: 'default', runId: 'r_1', image: 'vitrine-desktop:latest', width: 1280, height: 800, seccomp: 'browser',
  memoryBytes: 2 * gibibyte, cpus: 1, pids: 512, deadManSeconds: 1800, hardDeadline: 1_800_000_000, controllerEpoch: 4,
};
const holes = { seccompProfile: '{"defaultAction":"SCMP_ACT_ERRNO"}', engineCpus: 2, createdAt: new Date('2026-11-22T12:00:00Z') };

const golden = {
  name: 'vitrine-i1-d_7',
  Image: 'vitrine-desktop:latest',
  Hostname: 'desktop',
  Domainname: '',
  User: '10002:10002',
  Env: ['VITRINE_DISPLAY=1280x800', 'VITRINE_DEAD_MAN_SECONDS=1800', 'VITRINE_HARD_DEADLINE=1800000000', 'VITRINE_SECCOMP=browser'],
  Entrypoint: ['/opt/vitrine/warden/warden'],
  Cmd: [],
  WorkingDir: '/',
  OpenStdin: false, AttachStdin: false, AttachStdout: false, AttachStderr: false, Tty: false,
  NetworkDisabled: true,
  StopSignal: 'SIGKILL',
  StopTimeout: 2,
  Healthcheck: { Test: ['NONE'] },
  ExposedPorts: {},
  Volumes: {},
  Labels: {
    'dev.vitrine.managed': '1', 'dev.vitrine.install': 'i1', 'dev.vitrine.desktop': 'd_7', 'dev.vitrine.project': 'default', 'dev.vitrine.run': 'r_1',
    'dev.vitrine.display': '1280x800', 'dev.vitrine.created': '2026-11-22T12:00:00.000Z', 'dev.vitrine.hard-deadline': '1800000000', 'dev.vitrine.controller-epoch': '4',
  },
  HostConfig: {
    NetworkMode: 'none', Privileged: false, ReadonlyRootfs: true,
    CapAdd: [], CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true', 'seccomp={"defaultAction":"SCMP_ACT_ERRNO"}'],
    IpcMode: 'private', CgroupnsMode: 'private', PidMode: '', UTSMode: '', UsernsMode: '', GroupAdd: [],
    Binds: [], Mounts: [], VolumesFrom: [], Links: [], Devices: [], DeviceRequests: [], DeviceCgroupRules: [],
    PortBindings: {}, PublishAllPorts: false, ExtraHosts: [], Dns: [], Sysctls: {},
    PidsLimit: 512, Memory: 2147483648, MemorySwap: 2147483648, NanoCpus: 1000000000, CpuShares: 256,
    OomKillDisable: false, OomScoreAdj: 500, ShmSize: 268435456,
    Ulimits: [{ Name: 'nofile', Soft: 4096, Hard: 4096 }, { Name: 'core', Soft: 0, Hard: 0 }, { Name: 'memlock', Soft: 65536, Hard: 65536 }],
    Tmpfs: {
      '/tmp': 'rw,noexec,nosuid,nodev,size=201326592,mode=1777',
      '/run/vitrine/warden': 'rw,noexec,nosuid,nodev,size=37748736,uid=10002,gid=10002,mode=0700',
      '/run/vitrine/agent': 'rw,noexec,nosuid,nodev,size=16777216,uid=10001,gid=10001,mode=0700',
      '/run/vitrine/forwarder': 'rw,noexec,nosuid,nodev,size=4194304,uid=10003,gid=10003,mode=0700',
      '/home/agent': 'rw,exec,nosuid,nodev,size=545259520,uid=10001,gid=10001,mode=0700',
    },
    Init: true, AutoRemove: false, RestartPolicy: { Name: 'no', MaximumRetryCount: 0 }, LogConfig: { Type: 'none', Config: {} },
  },
};

const holesOfHostConfig = ['Memory', 'MemorySwap', 'NanoCpus', 'PidsLimit', 'ShmSize', 'Tmpfs'];

const anySpec = fc.record({
  desktopId: fc.stringMatching(/^[\w.-]{1,40}$/), installId: fc.stringMatching(/^[\w.-]{1,40}$/), project: fc.string(), runId: fc.option(fc.string(), { nil: undefined }), image: fc.string(),
  width: fc.integer({ min: 320, max: 4096 }), height: fc.integer({ min: 320, max: 4096 }), seccomp: fc.constantFrom('browser' as const, 'strict' as const),
  memoryBytes: fc.integer({ min: gibibyte / 2, max: 64 * gibibyte }), cpus: fc.double({ min: 0.1, max: 64, noNaN: true }), pids: fc.integer({ min: 1, max: 100_000 }),
  deadManSeconds: fc.integer({ min: 5 }), hardDeadline: fc.integer({ min: 1 }), controllerEpoch: fc.integer({ min: 1 }),
});

describe('containerTemplate', () => {
  it('names the runtime that the installation chose, and changes nothing else for it', () => {
    const { HostConfig: { Runtime, ...rest } = {}, ...others } = containerTemplate(spec, { ...holes, runtime: 'runsc' });
    assert.equal(Runtime, 'runsc');
    assert.deepEqual({ ...others, HostConfig: rest }, containerTemplate(spec, holes));
  });

  it('is the one shape of container', () => {
    assert.deepEqual(containerTemplate(spec, holes), golden);
  });

  it('lets no spec change anything but the named holes', () => {
    fc.assert(fc.property(anySpec, (any) => {
      const made = containerTemplate(any, holes);
      const own = made.HostConfig ?? {};
      const constant = Object.entries(golden.HostConfig).filter(([key]) => !holesOfHostConfig.includes(key));
      for (const [key, value] of constant) assert.deepEqual(own[key as keyof typeof own], value, key);
      assert.deepEqual(Object.keys(own).toSorted(), Object.keys(golden.HostConfig).toSorted());
      assert.deepEqual(Object.keys(made).toSorted(), Object.keys(golden).toSorted());
      for (const key of ['User', 'Entrypoint', 'Cmd', 'WorkingDir', 'NetworkDisabled', 'Volumes', 'ExposedPorts'] as const) assert.deepEqual(made[key], golden[key]);
      assert.equal(made.Env?.length, 4);
      assert.deepEqual(Object.keys(own.Tmpfs ?? {}), Object.keys(golden.HostConfig.Tmpfs));
      assert.equal(own.MemorySwap, own.Memory);
      assert.ok((own.NanoCpus ?? 0) <= holes.engineCpus * 1e9);
    }));
  });

  it('refuses a name that would not be one container', () => {
    for (const desktopId of ['', 'a/b', 'a b', '../x', 'é', 'x'.repeat(300)]) {
      if (desktopId === '') continue;
      assert.throws(() => containerTemplate({ ...spec, desktopId }, holes), { code: 'invalid_request' }, desktopId);
    }
  });

  it('starts what the image starts', async () => {
    const dockerfile = await readFile(new URL('../../sandbox-image/Dockerfile', import.meta.url), 'utf8');
    assert.ok(dockerfile.includes('ENTRYPOINT ["/opt/vitrine/warden/warden"]'));
    assert.ok(dockerfile.includes('USER 10002:10002'));
  });

  it('writes labels that are read back', () => {
    assert.deepEqual(readLabels(golden.Labels), {
      desktopId: 'd_7', project: 'default', runId: 'r_1', width: 1280, height: 800, createdAt: Date.parse('2026-11-22T12:00:00Z'), controllerEpoch: 4,
    });
    assert.deepEqual(readLabels({ 'dev.vitrine.display': '9x', 'dev.vitrine.created': 'never' }), {
      desktopId: '', project: '', runId: undefined, width: 0, height: 0, createdAt: 0, controllerEpoch: 0,
    });
  });
});

describe('memoryLayout', () => {
  it('keeps all writable folders and shared memory within half of the memory', () => {
    fc.assert(fc.property(anySpec, (any) => {
      const layout = memoryLayout(any);
      const sum = Object.values(layout).reduce((total, size) => total + size, 0);
      assert.ok(sum <= any.memoryBytes / 2, `${sum} of ${any.memoryBytes}`);
      assert.ok(layout.warden >= any.width * any.height * 4 + 16 * 2 ** 20);
      assert.ok(Object.values(layout).every((size) => Number.isInteger(size) && size > 0));
    }));
  });

  it('refuses memory in which no desktop works', () => {
    assert.throws(() => memoryLayout({ ...spec, memoryBytes: 256 * 2 ** 20 }), { code: 'invalid_request', message: /536870912/ });
  });
});
