#!/usr/bin/env bats
# Runs in a job of a batch system, by the variables that Slurm gives: tests/slurm has the same with a real one.
load helpers

in_job() { # NAME=VALUE... -- ARGUMENT...: sciwrap as slurmd would start it
    local -a variables=(SLURM_JOB_ID=17 SLURMD_NODENAME=node1 SLURM_JOB_NODELIST='node[1-2]' SLURM_SUBMIT_HOST=login)
    while [[ $1 != -- ]]; do
        variables+=("$1")
        shift
    done
    shift
    env "${variables[@]}" "$SCIWRAP" "$@"
}

@test "the record of a run in a job says which" {
    quietly in_job SLURM_ARRAY_JOB_ID=12 SLURM_ARRAY_TASK_ID=3 SLURM_CPUS_ON_NODE=1 SLURM_MEM_PER_NODE=1024 \
        SLURM_JOB_START_TIME=1000 SLURM_JOB_END_TIME=1600 -- exec tiny true
    is "$(field 'm["circumstances"]["job"]')" "{'scheduler': 'slurm', 'id': '17', 'array_id': '12', 'array_index': 3, \
'node': 'node1', 'nodes': 'node[1-2]', 'cpus': 1, 'memory_bytes': 1073741824, 'time_limit_s': 600, 'submit_host': 'login'}"
    succeeds "$SCIWRAP" show "$(basename "$(dirname "$(manifest)")")"
    says 'job +slurm 12_3 \(17\), on node1 of node\[1-2\], 1 CPU, 1 GiB, 600 s'
}

@test "so does that of a rank, and of a rerun" {
    quietly in_job SLURM_STEP_ID=2 SLURM_STEP_NODELIST=node1 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=4 -- exec tiny true
    is "$(field '[m["circumstances"]["job"][k] for k in ("step", "nodes", "task", "tasks")]')" "['2', 'node1', 1, 4]"
    succeeds in_job -- rerun "$(basename "$(dirname "$(manifest)")")"
    is "$(field '"rerun_of" in m and m["circumstances"]["job"]["id"]')" 17
}

@test "outside of a job the record says nothing of one" {
    quietly env -u SLURM_JOB_ID "$SCIWRAP" exec tiny true
    is "$(field '"job" in m["circumstances"]')" False
}

@test "a job's CPUs are those of its runs" {
    quietly in_job SLURM_CPUS_ON_NODE=1 -- exec tiny sh -c 'echo $OMP_NUM_THREADS; grep Cpus_allowed_list /proc/self/status'
    is "$(head -n 1 <<<"$output")" 1
    says 'Cpus_allowed_list:[[:space:]]+[0-9]+$'
    is "$(field '[m["experiment"]["settings"]["cpus"], m["circumstances"]["host"]["cpu"]["count"]]')" '[1, 1]'
    # In the shell of salloc, on a login node, the job says nothing of this machine.
    quietly env SLURM_JOB_ID=17 SLURM_CPUS_ON_NODE=1 "$SCIWRAP" exec tiny grep Cpus_allowed_list /proc/self/status
    is "$output" "$(grep Cpus_allowed_list /proc/self/status)"
}

@test "more than the job has is refused" {
    fails_with 125 '--cpus: 2 CPUs; this job has 1 CPU \(ask Slurm for more with --cpus-per-task\)' -- \
        in_job SLURM_CPUS_ON_NODE=1 -- exec --cpus 2 tiny true
    fails_with 125 '--memory: 2 GiB; this job has 1 GiB \(ask Slurm for more with --mem\)' -- \
        in_job SLURM_MEM_PER_NODE=1024 -- exec --memory 2G tiny true
    quietly in_job SLURM_MEM_PER_NODE=1024 SLURM_CPUS_ON_NODE=1 -- exec --no-record --file-size 1M tiny true
}

@test "variables that are not as Slurm writes them are taken for not there" {
    quietly in_job SLURM_CPUS_ON_NODE=many SLURM_MEM_PER_NODE=-1 SLURM_ARRAY_TASK_ID=1e9 SLURM_JOB_END_TIME=x -- exec tiny true
    is "$(field 'sorted(m["circumstances"]["job"])')" "['id', 'node', 'nodes', 'scheduler', 'submit_host']"
}

# begin SCRIPT...: a run in a job with KillWait=1 in the background, that has written `ready`.
begin() {
    echo 'KillWait=1' >"$BATS_TEST_TMPDIR/slurm.conf"
    exec env SLURM_JOB_ID=17 SLURMD_NODENAME=node1 SLURM_CONF="$BATS_TEST_TMPDIR/slurm.conf" \
        "$SCIWRAP" exec --manifest m.json tiny sh -c "$@" 3>&- 2>said &
    launcher=$!
    until_true test -e ready
    init=$(pgrep -P "$launcher")
}

as_root_only() { # Slurm's daemon is root, and other senders mean something else
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
}

@test "what all processes of a job are told reaches the command once" {
    as_root_only
    begin 'n=0; trap "n=\$((n + 1))" USR1; : >ready; while [ ! -e stop ]; do sleep 0.05; done; exit $n'
    kill -USR1 "$launcher" "$init" "$(pgrep -P "$init" | head -n 1)"
    sleep 0.2
    : >stop
    local status=0
    wait "$launcher" || status=$?
    is "$status" 1
}

@test "a message to the launcher alone reaches the command, too" {
    as_root_only
    begin 'trap "exit 9" USR1; : >ready; while :; do sleep 0.05; done'
    kill -USR1 "$launcher"
    local status=0
    wait "$launcher" || status=$?
    is "$status" 9
}

@test "a command that goes on when its job is ended is killed in time for its record" {
    as_root_only
    begin 'trap "echo told >heard" TERM; : >ready; while :; do sleep 0.05; done'
    kill -TERM "$launcher"
    kill -CONT "$launcher"
    local status=0
    wait "$launcher" || status=$?
    is "$status" 137
    is "$(field '[m["experiment"]["exit"], m["circumstances"]["job"]["cancelled"]]' m.json)" "[{'code': 137, 'signal': 9}, True]"
    grep -q 'Slurm told the job to end and the command went on' said
}

@test "one signal without the other is a message and ends nothing" {
    as_root_only
    begin 'trap "echo told >heard" TERM; : >ready; while [ ! -e stop ]; do sleep 0.05; done'
    kill -TERM "$launcher"
    until_true test -e heard
    sleep 0.3
    : >stop
    wait "$launcher"
    is "$(field 'm["experiment"]["exit"]' m.json)" "{'code': 0}"
}

@test "outside of a job nobody's end is told" {
    as_root_only
    "$SCIWRAP" exec --manifest m.json tiny sh -c 'trap "echo told >heard" TERM; : >ready; while [ ! -e stop ]; do sleep 0.05; done' 3>&- &
    local launcher=$!
    until_true test -e ready
    kill -TERM "$launcher"
    kill -CONT "$launcher"
    until_true test -e heard
    : >stop
    wait "$launcher"
}
