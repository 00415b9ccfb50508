#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A store whose disk is full, fails or is read-only. Each system call by which a pull changes files fails once, and once
for good, with each error that a file system gives (steps.c); then real file systems without room, inodes or quota. What
must come of it: the right tree, or exit 125 and a message that tells the error and what to do; nothing that is complete
and wrong; and the next pull, when the disk is well again, succeeds without a manual step."""
import concurrent.futures, errno, itertools, os, queue, re, subprocess, sys, time
import supply

FULL = ["ENOSPC", "EDQUOT"]
ERRORS = {
    "write": ["EIO", *FULL], "pwrite64": ["EIO", *FULL], "writev": ["EIO", *FULL], "ftruncate": ["EIO", "ENOSPC"],
    "fsync": ["EIO", *FULL], "fdatasync": ["EIO", *FULL], "syncfs": ["EIO", *FULL],
    "mkdir": ["EIO", "EROFS", *FULL], "mkdirat": ["EIO", "EROFS", *FULL], "openat": ["EIO", "EROFS", "EMFILE", *FULL],
    "symlinkat": ["EIO", "EROFS", *FULL], "linkat": ["EIO", "EROFS", *FULL], "mknodat": ["EIO", "EROFS", *FULL],
    "rename": ["EIO", "EROFS", *FULL], "renameat": ["EIO", "EROFS", *FULL], "renameat2": ["EIO", "EROFS", "EINVAL", *FULL],
    "unlinkat": ["EIO", "EROFS"], "fchmod": ["EIO", "EROFS"], "fchmodat": ["EIO", "EROFS"], "utimensat": ["EIO", "EROFS"],
    "flock": ["EIO", "ENOLCK", "ENOSYS"], "getdents64": ["EIO"], "copy_file_range": ["EIO", "ENOSPC"]}
# What is told where an error ends the pull: what to do about it.
ADVICE = {"ENOSPC": "free some space", "EDQUOT": "free some space", "EIO": "another place with SCIWRAP_STORE",
          "EROFS": "another place with SCIWRAP_STORE"}


def dishonest(done, word):
    """What is wrong with the answer of a pull that `word` (the name of an error) ended."""
    said = done.stderr.strip()
    if done.returncode != 125:
        return [f"status {done.returncode}: {said}"]
    wrong = []
    if os.strerror(getattr(errno, word)) not in said:
        wrong.append(f"does not tell {word}: {said}")
    if word in ADVICE and ADVICE[word] not in said and "config.ini'" not in said:  # that lies in no store
        wrong.append(f"does not say what to do: {said}")
    return wrong


class Injector:
    def __init__(self, options, name, url, good=None):
        self.place = supply.Place(options, name, url)
        self.place.good = good or self.place.learn()
        self.steps = os.path.join(os.path.dirname(options.top), "steps")
        self.report = f"{self.place.path}/report"

    def pull(self, *how):
        return self.place.run("pull", "tiny", before=[self.steps, self.report, *map(str, how)])

    def listing(self):
        self.place.empty()
        done = self.pull("list")
        assert done.returncode == 0, done.stderr
        steps = [line.rstrip("\n").split(" ", 4)[1:] for line in open(self.report, errors="replace")]
        # Not the messages themselves, not how programs are loaded, and not how the jail is built (inject.py).
        return [(step[0], int(step[1]), int(step[2]), step[3]) for step in steps
                if len(step) == 4 and not re.search(r"stderr|pipe:|/dev/|^/(proc|usr|lib|lib64|etc|sys)/|\.ini$", step[3])]

    def one(self, case):
        role, number, nth, word, lasting = case
        self.place.empty()
        done = self.pull(f"-{getattr(errno, word)}{'+' if lasting else ''}", role, number, nth)
        if done.returncode == 199:
            return [f"steps fails: {done.stderr}"]
        if "fired 0\n" in open(self.report, errors="replace").read():
            return ["missed"]
        wrong = [f"afterwards {line}" for line in self.place.wrong_trees()]
        if done.returncode != 0:
            wrong += dishonest(done, word)
        elif not self.place.trees():
            wrong.append("it succeeds, and there is no tree")
        return wrong + self.place.wrong_next()


def cases_of(steps, names, short):
    """All; short: of calls that are alike (same process, call and kind of name) one, with one of its errors each."""
    seen, turn = set(), itertools.count(os.geteuid() != 0)
    for role, number, nth, name in steps:
        kind = re.sub(r"[0-9a-f]{16,}", "HEX", name if "/" in name or role == "0" else "")
        kind = "unpacked" if role == "0.1" and kind not in ("/index", "/checked") else re.sub(r"stage\.[^/]*", "STAGE", kind)
        errors = ERRORS[names[number]]
        if short:
            if (role, number, kind) in seen:
                continue
            seen.add((role, number, kind))
            step = next(turn)
            yield role, number, nth, errors[step % len(errors)], step % 2 == 0
            continue
        for word in errors:
            yield role, number, nth, word, False
        if nth == 1:
            for word in errors:
                yield role, number, nth, word, True


def injected(options, verdicts, url):
    names = {number: name for name, number in supply.call_numbers().items()}
    first = Injector(options, "injector0", url)
    steps = first.listing()
    good = first.place.good
    workers = queue.Queue()
    for injector in [first] + [Injector(options, f"injector{i}", url, good) for i in range(1, options.jobs)]:
        workers.put(injector)

    def one(case):
        injector = workers.get()
        try:
            return injector.one(case)
        finally:
            workers.put(injector)

    cases = list(cases_of(steps, names, options.short))
    by_call, missed = {}, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for case, wrong in zip(cases, pool.map(one, cases)):
            role, number, nth, word, lasting = case
            entry = by_call.setdefault(names[number], [0, []])
            missed += wrong == ["missed"]
            entry[0] += wrong != ["missed"]
            entry[1] += [f"{word}{' from then on' if lasting else ''} at call {nth} of process {role}: {line}"
                         for line in wrong if line != "missed"]
    for call, (count, wrong) in sorted(by_call.items()):
        verdicts.tell(f"{count} failures of {call}", wrong)
    if missed > len(cases) / 10:
        verdicts.tell("the calls are those that were listed", [f"{missed} of {len(cases)} were not made again"])


# ---- real file systems


class Mount:
    """A file system for the time of a `with`; `why`: it cannot be had here."""

    def __init__(self, top, kind, options, megabytes=0):
        self.where, self.kind, self.options, self.megabytes = f"{top}/{kind}", kind, options, megabytes
        self.image = f"{top}/{kind}.img"

    def __enter__(self):
        os.makedirs(self.where, exist_ok=True)
        words = ["mount", "-t", self.kind, "-o", self.options or "rw", "none", self.where]
        self.why = None
        if self.kind != "tmpfs":
            with open(self.image, "wb") as image:
                image.truncate(self.megabytes << 20)
            made = subprocess.run([f"mkfs.{self.kind}", "-q", self.image], capture_output=True, text=True)
            if made.returncode != 0:
                self.why = made.stderr.strip()
                return self
            words = ["mount", "-t", self.kind, "-o", "loop", self.image, self.where]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            self.why = done.stderr.strip()
        return self

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.where], check=True)

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.where], check=False, stderr=subprocess.DEVNULL)
        if os.path.exists(self.image):
            os.unlink(self.image)


def pull_without(place, word):
    """A pull for which there is not enough of something."""
    done = place.run("pull", "tiny")
    wrong = [f"afterwards {line}" for line in place.wrong_trees()]
    if done.returncode != 0:
        wrong += dishonest(done, word)
        wrong += [f"after the failure {line}" for line in place.leftovers() if ".part" not in line and ".from" not in line]
    return done.returncode == 0, wrong


def small_tmpfs(options, verdicts, url, good):
    """From no room at all to enough."""
    sizes = [16, 64, 256, 1024, 4500, 5000, 7000, 9000, 9400, 9600, 12000] if not options.short else [64, 6000]
    inodes = [3, 8, 9, 10, 11, 12, 14, 20, 50, 80, 95, 300] if not options.short else [12, 60]
    for kind, values, enough in (("size", [f"{size}k" for size in sizes], "size=64m"),
                                 ("nr_inodes", inodes, "nr_inodes=10000")):
        wrong, failed = [], 0
        for value in values:
            with Mount(options.top, "tmpfs", f"{kind}={value}") as mount:
                if mount.why is not None:
                    verdicts.skip(f"tmpfs with little {kind}", mount.why)
                    return
                place = supply.Place(options, "tmpfs-user", url, store=f"{mount.where}/store")
                place.good = good
                done, found = pull_without(place, "ENOSPC")
                failed += not done
                mount.remount(enough)
                wrong += [f"{kind}={value}: {line}" for line in found + place.wrong_next()]
        if failed == 0:
            wrong.append("every pull succeeds")
        verdicts.tell(f"tmpfs with little {kind}: {failed} of {len(values)} pulls fail honestly", wrong)


def small_disk(options, verdicts, url, good, kind, megabytes):
    """Filled up so far that n more megabytes go in."""
    with Mount(options.top, kind, "", megabytes) as mount:
        if mount.why is not None:
            verdicts.skip(f"a full {kind}", mount.why)
            return
        wrong, failed = [], 0
        filler = f"{mount.where}/filler"
        for left in (0, 1, 3, 5, 8):
            place = supply.Place(options, "disk-user", url, store=f"{mount.where}/store")
            place.good = good
            place.empty()
            free = os.statvfs(mount.where)
            free = free.f_bavail * free.f_frsize - (left << 20)
            subprocess.run(["fallocate", "-l", str(free), filler], check=False, capture_output=True)
            with open(filler, "ab", buffering=0) as file:
                try:
                    while left == 0:
                        file.write(bytes(4096))
                except OSError:
                    pass
            done, found = pull_without(place, "ENOSPC")
            failed += not done
            os.unlink(filler)
            subprocess.run(["sync", "-f", mount.where], check=True)
            wrong += [f"{left} MB left: {line}" for line in found + place.wrong_next()]
        if failed == 0:
            wrong.append("every pull succeeds")
        verdicts.tell(f"a full {kind}: {failed} of 5 pulls fail honestly", wrong)


def quota(options, verdicts, url, good):
    """A subvolume of btrfs with a limit: the quota that works on every kernel that has btrfs."""
    with Mount(options.top, "btrfs", "", 256) as mount:
        try:
            if mount.why is not None:
                raise OSError(mount.why)
            for words in (["subvolume", "create", f"{mount.where}/sub"], ["quota", "enable", mount.where]):
                subprocess.run(["btrfs", *words], check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            verdicts.skip("a quota", f"no btrfs: {error}")
            return
        wrong, failed = [], 0
        for limit in ("256k", "3M", "6M", "8M"):
            place = supply.Place(options, "quota-user", url, store=f"{mount.where}/sub/store")
            place.good = good
            place.empty()
            subprocess.run(["sync", "-f", mount.where], check=True)
            subprocess.run(["btrfs", "qgroup", "limit", limit, f"{mount.where}/sub"], check=True, capture_output=True)
            done, found = pull_without(place, "EDQUOT")
            failed += not done
            subprocess.run(["btrfs", "qgroup", "limit", "none", f"{mount.where}/sub"], check=True, capture_output=True)
            wrong += [f"limit {limit}: {line}" for line in found + place.wrong_next()]
        if failed == 0:
            wrong.append("every pull succeeds")
        verdicts.tell(f"a quota: {failed} of 4 pulls fail honestly", wrong)


def read_only(options, verdicts, url, good):
    with Mount(options.top, "tmpfs", "size=64m") as mount:
        if mount.why is not None:
            verdicts.skip("a read-only store", mount.why)
            return
        place = supply.Place(options, "read-only-user", url, store=f"{mount.where}/store")
        place.good = good
        mount.remount("ro")
        wrong = dishonest(place.run("pull", "tiny"), "EROFS")
        mount.remount("rw")
        place.run("envs")
        os.makedirs(f"{place.store}/blobs/sha256")
        mount.remount("ro")
        wrong += dishonest(place.run("pull", "tiny"), "EROFS")
        mount.remount("rw")
        wrong += place.wrong_next()
        mount.remount("ro")
        for words in (["pull", "tiny"], ["exec", "--no-record", "tiny", "true"]):
            done = place.run(*words)
            if done.returncode != 0:
                wrong.append(f"'{' '.join(words)}' of what is there: status {done.returncode}: {done.stderr.strip()}")
        verdicts.tell("a read-only store: what is there runs, what is not cannot come", wrong)


def closed_folder(options, verdicts, url, good):
    """For an ordinary user, what a read-only file system is for root."""
    place = supply.Place(options, "closed-user", url)
    place.good = good
    wrong = place.wrong_next()
    folders = [place.store] + [f"{place.store}/{name}" for name in os.listdir(place.store)]
    subprocess.run(["chmod", "a-w", *folders], check=True)
    done = place.run("exec", "--no-record", "tiny", "true")
    if done.returncode != 0:
        wrong.append(f"a run of what is there: status {done.returncode}: {done.stderr.strip()}")
    wrong += dishonest(place.run("pull", "--again", "tiny"), "EACCES")
    subprocess.run(["chmod", "u+w", *folders], check=True)
    verdicts.tell("a store without permission to write: what is there runs", wrong + place.wrong_next())


def main():
    options = supply.arguments(__doc__, jobs={"type": int, "default": 2})
    verdicts = supply.Verdicts("supply faults")
    server = supply.Server(options.fixtures)
    url = f"{server.url}/tiny.tar"
    injected(options, verdicts, url)
    good = supply.Place(options, "good", url).learn()
    if os.geteuid() != 0:
        closed_folder(options, verdicts, url, good)
        return verdicts.end()
    small_tmpfs(options, verdicts, url, good)
    read_only(options, verdicts, url, good)
    if not options.short:
        small_disk(options, verdicts, url, good, "ext4", 48)
        small_disk(options, verdicts, url, good, "xfs", 320)
        quota(options, verdicts, url, good)
    verdicts.end()


main()
