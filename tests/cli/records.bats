#!/usr/bin/env bats
# The records of many runs: none is lost, mixed or half there, whatever happens at once and whatever is killed.
load helpers

# SCIWRAP_TESTS_KILLS=200 for a long look.
kills=${SCIWRAP_TESTS_KILLS:-40}

# make_runs COUNT: as many records, each a copy of a real one with an ID, a time and contents of its own: run i reads what
# run i - 1 wrote. Old enough to be kept in a cache once three seconds have passed.
make_runs() {
    forged
    echo seed >seed.txt
    "$SCIWRAP" exec tiny sh -c 'cat seed.txt >out.txt' || return
    python3 - "$1" "$(manifest)" <<'PYTHON'
import hashlib, json, os, sys
count, source = int(sys.argv[1]), sys.argv[2]
m = json.load(open(source))
digest = lambda i: hashlib.sha256(b"content %d\n" % i).hexdigest()
m["experiment"]["inputs"] = [dict(m["experiment"]["outputs"][0], path="in", role="argument")]
for i in range(1, count + 1):
    m["id"] = "%012x" % i
    m["experiment"]["inputs"][0].update(path="c%d" % (i - 1), sha256=digest(i - 1))
    m["experiment"]["outputs"][0].update(path="c%d" % i, sha256=digest(i))
    m["circumstances"]["started"] = "2026-01-01T%02d:%02d:%02d.000000000Z" % (i // 3600, i // 60 % 60, i % 60)
    os.mkdir(".sciwrap/runs/" + m["id"])
    json.dump(m, open(".sciwrap/runs/%s/manifest.json" % m["id"], "w"), indent=2)
PYTHON
}

@test "64 runs at once in one directory leave 64 records, each its own" {
    local i pids=() tasks=64
    for i in $(seq $tasks); do
        "$SCIWRAP" exec tiny sh -c "echo from $i >out-$i.txt; exit $((i % 7))" 3>&- &
        pids+=($!)
    done
    for i in "${!pids[@]}"; do
        local status=0
        wait "${pids[i]}" || status=$?
        is $status $(((i + 1) % 7))
    done
    quietly "$SCIWRAP" runs --json
    python3 - <<PYTHON
import glob, hashlib, json, os
listed = {row["id"]: row for row in json.loads('''$output''')}
files = glob.glob(".sciwrap/runs/*/manifest.json")
assert len(files) == $tasks and len(listed) == $tasks, (len(files), len(listed))
seen = set()
for file in files:
    m = json.load(open(file))
    assert m["id"] == os.path.basename(os.path.dirname(file))
    number = int(m["experiment"]["command"][2].split()[2])
    seen.add(number)
    assert m["experiment"]["exit"]["code"] == number % 7 == listed[m["id"]]["exit"]
    name = "out-%d.txt" % number
    want = hashlib.sha256(b"from %d\n" % number).hexdigest()
    made = {o["path"]: o.get("sha256") for o in m["experiment"]["outputs"] if o["path"].startswith("out-")}
    # A comparison of the directory before and after cannot tell who wrote what.
    if m["recording"]["method"] == "comparison":
        made = {name: made[name]}
    assert made == {name: want}, (file, name, made)
assert len(seen) == $tasks
left = [os.path.join(d, n) for d, _, names in os.walk(".sciwrap") for n in names if n.startswith(".")]
assert not left, left
PYTHON
}

@test "a launcher that is killed at any moment leaves a whole record or none" {
    python3 - "$SCIWRAP" "$kills" <<'PYTHON'
import glob, json, os, random, signal, subprocess, sys, time
sciwrap, kills = sys.argv[1], int(sys.argv[2])
command = [sciwrap, "exec", "tiny", "sh", "-c", "echo x >out.txt"]
def take():
    start = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - start
usual = sorted(take() for _ in range(5))[2]
random.seed(3)
killed = 0
for i in range(kills):
    # The second half aims at the end, where the record is written.
    least = 0 if i < kills / 2 else 0.7
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    time.sleep(usual * random.uniform(least, 1.1))
    run.kill()
    killed += run.wait() == -signal.SIGKILL
files = glob.glob(".sciwrap/runs/*/manifest.json")
for file in files:
    assert json.load(open(file))["experiment"]["exit"]["code"] == 0
    assert open(file).read().endswith("}\n")
folders = os.listdir(".sciwrap/runs")
print(kills, "kills:", killed, "in time,", len(files) - 5, "records,", len(folders) - len(files), "runs without one")
assert killed > 0 and len(folders) > len(files), "nothing was killed in time"
listed = subprocess.run([sciwrap, "runs", "--json"], check=True, capture_output=True, text=True)
assert listed.stderr == "" and len(json.loads(listed.stdout)) == len(files)
PYTHON
}

# tear ID HOW
tear() {
    local file=.sciwrap/runs/$1/manifest.json size
    size=$(stat -c %s "$file")
    case $2 in
    empty) : >"$file" ;;
    cut) truncate -s $((size / 2)) "$file" ;;
    zeros) head -c "$size" /dev/zero >"$file" ;;
    tail) truncate -s 4096 "$file" && truncate -s "$size" "$file" ;;
    esac
}

