#!/usr/bin/env bats
# examples/observe: events of a tracer joined to runs.
load helpers

FILTER=$BATS_TEST_DIRNAME/../../examples/observe/runs.py
TRACER=$BATS_TEST_DIRNAME/../../examples/observe/processes.bt

teardown() {
    [[ -z ${tracer-} ]] || kill "$tracer" 2>/dev/null || true
    [[ -z ${ID-} ]] || "$SCIWRAP" stop --quiet --time 0 "$ID" || true
    wait
}

# event KIND NAMESPACE PID INSIDE REST [SECONDS-AGO]: a line as bpftrace -f json prints it.
event() {
    python3 - "$@" <<'PYTHON'
import json, sys, time
kind, namespace, pid, inside, rest, *ago = sys.argv[1:]
moment = time.monotonic_ns() - int(float(ago[0]) * 1e9 if ago else 0)
print(json.dumps({"type": "printf", "data": f"{kind} {moment} {namespace} {pid} {inside} {rest}"}))
PYTHON
}

@test "the filter tells running runs, finished ones, and what is of no run" {
    "$SCIWRAP" exec tiny sleep 71.5 3>&- &
    launcher=$!
    until_true "$SCIWRAP" whois "$launcher"
    read -r ID space <<<"$("$SCIWRAP" whois --json "$launcher" | python3 -c '
import json, sys
r = json.load(sys.stdin)["running"][0]
print(r["id"], r["namespaces"]["pid"])')"
    event exec "$space" 4711 53 $'/bin/a\e[2J\nexec 0 1 2 3 forged' >events
    event exit 4294967290 4712 54 "9 sh" >>events
    echo '{"type": "attached_probes", "data": {"probes": 2}}' >>events
    succeeds "$FILTER" <events
    is "$(grep -c . <<<"$output")" 2
    says "^$ID tiny exec [0-9]+ $space 4711 53 /bin/a.u001b.2J.nexec 0 1 2 3 forged"
    says "- - exit [0-9]+ 4294967290 4712 54 9 sh"
    "$SCIWRAP" stop -q "$ID"
    # It is over: its record says the time, and the number belongs to others before and after.
    event exec "$space" 4711 53 /bin/b 3600 >events
    succeeds "$FILTER" <events
    says "^- - exec .*/bin/b"
    cd /
    event exec "$space" 4711 53 /bin/c 0.04 >"$WORK/events"
    succeeds "$FILTER" "$WORK" <"$WORK/events"
    says "(^|\n)($ID tiny|- -) exec .*/bin/c"
    ID=
}

@test "processes.bt sees what a run executes" {
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
    [[ -e /sys/kernel/btf/vmlinux ]] || skip "no BTF"
    command -v bpftrace >/dev/null || skip "no bpftrace"
    bpftrace -f json "$TRACER" 2>"$BATS_TEST_TMPDIR/errors" 3>&- >events &
    tracer=$!
    until_true grep -q attached_probes events || {
        cat "$BATS_TEST_TMPDIR/errors"
        kill "$tracer"
        skip "bpftrace cannot attach here"
    }
    run -7 "$SCIWRAP" exec tiny sh -c '/bin/sleep 0.3; exec /bin/sh -c "exit 7"'
    id=$(field 'm["id"]')
    space=$(field 'm["circumstances"]["namespaces"]["pid"]')
    sleep 0.5
    kill -TERM "$tracer"
    wait
    succeeds "$FILTER" <events
    says "$id tiny exec [0-9]+ $space [0-9]+ 3 /bin/sh"
    says "$id tiny exit [0-9]+ $space [0-9]+ 3 1792 sh"
    says "$id tiny exit [0-9]+ $space $(field 'm["circumstances"]["host_pid"]') 1 0 "
}
