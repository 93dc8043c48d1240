"""Attempts to get out of a desktop, each made by a process of its own as whoever runs this.

Standard input holds one JSON object: {"probes": [names], "limits": {...}, "engine": [addresses]}. One JSON object a line
comes out for each: {"probe": name, "seen": word, "detail": text}. The words:
  refused    the system said no                    succeeded  it worked
  absent     there is nothing to try it on         bounded    it worked up to the limit
  unbounded  it went beyond the limit              died       the attempt was killed by a signal
  unknown    the attempt itself went wrong
"""
import ctypes, errno, glob, json, mmap, os, platform, resource, select, signal, socket, stat, struct, subprocess, sys, time

libc = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == "aarch64"
# Numbers of calls that libc has no function for: x86-64, then arm64.
NUMBERS = {
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268),
    "bpf": (321, 280), "perf_event_open": (298, 241), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsmount": (432, 432), "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171), "sethostname": (170, 161), "acct": (163, 89),
    "quotactl": (179, 60), "syslog": (103, 116), "lookup_dcookie": (212, 18), "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None),
    "vhangup": (153, 58), "fanotify_init": (300, 262), "clone": (56, 220), "clone3": (435, 435), "mknodat": (259, 33), "personality": (135, 92), "nfsservctl": (180, 42),
    "process_madvise": (440, 440), "memfd_secret": (447, 447), "pidfd_send_signal": (424, 424), "move_pages": (279, 239), "migrate_pages": (256, 238), "kcmp": (312, 272),
}
NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME = 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80
WARDEN = 10002
LIMITS = {}
ENGINE = []


class Said(Exception):
    """Ends an attempt with what was seen."""
    def __init__(self, seen, detail=""):
        super().__init__(seen)
        self.seen, self.detail = seen, detail


def call(name, *arguments):
    """The result of a system call; raises OSError where the kernel refuses."""
    number = NUMBERS[name][1 if ARM else 0]
    if number is None:
        raise Said("absent", "this architecture has no " + name)
    ctypes.set_errno(0)
    plain = [argument if isinstance(argument, (ctypes.c_char_p, ctypes.c_void_p, ctypes.Array)) or argument is None else ctypes.c_long(argument) for argument in arguments]
    result = libc.syscall(ctypes.c_long(number), *plain)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def text(value):
    return ctypes.c_char_p(value.encode())


def warden_pids():
    """Processes of another user of this desktop: the X server, the shim, the first process."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.stat("/proc/" + entry).st_uid == WARDEN:
                    found.append(int(entry))
            except OSError:
                pass
    return sorted(found)


def shim_pid():
    for pid in warden_pids():
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                if b"/opt/vitrine/shim/" in file.read():
                    return pid
        except OSError:
            pass
    raise Said("unknown", "the shim is not to be found")


def each_warden(attempt):
    """Tries it on every process of the warden; all must refuse."""
    pids = warden_pids()
    if not pids:
        raise Said("unknown", "no process of the warden is to be found")
    refusals = []
    for pid in pids:
        try:
            attempt(pid)
        except OSError as error:
            refusals.append(errno.errorcode.get(error.errno, str(error.errno)))
            continue
        raise Said("succeeded", "process %d" % pid)
    raise Said("refused", "%s of %d processes" % ("/".join(sorted(set(refusals))), len(pids)))


# --- namespaces, mounts, the kernel ---------------------------------------------------------------------------------

def in_user_namespace(attempt):
    """Does it where this process has every capability of a user namespace of its own; where there is none, says so."""
    def inner():
        call("unshare", NEWUSER)
        return attempt()
    return inner


def in_network_namespace(attempt):
    """The same with a network of its own besides."""
    def inner():
        call("unshare", NEWUSER | NEWNET)
        return attempt()
    return inner


def unshare(flags):
    return lambda: call("unshare", flags)


def mount_tmpfs():
    call("mount", text("none"), text("/home/agent"), text("tmpfs"), 0, None)


def mount_proc():
    call("mount", text("proc"), text("/home/agent"), text("proc"), 0, None)


def remount_root():
    call("mount", None, text("/"), None, 32, None)  # MS_REMOUNT, without MS_RDONLY


def bind_mount():
    call("mount", text("/"), text("/home/agent"), None, 4096, None)


def clone_newuser():
    child = call("clone", NEWUSER | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def clone3_newuser():
    arguments = struct.pack("11Q", NEWUSER, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0)
    buffer = ctypes.create_string_buffer(arguments, len(arguments))
    child = call("clone3", buffer, len(arguments))
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def setns_of_first():
    with open("/proc/1/ns/mnt") as file:
        call("setns", file.fileno(), 0)


def setns_own():
    with open("/proc/self/ns/net") as file:
        call("setns", file.fileno(), 0)


def chroot_escape():
    """The classical way: keep the old root open, change root, climb out."""
    os.makedirs("/home/agent/.cell", exist_ok=True)
    outside = os.open("/", os.O_RDONLY)
    try:
        call("chroot", text("/home/agent/.cell"))
        os.fchdir(outside)
        for _ in range(64):
            os.chdir("..")
        call("chroot", text("."))
    finally:
        os.close(outside)


def bpf_load():
    attributes = ctypes.create_string_buffer(128)
    call("bpf", 0, attributes, 128)


def perf():
    attributes = ctypes.create_string_buffer(struct.pack("IIQ", 1, 112, 0), 112)
    call("perf_event_open", attributes, 0, -1, -1, 0)


def io_uring():
    call("io_uring_setup", 4, ctypes.create_string_buffer(248))


def userfault():
    call("userfaultfd", 1)  # user mode only: what an unprivileged process may have elsewhere


def keyctl_session():
    call("keyctl", 0, -3, 1)


def add_key():
    call("add_key", text("user"), text("vitrine"), text("secret"), 6, -3)


def handle_of_root():
    """Opens a file by its handle, around every mount: how shocker read the host's files."""
    handle = ctypes.create_string_buffer(struct.pack("II", 8, 1) + struct.pack("Q", 2), 24)
    call("open_by_handle_at", os.open("/etc/passwd", os.O_RDONLY), handle, 0)


