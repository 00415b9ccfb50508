#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016 # texts for inner shells
# essentials.sh: what must work on every host, in words that a busybox understands. Prints "ok NAME" and "not ok NAME" lines, and
# "fact NAME: TEXT" lines for the table of docs/hosts.md. As any user, in any folder; SCIWRAP, FIXTURES as for bats. With SHORT
# set only what runs, records and repeats.
: "${SCIWRAP:?}" "${FIXTURES:?}"
work=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-essentials.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/home" "$work/tmp" "$work/project"
export HOME="$work/home" TMPDIR="$work/tmp" SCIWRAP_STORE="$work/store" SCIWRAP_ENVS="$FIXTURES/envs"
cd "$work/project" || exit 1

check() { # NAME COMMAND...: the command's status decides
    name=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok $name"
    else
        echo "not ok $name"
        tail -n 15 "$work/out" | sed 's/^/# /'
    fi
}
fact() {
    echo "fact $1: $2"
}
status_of() { # COMMAND...
    "$@" >"$work/out" 2>&1
    echo $?
}
pulls() {
    "$SCIWRAP" pull -q tiny tiny-new && [ -n "$(ls "$SCIWRAP_STORE/trees")" ]
}
runs() {
    [ "$("$SCIWRAP" exec --no-record tiny echo word)" = word ] && [ "$("$SCIWRAP" run --no-record tiny exit 3; echo $?)" = 3 ]
}
exit_codes() {
    [ "$(status_of "$SCIWRAP" exec tiny sh -c 'exit 42')" = 42 ] && [ "$(status_of "$SCIWRAP" exec tiny absent)" = 127 ] &&
        [ "$(status_of "$SCIWRAP" exec tiny garbage)" = 126 ] && [ "$(status_of "$SCIWRAP" exec absent true)" = 125 ]
}
signals() {
    [ "$(status_of "$SCIWRAP" exec tiny sh -c 'kill -TERM $$')" = 143 ] || return 1
    rm -f ready heard
    "$SCIWRAP" exec --no-record tiny sh -c 'trap "echo yes >heard; exit 9" USR1; : >ready; while :; do sleep 0.1; done' &
    while [ ! -e ready ]; do sleep 0.1; done
    kill -USR1 $!
    wait $!
    [ $? = 9 ] && [ "$(cat heard)" = yes ]
}
records() {
    printf 'b\na\n' >in.txt
    rm -rf .sciwrap
    "$SCIWRAP" exec tiny sh -c 'sort in.txt >out.txt' && [ "$(cat out.txt)" = "$(printf 'a\nb')" ] || return 1
    id=$(ls .sciwrap/runs)
    manifest=.sciwrap/runs/$id/manifest.json
    method=$(sed -n 's/.*"method": *"\([a-z-]*\)".*/\1/p' "$manifest" | head -n 1)
    "$SCIWRAP" show "$id" >shown && grep -q in.txt shown && grep -q out.txt shown
}
reruns() {
    "$SCIWRAP" rerun "$id" >reran && [ "$(tail -n 1 reran)" = identical ]
}
a_bundle() {
    "$SCIWRAP" bundle -q "$id" -o "$work/run.sciwrap" && mkdir "$work/elsewhere" && (
        cd "$work/elsewhere" && unset SCIWRAP_ENVS && SCIWRAP_STORE="$work/other" "$SCIWRAP" rerun ../run.sciwrap >reran &&
            [ "$(tail -n 1 reran)" = identical ]
    )
}
verifies() {
    "$SCIWRAP" store verify --full tiny && "$SCIWRAP" exec --no-record --verify=full tiny true
}
side_by_side() {
    rm -f one two go
    "$SCIWRAP" exec tiny sh -c ': >one; while [ ! -e two ]; do sleep 0.1; done; cat /etc/version >version.old' &
    "$SCIWRAP" exec tiny-new sh -c ': >two; while [ ! -e one ]; do sleep 0.1; done; cat /etc/version >version.new' || return 1
    wait $! && [ "$(cat version.old)" = old ] && [ "$(cat version.new)" = new ]
}
walls() {
    "$SCIWRAP" audit tiny >"$work/audit" 2>&1
    grep -q ' held, ' "$work/audit" || return 1
    # With SCIWRAP_PROC=shared the processes of the container can be seen, and nothing more.
    [ "$(grep '^open' "$work/audit" | awk '{print $2}')" = "${SCIWRAP_PROC:+processes.see}" ]
}
limits() {
    "$SCIWRAP" exec --no-record --verbose --memory 64M --cpus 1 --open-files 50 tiny true 2>"$work/limits" || return 1
    [ "$(status_of "$SCIWRAP" exec --no-record --time 1 tiny sleep 60)" = 124 ] &&
        [ "$(status_of "$SCIWRAP" exec --no-record --memory 32M tiny sh -c 'head -c 100000000 /dev/zero | tail -c 90000000 >x')" != 0 ]
}
processes() { # root, whom the kernel exempts, needs a control group, and before 5.14 everybody does
    "$SCIWRAP" exec --verbose --no-record --pids 4 tiny sh -c 'for i in 1 2 3 4 5 6; do sleep 1 & echo $i; done' >counted 2>"$work/pids"
    grep -q 'number of processes cannot be limited here' "$work/pids" || { [ -s counted ] && ! grep -q 5 counted; }
}
enters() {
    rm -f in end
    "$SCIWRAP" exec --no-record tiny sh -c ': >in; while [ ! -e end ]; do sleep 0.1; done' &
    while [ ! -e in ]; do sleep 0.1; done
    launcher=$!
    until run=$("$SCIWRAP" ps --json | awk -v pid="$launcher," '/"id":/ { id = $2 } /"launcher_pid":/ && $2 == pid { print id }') &&
        [ -n "$run" ]; do sleep 0.1; done
    run=$(echo "$run" | tr -d '",')
    [ "$("$SCIWRAP" enter -q "$run" cat /etc/version)" = old ]
    entered=$?
    : >end
    wait $!
    return $entered
}
seeds() {
    [ "$("$SCIWRAP" exec --no-record --seed 7 tiny head -c 8 /dev/urandom | od -x)" = "$("$SCIWRAP" exec --seed 7 tiny head -c 8 /dev/urandom | od -x)" ]
}
optional() { # NAME COMMAND...: yes, or no
    name=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        fact "$name" yes
    else
        fact "$name" no
        tail -n 1 "$work/out" | sed 's/^/# /'
    fi
}

