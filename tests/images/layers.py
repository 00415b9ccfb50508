#!/usr/bin/env python3
"""layers.py: is an image of several layers flattened as umoci does it?

    layers.py [--series N] [--seed N] [--only NAME] [--together] SCIWRAP

Named cases and N series of random layers, each unpacked by sciwrap and by `umoci unpack --rootless`; names, kinds,
modes, contents, targets and hard links must be the same. Modes are compared as the store keeps them: without set-id
bits, readable, folders writable (docs/SECURITY.md). With
--together all are one image, each in a folder of its own. Prints one line a difference and a summary; status 1 on a
difference.
"""
import argparse
import gzip
import io
import os
import random
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

import maker

FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def f(name, content="x", mode=0o644):
    return (FILE, name, content, mode)


def d(name, mode=0o755):
    return (FOLDER, name, "", mode)


def s(name, target):
    return (LINK, name, target, 0o777)


def h(name, target):
    return (HARD, name, target, 0o644)


def w(name):
    """The whiteout of a name; of a folder's whole content with '/' at the end."""
    folder, _, base = name.rpartition("/")
    return (FILE, (folder + "/" if folder else "") + (".wh." + base if base else ".wh..wh..opq"), "", 0o644)


BASE = [d("a"), d("a/b"), f("a/b/1", "one"), f("a/b/2", "two"), f("a/3", "three"), d("c"), f("c/4", "four"),
        s("l", "a/b"), f("5", "five")]

# name: layers above BASE
CASES = {
    "nothing": [],
    "file": [[w("5")]],
    "file in a folder": [[w("a/b/1")]],
    "folder": [[w("a")]],
    "folder in a folder": [[w("a/b")]],
    "link": [[w("l")]],
    "of nothing": [[w("none"), w("none/none"), w("5/x")]],
    "opaque": [[d("a"), w("a/")]],
    "opaque without an entry of the folder": [[w("a/")]],
    "opaque root": [[w("/"), f("new")]],
    "opaque of nothing": [[w("none/")]],
    "opaque of a file": [[w("5/")]],
    "opaque before siblings": [[w("a/"), f("a/new", "new"), d("a/n"), f("a/n/x")]],
    "opaque after siblings": [[f("a/new", "new"), d("a/n"), f("a/n/x"), w("a/")]],
    "opaque after what it keeps of lower folders": [[f("a/b/new", "new"), w("a/")]],
    "opaque in the middle": [[f("a/b/new", "new"), w("a/b/"), f("a/b/later")]],
    "opaque, and the same file again": [[w("a/b/"), f("a/b/1", "other")]],
    "opaque after the same file again": [[f("a/b/1", "other"), w("a/b/")]],
    "file, and the same layer makes it again": [[w("5"), f("5", "new")]],
    "file, after the same layer made it again": [[f("5", "new"), w("5")]],
    "folder, after the same layer wrote in it": [[f("a/b/new", "new"), w("a")]],
    "folder, before the same layer writes in it": [[w("a"), f("a/b/new", "new")]],
    "folder, and the same layer makes a file of it": [[w("a"), f("a", "file")]],
    "folder after its entry in the same layer": [[d("a", 0o700), w("a")]],
    "both kinds at once": [[w("a/"), w("a/b"), w("a"), f("a/b/9")]],
    "twice": [[w("5"), w("5")]],
    "in two layers": [[w("5")], [w("5")]],
    "and back in the next layer": [[w("a")], [d("a"), f("a/new", "new")]],
    "file over folder": [[f("a", "file")]],
    "file over folder in a folder": [[f("a/b", "file")]],
    "folder over file": [[d("5"), f("5/x")]],
    "folder over file, without an entry": [[w("5"), f("5/x")]],
    "folder over link": [[d("l"), f("l/x")]],
    "folder over folder": [[d("a", 0o700)]],
    "link over file": [[s("5", "c/4")]],
    "link over folder": [[s("a", "c")]],
    "file over link": [[f("l", "file")]],
    "link over link": [[s("l", "c")]],
    "file over file": [[f("5", "longer than it was", 0o755)]],
    "hard link to a lower layer": [[h("again", "a/b/1")]],
    "hard link to a lower layer, whose file is removed after": [[h("again", "a/b/1")], [w("a/b/1")]],
    "hard link to a lower layer, removed in the same layer after": [[h("again", "a/b/1"), w("a/b/1")]],
    "hard link, whose other name is replaced": [[h("again", "5")], [f("5", "other")]],
    "hard link over file": [[h("5", "c/4")]],
    "hard link over folder": [[h("a", "c/4")]],
    "hard link over its own other name": [[h("again", "5")], [h("again", "5")]],
    "hard links over three layers": [[h("x", "5")], [h("y", "x")], [w("5"), h("z", "y")]],
    "whiteout as a hard link": [[f("c/.wh.4", ""), h("a/b/.wh.1", "c/.wh.4")]],
    "names that begin like one": [[f(".w"), f(".whx"), f("a/.wh"), d(".whout"), f("x.wh.y")]],
    "of a name with a dot": [[f("c/.hidden")], [w("c/.hidden")]],
    "of a name that ends in .wh.": [[f("c/a.wh.")], [w("c/a.wh.")]],
    "aufs": [[d(".wh..wh.plnk"), f(".wh..wh.aufs", "")]],
    "modes": [[d("m", 0o1777), f("m/s", "x", 0o4755), f("m/none", "x", 0), d("m/closed", 0o000), f("m/closed/x"),
               d("m/group", 0o2755)]],
    "through a closed folder": [[d("a", 0)], [f("a/new")], [w("a/b")]],
    "missing parents": [[f("q/w/e/r")], [w("q/w/e")], [f("q/w/t")]],
    "root again": [[d(".", 0o700)]],
    "dots in names": [[(FILE, "./a/./dot", "x", 0o644), (FILE, "a//slashes", "y", 0o644), w("./a/./3")]],
    "absolute names": [[(FILE, "/a/absolute", "x", 0o644), (FILE, "//a/b/1", "y", 0o644), w("/c/4"),
                        (HARD, "again", "/5", 0o644)]],
    "everything goes": [[w("a"), w("c"), w("l"), w("5"), f("left")]],
    "many": [[f(f"many/{i}", str(i)) for i in range(50)], [w(f"many/{i}") for i in range(0, 50, 2)],
             [w("many/"), f("many/7", "again")]],
}