def device_node(kind, major, minor):
    def attempt():
        path = "/home/agent/.node"
        try:
            call("mknodat", -100, text(path), kind | 0o600, os.makedev(major, minor))
        finally:
            if os.path.lexists(path):
                os.unlink(path)
    return attempt


def plain_call(name, *arguments):
    return lambda: call(name, *arguments)


def iopl():
    call("iopl", 3)


def personality_bits():
    call("personality", 0x0040000)  # ADDR_NO_RANDOMIZE, for whoever runs after this


def vsock():
    with socket.socket(getattr(socket, "AF_VSOCK", 40), socket.SOCK_STREAM) as plug:
        plug.settimeout(3)
        plug.connect((2, 1024))


def open_socket(family, kind, protocol=0):
    def attempt():
        socket.socket(family, kind, protocol).close()
    return attempt


# --- the other user of the desktop ----------------------------------------------------------------------------------

def ptrace_attach():
    each_warden(lambda pid: call("ptrace", 16, pid, 0, 0))


def ptrace_own_child():
    child = os.fork()
    if child == 0:
        time.sleep(3)
        os._exit(0)
    try:
        call("ptrace", 16, child, 0, 0)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def read_memory():
    buffer = ctypes.create_string_buffer(16)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 16)
    remote = (ctypes.c_void_p * 2)(0x400000, 16)
    each_warden(lambda pid: call("process_vm_readv", pid, local, 1, remote, 1, 0))


def write_memory():
    buffer = ctypes.create_string_buffer(16)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 16)
    remote = (ctypes.c_void_p * 2)(0x400000, 16)
    each_warden(lambda pid: call("process_vm_writev", pid, local, 1, remote, 1, 0))


def open_of_warden(name, flags=os.O_RDONLY):
    return lambda: each_warden(lambda pid: os.close(os.open("/proc/%d/%s" % (pid, name), flags)))


def list_of_warden(name):
    return lambda: each_warden(lambda pid: os.listdir("/proc/%d/%s" % (pid, name)))


def signal_warden(number):
    return lambda: each_warden(lambda pid: os.kill(pid, number))


def pidfd_signal():
    def attempt(pid):
        fd = call("pidfd_open", pid, 0)
        try:
            call("pidfd_send_signal", fd, 0, None, 0)
        finally:
            os.close(fd)
    each_warden(attempt)


def pidfd_steal():
    def attempt(pid):
        fd = call("pidfd_open", pid, 0)
        try:
            call("pidfd_getfd", fd, 0, 0)
        finally:
            os.close(fd)
    each_warden(attempt)


