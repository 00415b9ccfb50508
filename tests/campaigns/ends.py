#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How runs end: every exit status, every signal, and the launcher killed at any moment.

usage: ends.py SCIWRAP FIXTURES [--short] [--seed N]

Exit status 0 to 255 of the command, death of the command by each signal, each signal passed on; then SIGKILL to the
launcher at 1,000 (50) random moments: after 100 ms nothing of the run is alive, the next start leaves no temporary
file, no record is torn, the store is the same. Prints "ok NAME"/"not ok NAME" lines for tests/run.sh."""
import argparse, ctypes, hashlib, json, os, random, shutil, signal, subprocess, sys, tempfile, time

FAULTS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGSYS}
STOPS = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
HARMLESS = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
PR_SET_CHILD_SUBREAPER = 36


def verdict(name, wrong):
    for line in wrong[:20]:
        print(f"# {line}")
    print(f"{'not ok' if wrong else 'ok'} ends: {name}", flush=True)
    return not wrong


def children():
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return file.read().split()


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


class Runs:
    def __init__(self, options, top):
        self.top = top
        self.sciwrap = options.sciwrap
        for name in ("project", "tmp", "home"):
            os.mkdir(f"{top}/{name}")
        self.environment = {"PATH": os.environ["PATH"], "HOME": f"{top}/home", "TMPDIR": f"{top}/tmp", "XDG_RUNTIME_DIR": f"{top}/tmp",
                            "SCIWRAP_STORE": f"{top}/store", "SCIWRAP_ENVS": f"{options.fixtures}/envs"}
        self.run("pull", "-q", "tiny")

    def start(self, *words):
        return subprocess.Popen([self.sciwrap, *words], cwd=f"{self.top}/project", env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self, *words):
        return self.start(*words).wait(60)

    def store(self):
        """What is in the store but for the notes of runs that use it and of checks made."""
        lines = []
        for folder, folders, files in os.walk(f"{self.top}/store"):
            if folder == f"{self.top}/store":
                folders[:] = [name for name in folders if name not in ("roots", "verified", "locks")]
            for name in sorted(folders + files):
                path = os.path.join(folder, name)
                st = os.lstat(path)
                lines.append(f"{path} {st.st_mode} {st.st_size} {st.st_mtime_ns}")
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()

    def left(self):
        found = []
        for folder, folders, files in os.walk(f"{self.top}/tmp"):
            found += [os.path.join(folder, name) for name in files]
            found += [os.path.join(folder, name) for name in folders if name.startswith("run.")]
        return found


def exit_codes(runs):
    wrong = []
    for code in range(256):
        got = runs.run("exec", "--no-record", "tiny", "probe", "exit", str(code))
        if got != code:
            wrong.append(f"exit status {code} came out as {got}")
    return verdict("exit status 0 to 255 are the command's", wrong)


def deaths(runs):
    wrong = []
    for number in range(1, signal.SIGRTMAX + 1):
        if number in STOPS or number in (32, 33):  # 32 and 33 are the C library's own
            continue
        got = runs.run("exec", "--no-record", "tiny", "probe", "die", str(number))
        expected = 0 if number in HARMLESS else 128 + number
        if got != expected:
            wrong.append(f"death by signal {number} came out as {got}")
    return verdict("death by signal n is 128 + n, for all of them", wrong)


def wait_for(path, text):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            with open(path) as file:
                if text in file.read():
                    return True
        except FileNotFoundError:
            pass
        time.sleep(0.002)
    return False


def passed_on(runs):
    wrong = []
    log = f"{runs.top}/project/log"
    runner = runs.start("exec", "--no-record", "tiny", "probe", "trap", "/workspace/log")
    if not wait_for(log, "ready"):
        wrong.append("the command did not start")
    for number in range(1, signal.SIGRTMAX + 1):
        if number in FAULTS or number in (32, 33, signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGTERM):
            continue
        os.kill(runner.pid, number)
        if not wait_for(log, f"signal {number:02d}\n"):
            wrong.append(f"signal {number} did not arrive")
    os.kill(runner.pid, signal.SIGTERM)
    if runner.wait(10) != 7:
        wrong.append("SIGTERM did not give the command's own status")
    return verdict("each signal that can be passed on is passed on, once", wrong + twice(log))


def twice(log):
    lines = open(log).read().split("\n")[1:-1]
    return [f"'{line}' came {lines.count(line)} times" for line in sorted(set(lines)) if lines.count(line) != 1]


SCRIPT = """trap '' HUP TERM INT QUIT USR1
(trap '' HUP TERM; while :; do sleep 0.01; echo x >>noise; done) &
(sleep 100 & sleep 100) &
echo y >/tmp/file
sleep 0.005
echo z >made; sleep 60"""


def queued(pid):
    """How long the process has waited for a CPU, in seconds (proc(5), schedstat)."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def kill_once(runs, delay, record):
    """Kills the launcher after a moment. Returns the time in seconds until nothing was alive, or None after 2 s; and the
    longest time for which this process itself did not get to look, or one of the killed did not get to die."""
    runner = runs.start("exec", *([] if record else ["--no-record"]), "tiny", "sh", "-c", SCRIPT)
    time.sleep(delay)
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    began = looked = time.monotonic()
    blind, first = 0.0, {}
    while looked < began + 2:
        reap()
        now = time.monotonic()
        blind, looked = max(blind, now - looked), now
        alive = children()
        if not alive:
            return looked - began, blind
        for pid in alive:
            waited = queued(pid)
            blind = max(blind, waited - first.setdefault(pid, waited))
        time.sleep(0.0005)
    for pid in children():
        os.kill(int(pid), signal.SIGKILL)
    return None, blind


