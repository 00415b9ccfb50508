#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# race.sh [--short]: launches into a work directory in which somebody exchanges directories and files for links that lead
# out of it, all the time: 10,000 launches (200). Nothing outside may change, and no content of outside may come into the
# record's store of contents. SCIWRAP, FIXTURES as for inject.sh.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sciwrap=$(realpath "${SCIWRAP:-$here/../../build/release/bin/sciwrap}")
fixtures=$(realpath "${FIXTURES:-$here/../../build/fixtures}")
launches=10000
[[ ${1-} != --short ]] || launches=200

top=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-race.XXXXXX")
swapper=''
clean() {
    [[ -z $swapper ]] || kill "$swapper" 2>/dev/null
    chmod -R u+rwX "$top"
    rm -rf "$top"
}
trap clean EXIT
mkdir -p "$top"/{work/{one/deep,two/deep,data},victim/{deep,sub},home,tmp,store}
export HOME=$top/home TMPDIR=$top/tmp XDG_RUNTIME_DIR=$top/tmp SCIWRAP_STORE=$top/store SCIWRAP_ENVS=$fixtures/envs
gcc -O2 -Wall -Wextra -D_GNU_SOURCE -o "$top/swap" "$here/swap.c" && "$sciwrap" pull -q tiny || exit 125

echo 'secret of the victim, kept nowhere else' >"$top/victim/file"
cp "$top/victim/file" "$top/victim/deep/made"
secret=$(sha256sum "$top/victim/file" | cut -d' ' -f1)
cd "$top/work" || exit 125
echo own >file
ln -s ../victim link-to-directory
ln -s "$top/victim/file" link-to-file
ln -s "/oldroot$top/victim" link-to-bubblewrap
state() {
    find "$top/victim" -printf '%p %y %m %i %n %s %T@ %C@\n' | sort
}
"$top/swap" one link-to-directory two link-to-bubblewrap file link-to-file &
swapper=$!

# The control: a launcher that follows links of the new root while the host is still mounted at /oldroot (CVE-2026-87766).
if [[ $(bwrap --version 2>/dev/null) == 'bubblewrap 0.8.0' ]] && bwrap --ro-bind / / true 2>/dev/null; then
    before=$(state)
    for _ in {1..200}; do
        bwrap --tmpfs / --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
            --bind "$top/work" /workspace --dir /workspace/two/control /bin/true 2>/dev/null
        [[ $(state) == "$before" ]] || break
    done
    if [[ -d $top/victim/control ]]; then
        echo "ok race: the control, bubblewrap 0.8.0, makes a directory outside"
    else
        echo "not ok race: the control, bubblewrap 0.8.0, makes a directory outside"
    fi
    rmdir "$top/victim/control"
fi
before=$(state)

# The ways by which a launch comes to names of the work directory: mount points that it makes there, sources that are
# bound from there, arguments, and what the record looks at. What the user binds read-only by a link is bound, so that it is
# no wonder that nothing changes, only that nothing is made; a link in the way of what is bound writable is refused.
one() {
    local how=$(($1 % 7))
    case $how in
    0) set -- --no-record --bind "$top/work/data:/workspace/one/deep/new:rw" tiny sh -c 'echo x >one/deep/new/x' ;;
    1) set -- --no-record --bind "$top/work/data:/workspace/one/new/deeper:rw" tiny true ;;
    2) set -- --no-record --no-auto-bind tiny sh -c 'mkdir -p one/deep/more; echo x >>file; rm -rf one/deep/more; echo x >one/deep/made' ;;
    3) set -- --no-auto-bind tiny sh -c 'cat file one/file; echo x >>file; echo x >one/deep/made; true' ;;
    4) set -- --no-record --bind "$top/work/data:/workspace/two/new:rw" --bind "$top/work/one:/mnt" tiny sh -c 'echo x >/mnt/made; true' ;;
    5) set -- --no-record --bind "$top/work/one/deep:/mnt:rw" tiny sh -c 'echo x >/mnt/more; rm -f /mnt/more' ;;
    6) set -- --no-record --bind "$top/work/file:/mnt/x:rw" tiny sh -c 'echo x >>/mnt/x' ;;
    esac
    timeout 20 "$sciwrap" exec "$@" >/dev/null 2>>"$top/messages"
    echo $? >>"$top/statuses"
}
export -f one
export top sciwrap
seq "$launches" | xargs -P "$(nproc)" -I{} bash -c 'one {}'
kill -0 "$swapper" && swapping=yes || swapping=no
kill "$swapper"
wait "$swapper" 2>/dev/null
swapper=''

verdict() { # GOOD NAME
    [[ $1 == yes ]] && echo "ok race: $2" || echo "not ok race: $2"
}
told=$(sort "$top/statuses" | uniq -c | awk '{printf "%s%d with status %d", sep, $1, $2; sep = ", "}')
diff <(echo "$before") <(state) | sed 's/^/# /'
[[ $(state) == "$before" && $swapping == yes ]] && good=yes || good=no
verdict $good "nothing outside changed in $launches launches ($told)"
grep -qvE '^(0|1|2|125)$' "$top/statuses" && good=no || good=yes
[[ $(wc -l <"$top/statuses") -eq $launches ]] || good=no
verdict $good "each ends as its command does, or is refused"
leaked=$(find .sciwrap -type f -exec sha256sum {} + 2>/dev/null | grep -c "^$secret")
[[ $leaked -eq 0 ]] && good=yes || good=no
verdict $good "no content from outside is kept ($leaked were)"
! grep -v '^sciwrap: ' "$top/messages" | grep -E 'Sanitizer|core dumped|Segmentation' && good=yes || good=no
verdict $good "no message tells of a crash"
