#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Garbage collections while runs come and go.

usage: gc.py SCIWRAP FIXTURES [--short] [--collections N] [--runners N] [--seed N]

RUNNERS (20) processes run commands in several environments without a pause, others pull and check, and meanwhile N
(1,000) collections and removals take away all that is not in use: one half by `store gc --older-than 0`, the rest by
`store gc --keep-bytes` and `remove`. The artifacts come from a server on the loopback interface, so that blobs come
and go as well. Half of the collections are made with a store that other hosts may use (SCIWRAP_STORE_SHARED=yes).

Every run looks again and again at files of its environment while it lasts. It must give what it gives alone, or end
with one of the messages below before its command starts: then somebody was faster ten times in a row. At the end
everything must work at once, without a hand that cleans up.
"""
import argparse, gzip, hashlib, http.server, os, random, re, shutil, subprocess, sys, tempfile, threading, time

parser = argparse.ArgumentParser()
parser.add_argument("sciwrap")
parser.add_argument("fixtures")
parser.add_argument("--short", action="store_true")
parser.add_argument("--collections", type=int)
parser.add_argument("--runners", type=int)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
collections = options.collections or (12 if options.short else 1000)
runners = options.runners or (3 if options.short else 20)
sciwrap = os.path.realpath(options.sciwrap)
fixtures = os.path.realpath(options.fixtures)

archives = [gzip.compress(open(os.path.join(fixtures, name), "rb").read(), 1) for name in ("tiny.tar", "tiny-new.tar")]

# Before the command starts, and nothing but this.
HONEST = re.compile(r"is not in the store after it was brought")

COMMAND = """for i in 1 2 3 4; do
    cat /etc/version /usr/share/data/file || exit 70
    ls /usr/bin | wc -l
    sleep 0.0$1
