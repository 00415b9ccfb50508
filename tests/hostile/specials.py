# SPDX-License-Identifier: BSD-2-Clause
"""Cases that are more than the bytes of an archive: what lies in its place, who disturbs, what runs out.

Each function gets the folder of the cases and the store that the pull will use, and returns a Special.
"""

import glob
import os
import resource
import threading
import time
from dataclasses import dataclass, field

from tarparts import GOOD, OUTSIDE, file, folder, hardlink, pax, tar


@dataclass
class Special:
    outcome: str                     # accept, refuse, or either
    what: str                        # as in the tables
    archive: object = None           # bytes, or None: the case has put something else in its place
    before: object = None            # called in the process that becomes sciwrap
    beside: object = None            # called in a thread, with an event that says when to stop
    env: dict = field(default_factory=dict)


def fifo(path, store):
    os.mkfifo(path)
    return Special("refuse", "not a regular file")


def folder_in_place(path, store):
    os.mkdir(path)
    return Special("refuse", "not a regular file")


def device(path, store):
    os.symlink("/dev/zero", path)
    return Special("refuse", "not a regular file")


def missing(path, store):
    return Special("refuse", "No such file")


def dangling(path, store):
    os.symlink("nowhere", path)
    return Special("refuse", "No such file")


def symlink_in_place(path, store):
    with open(path + ".real", "wb") as out:
        out.write(tar(GOOD))
    os.symlink(path + ".real", path)
    return Special("accept", "file:good=good", archive=tar(GOOD))


def other_bytes(path, store):
    with open(path, "wb") as out:
        out.write(tar(file("other")))
    return Special("refuse", "wrong content", archive=tar(GOOD))


def no_permission(path, store):
    with open(path, "wb") as out:
        out.write(tar(GOOD))
    os.chmod(path, 0)
    return Special("accept" if os.getuid() == 0 else "refuse", "file:good=good" if os.getuid() == 0 else "Permission denied",
                   archive=tar(GOOD))


def growing(path, store):
    """Somebody appends while it is read: what counts is whether the bytes that were read are the pinned ones."""
    data = tar(*(file("f%d" % i, "x" * 4000) for i in range(500)))
    with open(path, "wb") as out:
        out.write(data)

    def append(stop):
        with open(path, "ab") as out:
            while not stop.is_set():
                out.write(b"more")
                out.flush()
                time.sleep(0.0005)
    return Special("either", "wrong content", archive=data, beside=append)


def swapped_folder(path, store):
    """A process of the same user puts a link in the place of a folder that is being filled."""
    data = tar(folder("d"), *(file("d/f%d" % i, "x" * 300) for i in range(1000)))
    with open(path, "wb") as out:
        out.write(data)

    def swap(stop):
        while not stop.is_set():
            for at in glob.glob(glob.escape(store) + "/tmp/*/rootfs/d"):
                try:
                    os.rename(at, at + ".away")
                    os.symlink(OUTSIDE, at)
                except OSError:
                    pass
    return Special("either", "", archive=data, beside=swap)


def limit_of(which, value):
    return lambda: resource.setrlimit(which, (value, value))


def file_size_limit(path, store):
    data = tar(file("x", "x" * 300000))
    with open(path, "wb") as out:
        out.write(data)
    return Special("refuse", "File too large", archive=data, before=limit_of(resource.RLIMIT_FSIZE, 100000))


def few_descriptors(path, store):
    data = tar(pax(path="d/" * 200 + "x"), file("x"))
    with open(path, "wb") as out:
        out.write(data)
    return Special("refuse", "Too many open files", archive=data, before=limit_of(resource.RLIMIT_NOFILE, 100))


def many_hardlinks(path, store):
    """ext4 gives a file 65,000 names; others more. Either all of them, or a clear refusal."""
    data = tar(file("a"), *(hardlink("h%d" % i, "a") for i in range(65001)))
    with open(path, "wb") as out:
        out.write(data)
    return Special("either", "Too many links", archive=data)


SPECIALS = {
    "special-fifo": fifo,
    "special-folder": folder_in_place,
    "special-device": device,
    "special-missing": missing,
    "special-dangling-symlink": dangling,
    "special-symlink": symlink_in_place,
    "special-other-bytes": other_bytes,
    "special-no-permission": no_permission,
    "special-growing-file": growing,
    "special-swapped-folder": swapped_folder,
    "special-file-size-limit": file_size_limit,
    "special-few-descriptors": few_descriptors,
    "special-65001-hardlinks": many_hardlinks,
}


def run_beside(special):
    """A function that ends what runs beside the case."""
    if special.beside is None:
        return lambda: None
    stop = threading.Event()
    thread = threading.Thread(target=special.beside, args=(stop,))
    thread.start()

    def end():
        stop.set()
        thread.join()
    return end
