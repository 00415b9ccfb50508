#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fault injection: every system call of a launch, in each of its processes, fails once in each way, and some lie.

usage: inject.py SCIWRAP FIXTURES PROGRAMS [--short] [--only ROLE] [--call NAME] [--jobs N] [--verbose]

PROGRAMS is the folder with `inject` and `walls` (inject.sh builds them). What must come of each case: the same walls as
in a run that nothing interfered with, or exit 125 and no command; never fewer walls, no hang, nothing left behind.
Prints "ok NAME"/"not ok NAME" lines for tests/run.sh, with what is wrong as comments."""
import argparse, collections, concurrent.futures, errno, json, os, re, shutil, subprocess, sys, tempfile, time

ERRORS = ["EPERM", "ENOSYS", "EINTR", "ENOMEM", "EIO"]
# What returns 0 when it has built a wall: the lie is that it did. All occurrences, not only the first three.
WALLS = """mount umount2 mount_setattr move_mount pivot_root unshare setns capset prctl seccomp close_range sethostname
    setuid setgid setgroups chdir fchdir landlock_restrict_self chroot personality""".split()
# What the C library does before main: it ends a process itself there, with a status of its own.
BEFORE_MAIN = "brk arch_prctl set_robust_list rseq prlimit64 readlinkat mprotect getrandom execve".split()
# No kernel lets these fail: "always successful" (their man pages), so programs do not look.
INFALLIBLE = """exit exit_group rt_sigreturn getuid geteuid getgid getegid getpid getppid gettid umask getpgrp sched_yield
    set_tid_address""".split()
ROLES = {"0": "launcher", "0.1": "init", "0.1.1": "helper", "0.1.2": "command"}
NAMES = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup"]

Case = collections.namedtuple("Case", "variant role name number nth value word")


def call_names():
    text = subprocess.run(["gcc", "-E", "-dM", "-include", "asm/unistd_64.h", "-"], input="", text=True,
                          capture_output=True, check=True).stdout
    return {int(number): name for name, number in re.findall(r"#define __NR_(\w+) (\d+)\n", text)}


class Place:
    """A work directory, temporary folder and home of one worker."""

    def __init__(self, top, number, options):
        self.path = os.path.join(top, f"worker{number}")
        self.options = options
        for name in ("project", "tmp", "home"):
            os.makedirs(os.path.join(self.path, name))
        shutil.copy(os.path.join(options.programs, "walls"), os.path.join(self.path, "project", "walls"))
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": f"{self.path}/home", "TMPDIR": f"{self.path}/tmp",
            "XDG_RUNTIME_DIR": f"{self.path}/tmp", "SCIWRAP_STORE": f"{top}/store",
            "SCIWRAP_ENVS": f"{options.fixtures}/envs"}
        shutil.copytree(f"{top}/store", f"{self.path}/store", symlinks=True)
        self.environment["SCIWRAP_STORE"] = f"{self.path}/store"
        self.trees_before = self.trees()
        self.store = f"{top}/store"
        self.hosts = "".join(os.readlink(f"/proc/self/ns/{name}") for name in NAMES)

    def command(self, variant):
        """Standard output is a pipe in the recorded variant, for the launcher's own pipes to be in the way."""
        record = [] if variant == "recorded" else ["--no-record"]
        return [self.options.sciwrap, "exec", *record, "--no-auto-bind", "tiny", "./walls", self.hosts, f"{self.path}/file-of-the-host"]

    def run(self, variant, *how):
        """how: the words of inject(1) between the report and the command. Returns status, output, error, report."""
        report, output = f"{self.path}/report", f"{self.path}/output"
        command = [os.path.join(self.options.programs, "inject"), report, *how, *self.command(variant)] if how else \
            self.command(variant)
        with open(output, "wb") as out:
            pipe = variant == "recorded"
            done = subprocess.run(command, cwd=f"{self.path}/project", env=self.environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE if pipe else out, stderr=subprocess.PIPE, timeout=60)
        text = done.stdout if pipe else open(output, "rb").read()
        told = open(report).read().split("\n") if how else []
        return done.returncode, self.normal(text), done.stderr.decode(errors="replace"), told

    def normal(self, output):
        text = output.decode(errors="replace").replace(self.path, "PLACE")
        return re.sub(r"(descriptor [12] type) \w+", r"\1 ANY", text)

    def left(self):
        """What a run left in temporary folders, and records that are torn."""
        found = []
        for folder, folders, files in os.walk(f"{self.path}/tmp"):
            found += [os.path.join(folder, name) for name in files]
            found += [os.path.join(folder, name) for name in folders if name.startswith("run.")]
        runs = f"{self.path}/project/.sciwrap/runs"
        for folder, _, files in os.walk(runs):
            for name in files:
                try:
                    if name != "manifest.json" or "experiment" not in json.load(open(os.path.join(folder, name))):
                        found.append(os.path.join(folder, name))
                except ValueError:
                    found.append(f"torn: {folder}/{name}")
        return found

    def trees(self):
        """What is in the trees of the store, with sizes and times: no run may change it."""
        found = set()
        for folder, folders, files in os.walk(self.environment["SCIWRAP_STORE"] + "/trees"):
            for name in folders + files:
                st = os.lstat(os.path.join(folder, name))
                found.add(f"{folder}/{name} {st.st_mode:o} {st.st_size} {st.st_mtime_ns}")
        return found

    def restore(self):
        own = self.environment["SCIWRAP_STORE"]
        subprocess.run(["chmod", "-R", "u+rwX", own])
        shutil.rmtree(own)
        shutil.copytree(self.store, own, symlinks=True)

    def clear(self):
        shutil.rmtree(f"{self.path}/project/.sciwrap", ignore_errors=True)


