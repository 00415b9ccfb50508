#!/usr/bin/env bats
# Runs in jobs of a real Slurm (run.sh starts it): what becomes of signals, ends and limits.
load ../cli/helpers

setup_file() {
    own_places
    "$SCIWRAP" pull --quiet tiny 3>&-
}

# job [SBATCH-OPTION...] -- LINE...: submits a script of these lines; its number in $job, what it says in ./said.
job() {
    local -a asked=()
    while [[ $1 != -- ]]; do
        asked+=("$1")
        shift
    done
    shift
    printf '%s\n' '#!/bin/bash' "cd '$WORK'" "$@" >script.sh
    job=$(sbatch --parsable --time 10 --output said --open-mode append "${asked[@]}" script.sh)
}

over() { # no task of the job is left
    "$BATS_TEST_DIRNAME/cluster.sh" wait "${SLURM_CONF%/*}" "$job" 90
}

# Handlers that say what came, and how often.
handlers='term=0 usr=0
trap "term=\$((term + 1)); echo term \$term >>heard" TERM
trap "usr=\$((usr + 1)); echo usr1 \$usr >>heard" USR1
: >ready'

@test "the record of a batch job names it" {
    job --job-name x --mem 300 -- 'exec "$SCIWRAP" exec tiny true'
    over
    is "$(field '[m["circumstances"]["job"][k] for k in ("scheduler", "id", "node", "nodes", "cpus", "memory_bytes")]')" \
        "['slurm', '$job', 'node1', 'node1', 1, 314572800]"
    is "$(cat said)" ''
}

@test "the record of a step names step and rank, and each rank has its share" {
    job --ntasks 2 -- 'srun "$SCIWRAP" exec --join no tiny sh -c "grep Cpus_allowed_list /proc/self/status; echo \$OMP_NUM_THREADS >t.\$\$"'
    over
    is "$(cat .sciwrap/runs/*/manifest.json | grep -c '"step": "0"')" 2
    local record ranks=''
    for record in .sciwrap/runs/*/manifest.json; do
        ranks+=$(field '"%d of %d, %d " % tuple(m["circumstances"]["job"][k] for k in ("task", "tasks", "cpus"))' "$record")' '
    done
    is "$(tr ',' ';' <<<"$ranks" | xargs -n 4 | sort | tr '\n' ' ')" '0 of 2; 1 1 of 2; 1 '
    is "$(grep -c 'Cpus_allowed_list:' said)" 2
}

@test "more CPUs than the job has are refused" {
    job -- '"$SCIWRAP" exec --cpus 2 tiny true; echo "status $?"'
    over
    grep -q 'sciwrap: --cpus: 2 CPUs; this job has 1 CPU (ask Slurm for more with --cpus-per-task)' said
    grep -q 'status 125' said
}

@test "scancel is heard once, and leaves a record" {
    job -- "exec \"\$SCIWRAP\" exec tiny sh -c '$handlers; until [ \$term -gt 0 ]; do sleep 0.05; done; sleep 0.3; exit 7'"
    until_true test -e ready
    scancel "$job"
    over
    is "$(cat heard)" 'term 1'
    is "$(field '[m["experiment"]["exit"], m["circumstances"]["job"]["cancelled"]]')" "[{'code': 7}, True]"
}

@test "who ignores scancel is recorded, too, in each kind of script" {
    local -a scripts=('exec "$SCIWRAP"' 'srun "$SCIWRAP"' 'trap : TERM; "$SCIWRAP"')
    local script jobs=''
    for script in "${scripts[@]}"; do
        rm -f ready
        job -- "$script exec tiny sh -c '$handlers; while :; do sleep 0.1; done'"
        jobs+="$job "
        until_true test -e ready
        scancel "$job"
    done
    for job in $jobs; do
        over
    done
    local ends
    ends=$(for record in .sciwrap/runs/*/manifest.json; do
        field '"%d %s %s" % (m["experiment"]["exit"]["code"], m["circumstances"]["job"]["cancelled"], m["circumstances"]["job"]["id"])' "$record"
    done | sort -k 3)
    is "$ends" "$(for job in $jobs; do echo "137 True $job"; done)"
    grep -q 'sciwrap: Slurm told the job to end and the command went on' said
}

@test "a job that is killed at once is told as lost, with what it was" {
    job -- "exec \"\$SCIWRAP\" exec tiny sh -c ': >ready; exec sleep 300'"
    until_true test -e ready
    scancel --batch --signal=KILL "$job"
    over
    touch -d '1 minute ago' .sciwrap/runs/* # younger ones may be about to end
    succeeds "$SCIWRAP" runs
    says 'tiny +lost +- +sh -c : >ready; exec sleep 300'
    is "$(find .sciwrap/runs -name manifest.json)" ''
    succeeds "$SCIWRAP" runs --job "$job"
    says ' lost: failed '
}

@test "signals of scancel reach the command once, by every way" {
    local way
    local -A started=([--batch]='exec "$SCIWRAP"' [--full]='trap : USR1; "$SCIWRAP"' [--verbose]='srun "$SCIWRAP"')
    for way in "${!started[@]}"; do # --verbose: as without an option, to the steps
        rm -f ready stop heard
        job -- "${started[$way]} exec tiny sh -c '$handlers; until [ -e stop ]; do sleep 0.05; done'"
        until_true test -e ready
        scancel "$way" --signal USR1 "$job"
        until_true test -e heard
        sleep 0.3
        : >stop
        over
        is "$way $(cat heard)" "$way usr1 1"
    done
}

is_waiting() {
    [[ $(squeue -h -j "$job" -o %t) == PD ]]
}

@test "a job that is requeued has two records" {
    job --requeue -- "exec \"\$SCIWRAP\" exec tiny sh -c '$handlers; [ ! -e once ] || exit 5; : >once; until [ \$term -gt 0 ]; do sleep 0.05; done; exit 4'"
    until_true test -e once
    scontrol requeue "$job"
    until_true is_waiting
    sleep 1.1 # in the same second slurmd takes the new credential for the one that it has revoked
    scontrol update JobId="$job" StartTime=now # else in two minutes
    over
    is "$(for record in .sciwrap/runs/*/manifest.json; do
        field '(m["experiment"]["exit"]["code"], m["circumstances"]["job"].get("cancelled"), m["circumstances"]["job"]["id"] == "'"$job"'")' "$record"
    done | sort | tr '\n' ' ')" '(4, True, True) (5, None, True) '
}

@test "the folder of the job that goes with it can be used for all that is private" {
    job -- 'export TMPDIR=$(mktemp -d) SCIWRAP_NODE_STORE=$TMPDIR/trees' \
        '"$SCIWRAP" exec tiny sh -c "echo x >/tmp/x; cat /tmp/x"; find "$TMPDIR" -name "run.*" | wc -l; rm -rf "$TMPDIR"'
    over
    is "$(cat said)" $'x\n0'
}

@test "a time limit leaves a record" {
    [[ -n ${SLURM_TEST_LONG-} ]] || skip "takes more than a minute, which is Slurm's shortest: the long form has it"
    job --time 1 -- "exec \"\$SCIWRAP\" exec tiny sh -c '$handlers; while :; do sleep 0.1; done'"
    over
    over
    is "$(field '[m["experiment"]["exit"], m["circumstances"]["job"]["cancelled"]]')" "[{'code': 137, 'signal': 9}, True]"
    is "$(cat heard)" 'term 1'
}
