# SPDX-License-Identifier: BSD-2-Clause
"""What the campaigns about the store have in common: a store of their own, a server on loopback that counts, the check
that no tree is complete and wrong, and verdicts as "ok NAME"/"not ok NAME" lines."""
import argparse, hashlib, http.server, json, os, re, shutil, stat, subprocess, sys, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments(about, **more):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("sciwrap")
    parser.add_argument("fixtures")
    parser.add_argument("top", help="an empty folder")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    for name, settings in more.items():
        parser.add_argument("--" + name.replace("_", "-"), **settings)
    return parser.parse_args()


class Verdicts:
    def __init__(self, campaign):
        self.campaign, self.failures = campaign, 0
        self.lock = threading.Lock()

    def tell(self, name, wrong=()):
        """`wrong`: what is wrong, a line each."""
        with self.lock:
            for line in list(wrong)[:20]:
                print(f"# {line}", flush=True)
            print(f"{'not ok' if wrong else 'ok'} {self.campaign}: {name}", flush=True)
            self.failures += bool(wrong)

    def skip(self, name, why):
        print(f"ok {self.campaign}: {name} # skip {why}", flush=True)

    def end(self):
        sys.exit(1 if self.failures else 0)


class Server:
    """Files of a folder over http, ranges honoured, with an ETag. `asked` counts requests by path."""

    def __init__(self, folder):
        server = self
        self.asked, self.lock = {}, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                with server.lock:
                    server.asked[self.path] = server.asked.get(self.path, 0) + 1
                data = open(os.path.join(folder, os.path.basename(self.path)), "rb").read()
                begin = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "bytes=0-")
                begin = min(int(begin[1]), len(data)) if begin else 0
                self.send_response(206 if begin else 200)
                if begin:
                    self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
                self.send_header("ETag", '"1"')
                self.send_header("Content-Length", str(len(data) - begin))
                self.end_headers()
                try:
                    self.wfile.write(data[begin:])
                except OSError:
                    pass

        class Listener(http.server.ThreadingHTTPServer):
            request_queue_size = 512
            daemon_threads = True

            def handle_error(self, *args):
                pass  # a client that was killed

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.listener.server_address[1]}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def total(self):
        with self.lock:
            return sum(self.asked.values())


def snapshot(folder):
    """All that a tree is: (path, type and mode, size and content, or where a link leads)."""
    found = []
    for at, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(at, name)
            st = os.lstat(path)
            if stat.S_ISREG(st.st_mode):
                what = hashlib.sha256(open(path, "rb").read()).hexdigest()
            else:
                what = os.readlink(path) if stat.S_ISLNK(st.st_mode) else ""
            found.append((os.path.relpath(path, folder), oct(st.st_mode), what))
    return sorted(found)


def meta_is_whole(text):
    """Whether a reader takes it for the meta file of a complete tree (launcher/env/meta.c)."""
    body, mark, rest = text.partition(b"check ")
    lines = rest.split(b"\n")
    return bool(mark) and lines[0] == hashlib.sha256(body).hexdigest().encode() and lines[1:] in (
        [b"synced no ", b""], [b"synced yes", b""])