def control_groups():
    return set(subprocess.run(["find", "/sys/fs/cgroup", "-maxdepth", "6", "-type", "d", "-name", "*sciwrap*"],
                              capture_output=True, text=True).stdout.split())


def left_on_host(top, groups_before):
    """Mounts with our folders in them, and control groups that were not there: runs of others beside this end soon."""
    found = [line for line in open("/proc/self/mountinfo").read().split("\n") if top in line]
    new = control_groups() - groups_before
    for _ in range(20 if new else 0):
        time.sleep(0.2)
        new &= control_groups()
    return found + sorted(new)


def missing_walls(report, reference):
    have, want = collections.Counter(report.split("\n")), collections.Counter(reference.split("\n"))
    # One cover more over a file of /proc is no wall less: where a figure cannot be had, the file is empty.
    more = [f"+ {line}" for line in (have - want) if not re.match(r"wall mount /proc/\S+ 0 \S+ ro,nosuid,nodev", line)]
    return [f"- {line}" for line in (want - have)] + more


def judge(place, case, reference):
    """A list of what is wrong with a case, and in which way it ended."""
    status, output, message, told = place.run(case.variant, case.role, str(case.number), str(case.nth), str(case.value))
    wrong = [line for line in told if line.startswith(("hung", "left"))]
    if "fired 1" not in told and not wrong:
        return [], "not reached"
    glibc = re.search(r"Fatal glibc error|The futex facility returned an unexpected error code", message)
    if status == 134 and glibc and not wrong and ("wall end" not in output or not missing_walls(output, reference)):
        way = "ended by the C library" # which holds that no kernel fails there; all that ran was walled
    elif "wall end" in output:
        way = "walled" if status == 0 else f"walled, then {status}"
        wrong += missing_walls(output, reference)
        if status not in (0, 125):
            wrong.append(f"exit status {status} after the command: {message}")
    elif status == 125 or (status in (126, 127) and case.role == "0.1.2"):
        way = f"refused {status}"
        if "sciwrap: " not in message:
            wrong.append(f"exit status {status} without a message")
        if output.startswith("wall") and status != 125:
            wrong.append("the command began")
    elif "processes 1" in told and status != 0 and case.name in BEFORE_MAIN:
        way = "ended by the C library"
    else:
        way = "neither"
        wrong.append(f"exit status {status}, {len(output)} bytes of output: {message}")
    left = place.left()
    if left:  # such a fault may be in the clearing away itself; then the next start does it
        again = place.run(case.variant)
        left = [path for path in place.left()]
        if again[0] != 0 or again[1] != reference:
            wrong.append(f"the next run fails: {again[0]} {again[2]}")
        wrong += [f"left behind: {path}" for path in left]
        for path in left:
            shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.unlink(path)
    place.clear()
    trees = place.trees()
    if trees != place.trees_before:
        wrong += [f"the store changed: {line}" for line in sorted(trees ^ place.trees_before)]
        place.restore()
    return wrong, way