check "pull of local archives" pulls
check "run and exec" runs
check "exit codes" exit_codes
check "signals" signals
check "inputs and outputs are recorded" records
fact recording "${method:-none}"
check "a rerun is identical" reruns
check "a bundle reruns where nothing else is" a_bundle
check "verify" verifies
check "two environments side by side" side_by_side
[ -z "${SHORT-}" ] || exit 0
check "enter a run that goes on" enters
if [ "${method:-}" = seccomp-notification ]; then
    check "a seed" seeds
fi
check "walls" walls
# How many can be tried depends on the kernel, and on how busy the machine is.
fact walls "$(sed -n 's/.* held, \([0-9]* open\).*/\1/p' "$work/audit" | tail -n 1)"
check "limits of memory, CPUs, files and time" limits
fact memory "$(sed -n 's/.*(memory, by \([a-z ]*\)).*/\1/p' "$work/limits" | tail -n 1)"
check "--pids" processes
fact processes "$(sed -n 's/.*processes (pids, by \([a-z ]*\)).*/\1/p' "$work/pids" | tail -n 1)"
optional writable "$SCIWRAP" exec --no-record --writable tiny sh -c 'echo x >/usr/share/new'
optional cores "$SCIWRAP" exec --no-record --private-cores tiny true
fact left "$(find "$work/tmp" ! -type d | wc -l | tr -d ' ')"