def torn(runs):
    found = []
    for folder, _, files in os.walk(f"{runs.top}/project/.sciwrap"):
        for name in files:
            if name == "manifest.json":
                try:
                    json.load(open(os.path.join(folder, name)))
                except ValueError:
                    found.append(f"torn: {folder}/{name}")
    return found


def kills(runs, count, seed):
    choose = random.Random(seed)
    before, wrong, worst, busy = runs.store(), [], 0.0, 0
    for number in range(count):
        delay = choose.choice((0.004, 0.012, 0.03)) * choose.random()
        took, blind = kill_once(runs, delay, number % 2 == 0)
        if took is not None and blind > 0.02:  # the machine was busy with something else: that says nothing
            busy += 1
            took = min(took, 0.1)
        if took is None:
            wrong.append(f"after {delay * 1000:.2f} ms: alive 2 s later")
        elif took > 0.1:
            wrong.append(f"after {delay * 1000:.2f} ms: alive for {took * 1000:.0f} ms")
        worst = max(worst, took or 2)
    good = verdict(f"nothing lives 100 ms after SIGKILL to the launcher, {count} times "
                   f"(longest {worst * 1000:.1f} ms, {busy} not measured on a busy machine, seed {seed})", wrong)
    if busy > count // 4:
        good = verdict("the machine is idle enough to measure", [f"{busy} of {count} kills could not be watched"])
    if runs.run("exec", "--no-record", "tiny", "true") != 0:
        good = verdict("a run after them", ["it failed"]) and good
    good = verdict("the start after them leaves no temporary file", runs.left()) and good
    good = verdict("no record is torn", torn(runs)) and good
    return verdict("the store is the same", [] if runs.store() == before else ["it is not"]) and good


def main():
    parser = argparse.ArgumentParser()
    for name in ("sciwrap", "fixtures"):
        parser.add_argument(name, type=os.path.abspath)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):  # ignored under nohup or behind an &, by what is started too
        signal.signal(number, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    top = tempfile.mkdtemp(prefix="sciwrap-ends.")
    try:
        runs = Runs(options, top)
        good = [exit_codes(runs), deaths(runs), passed_on(runs), kills(runs, 50 if options.short else 1000, options.seed)]
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", top])
        shutil.rmtree(top, ignore_errors=True)
    sys.exit(0 if all(good) else 1)


main()
