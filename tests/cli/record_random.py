#!/usr/bin/env python3
"""record_random.py FIRST LAST [COUNT]: what the recorder finds out about random series of file operations.

For each seed a tree is made, and the fixture `shuffle` changes it inside the environment `tiny`. What is different is
known by looking at all of the tree before and after. It must be what the manifest says, by notification and by
comparison; every input must be what was there before; the calls must succeed and fail as they do natively; and a rerun
must come to the same. Prints one line for each seed that fails, and a last line with the number of seeds tried.
Needs SCIWRAP, FIXTURES, SCIWRAP_STORE and SCIWRAP_ENVS. SHUFFLE_KEEP=1 keeps the folders.
"""
import base64
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

SCIWRAP = os.environ["SCIWRAP"]
SHUFFLE = os.path.join(os.environ["FIXTURES"], "shuffle")
KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}


def bytes_of(value):
    """A name in the manifest: text, or base64 of bytes that are no text."""
    if isinstance(value, dict):
        return base64.b64decode(value["base64"])
    return None if value is None else value.encode()


def snapshot(top):
    """Path -> (type, mode, digest or link target) of everything below."""
    found = {}
    for folder, folders, files in os.walk(top):
        if folder == top and b".sciwrap" in folders:
            folders.remove(b".sciwrap")
        for name in folders + files:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            kind = KINDS.get(stat.S_IFMT(st.st_mode), "other")
            content = None
            if kind == "file":
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            elif kind == "link":
                content = os.readlink(path)
            mode = 0o777 if kind == "link" else st.st_mode & 0o7777
            found[os.path.relpath(path, top)] = (kind, mode, content)
    return found


def differences(before, after):
    """Path -> (change, state afterwards)."""
    changes = {}
    for path in before.keys() | after.keys():
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        if new is None:
            changes[path] = ("deleted", None)
        elif old is None:
            changes[path] = ("created", new)
        elif (old[0], old[2]) == (new[0], new[2]):
            changes[path] = ("mode", new)
        else:
            changes[path] = ("modified", new)
    return changes


def state_of(item):
    kind = item.get("type", "file")
    content = item.get("sha256") if kind == "file" else bytes_of(item.get("target"))
    return (kind, int(item["mode"], 8) if kind != "link" else 0o777, content)


def recorded(manifest, before, after):
    """The outputs in the form of differences(); a renamed one is a created one and a deleted one."""
    changes = {}
    for item in manifest["experiment"]["outputs"]:
        path, change = bytes_of(item["path"]), item["change"]
        if path.startswith(b"/dev/"):
            continue
        if change == "renamed":
            change = "modified" if path in before else "created"
            if bytes_of(item["from"]) not in after:
                changes.setdefault(bytes_of(item["from"]), ("deleted", None))
        changes[path] = (change, None if change == "deleted" else state_of(item))
    return changes


def compare(what, expected, found):
    problems = []
    for path in sorted(expected.keys() | found.keys()):
        if expected.get(path) != found.get(path):
            problems.append(f"{what} {path!r}: is {expected.get(path)}, recorded as {found.get(path)}")
    return problems


def drop_equal(changes, before):
    """A comparison does not know what was in a file that was written over: the same, or the same with another mode."""
    told = {}
    for path, (change, state) in changes.items():
        old = before.get(path)
        if state is None or old is None:
            told[path] = (change, state)
        elif old != state:
            told[path] = ("mode" if (old[0], old[2]) == (state[0], state[2]) else change, state)
    return told


class Trial:
    def __init__(self, base, seed, count):
        self.base, self.seed, self.count = base, str(seed), str(count)

    def make(self, name):
        work = os.path.join(self.base, name)
        os.makedirs(work)
        subprocess.run([SHUFFLE, "plant", self.seed], cwd=work, check=True, umask=0o22)
        return work

    def run(self, name, method=None):
        work = self.make(name)
        before = snapshot(work.encode())
        variables = dict(os.environ)
        if method:
            variables["SCIWRAP_RECORDING"] = method
        with open(work + ".log", "wb") as log, open(work + ".err", "wb") as err:
            status = subprocess.run([SCIWRAP, "exec", "tiny", "shuffle", "run", self.seed, self.count], cwd=work,
                                    stdout=log, stderr=err, stdin=subprocess.DEVNULL, env=variables, umask=0o22)
        runs = os.path.join(work, ".sciwrap", "runs")
        ids = os.listdir(runs)
        with open(os.path.join(runs, ids[0], "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        return work, before, snapshot(work.encode()), manifest, status.returncode

    def check_inputs(self, work, before, after, manifest):
        problems = []
        inputs = {bytes_of(item["path"]): item for item in manifest["experiment"]["inputs"]}
        for path, item in inputs.items():
            kind = item.get("type", "file")
            known = before.get(path)
            content = item.get("sha256") if kind == "file" else bytes_of(item.get("target"))
            if known is None or (known[0], known[2]) != (kind, content):
                problems.append(f"input {path!r}: was {known}, recorded as {kind} {content}")
            elif kind != "link" and known[1] != int(item["mode"], 8):
                problems.append(f"input {path!r}: had mode {known[1]:o}, recorded {item['mode']}")
        for path, known in before.items():
            if after.get(path) != known and path not in inputs and known[0] != "other":
                problems.append(f"input {path!r} changed and is not recorded: {known}")
        return problems

    def check_rerun(self, work, manifest):
        result = subprocess.run([SCIWRAP, "rerun", manifest["id"]], cwd=work, stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, errors="backslashreplace", check=False)
        if result.returncode == 0:
            return []
        return ["rerun: " + (result.stdout + result.stderr).replace("\n", " / ")[:600]]

    def check(self):
        problems = []
        work, before, after, manifest, status = self.run("work")
        if status != 0 or manifest["recording"]["method"] != "seccomp-notification":
            problems.append(f"status {status}, {manifest['recording']}")
        problems += compare("output", differences(before, after), recorded(manifest, before, after))
        problems += self.check_inputs(work, before, after, manifest)
        problems += [f"leak: {leak['detail']}" for leak in manifest["leaks"] if leak["kind"] == "record"
                     and "were listed" not in leak["detail"]]
        problems += self.check_rerun(work, manifest)
        other, before2, after2, manifest, _ = self.run("compared", "comparison")
        problems += compare("compared", differences(before2, after2), drop_equal(recorded(manifest, before2, after2), before2))
        if after != after2:
            problems.append("the same series did not do the same on equal trees")
        with open(work + ".log", "rb") as a, open(other + ".log", "rb") as b:
            if a.read() != b.read():
                problems.append("calls succeed or fail otherwise when they are listened to")
        return problems


def main():
    low, high = int(sys.argv[1]), int(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    failed = 0
    for seed in range(low, high + 1):
        base = tempfile.mkdtemp(prefix=f"shuffle.{seed}.")
        problems = Trial(base, seed, count).check()
        failed += bool(problems)
        for problem in problems[:8]:
            print(f"seed {seed}: {problem}", flush=True)
        if os.environ.get("SHUFFLE_KEEP") and problems:
            print(f"seed {seed}: {base}")
        else:
            shutil.rmtree(base)
    print(f"{high - low + 1} seeds tried, {failed} failed")
    sys.exit(1 if failed else 0)


main()
