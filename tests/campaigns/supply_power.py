#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Power loss. A store lies on a file system in an image; every write and flush that reaches the image is recorded (fuse.py
`disk`) while trees are pulled, replaced and marked. Then the image is made anew as a power cut would have left it, and the
machine "starts": another boot identity. Every tree that a reader accepts must be right, and pull and exec must work.

A cut is at a write of the record, in one of two ways: all before it has arrived (prefix), or what came since the last
flush has arrived in part, in any order, torn at sectors (reordered): a disk with a cache. For root."""
import os, random, re, shutil, struct, subprocess, sys, time
import supply

FILE_SYSTEMS = {  # options of mkfs and mount, size of the image in MB, cuts of the long form
    "ext4": (["mkfs.ext4", "-q"], "", 48, 300),
    "ext4 with data=writeback": (["mkfs.ext4", "-q"], "data=writeback", 48, 100),
    "xfs": (["mkfs.xfs", "-q"], "", 320, 100),
    "btrfs": (["mkfs.btrfs", "-q", "--metadata", "single"], "", 128, 100),
}
SECTOR = 4096  # what a disk writes whole or not at all; a torn superblock is no matter of ours


def run(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True)


def unmount(where):
    """Whoever syncs in the background keeps it busy for a moment."""
    for _ in range(6000):
        if run("umount", where, check=False).returncode == 0:
            return
        time.sleep(0.01)
    raise TimeoutError(f"'{where}' stays busy")


def detach(loop):
    """Until it is really gone: namespaces of runs that have ended keep a mount for a moment."""
    run("losetup", "-d", loop, check=False)
    for _ in range(6000):
        if not os.path.exists(f"/sys/block/{os.path.basename(loop)}/loop/backing_file"):
            return
        time.sleep(0.01)
    raise TimeoutError(f"'{loop}' stays busy")


class Recorder:
    """The image behind fuse.py and a loop device, mounted."""

    def __init__(self, top, image, options):
        self.top, self.image, self.options = top, image, options

    def __enter__(self):
        os.makedirs(f"{self.top}/served")
        os.makedirs(f"{self.top}/mounted")
        open(f"{self.top}/log", "w").close()
        self.server = subprocess.Popen([sys.executable, f"{supply.HERE}/fuse.py", "disk", self.image, f"{self.top}/log",
                                        f"{self.top}/served", f"{self.top}/ready"], stderr=subprocess.PIPE, text=True)
        while not os.path.exists(f"{self.top}/ready") and self.server.poll() is None:
            time.sleep(0.01)
        if self.server.poll() is not None:
            raise OSError(self.server.stderr.read().strip().splitlines()[-1])
        self.loop = run("losetup", "-f", "--show", f"{self.top}/served/disk").stdout.strip()
        run("mount", *(["-o", self.options] if self.options else []), self.loop, f"{self.top}/mounted")
        return self

    def __exit__(self, *_):
        if os.path.ismount(f"{self.top}/mounted"):
            unmount(f"{self.top}/mounted")
        if hasattr(self, "loop"):
            detach(self.loop)
        run("umount", "-l", f"{self.top}/served", check=False)
        self.server.wait(30)


def wait_for_mark(place):
    meta = f"{place.store}/trees/{place.sha256}/meta"
    for _ in range(30000):
        if os.path.exists(meta) and open(meta, "rb").read().endswith(b"synced yes\n"):
            return
        time.sleep(0.01)
    raise TimeoutError("the tree is never marked as synced")


def record(place, deeds, lie=()):
    """What is done on the disk before its power goes: in another boot than the one in which is looked afterwards."""
    boot = f"{place.path}/boot"
    with open(boot, "w") as file:
        file.write("99999999-8888-4777-8666-555555555555\n")
    other_boot = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"', boot]
    for environment, words in deeds:
        done = place.run(*words, environment=environment, before=[*other_boot, *lie])
        assert done.returncode == 0, done.stderr
        wait_for_mark(place)
        time.sleep(0.1)


def read_log(path):
    """[(offset, bytes)]; None is a flush."""
    found = []
    with open(path, "rb") as log:
        while True:
            head = log.read(17)
            if len(head) < 17:
                return found
            offset, length = struct.unpack("<QQ", head[1:])
            found.append((offset, log.read(length)) if head[:1] == b"w" else None)


def make_image(base, image, log, cut, seed):
    """The image after a power cut before the write log[cut]; seed 0: prefix. Returns how it was done, for messages."""
    if os.path.exists(image):
        os.unlink(image)  # a loop device that is not quite gone would be used again, with what it remembers
    run("cp", "--sparse=always", base, image)
    flushed = max((i for i in range(cut) if log[i] is None), default=0)
    arrived = [entry for entry in log[:flushed if seed else cut] if entry is not None]
    chance = random.Random(seed)
    if seed:
        pending = [entry for entry in log[flushed:cut + 1] if entry is not None]
        share = chance.random()
        chance.shuffle(pending)
        for offset, data in pending:
            if chance.random() < share:
                sectors = len(data) // SECTOR
                end = chance.randint(0, sectors) * SECTOR if chance.random() < 0.2 else len(data)
                arrived.append((offset, data[:end]))
    with open(image, "r+b") as disk:
        for offset, data in arrived:
            disk.seek(offset)
            disk.write(data)
    return f"cut {cut} of {len(log)}" + (f", reordered with seed {seed}" if seed else "")


class Machine:
    """The machine when it starts again: the image mounted, another boot identity."""

    def __init__(self, options, url, top, good):
        self.top = top
        os.makedirs(f"{top}/restarted")
        self.place = supply.Place(options, "restarted-user", url, store=f"{top}/restarted/store")
        self.place.good = good
        self.counts = {"there": 0, "absent": 0}
        self.traps = 0  # cuts that left what looks like a complete tree and is none

    def accepted(self):
        """Trees that a reader of another boot takes for complete."""
        found = []
        for name in self.place.trees():
            try:
                meta = open(f"{self.place.store}/trees/{name}/meta", "rb").read()
            except OSError:
                continue
            if supply.meta_is_whole(meta) and meta.endswith(b"synced yes\n"):
                found.append(name)
        return found

    def wrong_after(self, image, options):
        loop = run("losetup", "-f", "--show", image).stdout.strip()
        try:
            mounted = run("mount", *(["-o", options] if options else []), loop, f"{self.top}/restarted", check=False)
            if mounted.returncode != 0:
                return [f"the file system cannot be mounted: {mounted.stderr.strip()}"]
            try:
                return self.wrong_in_store()
            finally:
                unmount(f"{self.top}/restarted")
        finally:
            detach(loop)

    def wrong_in_store(self):
        wrong, place = [], self.place
        accepted = self.accepted()
        self.counts["there" if accepted else "absent"] += 1
        if not accepted:
            self.traps += any("blob" not in line for line in place.wrong_trees())
        else:
            wrong += [f"accepted, and {line}" for line in place.wrong_trees() if "blob" not in line]
        done = place.run("pull", "tiny")
        if done.returncode != 0:
            return wrong + [f"pull: status {done.returncode}: {done.stderr.strip()}"]
        if accepted != ([place.sha256] if "already in the store" in done.stderr else []):
            wrong.append(f"pull takes another tree for there than {accepted}: {done.stderr.strip()}")
        wrong += place.wrong_trees()
        done = place.run("exec", "--no-record", "tiny", "true")
        if done.returncode != 0:
            wrong.append(f"exec: status {done.returncode}: {done.stderr.strip()}")
        return wrong


DEEDS = [
    ({}, ["pull", "tiny"]),
    ({}, ["pull", "--again", "tiny"]),
    ({"SCIWRAP_STORE_SHARED": "yes"}, ["pull", "--again", "tiny"]),
    ({}, ["pull", "--again", "tiny"]),
]


def cuts_of(log, count):
    """Cuts all over the record, half of them reordered; short forms take those where a tree may be half there."""
    writes = [i for i, entry in enumerate(log) if entry is not None]
    chance = random.Random(count)
    prefixes = writes if len(writes) <= count // 2 else sorted(chance.sample(writes, count // 2))
    rest = count - len(prefixes)
    return [(cut, 0) for cut in prefixes] + [(chance.choice(writes), 1 + i) for i in range(rest)]


def one_file_system(options, verdicts, url, name, cuts, good, control=False):
    """`control`: the disk lies to who waits for it, so that trees are marked that are not on it. This must be found."""
    mkfs, mount_options, megabytes, _ = FILE_SYSTEMS[name]
    top = f"{options.top}/{name.replace(' ', '-')}-{'control' if control else 'cuts'}"
    os.makedirs(top)
    syncfs = supply.call_numbers()["syncfs"]
    lie = [os.path.join(os.path.dirname(options.top), "steps"), f"{top}/report", "-0", "0.2.1", str(syncfs), "1"]
    image = f"{top}/image"
    with open(image, "wb") as file:
        file.truncate(megabytes << 20)
    try:
        run(*mkfs, image)
        run("cp", "--sparse=always", image, f"{top}/base")
        with Recorder(top, image, mount_options) as recorder:
            place = supply.Place(options, "recorded-user", url, store=f"{top}/mounted/store")
            record(place, DEEDS[:1] if options.short or control else DEEDS, lie if control else ())
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", None) or str(error)
        verdicts.skip(f"power loss on {name}", why.strip().replace("\n", " "))
        return
    log = read_log(f"{top}/log")
    machine = Machine(options, url, top, good)
    wrong = []
    chosen = cuts_of(log, cuts)
    for cut, seed in chosen:
        what = make_image(f"{top}/base", image, log, cut, seed)
        wrong += [f"{what}: {line}" for line in machine.wrong_after(image, mount_options)]
    counts = machine.counts
    shutil.rmtree(top, ignore_errors=True)
    if control:
        verdicts.tell(f"the control on {name}, a disk that lies: {len(wrong)} wrong outcomes of {len(chosen)} cuts are found",
                      [] if wrong else ["nothing is found: the test is no good"])
        return
    if min(counts.values()) == 0 and not options.short:
        wrong.append("every cut comes out alike: the record is no good")
    verdicts.tell(f"power loss on {name}: {len(chosen)} cuts in a record of {len(log)} writes and flushes; the tree is "
                  f"there after {counts['there']}, absent after {counts['absent']}, of which {machine.traps} left one that "
                  "looks complete and is not", wrong)


def main():
    options = supply.arguments(__doc__, cuts={"type": int, "default": 0}, on={"default": ""})
    verdicts = supply.Verdicts("supply power")
    if os.geteuid() != 0:
        verdicts.skip("power loss", "only root can mount an image")
        verdicts.end()
    server = supply.Server(options.fixtures)
    url = f"{server.url}/tiny.tar"
    good = supply.Place(options, "good", url).learn()
    names = [options.on] if options.on else ["ext4"] if options.short else list(FILE_SYSTEMS)
    one_file_system(options, verdicts, url, "ext4", 8 if options.short else 40, good, control=True)
    for name in names:
        one_file_system(options, verdicts, url, name, options.cuts or (8 if options.short else FILE_SYSTEMS[name][3]), good)
    verdicts.end()


main()