@test "a torn record is not there, for every command, and each says so once" {
    local how id other
    for how in empty cut zeros tail; do
        rm -rf .sciwrap
        "$SCIWRAP" exec tiny sh -c "echo $how >out.txt; : $(printf %05000d 0)"
        id=$(basename "$(dirname "$(manifest)")")
        "$SCIWRAP" run tiny exit 0
        tear "$id" $how
        succeeds "$SCIWRAP" runs
        is "$(wc -l <<<"$output")" 2
        # shellcheck disable=SC2154
        is "$stderr" "sciwrap: warning: records that are torn, as after a power cut, are taken for not there: $id"
        for other in show rerun; do
            fails_with 125 "there is no run '$id'" -- "$SCIWRAP" $other "$id"
            is "$(grep -c torn <<<"$stderr")" 1
        done
        fails_with 125 "manifest.json" -- "$SCIWRAP" show ".sciwrap/runs/$id/manifest.json"
    done
}

@test "the list of a large project is the same with a cache, without, and with a damaged one" {
    make_runs 300
    local first
    quietly "$SCIWRAP" runs
    first=$output
    is "$(wc -l <<<"$first")" 302
    [[ ! -e .sciwrap/catalog ]]
    sleep 3.2 # what is younger is not cached: a change to come could have the same time
    quietly "$SCIWRAP" runs
    is "$output" "$first"
    [[ -s .sciwrap/catalog ]]
    quietly "$SCIWRAP" runs
    is "$output" "$first"
    truncate -s -1 .sciwrap/catalog
    quietly "$SCIWRAP" runs
    is "$output" "$first"
    rm -r .sciwrap/runs/000000000007
    sed -i 's/"code": 0/"code": 9/' .sciwrap/runs/000000000008/manifest.json
    quietly "$SCIWRAP" runs --json
    is "$(python3 -c 'import json, sys; rows = json.loads(sys.argv[1]); print(len(rows), [r["id"] for r in rows if r["exit"] == 9])' "$output")" \
        "300 ['000000000008']"
}

@test "readers and writers at once never see a half list" {
    make_runs 200
    sleep 3.2
    local i pids=()
    for i in $(seq 16); do
        (
            cd "$WORK" || exit
            for _ in 1 2 3; do
                rm -f .sciwrap/catalog
                [[ $("$SCIWRAP" runs 2>&1 | wc -l) -ge 202 ]] || exit 1
            done
        ) 3>&- &
        pids+=($!)
        "$SCIWRAP" run tiny exit 0 3>&- &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i"
    done
    quietly "$SCIWRAP" runs
    is "$(wc -l <<<"$output")" 218
    is "$(find .sciwrap -maxdepth 1 -name '.catalog*')" ""
}