def tar(entries, random_source=None):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for kind, name, text, mode in entries:
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.mtime = kind, mode, 1600000000
            if kind == FILE:
                content = text.encode()
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                member.linkname = text if kind in (LINK, HARD) else ""
                archive.addfile(member)
    data = data.getvalue()
    if random_source is not None and random_source.random() < 0.5:
        data = gzip.compress(data, mtime=0)
    return data


class Model:
    """What the tree has so far, as far as it takes to make layers that mean something: paths to kinds."""

    def __init__(self):
        self.kinds = {}

    def remove(self, path):
        for other in [other for other in self.kinds if other == path or other.startswith(path + "/")]:
            del self.kinds[other]

    def put(self, path, kind):
        if not (kind == FOLDER and self.kinds.get(path) == FOLDER):
            self.remove(path)
        parent = os.path.dirname(path)
        while parent:
            self.kinds.setdefault(parent, FOLDER)
            parent = os.path.dirname(parent)
        self.kinds[path] = kind

    def way_is_free(self, path):
        parent = os.path.dirname(path)
        while parent:
            if self.kinds.get(parent, FOLDER) != FOLDER:
                return False
            parent = os.path.dirname(parent)
        return True


def random_path(source):
    return "/".join(source.choice("abcd") for _ in range(source.choice([1, 1, 2, 2, 2, 3, 3, 4])))


def random_layer(source, model):
    written, entries, removed = set(), [], set()
    for number in range(source.randint(1, 14)):
        path = random_path(source)
        what = source.choice("fffddslhhwwwoo")
        if path in written or not model.way_is_free(path) or any(
                path.startswith(other + "/") for other in written if model.kinds.get(other) != FOLDER):
            continue
        if what == "w" or what == "o":
            name = path + "/" if what == "o" else path
            if name in removed or (what == "o" and model.kinds.get(path, FOLDER) != FOLDER):
                continue
            removed.add(name)
            entries.append(w(name))
            for other in list(model.kinds):
                below = other.startswith(path + "/") or (what == "w" and other == path)
                kept = any(mine == other or mine.startswith(other + "/") for mine in written)
                if below and not kept:
                    del model.kinds[other]
            continue
        # A folder with entries of this layer in it cannot become something else: it would come twice.
        if what != "d" and any(other.startswith(path + "/") for other in written):
            continue
        if what == "f":
            entries.append(f(path, f"{path} {number} {source.random()}", source.choice([0o644, 0o755, 0o600, 0o4711])))
            model.put(path, FILE)
        elif what == "d":
            entries.append(d(path, source.choice([0o755, 0o700, 0o1777, 0o2755])))
            model.put(path, FOLDER)
        elif what == "s" or what == "l":
            entries.append(s(path, source.choice(["a", "../b", "/c/d", "nowhere"])))
            model.put(path, LINK)
        else:
            files = sorted(other for other, kind in model.kinds.items()
                           if kind == FILE and not (other == path or other.startswith(path + "/")))
            if not files:
                continue
            target = source.choice(files)
            entries.append(h(path, target))
            model.put(path, FILE)
        written.add(path)
    return entries


def random_series(source):
    model = Model()
    layers = []
    for entry in BASE:
        model.put(entry[1], entry[0])
    for _ in range(source.randint(1, 6)):
        layer = random_layer(source, model)
        if layer:
            layers.append(layer)
    return layers