def cases_of(place, variant, names, short):
    """Errors: the first three occurrences. Lies, and EPERM of what builds walls: every occurrence."""
    told = place.run(variant, "list")[3]
    place.clear()
    for line in told:
        if not line.startswith("call "):
            continue
        _, role, number, count = line.split()
        number, count = int(number), int(count)
        name = names.get(number, str(number))
        if name in INFALLIBLE:
            continue
        wall = name in WALLS and role != "0"
        for word in ERRORS:
            most = count if wall and word == "EPERM" else min(count, 3)
            for nth in range(1, most + 1):
                yield Case(variant, role, name, number, nth, -getattr(errno, word), word)
        if wall or (name == "write" and role != "0"):
            value = "count" if name == "write" else 0
            for nth in range(1, count + 1):
                yield Case(variant, role, name, number, nth, value, "lie")


def choose(cases, short):
    if not short:
        return cases
    # Lies about walls are what the self-check is for: a sixth of them; of the rest every fortieth.
    lies = [case for case in cases if case.word == "lie" and case.role != "0"]
    rest = [case for case in cases if case.word != "lie"]
    return lies[::6] + rest[::40]


def name_of(case):
    role = ROLES.get(case.role, case.role)
    return f"{case.variant} {role} {case.name} {case.nth} {case.word}"


def work(place, cases, reference, verbose, wrongs, ways):
    for case in cases:
        try:
            wrong, way = judge(place, case, reference)
        except subprocess.TimeoutExpired:
            wrong, way = ["inject itself hung"], "neither"
        ways[(case.word == "lie", way)] += 1
        if verbose:
            print(f"# {name_of(case)}: {way}", flush=True)
        if wrong:
            wrongs.append((case, wrong))


def tell(variant, wrongs, ways):
    for lie in (False, True):
        chosen = [(case, wrong) for case, wrong in wrongs if (case.word == "lie") == lie]
        told = ", ".join(f"{count} {way}" for (is_lie, way), count in sorted(ways.items()) if is_lie == lie)
        total = sum(count for (is_lie, _), count in ways.items() if is_lie == lie)
        for case, wrong in chosen[:400]:
            print(f"# {name_of(case)}")
            for line in wrong[:24]:
                print(f"#     {line.strip()}")
        what = "calls that lie" if lie else "calls that fail"
        print(f"{'not ok' if chosen else 'ok'} inject {variant}: {what}: {total} cases, {len(chosen)} wrong ({told})", flush=True)


def campaign(variant, options, top):
    places = [Place(top, f"-{variant}-{i}", options) for i in range(options.jobs)]
    for place in places:
        open(f"{place.path}/file-of-the-host", "w").close()
    status, reference, message, _ = places[0].run(variant)
    if status != 0 or "wall end" not in reference:
        sys.exit(f"inject.py: a plain run fails: {status} {message}")
    traced = places[0].run(variant, "list")[1]
    print(f"{'ok' if traced == reference else 'not ok'} inject {variant}: the tracer alone changes nothing", flush=True)
    for line in missing_walls(traced, reference):
        print(f"# {line}")
    places[0].clear()
    names = call_names()
    cases = choose([case for case in cases_of(places[0], variant, names, options.short)
                    if (not options.only or case.role == options.only) and (not options.call or case.name == options.call)],
                   options.short)
    wrongs, ways = [], collections.Counter()
    groups = control_groups()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for future in [pool.submit(work, place, cases[i::options.jobs], reference, options.verbose, wrongs, ways)
                       for i, place in enumerate(places)]:
            future.result()
    tell(variant, wrongs, ways)
    left = left_on_host(top, groups)
    print("".join(f"# {line}\n" for line in left) + f"{'not ok' if left else 'ok'} inject {variant}: no mount or control group is left")
    return not wrongs and not left


def main():
    parser = argparse.ArgumentParser()
    for name in ("sciwrap", "fixtures", "programs"):
        parser.add_argument(name, type=os.path.abspath)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--call")
    parser.add_argument("--variant")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    top = tempfile.mkdtemp(prefix="sciwrap-inject.")
    try:
        subprocess.run([options.sciwrap, "pull", "-q", "tiny"], check=True,
                       env=dict(os.environ, SCIWRAP_STORE=f"{top}/store", SCIWRAP_ENVS=f"{options.fixtures}/envs"))
        good = [campaign(variant, options, top) for variant in ([options.variant] if options.variant else ["plain", "recorded"])]
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", top])
        shutil.rmtree(top, ignore_errors=True)
    sys.exit(0 if all(good) else 1)


main()
