#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Pulls every archive of the tables and checks what came of it: outcome, exit status, one line that says why, nothing
changed outside, nothing left in the store; and of an accepted one that other readers find the same in it.

    run.py [--list] [--keep FOLDER] [PATTERN...]      cases whose names match, all by default; what they leave behind

SCIWRAP=path of sciwrap, or SCIWRAP_ENV_PROGRAM=path of sciwrap-env. Needs no network and no rights.
"""

import fnmatch
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

WORKERS = 2


@dataclass
class Case:
    name: str
    outcome: str
    what: str
    archive: bytes = b""
    env: dict = field(default_factory=dict)
    special: object = None


def load_cases():
    import accepted
    import refused
    import specials
    from tarparts import add_zstd
    add_zstd(accepted.ACCEPT, refused.REFUSE)
    cases = [Case(name, outcome, row[1], row[0], row[2] if len(row) > 2 else {})
             for outcome, table in (("accept", accepted.ACCEPT), ("refuse", refused.REFUSE)) for name, row in table.items()]
    return cases + [Case(name, "", "", special=make) for name, make in specials.SPECIALS.items()]


def check_one(root, what):
    """Whether one "kind:path=value" holds of an accepted archive."""
    kind, rest = what.split(":", 1)
    path, _, value = rest.partition("=")
    at = os.path.join(root, path)
    if kind == "absent":
        return not os.path.lexists(at)
    if kind == "count":
        with open(os.path.join(root, "../index"), "rb") as index:
            return sum(b"\tf\t" in line for line in index) == int(path)
    status = os.lstat(at)
    if kind == "file":
        with open(at, encoding="utf-8") as content:
            return content.read().rstrip("\n") == value
    if kind == "link":
        return os.readlink(at) == value
    if kind == "same":
        return status.st_ino == os.lstat(os.path.join(root, value)).st_ino
    return {"mode": lambda: "%o" % (status.st_mode & 0o7777) == value,
            "size": lambda: status.st_size == int(value),
            "mtime": lambda: int(status.st_mtime) == int(value),
            "mine": lambda: status.st_uid == os.getuid(),
            "noxattr": lambda: not os.listxattr(at)}[kind]()


def is_so(root, what):
    try:
        return check_one(root, what)
    except (OSError, ValueError):
        return False


def look_around(outside, store):
    with open(os.path.join(outside, "victim"), encoding="utf-8") as victim:
        if victim.read() != "untouched\n" or os.listdir(outside) != ["victim"]:
            return "something outside was changed"
    if not os.path.isdir(store):
        return ""
    left = sorted(os.listdir(store))
    if left not in (["blobs", "locks", "roots", "tmp", "trees", "verified"], []):
        return "something new beside the store's folders: %s" % left
    return "the store's tmp is not empty" if left and os.listdir(os.path.join(store, "tmp")) else ""


def judge_refused(case, status, message, trees):
    lines = message.splitlines()
    if status != 125:
        return "exit status %d instead of 125: %s" % (status, message)
    if trees:
        return "a tree was published"
    if len(lines) != 1:
        return "not one line: %s" % message
    if case.what not in message:
        return "says '%s' and not '%s'" % (message.strip(), case.what)
    return "control characters in the message" if any(ord(c) < 32 or ord(c) == 127 for c in lines[0]) else ""


def judge_accepted(case, status, message, trees, folder):
    if status != 0 or len(trees) != 1:
        return "exit status %d: %s" % (status, message)
    root = os.path.join(trees[0], "rootfs")
    wrong = [what for what in case.what.split(" ") if what and not is_so(root, what)]
    if wrong:
        return "not so: %s" % wrong
    import readers
    others = os.path.join(folder, "others")
    os.mkdir(others, 0o755)
    return readers.compare(case.name, os.path.join(folder, "archive"), root, others)


def write_definition(folder, name, data):
    with open(os.path.join(folder, name + ".ini"), "w", encoding="utf-8") as out:
        out.write("[environment]\ndescription = %s\ncommand = true\n[artifact]\nsha256 = %s\nurl = archive\n"
                  % (name, hashlib.sha256(data).hexdigest()))


def run_case(case, folder, outside, program):
    """What is wrong, or ''."""
    os.mkdir(folder, 0o755)
    archive, store = os.path.join(folder, "archive"), os.path.join(folder, "store")
    env = {k: v for k, v in os.environ.items() if not k.startswith("SCIWRAP_UNPACK") and k != "SCIWRAP_SITE_STORE"}
    end, before = (lambda: None), None
    if case.special is not None:
        from specials import run_beside
        special = case.special(archive, store)
        case = Case(case.name, special.outcome, special.what, special.archive or b"", special.env)
        end, before = run_beside(special), special.before
    else:
        with open(archive, "wb") as out:
            out.write(case.archive)
    write_definition(folder, case.name, case.archive)
    env.update(case.env, SCIWRAP_STORE=store)
    try:
        done = subprocess.run([program, "pull", "--quiet", os.path.join(folder, case.name + ".ini")], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=before, timeout=300)
    finally:
        end()
    message = done.stdout.decode(errors="surrogateescape")
    trees = [os.path.join(store, "trees", name) for name in os.listdir(os.path.join(store, "trees"))]
    problem = look_around(outside, store)
    if problem:
        return problem
    if case.outcome == "accept" or (case.outcome == "either" and done.returncode == 0):
        return judge_accepted(case if case.outcome == "accept" else Case(case.name, "accept", ""), done.returncode, message, trees, folder)
    return judge_refused(case, done.returncode, message, trees)


def remove(folder):
    for at, folders, _ in os.walk(folder):
        for name in folders:
            if not os.path.islink(os.path.join(at, name)):
                os.chmod(os.path.join(at, name), 0o700)
    shutil.rmtree(folder)


def work_on(arguments):
    name, folder, outside, program, keep = arguments
    case = next(case for case in ALL if case.name == name)
    problem = run_case(case, folder, outside, program)
    if not keep:
        remove(folder)
    return problem


def main():
    global ALL
    words = sys.argv[1:]
    keep = words[words.index("--keep") + 1] if "--keep" in words else None
    patterns = [w for w in words if not w.startswith("--") and w != keep] or ["*"]
    # Where the absolute paths of the archives point.
    outside = os.environ["OUTSIDE"] = tempfile.mkdtemp(prefix="sciwrap-hostile-outside.", dir="/tmp")
    work = keep or tempfile.mkdtemp(prefix="sciwrap-hostile.")
    try:
        ALL = [case for case in load_cases() if any(fnmatch.fnmatch(case.name, p) for p in patterns)]
        if "--list" in words:
            print("\n".join(case.name for case in ALL))
            return 0
        with open(os.path.join(outside, "victim"), "w", encoding="utf-8") as victim:
            victim.write("untouched\n")
        os.makedirs(work, exist_ok=True)
        os.chmod(work, 0o711)
        program = os.environ.get("SCIWRAP") or os.environ["SCIWRAP_ENV_PROGRAM"]
        failed = 0
        jobs = [(case.name, os.path.join(work, case.name), outside, os.path.abspath(program), keep) for case in ALL]
        with ProcessPoolExecutor(WORKERS) as pool:
            for number, (case, problem) in enumerate(zip(ALL, pool.map(work_on, jobs)), 1):
                failed += problem != ""
                print("ok %d - %s" % (number, case.name) if not problem else
                      "not ok %d - %s: %s" % (number, case.name, problem.replace("\n", " ")), flush=True)
        print("%d passed, %d failed, 0 skipped" % (len(ALL) - failed, failed))
        return failed != 0
    finally:
        shutil.rmtree(outside)
        if not keep:
            remove(work)


if __name__ == "__main__":
    sys.exit(main())
