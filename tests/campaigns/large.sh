#!/usr/bin/env bash
# An image of 10 GB and 500,000 entries passes the default limits of the unpacker, and is the tree that it should be.
# Packed by zstd while it is generated: the archive is small, what comes out of it is not. Needs 11 GB below $TMPDIR.
#
#   large.sh [--short]      --short: 100 MB and 3,000 entries
set -euo pipefail
entries=500000 bytes=10000000000
[[ ${1-} != --short ]] || entries=3000 bytes=100000000
work=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-large.XXXXXX")
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
export SCIWRAP_STORE=$work/store
unset "${!SCIWRAP_UNPACK_@}" SCIWRAP_SITE_STORE

free=$(df --output=avail -B1 "$work" | tail -1)
if [[ $free -lt $((bytes + bytes / 10)) ]]; then
    echo "ok large # skip: needs $((bytes / 900000000)) GB below $work"
    exit 0
fi
python3 - $entries $bytes <<'END' | zstd -q -1 >"$work/a.tar.zst"
import sys
import tarfile
entries, total = int(sys.argv[1]), int(sys.argv[2])
folders, links = entries // 50, entries // 10
files = entries - folders - links
out = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT, bufsize=1 << 20)
# A few large files, and many of some kB, as in an image.
large, line = 20, b"the same line again, which packs well %08d\n"
block = b"".join(line % i for i in range(20000))
small = total // 2 // (files - large)


class Repeated:
    def read(self, length):
        return (block * (length // len(block) + 1))[:length]


def add(name, kind, size=0, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname, info.mode, info.mtime = kind, size, link, 0o755, 1700000000
    out.addfile(info, Repeated() if size else None)


for i in range(folders):
    add("d%d" % i, tarfile.DIRTYPE)
for i in range(files):
    add("d%d/f%d" % (i % folders, i), tarfile.REGTYPE, total // 2 // large if i < large else small)
for i in range(links):
    add("d%d/l%d" % (i % folders, i), tarfile.SYMTYPE, link="f%d" % i)
out.close()
END
printf '[environment]\ndescription = large\ncommand = true\n[artifact]\nsha256 = %s\nurl = a.tar.zst\n' \
    "$(sha256sum <"$work/a.tar.zst" | cut -d' ' -f1)" >"$work/large.ini"
start=$SECONDS
if ! "$SCIWRAP" pull --quiet "$work/large.ini"; then
    echo "not ok large"
    exit 1
fi
echo "# pulled in $((SECONDS - start)) s"
meta=$(echo "$SCIWRAP_STORE"/trees/*/meta)
# The root is an entry of the index, too.
if grep -qx "entries $((entries + 1))" "$meta" && [[ $(sed -n 's/^bytes //p' "$meta") -gt $((bytes / 10 * 9)) ]]; then
    echo "ok large: $entries entries, $(sed -n 's/^bytes //p' "$meta") bytes"
else
    echo "not ok large: $(tr '\n' ' ' <"$meta")"
    exit 1
fi