@test "a project that cannot be written to is listed all the same" {
    [[ $(id -u) -ne 0 ]] || skip "as root: root can write every directory"
    make_runs 100
    sleep 3.2
    chmod a-w .sciwrap
    quietly "$SCIWRAP" runs
    is "$(wc -l <<<"$output")" 102
    [[ ! -e .sciwrap/catalog ]]
    chmod u+w .sciwrap
}

# The run of `sleep $1` has begun: its folder in $begun, its launcher in $launcher. Older than a moment, as lists look at no
# younger ones.
begin_run() {
    "$SCIWRAP" exec tiny sh -c ": >ready.$1; exec sleep $1" 3>&- &
    launcher=$!
    until_true test -e "ready.$1"
    begun=$(comm -13 <(for f in .sciwrap/runs/*/manifest.json; do echo "${f%/manifest.json}"; done | sort) <(find .sciwrap/runs -mindepth 1 -maxdepth 1 | sort) | grep -vxF "${known:-none}")
    touch -d '1 minute ago' "$begun"
}

kill_run() {
    kill -KILL "$launcher"
    wait "$launcher" || true
    until_true flock --shared --nonblock "$begun" true # what was inside is gone as well
}

@test "a run that was killed at once is told as lost, one that goes on is not" {
    begin_run 61
    succeeds "$SCIWRAP" runs
    is "$output" ''
    notes "^sciwrap: no run is recorded in '.*' yet; "
    id=${begun##*/}
    fails_with 125 "run '$id' in .* has no record: it goes on, or was killed" -- "$SCIWRAP" show "${id:0:6}"
    kill_run
    succeeds "$SCIWRAP" runs
    says "$id +[0-9T:-]+ +- +lost +-"
    notes '^sciwrap: lost: killed before there was a record; what it read and wrote is not known$'
    succeeds "$SCIWRAP" runs --json
    is "$(python3 -c 'import json, sys; print([(r["id"], r["state"], sorted(r)) for r in json.load(sys.stdin)])' <<<"$output")" \
        "[('$id', 'lost', ['id', 'started', 'state'])]"
    "$SCIWRAP" exec tiny true
    is "$("$SCIWRAP" runs 2>/dev/null | grep -c lost)" 1
    rm -r "$begun"
    quietly "$SCIWRAP" runs
    is "${#lines[@]}" 2
}

@test "of a job's run that was killed at once, environment, command and place are known" {
    export SLURM_JOB_ID=17 SLURMD_NODENAME=node3 SLURM_CPUS_ON_NODE=1 SLURM_JOB_NODELIST=node3
    begin_run 62
    kill_run
    succeeds "$SCIWRAP" runs
    says "${begun##*/} +[0-9T:-]+ +tiny +lost +-  sh -c : >ready.62; exec sleep 62"
    sed -i 's/"boot_id": "../"boot_id": "zz/; s/"host": ".*",$/"host": "n\\u001b3",/' "$begun/begun.json"
    touch -d '1 minute ago' "$begun"
    succeeds "$SCIWRAP" runs
    says "${begun##*/} +[0-9T:-]+ +tiny +\? +-  sh -c"
    notes '^sciwrap: \?: no record; begun on another host, .* the first on n\\x1b3, slurm 17, on node3, 1 CPU$'
    # What somebody else may have put there.
    local wrong
    for wrong in '' '{' '[]' '{"command": 7, "job": [], "host": {}}' "$(printf '\0')"; do
        printf '%s' "$wrong" >"$begun/begun.json"
        touch -d '1 minute ago' "$begun"
        succeeds "$SCIWRAP" runs
        says "${begun##*/} +[0-9T:-]+ +- +lost"
    done
    known=$begun
    "$SCIWRAP" exec tiny true
    is "$(find .sciwrap/runs -name begun.json)" "$begun/begun.json" # the record took its place
}
