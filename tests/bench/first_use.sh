#!/usr/bin/env bash
# First use of an environment, from a web server on this machine until the command in it has ended: `sciwrap exec`, which fetches,
# checks, unpacks, indexes and records, beside a script of curl, sha256sum, tar and bwrap, which does the same without index and
# record. Then the second pull of what is there, which is asked for before each job of a batch. Medians in turn; never a verdict.
#
# usage: tests/bench/first_use.sh [RUNS]     MEGABYTES=150  BENCH_DIR=where to work  SCIWRAP=  needs curl, bubblewrap, zstd, xz
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
runs=${1:-7}
sciwrap=${SCIWRAP:-$top/build/release/bin/sciwrap}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/sciwrap-bench.XXXXXX")
server=
trap '[[ -z $server ]] || kill "$server"; chmod -R u+w "$work"; rm -rf "$work"' EXIT
unset SCIWRAP_SITE_STORE SCIWRAP_NODE_STORE SCIWRAP_MIRRORS SCIWRAP_OFFLINE http_proxy HTTP_PROXY all_proxy ALL_PROXY
export SCIWRAP_STORE=$work/store SCIWRAP_ENVS=$work/envs BENCH_WORK=$work
cc -O2 -o "$work/pairs" "$top/tests/bench/pairs.c"

# A tree like that of an environment, as in pull.sh, with a program that needs nothing else.
find /usr/lib /usr/share -xdev -type f -size -20000k -readable -printf '%s %p\n' 2>/dev/null | LC_ALL=C sort -k 2 |
    awk -v most="$((${MEGABYTES:-150} * 1000000))" 'NR % 3 == 0 && total + $1 < most { total += $1; print $2 }' |
    head -n 20000 >"$work/files"
mkdir -p "$work/www" "$work"/add/{bin,proc,dev} "$work/envs" "$work/project"
echo 'int main(void) { return 0; }' | cc -O2 -static -o "$work/add/bin/true" -x c -
tar -cf "$work/www/a.tar" -C / -T "$work/files" 2>/dev/null
tar -rf "$work/www/a.tar" -C "$work/add" ./bin ./proc ./dev
gzip -k "$work/www/a.tar"
zstd -q -k "$work/www/a.tar"
xz -k -3 "$work/www/a.tar"
echo "$(wc -l <"$work/files") files, $(du -m "$work/www/a.tar" | cut -f1) MiB"

python3 - "$work/www" "$work/port" <<'PYTHON' &
import functools, http.server, os, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
handler.func.log_message = lambda *words: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
with open(sys.argv[2] + ".new", "w") as out:
    out.write(str(server.server_address[1]))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
PYTHON
server=$!
while [[ ! -s $work/port ]]; do sleep 0.05; done
url=http://127.0.0.1:$(cat "$work/port")

# Each use has a place of its own, and nothing is removed before the end (pull.sh says why).
cat >"$work/ours" <<'SCRIPT'
#!/bin/sh
SCIWRAP_STORE=$(mktemp -d "$BENCH_WORK/ours.XXXXXX") exec "$1" exec --quiet "$2" /bin/true
SCRIPT
cat >"$work/theirs" <<'SCRIPT'
#!/bin/sh
set -e
place=$(mktemp -d "$BENCH_WORK/theirs.XXXXXX")
curl -sSf -o "$place/a" "$1"
echo "$2  $place/a" | sha256sum -c --quiet
mkdir "$place/root"
tar -xf "$place/a" -C "$place/root"
exec bwrap --ro-bind "$place/root" / --proc /proc --dev /dev --unshare-all --die-with-parent /bin/true
SCRIPT
chmod +x "$work/ours" "$work/theirs"
cd "$work/project"
for suffix in '' .gz .zst .xz; do
    archive=$work/www/a.tar$suffix
    digest=$(sha256sum "$archive" | cut -d' ' -f1)
    printf '[artifact]\nsha256 = %s\nsize = %s\nurl = %s\n' "$digest" "$(stat -c %s "$archive")" "$url/a.tar$suffix" \
        >"$work/envs/first.ini"
    "$work/pairs" "$runs" "first use, .tar$suffix" "curl, sha256sum, tar, bwrap" \
        "$work/ours" "$sciwrap" first -- "$work/theirs" "$url/a.tar$suffix" "$digest"
done
"$sciwrap" pull --quiet first
"$work/pairs" "$((runs * 30))" "second pull" "bwrap --unshare-all true" \
    "$sciwrap" pull --quiet first -- bwrap --dev-bind / / --unshare-all --die-with-parent true
