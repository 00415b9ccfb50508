# SPDX-License-Identifier: BSD-2-Clause
"""What GNU tar, bsdtar and Python's tarfile make of an archive, to be compared with what sciwrap has made of it.

Each extracts as an ordinary user into a folder of its own. Compared are paths, types, contents, targets of links, which
files are one file, the modes of files and folders and the times of files, after the rules of docs/SECURITY.md for what
sciwrap leaves out and takes off. Only archives that sciwrap accepts are given to them: the others they must not touch.
"""

import bz2  # noqa: F401  as lzma and gzip: loaded before the fork
import gzip  # noqa: F401
import hashlib
import lzma  # noqa: F401
import os
import shutil
import stat
import subprocess
import tarfile

NOBODY = 65534

# What does not count, and why: (case, reader) to what is not compared ("all", or one of the fields). Nothing else may differ.
#
# - The check at the end of gzip: the pinned sha256 covers every byte.
# - Times that are no numbers, or beyond what files can have: sciwrap keeps what it can, and no program depends on it.
#   Python computes them in floating point, and rounds up.
# - The mode of a hard link's later names: the file has that of its first one; Python sets it anew.
# - The mode of a directory that comes twice: some versions of Python set that of the first one last.
# - A volume label is a remark on a tape; Python, which does not know them, makes an empty file of it.
# - Letters with separate accents: libarchive composes the names of pax headers anew, which makes one of two twins; GNU tar,
#   Python and sciwrap keep the bytes.
# - An archive that only its owner can read, who is root: the readers are not.
AGREED = {
    ("accept-gzip-wrong-crc", "*"): "all",
    ("accept-gzip-wrong-length", "*"): "all",
    ("accept-time-is-no-number", "*"): "all",
    ("accept-time-1e23", "Python"): "all",
    ("accept-time-1e23", "*"): "time",
    ("accept-name-unicode-twins", "bsdtar"): "all",
    ("accept-name-decomposed", "bsdtar"): "all",
    ("accept-link-decomposed", "bsdtar"): "all",
    ("accept-time-with-fraction", "Python"): "time",
    ("accept-hardlink-keeps-first-mode", "Python"): "mode",
    ("accept-folder-twice", "Python"): "mode",
    ("accept-volume-label", "Python"): "all",
    ("special-no-permission", "*"): "all",
}


def extract_python(archive, folder):
    with tarfile.open(archive) as tar:
        members = [m for m in tar if not m.isdev()]
        for node in (m for m in tar if m.isdev() and os.path.dirname(m.name)):
            os.makedirs(os.path.dirname(node.name), exist_ok=True)
        more = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
        tar.extractall(folder, members=members, **more)