def renice_warden():
    each_warden(lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 5))


def limit_warden():
    each_warden(lambda pid: resource.prlimit(pid, resource.RLIMIT_NOFILE, (16, 16)))


def shim_socket():
    with socket.socket(socket.AF_UNIX) as plug:
        plug.settimeout(3)
        plug.connect("/run/vitrine/warden/shim.sock")


def list_folder(path):
    return lambda: os.listdir(path)


def read_file(path):
    def attempt():
        with open(path, "rb") as file:
            file.read(1)
    return attempt


def write_file(path, content=b"1", only_open=False):
    def attempt():
        fd = os.open(path, os.O_WRONLY)
        try:
            if not only_open:
                os.write(fd, content)
        finally:
            os.close(fd)
    return attempt


def make_file(path):
    def attempt():
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.close(fd)
        os.unlink(path)
    return attempt


def oom_immunity():
    with open("/proc/self/oom_score_adj", "r+") as file:
        file.write("-1000")
        file.flush()


# --- becoming somebody else -----------------------------------------------------------------------------------------

def become(user):
    return lambda: os.setresuid(user, user, user)


def become_group():
    os.setresgid(0, 0, 0)


def any_capability():
    with open("/proc/self/status") as file:
        lines = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
    held = [name for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb") if int(lines[name], 16) != 0]
    if held:
        raise Said("succeeded", " ".join(held))
    if lines["NoNewPrivs"].strip() != "1" or lines["Seccomp"].strip() != "2":
        raise Said("succeeded", "NoNewPrivs %s, Seccomp %s" % (lines["NoNewPrivs"], lines["Seccomp"]))
    raise Said("absent", "no capability in any set, no new privileges, seccomp filtering")


def privileged_programs():
    """Files that run as somebody else or with a capability, anywhere that is mounted."""
    found = []
    for root, folders, files in os.walk("/"):
        if root in ("/proc", "/sys"):
            folders[:] = []
            continue
        for name in files:
            path = os.path.join(root, name)
            try:
                kind = os.lstat(path)
                if stat.S_ISREG(kind.st_mode) and (kind.st_mode & (stat.S_ISUID | stat.S_ISGID) or "security.capability" in os.listxattr(path, follow_symlinks=False)):
                    found.append(path)
            except OSError:
                pass
    if found:
        raise Said("succeeded", " ".join(found[:5]))
    raise Said("absent", "no such file")


def setuid_own():
    """Makes a program that runs as its owner, and its owner root."""
    path = "/home/agent/.own"
    with open(path, "w") as file:
        file.write("#!/bin/sh\n")
    try:
        os.chown(path, 0, 0)
        os.chmod(path, 0o4755)
    finally:
        os.unlink(path)


def execute_from(folder):
    def attempt():
        path = os.path.join(folder, ".run-%d" % os.getpid())
        with open("/bin/true", "rb") as source, open(path, "wb") as target:
            target.write(source.read())
        os.chmod(path, 0o755)
        try:
            subprocess.run([path], check=True)
        finally:
            os.unlink(path)
    return attempt


# --- the network ----------------------------------------------------------------------------------------------------

def tcp(host, port):
    def attempt():
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as plug:
            plug.settimeout(3)
            plug.connect((host, port))
    return attempt


def tcp_engine():
    """The addresses that a host's engine and its bridge usually have."""
    refusals = set()
    for host in ["172.17.0.1", "host.docker.internal"] + ENGINE:
        for port in (22, 80, 2375, 2376, 8080):
            try:
                socket.create_connection((host, port), 1).close()
            except OSError as error:
                refusals.add(type(error).__name__ if error.errno is None else errno.errorcode.get(error.errno, str(error)))
                continue
            raise Said("succeeded", "%s port %d" % (host, port))
    raise Said("refused", "/".join(sorted(refusals)))


def udp(host, port):
    def attempt():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plug:
            plug.settimeout(3)
            plug.sendto(b"vitrine", (host, port))
    return attempt


def resolve():
    try:
        socket.getaddrinfo("example.com", 80)
    except socket.gaierror as error:
        raise Said("refused", str(error.args[-1]))


def interfaces():
    names = [name for _, name in socket.if_nameindex()] if hasattr(socket, "if_nameindex") else os.listdir("/sys/class/net")
    others = [name for name in set(names) | set(os.listdir("/sys/class/net")) if name != "lo"]
    if others:
        raise Said("succeeded", " ".join(sorted(others)))
    raise Said("absent", "only lo")


def routes():
    with open("/proc/net/route") as file:
        lines = file.read().splitlines()[1:]
    with open("/proc/net/ipv6_route") as file:
        lines += [line for line in file.read().splitlines() if not line.split()[-1] == "lo"]
    if lines:
        raise Said("succeeded", lines[0])
    raise Said("absent", "no route")


def listen_and_be_reached():
    """A raw netlink request that would bring an interface up."""
    with socket.socket(16, socket.SOCK_RAW, 0) as plug:
        request = struct.pack("IHHII", 48, 16, 1 | 4 | 0x400, 1, 0) + struct.pack("BBHiII", 0, 0, 0, 0, 1, 1) + struct.pack("HH12s", 16, 3, b"dummy0")
        plug.send(request)
        plug.settimeout(3)
        answer = plug.recv(4096)
        _, kind = struct.unpack("IH", answer[:6])
        if kind == 2:
            (code,) = struct.unpack("i", answer[16:20])
            if code != 0:
                raise OSError(-code, "netlink")


# --- taking more than a share ---------------------------------------------------------------------------------------

def within(count, limit, what):
    if count > limit:
        raise Said("unbounded", "%d %s; the limit is %d" % (count, what, limit))
    raise Said("bounded", "%d %s" % (count, what))


def fork_bomb():
    """Processes until there are no more, at most twice the limit; all of them are ended at once."""
    children, ready = [], os.pipe()
    try:
        while len(children) < 2 * LIMITS["pids"]:
            try:
                child = os.fork()
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    raise
                break
            if child == 0:
                os.close(ready[1])
                os.read(ready[0], 1)  # ends with whoever made it
                os._exit(0)
            children.append(child)
    finally:
        os.close(ready[1])
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
    within(len(children), LIMITS["pids"], "processes")


def memory_bomb():
    """Memory in steps of 16 MiB, each written to, at most the limit and a half. The first to be killed if any must be."""
    step = 16 * 2 ** 20
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        held = []
        try:
            while len(held) * step < 1.5 * LIMITS["memoryBytes"]:
                piece = mmap.mmap(-1, step)
                for offset in range(0, step, 4096):
                    piece[offset] = 1
                held.append(piece)
                os.write(writer, b".")
        except (MemoryError, OSError):
            pass
        os._exit(0)
    os.close(writer)
    taken = 0
    while True:
        piece = os.read(reader, 4096)
        if not piece:
            break
        taken += len(piece)
    os.close(reader)
    os.waitpid(child, 0)
    within(taken * 16, LIMITS["memoryBytes"] // 2 ** 20, "MiB")


def fill(folder):
    """A file that takes all there is, at most the desktop's memory; removed at once."""
    def attempt():
        path = os.path.join(folder, ".full-%d" % os.getpid())
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        size, step = 0, 4 * 2 ** 20
        try:
            while size < LIMITS["memoryBytes"]:
                try:
                    os.posix_fallocate(fd, size, step)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    break
                size += step
        finally:
            os.close(fd)
            os.unlink(path)
        within(size // 2 ** 20, LIMITS["memoryBytes"] // 2 ** 21, "MiB")
    return attempt


def open_files():
    held = []
    try:
        while len(held) < 2 * LIMITS["files"]:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    count = len(held)
    for fd in held:
        os.close(fd)
    within(count, LIMITS["files"], "open files")


def more_open_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMITS["files"] * 2, LIMITS["files"] * 2))


def core_dump():
    resource.setrlimit(resource.RLIMIT_CORE, (2 ** 20, 2 ** 20))


def locked_memory():
    piece = mmap.mmap(-1, 64 * 2 ** 20)
    address = ctypes.addressof(ctypes.c_char.from_buffer(piece))
    ctypes.set_errno(0)
    if libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(64 * 2 ** 20)) != 0:
        raise OSError(ctypes.get_errno(), "mlock")


