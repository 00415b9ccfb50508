#!/usr/bin/env bats
# What a record cannot pin, and what it says where the kernel lets nobody listen.
load helpers
load record

leaks() { # KIND
    field "[l['detail'] for l in m['leaks'] if l['kind'] == '$1']"
}

recording() {
    field '(m["recording"]["method"], m["recording"].get("reason"))'
}

@test "the processor and the kernel, in every record" {
    acts sleep 1
    is "$(field '[l["kind"] for l in m["leaks"]]')" "['cpu', 'kernel']"
    [[ $(leaks kernel) == *"$(uname -r)"* ]]
    [[ $(uname -m) != x86_64 || $(leaks cpu) == *x86-64-v* ]]
    is "$(leaks network)" "[]"
}

@test "the network, with the addresses that were connected to" {
    listen() { # ADDRESS: its port goes to the file `port`
        python3 - "$1" <<'PYTHON' 3>&- &
import socket, sys
server = socket.create_server((sys.argv[1], 0), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
open("port.new", "w").write(str(server.getsockname()[1]))
__import__("os").rename("port.new", "port")
server.settimeout(20)
server.accept()
server.accept()
PYTHON
        server=$!
        until_true test -e port
        port=$(cat port)
        rm port
    }
    anew
    listen 127.0.0.1
    quietly "$SCIWRAP" exec --network host tiny act connect 127.0.0.1 "$port" connect 127.0.0.1 "$port" - connect 127.0.0.1 1
    kill $server 2>/dev/null || true
    is "$(leaks network)" "['the network of the host could be used; connected to 127.0.0.1:$port, 127.0.0.1:1']"
    quietly "$SCIWRAP" exec --network host tiny act - connect ::1 1
    is "$(leaks network)" "['the network of the host could be used; connected to [::1]:1']"
    quietly "$SCIWRAP" exec --network host tiny true
    is "$(leaks network)" "['the network of the host could be used']"
    quietly "$SCIWRAP" exec tiny act - connect 127.0.0.1 1
    is "$(leaks network)" "[]"
}

@test "names that were listed, and what of them was not opened" {
    anew a=1 b=2 sub/c=3
    quietly "$SCIWRAP" exec tiny sh -c 'ls >/dev/null; cat a'
    [[ $(told) == *'gap the names in the work directory were listed; 2 '*'not opened'* ]]
    quietly "$SCIWRAP" exec tiny sh -c 'ls sub >/dev/null; cat sub/c'
    [[ $(told) != *gap* ]]
}

@test "a bound folder is covered by the recorder, and only a leak without it" {
    mkdir "$BATS_TEST_TMPDIR/beside"
    printf old >"$BATS_TEST_TMPDIR/beside/data"
    anew
    quietly "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/beside:/beside" tiny act open /beside/data r
    is "$(leaks bind)" "[]"
    SCIWRAP_RECORDING=comparison quietly "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/beside:/beside" tiny act open /beside/data r
    [[ $(leaks bind) == *"'/beside'"* ]]
}

# ---- no notifications

# What a comparison of before and after can tell, and a rerun of it.
compares() { # REASON COMMAND...: starts sciwrap
    local reason=$1
    shift
    anew data=old other=x
    rm -rf "$BATS_TEST_TMPDIR/beside"
    mkdir "$BATS_TEST_TMPDIR/beside"
    quietly "$@" exec --input data --bind "$BATS_TEST_TMPDIR/beside:/beside:rw" tiny act open data r cat creat made write new \
        open other wt write changed creat /beside/too write x mkdir dir creat dir/deep
    is "$output" old
    [[ $(recording) == "('comparison', '"*"$reason"* ]] || { recording; return 1; }
    [[ $(told) == *'in data "old" declared'* ]]
    is "$(told | grep '^out')" "$(printf '%s\n' 'out /beside/too created "x"' 'out dir/ created' 'out dir/deep created ""' \
        'out made created "new"' 'out other modified "changed"')" || { told; return 1; }
    is "$(field '"processes" in m["circumstances"] and m["circumstances"]["processes"]')" "$(field '[] if "processes" in m["circumstances"] else False')"
    succeeds "$SCIWRAP" show "$(basename "$(dirname "$(manifest)")")"
    says "comparing before and after"
}

@test "asked for a comparison" {
    SCIWRAP_RECORDING=comparison compares SCIWRAP_RECORDING=comparison "$SCIWRAP"
}

@test "a kernel without notifications" {
    compares 5.5 "$FIXTURES/under" refusing 22 "$SCIWRAP" # EINVAL: before 5.0
}

@test "a kernel without openat2" {
    compares 5.6 "$FIXTURES/under" lacking openat2 "$SCIWRAP"
}

@test "a host that forbids notifications" {
    compares forbids "$FIXTURES/under" refusing 1 "$SCIWRAP"
    compares forbids "$FIXTURES/under" refusing 13 "$SCIWRAP"
}

@test "a host that listens already" {
    "$FIXTURES/under" listening true || skip "somebody listens to these tests already"
    compares listener "$FIXTURES/under" listening "$SCIWRAP"
}

@test "a seed needs notifications" {
    fails_with 125 'seed.*SCIWRAP_RECORDING' -- env SCIWRAP_RECORDING=comparison "$SCIWRAP" exec --seed 1 tiny true
    fails_with 125 'seed.*forbids' -- "$FIXTURES/under" refusing 1 "$SCIWRAP" exec --seed 1 tiny true
}

@test "no record at all" {
    anew data=old
    quietly "$SCIWRAP" exec --no-record tiny act open data wt write new
    [[ ! -e .sciwrap ]]
    is "$(cat data)" new
}
