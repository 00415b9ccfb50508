#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [--clean-root] [--write] [PAGE...]: does what README.md, docs/tutorial.md and docs/howto.md say, from clone to a bundle
# that another user reruns, and compares what each command prints with the page; --write puts it into the page instead. Prints
# "ok"/"not ok" for tests/run.sh. Builds what is committed, twice, and three environments (50 MB are fetched): minutes.
#
# With --clean-root, as root, that happens in a new minimal Debian, into which only what the pages say is installed, by two
# ordinary users. Without it, and without the how-to, on this machine, where everything may be installed already; as root as
# two users, otherwise as the caller with two homes.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(realpath "$here/../..")
clean=no options=() pages=()
for word in "$@"; do
    case $word in
    --clean-root) clean=yes ;;
    --write) options+=(--write) ;;
    -*) echo "run.sh: unknown option '$word'" >&2 && exit 125 ;;
    *) pages+=("$word") ;;
    esac
done
[[ ${#pages[@]} -gt 0 ]] || pages=(README.md docs/tutorial.md)
# The how-to goes on where the tutorial ends, and its administrator needs a machine of its own.
[[ $clean == no || ${pages[*]} != "README.md docs/tutorial.md" ]] || pages[1]+=,docs/howto.md
work=$(mktemp -d "${TMPDIR:-/var/tmp}/sciwrap-tutorial.XXXXXX") || exit 125
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

# Three places name what the build needs.
packages() { sed -n '/apt install git/,/[^\\]$/p; /for package in/,/; do$/p' "$top/$1" | grep -oE '\b[a-z0-9+-]+[a-z0-9]\b' | sort -u; }
needed=$(packages examples/quickstart.sh | grep -vxE 'for|package|in|do')
for page in README.md docs/tutorial.md; do
    if diff <(packages "$page" | grep -vxE 'sudo|apt|install|git') <(echo "$needed") >"$work/difference"; then
        echo "ok tutorial: $page names what the build needs, as examples/quickstart.sh does"
    else
        sed 's/^/# /' "$work/difference"
        echo "not ok tutorial: $page and examples/quickstart.sh name other packages"
    fi
done

if [[ $clean == yes ]]; then
    [[ $(id -u) -eq 0 ]] || { echo "ok tutorial on a clean root # skip as an ordinary user" && exit 0; }
    if ! "$here/clean_root.sh" make "$work/root" >"$work/log" 2>&1; then
        tail -n 20 "$work/log" | sed 's/^/# /'
        echo "not ok tutorial: no clean root could be made"
        exit 1
    fi
    options+=(--root "$work/root")
fi
worst=0
for page in "${pages[@]}"; do
    python3 "$here/page.py" "$top" "$work" "$page" "${options[@]}" || worst=1
done
exit $worst