def processor():
    """Every core at full load for a second: what was used of them."""
    wall, cores = 1.0, os.cpu_count() or 1
    children = []
    started = time.monotonic()
    for _ in range(cores + 2):
        child = os.fork()
        if child == 0:
            while time.monotonic() - started < wall:
                pass
            os._exit(0)
        children.append(child)
    used = 0.0
    for child in children:
        _, _, usage = os.wait4(child, 0)
        used += usage.ru_utime + usage.ru_stime
    took = time.monotonic() - started
    # One period of 100 ms may be used up on either end.
    within(round(100 * used / took), round(100 * LIMITS["cpus"] * 1.25), "% of a core")


def realtime():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def higher_priority():
    os.setpriority(os.PRIO_PROCESS, 0, -5)


PROBES = {
    "new-user-namespace": unshare(NEWUSER), "clone-user-namespace": clone_newuser, "clone3-user-namespace": clone3_newuser,
    "new-mount-namespace": unshare(NEWNS), "new-mount-namespace-inside": in_user_namespace(unshare(NEWNS)), "new-both-namespaces": unshare(NEWUSER | NEWNS),
    "new-cgroup-namespace": in_user_namespace(unshare(NEWCGROUP)), "new-uts-namespace": in_user_namespace(unshare(NEWUTS)), "new-ipc-namespace": in_user_namespace(unshare(NEWIPC)), "new-time-namespace": in_user_namespace(unshare(NEWTIME)),
    "new-net-namespace": unshare(NEWNET), "new-pid-namespace": unshare(NEWPID),
    "mount-tmpfs": mount_tmpfs, "mount-tmpfs-inside": in_user_namespace(mount_tmpfs), "mount-proc-inside": in_user_namespace(mount_proc), "bind-mount": in_user_namespace(bind_mount), "remount-root": remount_root, "remount-root-inside": in_user_namespace(remount_root),
    "unmount": plain_call("umount2", text("/proc"), 2), "pivot-root": in_user_namespace(plain_call("pivot_root", text("/home/agent"), text("/home/agent"))),
    "fsopen": in_user_namespace(plain_call("fsopen", text("tmpfs"), 0)), "open-tree": in_user_namespace(plain_call("open_tree", -100, text("/"), 1)), "move-mount": plain_call("move_mount", -1, text(""), -1, text(""), 0), "mount-setattr": plain_call("mount_setattr", -1, text("/"), 0, None, 0),
    "setns-first-process": setns_of_first, "setns-own": in_user_namespace(setns_own), "chroot-escape": chroot_escape,
    "bpf": bpf_load, "bpf-inside": in_user_namespace(bpf_load), "perf-event": perf, "io-uring": io_uring, "userfaultfd": userfault, "keyctl": keyctl_session, "add-key": add_key, "request-key": plain_call("request_key", text("user"), text("x"), None, -3),
    "open-by-handle": handle_of_root, "kexec": plain_call("kexec_load", 0, 0, None, 0), "kernel-module": plain_call("init_module", None, 0, text("")), "module-of-file": plain_call("finit_module", 0, text(""), 0), "reboot": plain_call("reboot", 0xfee1dead, 672274793, 0, 0),
    "swap": plain_call("swapon", text("/home/agent"), 0), "set-clock": plain_call("settimeofday", None, None), "adjust-clock": plain_call("adjtimex", ctypes.create_string_buffer(struct.pack("I", 1), 256)), "host-name": plain_call("sethostname", text("x"), 1), "host-name-inside": in_user_namespace(plain_call("sethostname", text("x"), 1)),
    "kernel-log": plain_call("syslog", 3, ctypes.create_string_buffer(64), 64), "accounting": plain_call("acct", None), "quota": plain_call("quotactl", 0x800001, None, 0, None), "io-ports": iopl, "local-descriptors": plain_call("modify_ldt", 0, None, 0), "fanotify": plain_call("fanotify_init", 0, 0), "compare-kernel-objects": lambda: each_warden(lambda pid: call("kcmp", os.getpid(), pid, 0, 0, 0)),
    "no-randomisation": personality_bits, "device-disk": device_node(stat.S_IFBLK, 254, 0), "device-memory": device_node(stat.S_IFCHR, 1, 1), "device-disk-inside": in_user_namespace(device_node(stat.S_IFBLK, 254, 0)),
    "vsock": vsock, "packet-socket": open_socket(17, socket.SOCK_RAW, 0x300), "packet-socket-inside": in_user_namespace(open_socket(17, socket.SOCK_RAW, 0x300)), "crypto-socket": open_socket(38, 5), "bluetooth-socket": open_socket(31, socket.SOCK_RAW), "can-socket": open_socket(29, socket.SOCK_RAW, 1), "tipc-socket": open_socket(30, socket.SOCK_STREAM), "xdp-socket": open_socket(44, socket.SOCK_RAW), "netfilter-netlink": open_socket(16, socket.SOCK_RAW, 12), "audit-netlink": open_socket(16, socket.SOCK_RAW, 9), "events-netlink": open_socket(16, socket.SOCK_RAW, 15),

    "ptrace-warden": ptrace_attach, "ptrace-own-child": ptrace_own_child, "read-memory-of-warden": read_memory, "write-memory-of-warden": write_memory,
    "open-memory-of-warden": open_of_warden("mem", os.O_RDWR), "environment-of-warden": lambda: each_warden(lambda pid: read_file("/proc/%d/environ" % pid)()), "files-of-warden": list_of_warden("fd"), "root-of-warden": list_of_warden("root/"), "maps-of-warden": lambda: each_warden(lambda pid: read_file("/proc/%d/maps" % pid)()), "folder-of-warden": list_of_warden("cwd/"),
    "root-of-first-process": list_folder("/proc/1/root/"), "signal-first-process": lambda: os.kill(1, signal.SIGTERM), "signal-warden": signal_warden(0), "stop-warden": signal_warden(signal.SIGSTOP), "pidfd-signal-warden": pidfd_signal, "pidfd-steal-file": pidfd_steal, "renice-warden": renice_warden, "limits-of-warden": limit_warden,
    "connect-shim": shim_socket, "list-warden-folder": list_folder("/run/vitrine/warden"), "read-screen-file": read_file("/run/vitrine/warden/fb/Xvfb_screen0"), "list-forwarder-folder": list_folder("/run/vitrine/forwarder"), "replace-warden-folder": lambda: os.rename("/run/vitrine/warden", "/run/vitrine/other"), "oom-score-of-warden": lambda: each_warden(lambda pid: write_file("/proc/%d/oom_score_adj" % pid, b"1000")()), "oom-immunity": oom_immunity,

    "become-root": become(0), "become-warden": become(10002), "become-forwarder": become(10003), "become-root-group": become_group, "supplementary-groups": lambda: os.setgroups([0]), "capabilities": any_capability, "privileged-programs": privileged_programs, "own-setuid-program": setuid_own,
    "execute-from-tmp": execute_from("/tmp"), "execute-from-shm": execute_from("/dev/shm"), "execute-from-run": execute_from("/run/vitrine/agent"),
    "write-etc": make_file("/etc/.probe"), "write-opt": make_file("/opt/vitrine/.probe"), "write-usr": make_file("/usr/bin/.probe"), "write-root": make_file("/.probe"), "write-passwd": write_file("/etc/passwd", only_open=True),
    "sys-write": write_file("/sys/kernel/mm/ksm/run", only_open=True), "sys-uevent": write_file("/sys/kernel/uevent_helper", only_open=True), "sys-firmware": list_folder("/sys/firmware/efi"), "cgroup-write": lambda: [write_file(path, only_open=True)() for path in glob.glob("/sys/fs/cgroup/memory/memory.limit_in_bytes") + glob.glob("/sys/fs/cgroup/memory.max") + glob.glob("/sys/fs/cgroup/cgroup.procs")] or absent(), "cgroup-release-agent": lambda: [write_file(path, only_open=True)() for path in glob.glob("/sys/fs/cgroup/*/release_agent")] or absent(), "cgroup-folder": lambda: os.mkdir(next(iter(glob.glob("/sys/fs/cgroup/memory") + ["/sys/fs/cgroup"])) + "/vitrine-probe"),
    "sysrq": write_file("/proc/sysrq-trigger", only_open=True), "core-pattern": write_file("/proc/sys/kernel/core_pattern", only_open=True), "modprobe-path": write_file("/proc/sys/kernel/modprobe", only_open=True), "forwarding": write_file("/proc/sys/net/ipv4/ip_forward", only_open=True), "binfmt": write_file("/proc/sys/fs/binfmt_misc/register", only_open=True), "kernel-memory": read_file("/proc/kcore"), "kernel-keys": lambda: read_masked("/proc/keys"), "timer-list": lambda: read_masked("/proc/timer_list"), "scheduler-debug": lambda: read_masked("/proc/sched_debug"), "kernel-message-file": read_file("/dev/kmsg"), "device-mem-file": read_file("/dev/mem"), "engine-socket": lambda: any_engine_socket(), "disk-devices": lambda: any_device(),

    "tcp-metadata": tcp("169.254.169.254", 80), "tcp-bridge": tcp_engine, "tcp-public": tcp("1.1.1.1", 443), "tcp-public-6": tcp("2606:4700:4700::1111", 443), "tcp-private": tcp("192.168.0.1", 80), "udp-public": udp("1.1.1.1", 53), "dns": resolve, "interfaces": interfaces, "routes": routes, "new-interface": listen_and_be_reached, "new-interface-inside": in_user_namespace(listen_and_be_reached),
    "raw-socket": open_socket(socket.AF_INET, socket.SOCK_RAW, 1), "raw-socket-6": open_socket(socket.AF_INET6, socket.SOCK_RAW, 58), "raw-socket-inside": in_network_namespace(open_socket(socket.AF_INET, socket.SOCK_RAW, 1)), "ping-socket": open_socket(socket.AF_INET, socket.SOCK_DGRAM, 1), "sctp-socket": open_socket(socket.AF_INET, socket.SOCK_STREAM, 132),

    "fork-bomb": fork_bomb, "memory-bomb": memory_bomb, "fill-tmp": fill("/tmp"), "fill-shm": fill("/dev/shm"), "fill-home": fill("/home/agent"), "fill-run": fill("/run/vitrine/agent"), "open-files": open_files, "more-open-files": more_open_files, "core-dump": core_dump, "locked-memory": locked_memory, "processor": processor, "realtime": realtime, "higher-priority": higher_priority,
}