done
sha256sum /usr/bin/busybox"""


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        data = archive(int(self.path.strip("/")))
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def archive(number):
    """The tiny environment, and every other time its newer brother, with another digest for each number: a gzip header
    has four bytes for a time that nobody looks at (RFC 1952)."""
    data = archives[number % 2]
    return data[:4] + number.to_bytes(4, "little") + data[8:]


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def define(folder, port):
    """Twice as many environments as runs at a time; every third is brought from a file, the others from the server."""
    names = []
    for number in range(2 * runners):
        name, data = "env%d" % number, archive(number)
        url = "http://127.0.0.1:%d/%d" % (port, number)
        if number % 3 == 0:
            url = os.path.join(folder, name + ".tar.gz")
            with open(url, "wb") as file:
                file.write(data)
        with open(os.path.join(folder, name + ".ini"), "w") as file:
            file.write("[environment]\ncommand = true\n[artifact]\nsha256 = %s\nsize = %d\nurl = %s\n"
                       % (hashlib.sha256(data).hexdigest(), len(data), url))
        names.append(name)
    return names


class Campaign:
    def __init__(self, work, shared, count, seed):
        self.work, self.count, self.random = work, count, random.Random(seed)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.right = self.honest = self.removed = self.kept = 0
        self.wrong = []
        os.makedirs(os.path.join(work, "envs"))
        self.env = dict(os.environ, HOME=work, SCIWRAP_STORE=os.path.join(work, "store"),
                        SCIWRAP_ENVS=os.path.join(work, "envs"), SCIWRAP_FETCH_WAIT="10",
                        SCIWRAP_STORE_SHARED="yes" if shared else "no")
        for name in ("SCIWRAP_SITE_STORE", "SCIWRAP_NODE_STORE", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            self.env.pop(name, None)
        self.names = define(os.path.join(work, "envs"), serve())

    def call(self, *words, **more):
        return subprocess.run([sciwrap, *words], env=self.env, cwd=self.work, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=300, **more)

    def fail(self, what, result):
        with self.lock:
            self.wrong.append("%s: status %d: %s %s" % (what, result.returncode, result.stdout[-300:],
                                                        result.stderr[-600:]))
        self.ended.set()

    def expect(self, name):
        return self.call("exec", "--no-record", name, "sh", "-c", COMMAND, "sh", "0").stdout

    def run(self, seed):
        rng = random.Random(seed)
        while not self.ended.is_set():
            name = rng.choice(self.names)
            result = self.call("exec", "--no-record", name, "sh", "-c", COMMAND, "sh", str(rng.randrange(10)))
            good = result.returncode == 0 and result.stdout == self.expected[name]
            honest = result.returncode == 125 and result.stdout == "" and HONEST.search(result.stderr)
            with self.lock:
                self.right += bool(good)
                self.honest += bool(honest)
            if not good and not honest:
                self.fail("run of " + name, result)

    def bring(self, seed):
        rng = random.Random(seed)
        while not self.ended.is_set():
            words = rng.choice((("pull", "-q", rng.choice(self.names)), ("store", "list"), ("store", "verify", "-q"),
                                ("store", "du")))
            result = self.call(*words)
            if result.returncode != 0:
                self.fail(" ".join(words), result)

    def collect(self):
        kind = self.random.randrange(4)
        if kind < 2:
            words = ("store", "gc", "--older-than", "0")
        elif kind == 2:
            words = ("store", "gc", "--keep-bytes", "%dMB" % (3 * runners))
        else:
            words = ("remove", self.random.choice(self.names))
        result = self.call(*words)
        honest = kind == 3 and result.returncode == 125 and re.search("is in use|is not in the store", result.stderr)
        if result.returncode != 0 and not honest:
            self.fail(" ".join(words), result)
        self.removed += len(re.findall("^removed ", result.stdout, re.M)) + len(re.findall(": removed ", result.stderr))
        self.kept += len(re.findall("^keeps ", result.stdout, re.M)) + bool(re.search("is in use", result.stderr))

    def go(self):
        self.expected = {name: self.expect(name) for name in self.names}
        assert all(text.count("\n") == 13 for text in self.expected.values()), self.expected
        threads = [threading.Thread(target=self.run, args=(i,)) for i in range(runners)]
        threads += [threading.Thread(target=self.bring, args=(i,)) for i in range(1, 3)]
        for thread in threads:
            thread.start()
        for _ in range(self.count):
            if self.ended.is_set():
                break
            self.collect()
            time.sleep(self.random.random() / 50)
        self.ended.set()
        for thread in threads:
            thread.join()

    def check_end(self):
        """All of it can be removed and brought again, and nothing half-made is left."""
        store = self.env["SCIWRAP_STORE"]
        for words in (("store", "gc", "--older-than", "0"), ("pull", "-q", *self.names), ("store", "verify", "--full")):
            result = self.call(*words)
            if result.returncode != 0:
                self.fail("afterwards " + " ".join(words), result)
        left = os.listdir(os.path.join(store, "tmp"))
        roots = [file for _, _, files in os.walk(os.path.join(store, "roots")) for file in files]
        if left or roots:
            self.wrong.append("left behind: %s" % (left + roots)[:5])


worst = 0
for shared in (False, True):
    start = time.monotonic()
    work = tempfile.mkdtemp(prefix="sciwrap-gc.", dir=os.environ.get("TMPDIR", "/tmp"))
    try:
        campaign = Campaign(work, shared, collections // 2, options.seed + shared)
        campaign.go()
        campaign.check_end()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if campaign.right < campaign.count // 4 or campaign.removed < campaign.count // 2:
        campaign.wrong.append("nothing was tried")
    print("%sok gc: %d collections, %s store: %d runs right, %d gave up, %d things removed, %d kept in use (%.0f s)"
          % ("not " if campaign.wrong else "", campaign.count, "shared" if shared else "local", campaign.right,
             campaign.honest, campaign.removed, campaign.kept, time.monotonic() - start), flush=True)
    for line in campaign.wrong[:10]:
        print("# " + line.replace("\n", "\n# "))
    worst |= bool(campaign.wrong)
sys.exit(worst)