def make_layout(folder, tar):
    """The files of `tar` as an image in an OCI layout. Returns the digest and size of its manifest."""
    os.makedirs(f"{folder}/blobs/sha256")

    def blob(kind, data):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
            file.write(data)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    layer = blob("layer.v1.tar", open(tar, "rb").read())
    config = {"architecture": "amd64", "os": "linux", "config": {},
              "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": blob("config.v1+json", json.dumps(config).encode()), "layers": [layer]}
    entry = blob("manifest.v1+json", json.dumps(manifest).encode())
    for name, what in (("index.json", {"schemaVersion": 2, "manifests": [entry]}),
                       ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(f"{folder}/{name}", "w") as file:
            json.dump(what, file)
    return entry["digest"].split(":")[1], entry["size"]


class Place:
    """A home, a store and a folder of definitions. The environment `tiny` is the fixtures' tiny.tar;
    with the url "image", the same files as an image in a layout."""

    def __init__(self, options, name, url=None, store=None):
        self.options, self.path = options, os.path.join(options.top, name)
        self.store = store or os.path.join(self.path, "store")
        for folder in ("home", "tmp", "envs", "work"):
            os.makedirs(os.path.join(self.path, folder), exist_ok=True)
        self.tar = os.path.join(options.fixtures, "tiny.tar")
        self.sha256 = hashlib.sha256(open(self.tar, "rb").read()).hexdigest()
        size, kind = os.path.getsize(self.tar), "tar"
        if url == "image":
            self.sha256, size = make_layout(f"{self.path}/layout", self.tar)
            url, kind = f"oci-layout:{self.path}/layout", "image"
        self.define(url or self.tar, size, kind)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": f"{self.path}/home", "TMPDIR": f"{self.path}/tmp",
            "XDG_RUNTIME_DIR": f"{self.path}/tmp", "SCIWRAP_STORE": self.store, "SCIWRAP_ENVS": f"{self.path}/envs",
            "LC_ALL": "C"}

    def define(self, url, size, kind):
        with open(f"{self.path}/envs/tiny.ini", "w") as definition:
            definition.write(f"[environment]\ndescription = tiny\n[artifact]\ntype = {kind}\nsha256 = {self.sha256}\n"
                             f"size = {size}\nurl = {url}\n")

    def start(self, *words, before=()):
        return subprocess.Popen([*before, self.options.sciwrap, *words], env=self.environment, cwd=f"{self.path}/work",
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                errors="replace")

    def run(self, *words, before=(), timeout=600, environment=None):
        return subprocess.run([*before, self.options.sciwrap, *words], env={**self.environment, **(environment or {})},
                              cwd=f"{self.path}/work", stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=timeout)

    def empty(self):
        """As before the first use; waits for nothing that a killed process left behind."""
        if os.path.isdir(self.store):
            subprocess.run(["chmod", "-R", "u+rwX", self.store], check=False)
            for _ in range(100):
                shutil.rmtree(self.store, ignore_errors=True)
                if not os.path.exists(self.store):
                    break
                time.sleep(0.01)

    def trees(self):
        folder = os.path.join(self.store, "trees")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def learn(self):
        """What the tree must be: from a pull that nothing interfered with. Then the store is emptied again."""
        self.empty()
        done = self.run("pull", "tiny")
        assert done.returncode == 0, done.stderr
        tree = f"{self.store}/trees/{self.sha256}"
        self.good = snapshot(f"{tree}/rootfs"), open(f"{tree}/index", "rb").read()
        self.empty()
        return self.good

    def wrong_trees(self):
        """What is complete and wrong; nothing must ever be."""
        wrong = []
        for name in self.trees():
            tree = f"{self.store}/trees/{name}"
            try:
                meta = open(f"{tree}/meta", "rb").read()
            except OSError:
                continue
            if not meta_is_whole(meta):
                continue
            if name != self.sha256 or snapshot(f"{tree}/rootfs") != self.good[0]:
                wrong.append(f"the tree {name} is complete and its files are not those of the archive")
            elif open(f"{tree}/index", "rb").read() != self.good[1]:
                wrong.append(f"the tree {name} is complete and its index is wrong")
        blobs = f"{self.store}/blobs/sha256"
        for name in os.listdir(blobs) if os.path.isdir(blobs) else []:
            if hashlib.sha256(open(f"{blobs}/{name}", "rb").read()).hexdigest() != name:
                wrong.append(f"the blob {name} has other bytes")
        return wrong

    def leftovers(self):
        folder = os.path.join(self.store, "tmp")
        return [f"'{name}' is left in tmp/" for name in (os.listdir(folder) if os.path.isdir(folder) else [])]

    def wrong_next(self):
        """The next pull: succeeds, without a manual step, with the right tree, and nothing is left."""
        done = self.run("pull", "tiny")
        if done.returncode != 0:
            return [f"the next pull ends with status {done.returncode}: {done.stderr.strip()}"]
        wrong = self.wrong_trees()
        if self.trees() != [self.sha256]:
            wrong.append(f"after the next pull trees/ has {self.trees()}")
        if "already in the store" in done.stderr and self.leftovers():
            # Who finds a tree does not look for garbage: the next one that brings a tree does.
            self.run("pull", "--again", "tiny")
            wrong += self.wrong_trees()
        return wrong + self.leftovers()


def call_numbers():
    text = subprocess.run(["gcc", "-E", "-dM", "-include", "asm/unistd_64.h", "-"], input="", text=True,
                          capture_output=True, check=True).stdout
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)\n", text)}