def absent():
    raise Said("absent", "nothing of that kind here")


def read_masked(path):
    """A file of the kernel that the engine covers: empty where it is there at all."""
    with open(path, "rb") as file:
        if file.read(1):
            return
    raise Said("absent", "it is covered")


def any_engine_socket():
    there = [path for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/vitrine-launcher/launcher.sock") if os.path.lexists(path)]
    if there:
        raise Said("succeeded", " ".join(there))
    absent()


def any_device():
    usual = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"}
    found = [path for path in glob.glob("/dev/*") if os.path.basename(path) not in usual and (stat.S_ISBLK(os.lstat(path).st_mode) or stat.S_ISCHR(os.lstat(path).st_mode))]
    if found:
        raise Said("succeeded", " ".join(found[:5]))
    raise Said("absent", "only the usual eight")


def outcome(probe):
    try:
        probe()
    except Said as said:
        return said.seen, said.detail
    except OSError as error:
        if isinstance(error, TimeoutError) and error.errno is None:
            return "refused", "no answer"
        return ("absent" if error.errno == errno.ENOENT else "refused"), errno.errorcode.get(error.errno, str(error.errno))
    except ValueError as error:
        if "maximum limit" not in str(error):
            return "unknown", "ValueError: %s" % error
        return "refused", str(error)
    except subprocess.CalledProcessError as error:
        return "unknown", "ended with %d" % error.returncode
    except Exception as error:  # The attempt is wrong, not the desktop.
        return "unknown", "%s: %s" % (type(error).__name__, error)
    return "succeeded", ""


def attempt(name):
    """Makes one attempt in a process of its own, within 20 s."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(20)
        seen = outcome(PROBES[name])
        os.write(writer, json.dumps(seen).encode())
        os._exit(0)
    os.close(writer)
    answer = b""
    while True:
        piece = os.read(reader, 4096)
        if not piece:
            break
        answer += piece
    os.close(reader)
    _, status = os.waitpid(child, 0)
    if answer:
        return json.loads(answer)
    return ["died", "signal %d" % os.WTERMSIG(status)] if os.WIFSIGNALED(status) else ["unknown", "no answer"]


def main():
    global LIMITS, ENGINE
    request = json.load(sys.stdin)
    LIMITS, ENGINE = request["limits"], request.get("engine", [])
    for name in request["probes"]:
        seen, detail = attempt(name) if name in PROBES else ("unknown", "there is no such probe")
        print(json.dumps({"probe": name, "seen": seen, "detail": detail[:200]}), flush=True)


main()
