#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Kills the puller, its unpacker and what it leaves in the background at each step of the store's protocol
(launcher/env/store.h): POINTS, 100 times each. After each kill no tree may be complete and wrong; the next pull must
succeed without a manual step, with nothing left under tmp/."""
import concurrent.futures, os, queue, random, re, subprocess, time
import supply

# What happens, from where: scenario, role of steps.c, call, what its name matches, which of those, and how.
# "kill" is before the call, "killed" after it. "half": the one in the middle.
POINTS = {
    "the store has two of its folders":       ("first", "0", "mkdirat", r"trees$", 0, "kill"),
    "the lock file is made":                  ("first", "0", "openat", r"locks/", 0, "killed"),
    "the lock is taken":                      ("first", "0", "flock", r"locks/", 0, "killed"),
    "the stage's folder is made, not locked": ("first", "0", "mkdirat", r"stage\.", 0, "killed"),
    "the stage is locked":                    ("first", "0", "flock", r"stage\.", 0, "killed"),
    "the download's file is made":            ("first", "0", "openat", r"\.part$", 0, "killed"),
    "a part of the download is written":      ("first", "0", "write", r"\.part$", 7, "kill"),
    "the download is whole, not synced":      ("first", "0", "fdatasync", r"\.part$", 0, "kill"),
    "the download is synced, has no name":    ("first", "0", "renameat", r".", -1, "kill"),
    "the blob has its name":                  ("first", "0", "renameat", r".", -1, "killed"),
    "the blob's folder is synced":            ("first", "0", "fsync", r"blobs/sha256", 0, "killed"),
    "the unpacker has made one folder":       ("first", "0.1", "mkdirat", r"^rootfs$", 0, "killed"),
    "half of the files are unpacked":         ("first", "0.1", "openat", r".", "half", "kill"),
    "half of a file is unpacked":             ("first", "0.1", "write", r"/busybox$", "half", "kill"),
    "the index is empty":                     ("first", "0.1", "write", r"/index$", 0, "kill"),
    "the index is written":                   ("first", "0.1", "write", r"/index$", -1, "killed"),
    "the unpacker has not told yet":          ("first", "0.1", "write", r"^pipe:", -1, "kill"),
    "the meta file is empty":                 ("first", "0", "openat", r"^meta$", 0, "killed"),
    "the meta file is written":               ("first", "0", "write", r"/meta$", 0, "killed"),
    "the stage is not renamed yet":           ("first", "0", "renameat2", r".", 0, "kill"),
    "the tree has its name":                  ("first", "0", "renameat2", r".", 0, "killed"),
    "the folder of trees is synced":          ("first", "0", "fsync", r"/trees$", 0, "killed"),
    "who syncs in the background begins":     ("first", "0.2.1", "syncfs", r".", 0, "kill"),
    "the tree is synced, not marked":         ("first", "0.2.1", "pwrite64", r".", 0, "kill"),
    "the tree is marked, the mark not synced": ("first", "0.2.1", "fdatasync", r".", 0, "kill"),
    "what was left is about to be renamed":   ("left", "0", "renameat", r"del\.", 0, "kill"),
    "what was left has another name":         ("left", "0", "renameat", r"del\.", 0, "killed"),
    "half of what was left is removed":       ("left", "0", "unlinkat", r".", "half", "killed"),
    "the old tree is in its place":           ("again", "0", "renameat", r"del\.", 0, "kill"),
    "the old tree is moved away":             ("again", "0", "renameat", r"del\.", 0, "killed"),
    "half of the old tree is removed":        ("again", "0", "unlinkat", r".", "half", "killed"),
    "the new tree is not in its place yet":   ("again", "0", "renameat2", r".", -1, "kill"),
    "the new tree is in its place":           ("again", "0", "renameat2", r".", -1, "killed"),
    "a broken tree is moved away":            ("broken", "0", "renameat", r"del\.", 0, "killed"),
    "image: half of the files are unpacked":  ("image", "0.1", "openat", r".", "half", "kill"),
    "image: the unpacker has not told yet":   ("image", "0.1", "write", r"^pipe:", -1, "kill"),
    "image: its settings are empty":          ("image", "0", "write", r"/settings$", 0, "kill"),
    "image: the stage is not renamed yet":    ("image", "0", "renameat2", r".", 0, "kill"),
    "image: the tree has its name":           ("image", "0", "renameat2", r".", 0, "killed"),
}


class Worker:
    def __init__(self, options, name, url, good=None):
        self.places = {kind: supply.Place(options, f"{name}-{kind}", of) for kind, of in (("tar", url), ("image", "image"))}
        self.good = good or {kind: place.learn() for kind, place in self.places.items()}
        for kind, place in self.places.items():
            place.good = self.good[kind]
        self.choose("first")
        self.steps = os.path.join(os.path.dirname(options.top), "steps")
        self.report = f"{self.place.path}/report"

    def choose(self, scenario):
        self.place = self.places["image" if scenario == "image" else "tar"]

    def prepare(self, scenario):
        self.choose(scenario)
        place = self.place
        place.empty()
        if scenario in ("again", "broken"):
            place.run("pull", "tiny")
        if scenario == "broken":
            with open(f"{place.store}/trees/{place.sha256}/meta", "w") as meta:
                meta.write("sciwrap-tree 1\n")
        if scenario == "left":
            killed = self.trace(scenario, "kill", "0", NUMBERS["renameat2"], 1)
            assert killed.returncode == 137 and self.place.leftovers(), killed

    def trace(self, scenario, *how):
        again = ["--again"] if scenario == "again" else []
        return self.place.run("pull", *again, "tiny", before=[self.steps, self.report, *map(str, how)])

    def listing(self, scenario):
        """All steps of a pull: (role, call number, which of these in its process, name)."""
        self.prepare(scenario)
        done = self.trace(scenario, "list")
        assert done.returncode == 0, done.stderr
        found = []
        for line in open(self.report, errors="replace"):
            words = line.rstrip("\n").split(" ", 4)
            if words[0] == "step":
                found.append((words[1], int(words[2]), int(words[3]), words[4]))
        return found

    def fired(self):
        return "fired 0\n" not in open(self.report, errors="replace").read()

    def kill_beside(self, point, how, where):
        """The same while another process waits for the tree, which must get it."""
        self.prepare(point[0])
        first = self.place.start("pull", "tiny", before=[self.steps, self.report, how, *map(str, where)])
        while not os.path.exists(f"{self.place.store}/locks/{self.place.sha256}") and first.poll() is None:
            time.sleep(0.001)
        second = self.place.start("pull", "tiny")
        said = second.communicate(timeout=600)[1]
        first.communicate(timeout=600)
        if second.returncode != 0:
            return [f"who waited ends with status {second.returncode}: {said.strip()}"]
        wrong = [f"afterwards {line}" for line in self.place.wrong_trees()]
        return wrong + self.place.wrong_next() or ([] if self.fired() else ["missed"])

    def kill(self, point, how, where):
        """What is wrong after one kill; "missed" when it was not reached."""
        self.prepare(point[0])
        done = self.trace(point[0], how, *where)
        if done.returncode == 199:
            return [f"steps fails: {done.stderr}"]
        if not self.fired():
            return ["missed"]
        wrong = [f"afterwards {line}" for line in self.place.wrong_trees()]
        return wrong + self.place.wrong_next()


def find(steps, point):
    """The call that a point means."""
    _, role, call, name, which, _ = point
    found = [step for step in steps if step[0] == role and step[1] == NUMBERS[call] and re.search(name, step[3])]
    if not found:
        return None
    step = found[len(found) // 2 if which == "half" else which]
    return step[0], step[1], step[2]


def at_random(worker, seconds):
    """The process group killed at some moment, as a batch system kills a job."""
    worker.prepare("first")
    place = worker.place
    process = subprocess.Popen([place.options.sciwrap, "pull", "-q", "tiny"], env=place.environment, cwd=place.path,
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(seconds)
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        pass
    process.wait()
    for _ in range(1000):  # its unpacker dies a little later, and holds the lock of the stage until then
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.01)
    return [f"afterwards {line}" for line in place.wrong_trees()] + place.wrong_next()


def main():
    global NUMBERS
    options = supply.arguments(__doc__, times={"type": int, "default": 0}, jobs={"type": int, "default": 2})
    NUMBERS = supply.call_numbers()
    verdicts = supply.Verdicts("supply kill")
    times = options.times or (1 if options.short else 100)
    server = supply.Server(options.fixtures)
    first = Worker(options, "worker0", f"{server.url}/tiny.tar")
    workers = queue.Queue()
    workers.put(first)
    for i in range(1, options.jobs):
        workers.put(Worker(options, f"worker{i}", f"{server.url}/tiny.tar", first.good))
    # What the unpacker calls by which name is hidden from an ordinary user: a process that is shut in cannot be read.
    points = [name for name in POINTS if os.geteuid() == 0 or POINTS[name][1] != "0.1"]
    if options.short:  # tests/run.sh runs it as root and as an ordinary user
        points = points[os.geteuid() != 0::2]
    steps = {scenario: first.listing(scenario) for scenario in sorted({POINTS[name][0] for name in points})}

    def one(name, turn, beside=False):
        worker = workers.get()
        try:
            point = POINTS[name]
            where = find(steps[point[0]], point)
            if where is None:
                return ["no such step in a pull"]
            # Every other time all processes at once, where the moment is the same.
            how = "all" if point[5] == "kill" and turn % 2 else point[5]
            return worker.kill_beside(point, how, where) if beside else worker.kill(point, how, where)
        finally:
            workers.put(worker)

    def chance(turn):
        worker = workers.get()
        try:
            return at_random(worker, random.Random(turn).uniform(0, 0.06))
        finally:
            workers.put(worker)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = {name: [pool.submit(one, name, turn) for turn in range(times)] for name in points}
        # From the moment on at which there is a lock to wait for.
        waited = [pool.submit(one, name, turn, True) for name in points[3:6] + points[6:] * (not options.short)
                  if POINTS[name][0] in ("first", "image") for turn in range((times + 4) // 5)]
        randoms = [pool.submit(chance, turn) for turn in range(4 * times)]
        total = 0
        for name, turns in work.items():
            results = [turn.result() for turn in turns]
            missed = sum(result == ["missed"] for result in results)
            wrong = [line for result in results for line in result if line != "missed"]
            if missed > len(results) / 4:
                wrong.append(f"{missed} of {len(results)} pulls did not come to this point")
            total += len(results) - missed
            verdicts.tell(f"{name}: {len(results) - missed} kills", wrong)
        results = [turn.result() for turn in waited]
        missed = sum(result == ["missed"] for result in results)
        wrong = [line for result in results for line in result if line != "missed"]
        if missed == len(results):
            wrong.append("none of the pulls came to its point")
        verdicts.tell(f"while another process waits: {len(results) - missed} kills", wrong)
        verdicts.tell(f"at any moment: {len(randoms)} kills", [line for turn in randoms for line in turn.result()])
    print(f"# {total} kills at {len(points)} points, {len(randoms)} at any moment")
    verdicts.end()


main()