def in_child(folder, work):
    """Runs work() in a process of an ordinary user; what it said when it failed, or ''."""
    from_child, to_parent = os.pipe()
    pid = os.fork()
    if pid == 0:
        said = ""
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            os.umask(0o022)
            os.chdir(folder)
            work()
        except BaseException as problem:  # noqa: B902  whatever it is, it is what the reader says
            said = "%s: %s" % (type(problem).__name__, problem)
        os.write(to_parent, said.encode(errors="replace")[:4000])
        os._exit(0)
    os.close(to_parent)
    with os.fdopen(from_child, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    os.waitpid(pid, 0)
    return said


def run_tar(argv):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    # Nodes cannot be made by an ordinary user, and are left out by sciwrap.
    said = [line for line in done.stderr.decode(errors="replace").splitlines()
            if not any(word in line for word in ("mknod", "Can't create", "Exiting with failure status", "Ignoring unknown",
                                                 "Error exit delayed", "Can't restore time", "implausibly old", "in the future",
                                                 "Removing leading", "out of range", "Substituting"))]
    if done.returncode != 0 and said:
        raise RuntimeError(" ".join(said))


READERS = {
    "GNU tar": lambda archive, folder: run_tar(["tar", "-x", "-p", "--no-same-owner", "-f", archive]),
    "bsdtar": lambda archive, folder: run_tar(["bsdtar", "-x", "-p", "--no-same-owner", "--no-acls", "--no-xattrs", "--no-fflags",
                                               "-f", archive]),
    "Python": extract_python,
}


def available():
    return [name for name in READERS if name != "bsdtar" or shutil.which("bsdtar")]


# Compressions that a reader does not know: it gets what is inside.
UNKNOWN = [
    ("Python", b"\x28\xb5\x2f\xfd", ["zstd", "-dc"]),
    ("Python", b"\x50\x2a\x4d\x18", ["zstd", "-dc"]),
    ("GNU tar", b"\x50\x2a\x4d\x18", ["zstd", "-dc"]),
    ("GNU tar", b"\x5d\x00\x00", ["xz", "--format=lzma", "-dc"]),
]


def for_reader(name, archive):
    with open(archive, "rb") as data:
        begin = data.read(4)
    for reader, magic, argv in UNKNOWN:
        if reader == name and begin.startswith(magic):
            with open(archive + ".plain", "wb") as out, open(archive, "rb") as data:
                subprocess.run(argv, stdin=data, stdout=out, check=True)
            return archive + ".plain"
    return archive


def describe(path, status):
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFLNK:
        return ("link", os.readlink(path))
    if kind == stat.S_IFDIR:
        return ("folder", ("mode", status.st_mode & 0o1777 | 0o755))
    os.chmod(path, 0o600)
    with open(path, "rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(data.read()).hexdigest()
    time = status.st_mtime_ns // 1000000000
    return ("file", ("mode", status.st_mode & 0o777 | 0o444), status.st_size, digest,
            ("time", time if 0 < time < 0xFFFFFFFF else None))


def walk(root):
    """Path, as bytes, to what is there; and the sets of paths that are one file. Devices and FIFOs are left out. Modes are
    changed on the way, so that an ordinary user gets through."""
    found, same = {}, {}
    os.chmod(root, 0o700)  # an archive may have given it another
    todo = [os.fsencode(root)]
    while todo:
        folder = todo.pop()
        for entry in os.scandir(folder):
            status = entry.stat(follow_symlinks=False)
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode)):
                continue
            path = os.path.relpath(entry.path, os.fsencode(root))
            if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                same.setdefault(status.st_ino, set()).add(path)
                if len(same[status.st_ino]) > 1:  # its mode was changed when it was seen first
                    found[path] = found[min(same[status.st_ino] - {path}, key=lambda p: p not in found)]
                    continue
            found[path] = describe(entry.path, status)
            if stat.S_ISDIR(status.st_mode):
                os.chmod(entry.path, 0o700)
                todo.append(entry.path)
    return found, sorted(sorted(group) for group in same.values())


def same_but(passed_over, a, b):
    return len(a) == len(b) and all(x == y or (isinstance(x, tuple) and x[0] == passed_over) for x, y in zip(a, b))


def first_difference(ours, theirs, passed_over):
    for path in sorted(set(ours[0]) | set(theirs[0])):
        if not same_but(passed_over, ours[0].get(path, ()), theirs[0].get(path, ())):
            return "%r is %r, for sciwrap %r" % (path, theirs[0].get(path), ours[0].get(path))
    return "" if ours[1] == theirs[1] else "files that are one: %r, for sciwrap %r" % (theirs[1], ours[1])


def compare(case, archive, root, work):
    """Why a reader takes the archive for something else than the tree at `root`, or ''. `work` is an empty folder."""
    ours = walk(root)
    for name in available():
        passed_over = AGREED.get((case, name), AGREED.get((case, "*")))
        if passed_over == "all":
            continue
        folder = os.path.join(work, name.replace(" ", "-"))
        os.mkdir(folder)
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        plain = for_reader(name, archive)
        said = in_child(folder, lambda: READERS[name](plain, folder))
        problem = "refuses: " + said if said else first_difference(ours, walk(folder), passed_over)
        if problem:
            return "%s: %s" % (name, problem)
    return ""
