import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

type Argument = { index: number; value: number; valueTwo?: number; op: string };
type Rule = { names: string[]; action: string; errnoRet?: number; args?: Argument[] };

const refused = `
  mount umount2 move_mount fsopen fsmount open_tree mount_setattr pivot_root bpf perf_event_open ptrace
  process_vm_readv process_vm_writev userfaultfd pidfd_getfd keyctl add_key request_key io_uring_setup
  io_uring_enter io_uring_register kexec_load kexec_file_load init_module finit_module delete_module
  open_by_handle_at clock_settime settimeofday adjtimex clock_adjtime reboot swapon setns sethostname
`
  .trim()
  .split(/\s+/);
const newUserNamespace = 0x1000_0000;

function rules(name: string): Rule[] {
  const text = readFileSync(join(import.meta.dirname, `../../sandbox-image/seccomp/${name}.json`), 'utf8');
  const profile = JSON.parse(text);
  assert.equal(profile.defaultAction, 'SCMP_ACT_ERRNO');
  return profile.syscalls;
}

/** Whether a profile lets a call through with these arguments; the others count as zero. */
function allows(name: string, call: string, ...given: number[]): boolean {
  const holds = ({ index, value, valueTwo, op }: Argument): boolean => {
    const actual = BigInt(given[index] ?? 0);
    return op === 'SCMP_CMP_EQ' ? actual === BigInt(value) : (actual & BigInt(value)) === BigInt(valueTwo ?? 0);
  };
  const matching = rules(name).filter((rule) => rule.names.includes(call) && (rule.args ?? []).every(holds));
  return matching.some((rule) => rule.action === 'SCMP_ACT_ALLOW');
}

describe('seccomp profiles', () => {
  for (const name of ['browser', 'strict']) {
    it(`${name} refuses what no program on a desktop needs`, () => {
      assert.deepEqual(
        refused.filter((call) => allows(name, call)),
        [],
      );
    });

    it(`${name} opens unix, stream and datagram sockets only`, () => {
      assert.ok(
        allows(name, 'socket', 1, 5) &&
          allows(name, 'socket', 2, 1 | 0o2000000, 6) &&
          allows(name, 'socket', 10, 2, 17),
      );
      assert.ok(allows(name, 'socket', 16, 3, 0), 'netlink route');
      assert.ok(!allows(name, 'socket', 16, 3, 12), 'netlink netfilter');
      for (const [family, type] of [
        [40, 1],
        [17, 3],
        [2, 3],
        [38, 5],
        [29, 3],
        [30, 1],
      ] as const) {
        assert.ok(!allows(name, 'socket', family, type), `family ${family}, type ${type}`);
      }
    });

    it(`${name} tells of clone3 that it does not exist, so that flags can be checked`, () => {
      const [rule] = rules(name).filter((one) => one.names.includes('clone3'));
      assert.deepEqual([rule?.action, rule?.errnoRet], ['SCMP_ACT_ERRNO', 38]);
    });

    it(`${name} lets nobody have a new mount namespace`, () => {
      assert.ok(!allows(name, 'unshare', 0x2_0000) && !allows(name, 'clone', newUserNamespace | 0x2_0000));
      assert.ok(allows(name, 'clone', 17), 'fork');
    });
  }

  it('differ in user namespaces and chroot', () => {
    assert.ok(
      allows('browser', 'clone', newUserNamespace | 17) &&
        allows('browser', 'unshare', newUserNamespace) &&
        allows('browser', 'chroot'),
    );
    assert.ok(
      !allows('strict', 'clone', newUserNamespace | 17) &&
        !allows('strict', 'unshare', newUserNamespace) &&
        !allows('strict', 'chroot'),
    );
  });
});
