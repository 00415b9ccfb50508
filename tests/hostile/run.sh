#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Pulls every archive of generate.py and checks what came of it: outcome, exit status, one line that says why, nothing
# changed outside, nothing left in the store. Needs no network and no rights.
#
#   SCIWRAP=path of sciwrap, or SCIWRAP_ENV_PROGRAM=path of sciwrap-env

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
program=${SCIWRAP:-${SCIWRAP_ENV_PROGRAM:?set SCIWRAP or SCIWRAP_ENV_PROGRAM}}
work=$(mktemp -d) || exit 125
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
unset SCIWRAP_SITE_STORE
export SCIWRAP_STORE="$work/store"
# Beside the store, where paths with ".." would arrive, and where the absolute ones point.
outside=$(mktemp -d /tmp/sciwrap-hostile-outside.XXXXXX) || exit 125
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work" "$outside"' EXIT
mkdir -p "$work/cases"
echo untouched > "$outside/victim"
OUTSIDE=$outside python3 "$here/generate.py" "$work/cases" || exit 125

number=0
passed=0
failed=0

# check_one WHAT: one "kind:path=value" of an accepted archive, in $root
check_one() {
    kind=${1%%:*}
    rest=${1#*:}
    path=${rest%%=*}
    value=${rest#*=}
    case $kind in
    file) [ "$(cat "$root/$path")" = "$value" ] ;;
    mode) [ "$(stat -c %a "$root/$path")" = "$value" ] ;;
    link) [ "$(readlink "$root/$path")" = "$value" ] ;;
    size) [ "$(stat -c %s "$root/$path")" = "$value" ] ;;
    mtime) [ "$(stat -c %Y "$root/$path")" = "$value" ] ;;
    same) [ "$(stat -c %i "$root/$path")" = "$(stat -c %i "$root/$value")" ] ;;
    mine) [ "$(stat -c %u "$root/$path")" = "$(id -u)" ] ;;
    absent) [ ! -e "$root/$path" ] && [ ! -L "$root/$path" ] ;;
    count) [ "$(grep -c '	f	' "$root/../index")" = "$path" ] ;;
    noxattr) python3 -c 'import os, sys; sys.exit(len(os.listxattr(sys.argv[1])))' "$root/$path" ;;
    *) false ;;
    esac
}

# Why the case fails, or nothing.
judge() {
    if [ "$(cat "$outside/victim")" != untouched ] || [ "$(ls -A "$outside")" != victim ]; then
        echo "something outside was changed"
    elif [ -n "$(ls -A "$SCIWRAP_STORE/tmp")" ]; then
        echo "the store's tmp is not empty"
    elif [ "$(ls -A "$SCIWRAP_STORE" | tr '\n' ' ')" != "blobs locks roots tmp trees verified " ]; then
        echo "something new beside the store's folders"
    elif [ "$2" = accept ]; then
        if [ "$status" -ne 0 ]; then
            echo "exit status $status: $message"
            return
        fi
        root=$(echo "$SCIWRAP_STORE"/trees/*/rootfs)
        [ "$(find "$root" | wc -l)" -ge 2 ] || [ "$3" ] || echo "nothing was unpacked"
        for what in $3; do
            check_one "$what" 2> /dev/null || echo "not so: $what"
        done
    elif [ "$status" -ne 125 ]; then
        echo "exit status $status instead of 125: $message"
    elif [ -n "$(ls -A "$SCIWRAP_STORE/trees")" ]; then
        echo "a tree was published"
    elif [ "$(wc -l < "$work/message")" -ne 1 ]; then
        echo "not one line: $message"
    elif ! grep -qF -- "$3" "$work/message"; then
        echo "says '$message' and not '$3'"
    elif LC_ALL=C grep -q '[[:cntrl:]]' "$work/message"; then
        echo "control characters in the message"
    fi
}

tab=$(printf '\t')
while IFS=$tab read -r name outcome what; do
    number=$((number + 1))
    rm -rf "$SCIWRAP_STORE"
    "$program" pull --quiet "$work/cases/$name.ini" > "$work/message" 2>&1 < /dev/null
    status=$?
    message=$(cat "$work/message")
    problem=$(judge "$name" "$outcome" "$what" | tr '\n' ' ')
    if [ -z "$problem" ]; then
        passed=$((passed + 1))
        echo "ok $number - $name"
    else
        failed=$((failed + 1))
        echo "not ok $number - $name: $problem"
    fi
done < "$work/cases/cases.tsv"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
