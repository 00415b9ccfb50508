#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Many processes need an environment at once that is not in the store. On one machine: 256 first uses, 256 successes, one
tree, at most two downloads. On a file system as NFS is without locks, from two hosts with boots of their own: 64 pulls,
64 successes, one tree; the kernel of the tests has no NFS, fuse.py's `lying` stands for it."""
import os, re, subprocess, sys, time
import supply

# Another host, as far as a process can tell: names, processes and boot of its own.
OTHER_HOST = ["unshare", "--uts", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c",
              'hostname other-host && mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"']


class Lies:
    """A mount of fuse.py for the time of a `with`."""

    def __init__(self, top):
        self.top, self.where = top, f"{top}/mounted"

    def __enter__(self):
        os.makedirs(f"{self.top}/backing")
        os.makedirs(self.where)
        self.server = subprocess.Popen([sys.executable, f"{supply.HERE}/fuse.py", "lying", f"{self.top}/backing", self.where,
                                        f"{self.top}/ready"], stderr=subprocess.PIPE, text=True)
        while not os.path.exists(f"{self.top}/ready") and self.server.poll() is None:
            time.sleep(0.01)
        self.why = self.server.stderr.read().strip().splitlines()[-1] if self.server.poll() is not None else None
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.where], check=False, stderr=subprocess.DEVNULL)
        self.server.wait(30)


def at_once(place, count, words, others=()):
    """All of them, started together: they wait for the end of a pipe. Every other one runs on another host if told how."""
    wait, go = os.pipe()
    processes = []
    for i in range(count):
        before = [*others] if i % 2 else []
        command = ["sh", "-c", 'read -r go; exec "$@"', "sh", *before, place.options.sciwrap, *words]
        processes.append(subprocess.Popen(command, stdin=wait, env=place.environment, cwd=f"{place.path}/work",
                                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
    os.close(wait)
    begun = time.monotonic()
    os.close(go)
    failed = []
    for i, process in enumerate(processes):
        error = process.communicate(timeout=600)[1]
        if process.returncode != 0:
            failed.append(f"process {i} ends with status {process.returncode}: {error.strip()}")
    return failed, time.monotonic() - begun


def one_machine(options, verdicts, count, server):
    place = supply.Place(options, "machine", f"{server.url}/tiny.tar")
    place.learn()
    before = server.total()
    wrong, seconds = at_once(place, count, ["exec", "--no-record", "tiny", "true"])
    downloads = server.total() - before
    wrong += place.wrong_trees() + place.leftovers()
    if place.trees() != [place.sha256]:
        wrong.append(f"trees/ has {place.trees()}")
    if not 1 <= downloads <= 2:
        wrong.append(f"{downloads} downloads")
    verdicts.tell(f"{count} first uses on one machine, {downloads} download(s), {seconds:.1f} s", wrong)


def stopped(options, verdicts, server):
    """One unpacks and is stopped for longer than others wait; both have the tree in the end."""
    place = supply.Place(options, "stopped", f"{server.url}/tiny.tar")
    place.learn()
    trace = [os.path.join(os.path.dirname(options.top), "steps"), f"{place.path}/report"]
    place.run("pull", "tiny", before=[*trace, "list"])
    meta = [line.split()[1:4] for line in open(f"{place.path}/report") if re.search(r"^step 0 \d+ \d+ meta$", line)]
    place.empty()
    os.unlink(f"{place.path}/report")
    sleeper = place.start("pull", "tiny", before=[*trace, "stop", *meta[-1]])
    while not os.path.exists(f"{place.path}/report") or "stopped" not in open(f"{place.path}/report").read():
        if sleeper.poll() is not None:
            break
        time.sleep(0.01)
    begun = time.monotonic()
    second = place.run("pull", "tiny")
    waited = time.monotonic() - begun
    pid = open(f"{place.path}/report").read().split()[1]
    os.kill(int(pid), 18)
    said = sleeper.communicate(timeout=600)[1]
    wrong = [f"{who} ends with status {status}: {text.strip()}" for who, status, text in (
        ("who was stopped", sleeper.returncode, said), ("the other", second.returncode, second.stderr)) if status != 0]
    if waited < 59:
        wrong.append("the other did not wait")
    verdicts.tell(f"one is stopped before it renames its tree; another waits {waited:.0f} s and makes it itself",
                  wrong + place.wrong_trees() + place.leftovers())


def lying(options, verdicts, count, server):
    with Lies(options.top) as lies:
        if lies.why is not None:
            verdicts.skip("a file system whose locks lie", f"it cannot be mounted here: {lies.why}")
            return
        boot = f"{options.top}/boot"
        with open(boot, "w") as file:
            file.write("11111111-2222-4333-8444-555555555555\n")
        for name, broken in (("nothing there", False), ("a broken tree there", True)):
            place = supply.Place(options, "lies", f"{server.url}/tiny.tar", store=f"{lies.where}/store")
            place.environment["SCIWRAP_NODE_STORE"] = "none"  # trees into the shared store too
            place.learn()
            if broken:
                os.makedirs(f"{place.store}/trees/{place.sha256}/rootfs")
            wrong, seconds = at_once(place, count, ["pull", "tiny"], [*OTHER_HOST, boot])
            wrong += place.wrong_trees()
            # Who takes a tree away on a network file system removes it later: another host may still run from it.
            wrong += [line for line in place.leftovers() if "'del." not in line]
            if place.trees() != [place.sha256]:
                wrong.append(f"trees/ has {place.trees()}")
            done = place.run("exec", "--no-record", "tiny", "true")
            if done.returncode != 0:
                wrong.append(f"a run of it ends with status {done.returncode}: {done.stderr.strip()}")
            verdicts.tell(f"{count} pulls from two hosts where locks lie, {name}, {seconds:.1f} s", wrong)


def node_store(options, verdicts, count, server):
    """The same home, trees on the machine: one of its processes downloads and unpacks, though locks lie in the home."""
    with Lies(f"{options.top}/home") as lies:
        if lies.why is not None:
            verdicts.skip("a home on a file system whose locks lie", f"it cannot be mounted here: {lies.why}")
            return
        place = supply.Place(options, "node", f"{server.url}/tiny.tar", store=f"{lies.where}/store")
        before = server.total()
        wrong, seconds = at_once(place, count, ["exec", "--no-record", "tiny", "true"])
        downloads = server.total() - before
        wrong += place.leftovers()
        trees = os.listdir(f"{place.path}/tmp/sciwrap-{os.geteuid()}/trees")
        if trees != [place.sha256] or place.trees():
            wrong.append(f"on the machine are {trees}, in the home {place.trees()}")
        if not 1 <= downloads <= 2:
            wrong.append(f"{downloads} downloads")
        verdicts.tell(f"{count} first uses with a home where locks lie, {downloads} download(s), {seconds:.1f} s", wrong)


def main():
    options = supply.arguments(__doc__, count={"type": int, "default": 0})
    verdicts = supply.Verdicts("supply many")
    server = supply.Server(options.fixtures)
    one_machine(options, verdicts, options.count or (40 if options.short else 256), server)
    if not options.short:
        stopped(options, verdicts, server)
    if os.geteuid() == 0:
        lying(options, verdicts, options.count or (6 if options.short else 64), server)
        node_store(options, verdicts, options.count or (6 if options.short else 64), server)
    else:
        verdicts.skip("a file system whose locks lie", "only root can mount it")
    verdicts.end()


main()
