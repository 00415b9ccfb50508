#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sciwrap pull of an OCI image in a local layout, verified and indexed, beside what else makes a tree of it: GNU tar of
# the layers without any check, sha256sum then tar then sync, `umoci unpack --rootless`, and skopeo, which brings the
# image, then umoci. In turn, medians, in one run; a ratio below 1.00 means that sciwrap is faster.
#
#   SCIWRAP=path of sciwrap (default: the release build)
#   FILES="2000 100000"  LAYERS=4  ROUNDS=5  BENCH_DIR=where to work (default: $TMPDIR or /tmp)

here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/sciwrap-bench.XXXXXX") || exit 125
trap 'chmod -R u+rwX "$work" 2> /dev/null; rm -rf "$work"' EXIT
unset SCIWRAP_SITE_STORE SCIWRAP_MIRRORS
for tool in umoci skopeo zstd; do
    command -v $tool > /dev/null || {
        echo "image.sh: no $tool" >&2
        exit 125
    }
done

WORK=$work PROGRAM=${SCIWRAP:-$here/build/release/bin/sciwrap} PYTHONPATH=$here/tests/images python3 - << 'END'
import gzip
import os
import random
import shutil
import statistics
import subprocess
import tarfile
import time
import io

import maker

WORK, program = os.environ["WORK"], os.environ["PROGRAM"]
LAYERS, ROUNDS = int(os.environ.get("LAYERS", 4)), int(os.environ.get("ROUNDS", 5))
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def make_layer(number, files, source):
    """Sizes as in /usr: many small files, few large ones; text that compresses. Upper layers remove some of the first."""
    words = [b"%x" % source.getrandbits(40) for _ in range(5000)]
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT) as archive:
        def add(name, content=None):
            member = tarfile.TarInfo(name)
            if content is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o755
            else:
                member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content or b""))
        for i in range(files):
            if i % 50 == 0:
                add(f"usr/{number}/{i // 50}")
            size = min(int(source.lognormvariate(7, 1.7)), 1 << 20)
            content = b" ".join(source.choices(words, k=size // 10 + 1))
            add(f"usr/{number}/{i // 50}/{i}", content)
            if number > 0 and i % 20 == 0:
                add(f"usr/0/{i // 50}/.wh.{i}", b"")
    return data.getvalue()


def run(*argv, **more):
    subprocess.run(argv, check=True, **QUIET, **more)


fresh_number = 0


# Nothing is removed before the end of a size: ext4 does not give out inodes again that were freed a moment ago.
def fresh():
    global fresh_number
    fresh_number += 1
    return f"{WORK}/run.{fresh_number}"


def sciwrap(layout, ini, layers):
    run(program, "pull", "--quiet", ini, env=dict(os.environ, SCIWRAP_STORE=fresh()))


def tar(layout, ini, layers):
    folder = fresh()
    os.mkdir(folder)
    for layer in layers:
        run("tar", "-xf", layer, "-C", folder)


def by_hand(layout, ini, layers):
    for layer in layers:
        run("sha256sum", layer)
    tar(layout, ini, layers)
    run("sync", "-f", WORK)


def umoci(layout, ini, layers):
    run("umoci", "unpack", "--rootless", "--image", layout + ":it", fresh())


def skopeo(layout, ini, layers):
    copy = fresh()
    run("skopeo", "copy", "--insecure-policy", f"oci:{layout}:it", f"oci:{copy}:it")
    umoci(copy, ini, layers)


ways = [sciwrap, tar, by_hand, umoci, skopeo]
print("%-8s %-6s %5s" % ("files", "coding", "MiB") + "".join("%14s" % name for name in (
    "sciwrap s", "tar", "sum+tar+sync", "umoci", "skopeo+umoci")) + "   sciwrap / each", flush=True)
for files in map(int, os.environ.get("FILES", "2000 100000").split()):
    source = random.Random(files)
    plain = [make_layer(number, files // LAYERS, source) for number in range(LAYERS)]
    for coding in ("plain", "gzip", "zstd"):
        packed = plain if coding == "plain" else [
            gzip.compress(layer, 6, mtime=0) if coding == "gzip"
            else subprocess.run(["zstd", "-qc"], input=layer, stdout=subprocess.PIPE, check=True).stdout
            for layer in plain]
        image = maker.Image(packed)
        digest, size = image.finish()
        layout, ini = WORK + "/layout", WORK + "/it.ini"
        maker.write_layout(layout, [("it", image)])
        layers = [f"{layout}/blobs/sha256/{layer['digest'][7:]}" for layer in image.manifest["layers"]]
        with open(ini, "w") as file:
            file.write(f"[artifact]\ntype = image\nsha256 = {digest}\nsize = {size}\nurl = oci-layout:{layout}\n")
        times = {way: [] for way in ways}
        for turn in range(ROUNDS):
            for way in ways[turn % len(ways):] + ways[:turn % len(ways)]:
                if coding == "zstd" and way in (umoci, skopeo):
                    continue  # umoci 0.4 reads no zstd
                os.sync()  # what the one before has written must not go to the disk during this one
                start = time.monotonic()
                way(layout, ini, layers)
                times[way].append(time.monotonic() - start)
        medians = [statistics.median(times[way]) if times[way] else None for way in ways]
        print("%-8d %-6s %5d" % (files, coding, sum(map(len, packed)) >> 20)
              + "".join("%14s" % ("-" if m is None else "%.3f" % m) for m in medians)
              + "  " + "".join(" %5s" % ("-" if m is None else "%.2f" % (medians[0] / m)) for m in medians[1:]),
              flush=True)
        subprocess.run(["chmod", "-R", "u+rwX", WORK], check=False)
        for name in os.listdir(WORK):
            if name.startswith("run.") or name == "layout":
                shutil.rmtree(f"{WORK}/{name}", ignore_errors=True)
END