def look(root):
    """Path to facts; hard links by the first name of their inode."""
    found, inodes = {}, {}
    pending = [""]
    while pending:
        path = pending.pop()
        place = os.path.join(root, path)
        st = os.lstat(place)
        kind = stat.S_IFMT(st.st_mode)
        mode = stat.S_IMODE(st.st_mode)
        if kind == stat.S_IFDIR:
            found[path] = ("folder", (mode & 0o1777) | 0o755)
            if mode & 0o700 != 0o700:
                os.chmod(place, 0o700)
            pending.extend(os.path.join(path, name) for name in os.listdir(place))
        elif kind == stat.S_IFLNK:
            found[path] = ("link", os.readlink(place))
        elif kind == stat.S_IFREG:
            if mode & 0o400 == 0:
                os.chmod(place, 0o600)
            with open(place, "rb") as file:
                content = file.read()
            found[path] = ["file", (mode & 0o777) | 0o444, content, int(st.st_mtime)]
            inodes.setdefault(st.st_ino, []).append(path)
        else:
            found[path] = ("other", kind)
    for names in inodes.values():
        for name in names:
            found[name] = tuple(found[name] + [sorted(names)])
    return found


def moved(entry, folder):
    """The entry within a folder."""
    kind, name, text, mode = entry
    return (kind, folder + "/" + name, folder + "/" + text if kind == HARD else text, mode)


def together(series):
    """Layers in which each of the series has a folder of its own; the first ones are BASE."""
    layers = []
    for number, (_, its) in enumerate(series):
        for level, layer in enumerate([BASE] + its):
            if level == len(layers):
                layers.append([])
            layers[level].extend(moved(entry, str(number)) for entry in layer)
    return layers


class Bench:
    def __init__(self, sciwrap):
        self.sciwrap = sciwrap
        self.folder = tempfile.mkdtemp(prefix="layers.")
        self.counts = {"same": 0, "different": 0, "refused": 0}
        os.makedirs(self.folder + "/envs")
        self.env = dict(os.environ, SCIWRAP_STORE=self.folder + "/store", SCIWRAP_ENVS=self.folder + "/envs",
                        HOME=self.folder, TMPDIR=self.folder)

    def close(self):
        subprocess.run(["chmod", "-R", "u+rwX", self.folder], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, name, layers, source=None):
        image = maker.Image([tar(layer, source) for layer in layers])
        digest, size = image.finish()
        layout = self.folder + "/layout"
        shutil.rmtree(layout, ignore_errors=True)
        maker.write_layout(layout, [("it", image)])
        with open(self.folder + "/envs/it.ini", "w") as file:
            file.write(f"[artifact]\ntype = image\nsha256 = {digest}\nsize = {size}\nurl = oci-layout:{layout}\n")
        ours = subprocess.run([self.sciwrap, "pull", "-q", "--again", "it"], env=self.env, stderr=subprocess.PIPE,
                              text=True)
        bundle = self.folder + "/bundle"
        theirs = subprocess.run(["umoci", "unpack", "--rootless", "--image", layout + ":it", bundle], env=self.env,
                                stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        if ours.returncode != 0 or theirs.returncode != 0:
            self.counts["refused"] += 1
            outcome = (ours.returncode != 0, theirs.returncode != 0, ours.stderr.strip()[-200:],
                       theirs.stderr.strip()[-200:])
        else:
            outcome = self.compare(name, self.folder + "/store/trees/" + digest + "/rootfs", bundle + "/rootfs", layers)
        subprocess.run(["chmod", "-R", "u+rwX", bundle], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(bundle, ignore_errors=True)
        return outcome

    def compare(self, name, ours, theirs, layers):
        first, second = look(ours), look(theirs)
        differ = [path for path in sorted(set(first) | set(second)) if first.get(path) != second.get(path)]
        self.counts["different" if differ else "same"] += 1
        for path in differ[:10]:
            print(f"{name}: '{path}': sciwrap {first.get(path)}, umoci {second.get(path)}")
        if differ:
            for number, layer in enumerate(layers if len(str(layers)) < 5000 else []):
                print(f"    layer {number + 1}: {layer}")
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--together", action="store_true")
    parser.add_argument("sciwrap")
    options = parser.parse_args()
    series = [(name, layers) for name, layers in CASES.items() if options.only in (None, name)]
    for number in range(options.series):
        series.append((f"series {number}", random_series(random.Random(f"{options.seed} {number}"))))
    runs = [(name, [BASE] + layers) for name, layers in series]
    if options.together:
        for number, (name, _) in enumerate(series):
            print(f"{number}: {name}")
        runs = [("together", together(series))]
    bench = Bench(os.path.abspath(options.sciwrap))
    bad = 0
    try:
        for name, layers in runs:
            outcome = bench.run(name, layers, random.Random(name))
            if outcome is not None:
                print(f"{name}: refused: {outcome}")
                bad += 1
    finally:
        bench.close()
    print(", ".join(f"{count} {what}" for what, count in bench.counts.items()))
    return 1 if bad or bench.counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
