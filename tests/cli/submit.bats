#!/usr/bin/env bats
# sciwrap submit, runs --job and rerun --job, with a Slurm that is made of a shell script (fake_slurm). With the real one:
# tests/slurm/submit.bats.
load helpers

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    export FAKE_SLURM=$BATS_TEST_TMPDIR/slurm
    mkdir -p "$WORK" "$FAKE_SLURM/bin"
    local name
    for name in sbatch squeue sacct scontrol scancel; do
        ln -s "$BATS_TEST_DIRNAME/fake_slurm" "$FAKE_SLURM/bin/$name"
    done
    PATH=$FAKE_SLURM/bin:$PATH
    cd "$WORK" || return 1
}

# The manifest of a task that ran once.
task_manifest() { # TASK
    local file
    for file in .sciwrap/runs/*/manifest.json; do
        [[ $(field "m['circumstances'].get('job', {}).get('sweep', {}).get('row')" "$file") != "$1" ]] || echo "$file"
    done
}

submissions() {
    ls -d .sciwrap/submissions/* 2>/dev/null
}

@test "each row becomes one run, with its row in its manifest" {
    printf 'sample,depth\nA,3\nB,30\n' >params.csv
    succeeds "$SCIWRAP" submit --sweep params.csv --time 10 -- exec tiny echo '{sample}' '--depth={depth}' 'task {task}, {{x}'
    is "$output" 18
    notes "job 18: 2 tasks, once the environments are there"
    is "$(cat slurm-18_1.out)" "A --depth=3 task 1, {x}"
    is "$(cat slurm-18_2.out)" "B --depth=30 task 2, {x}"
    local manifest
    manifest=$(task_manifest 2)
    is "$(field "m['circumstances']['job']['array_id'], m['circumstances']['job']['sweep']['columns']" "$manifest")" \
        "('18', {'sample': 'B', 'depth': '30'})"
    is "$(field "m['circumstances']['job']['sweep']['file'], m['circumstances']['job']['sweep']['sha256']" "$manifest")" \
        "('params.csv', '$(sha256 params.csv)')"
    is "$(field "m['circumstances']['job']['time_limit_s']" "$manifest")" 600
    is "$(field "m['circumstances']['job']['sweep']['id']" "$manifest")" "$(basename "$(submissions)")"
    python3 "$BATS_TEST_DIRNAME/schema.py" "$manifest"
}

@test "no value of a table is a word of a shell" {
    printf '%s\n' 'x,y' '"$(touch gone); `touch gone`","a'\''b ""c"" \ * ~ #"' '"two
lines",-n' ';&|<>,' >params.csv
    succeeds "$SCIWRAP" submit --sweep params.csv --prepare no -- exec tiny sh -c 'printf "%s|%s" "$1" "$2" >"out.$3"' sh '{x}' '{y}' '{task}'
    is "$(cat out.1)" "\$(touch gone); \`touch gone\`|a'b \"c\" \\ * ~ #"
    is "$(cat out.2)" $'two\nlines|-n'
    is "$(cat out.3)" ';&|<>|'
    [[ ! -e gone ]]
    # The script holds names, and no values.
    ! grep -r 'touch gone' .sciwrap/submissions/*/*.sh
}

@test "a value becomes no option and no other environment" {
    printf 'env\ntiny\n--network=host\n' >params.csv
    fails_with 125 "task 2: a value of its row makes the option '--network=host'" -- "$SCIWRAP" submit --sweep params.csv -- run '{env}' tiny
    printf 'env\ntiny\nnone-such\n' >params.csv
    fails_with 125 "params.csv:3: no environment 'none-such'" -- "$SCIWRAP" submit --sweep params.csv -- run '{env}' echo
    fails_with 125 "in the name of an option" -- "$SCIWRAP" submit --sweep params.csv -- run '--{env}=x' tiny
    is "$(submissions)" ""
    [[ ! -e $FAKE_SLURM/last ]]
}

@test "environments and options come from the row, too" {
    printf 'env,seed\ntiny,1\ntiny-new,2\n' >params.csv
    succeeds "$SCIWRAP" submit --sweep params.csv -- exec --seed '{seed}' '{env}' true
    is "$(field "m['experiment']['environment']['name'], m['experiment']['settings']['seed']" "$(task_manifest 2)")" "('tiny-new', 2)"
    grep -q 'pull tiny tiny-new$' .sciwrap/submissions/*/1.prepare.sh
    grep -q 'store verify tiny tiny-new$' .sciwrap/submissions/*/1.prepare.sh
}

@test "what is wrong is told before anything is submitted" {
    printf 'sample,depth\nA,3\nB\n' >params.csv
    fails_with 125 'params.csv:3: 1 field' -- "$SCIWRAP" submit --sweep params.csv -- run tiny '{sample}'
    printf 'sample,depth\nA,3\n' >params.csv
    fails_with 125 "did you mean '\{sample\}'" -- "$SCIWRAP" submit --sweep params.csv -- run tiny '{sampel}'
    fails_with 125 "written '\{\{'" -- "$SCIWRAP" submit --sweep params.csv -- exec tiny awk '{print $1}'
    fails_with 125 "there is \{task\}" -- "$SCIWRAP" submit --array 3 -- run tiny '{sample}'
    fails_with 125 "follows '--'" -- "$SCIWRAP" submit --time=10
    fails_with 125 "belongs to no option" -- "$SCIWRAP" submit --exclusive run tiny
    fails_with 125 "not 'shell'" -- "$SCIWRAP" submit -- shell tiny
    fails_with 125 "no environment 'tinny'" -- "$SCIWRAP" submit -- run tinny
    fails_with 125 "has the rows 1 to 1" -- "$SCIWRAP" submit --sweep params.csv --array 1,2 -- run tiny
    fails_with 125 "said with --at-once" -- "$SCIWRAP" submit --array 9%3 -- run tiny
    fails_with 125 "cannot be given here" -- "$SCIWRAP" submit --wait -- run tiny
    fails_with 125 "no such file|No such file" -- "$SCIWRAP" submit --sweep none.csv -- run tiny
    fails_with 125 "no sbatch in PATH" -- env PATH=/nowhere "$SCIWRAP" submit -- run tiny
    fails_with 125 "--array 'all': expected how many tasks" -- "$SCIWRAP" submit --array all -- run tiny
    fails_with 125 "--at-once '0': a number from 1" -- "$SCIWRAP" submit --array 9 --at-once 0 -- run tiny
    fails_with 125 "--prepare 'maybe': expected job, here, sbcast or no" -- "$SCIWRAP" submit --prepare maybe -- run tiny
    is "$(submissions)" ""
    [[ ! -e $FAKE_SLURM/last ]]
}

@test "--dry-run prints what would be submitted, and leaves nothing" {
    succeeds "$SCIWRAP" submit --dry-run --array 5 --at-once 2 --prepare no --mem 4G --comment 'two words' -- run tiny 'a b'
    is "${lines[0]}" '#!/bin/sh'
    says '#SBATCH --array=1-5%2'
    says '#SBATCH --mem=4G'
    says '#SBATCH "--comment=two words"'
    says "run tiny 'a b'"
    [[ ! -e .sciwrap && ! -e $FAKE_SLURM/last ]]
    succeeds "$SCIWRAP" submit --dry-run --array 5 -- run tiny
    says 'sciwrap pull tiny'
    says '#SBATCH --dependency=afterok:JOB'
}

@test "a job by itself, and its failure" {
    succeeds "$SCIWRAP" submit --prepare no -J mine -- run tiny exit 3
    is "$output" 17
    grep -qx -e '-Jmine' "$FAKE_SLURM/arguments"
    succeeds "$SCIWRAP" runs --job 17
    [[ ${lines[1]} =~ 1\ +failed\ +3 ]]
    is "${lines[-1]}" '1 task: 1 failed'
}

@test "when sbatch refuses, nothing is left" {
    touch "$FAKE_SLURM/refuse"
    fails_with 125 'sbatch refused the job' -- "$SCIWRAP" submit --array 3 -- run tiny exit 0
    notes 'Invalid account'
    is "$(submissions)" ""
}

# The test's own sbatch and scancel, in the place of fake_slurm's.
slurm_is() { # SBATCH SCANCEL: the text of a shell script each
    mkdir -p other
    printf '#!/bin/sh\n%s\n' "$1" >other/sbatch
    printf '#!/bin/sh\n%s\n' "$2" >other/scancel
    chmod +x other/*
    PATH=$PWD/other:$PATH
}

@test "an sbatch that does something else" {
    slurm_is 'echo Submitted batch job 17' 'exit 1'
    fails_with 125 "sbatch did not tell the number of the job, but 'Submitted batch job 17" -- "$SCIWRAP" submit --prepare no -- run tiny
    slurm_is '[ ! -e taken ] || exit 5; touch taken; echo 17' 'exit 1'
    fails_with 125 'sbatch refused the job \(exit status 5\); see above' -- "$SCIWRAP" submit --array 3 -- run tiny exit 0
    notes 'job 17, which prepares the environments, stays in the queue'
    is "$(submissions)" ""
    rm taken
    FAKE_ARRAY_SIZE=3 fails_with 125 'sbatch refused the rest of the tasks \(exit status 5\)' -- "$SCIWRAP" submit --prepare no --array 5 -- run tiny exit 0
    is "$output" 17
    notes "job 17: 2 tasks; 'sciwrap runs --job 17'"
    sed -i '1s/.*/#!\/nonexistent/' other/sbatch
    fails_with 125 'sbatch refused the job \(exit status 127\)' -- env PATH="$PWD/other" "$SCIWRAP" submit --prepare no -- run tiny
    notes "'sbatch' cannot be started: No such file or directory"
}

@test "the table of an array, and its failed tasks once more" {
    printf 'code\n0\n3\n0\n' >params.csv
    "$SCIWRAP" submit --sweep params.csv --mem 1G -- exec tiny sh -c 'echo made >out.$2; [ -e repaired ] || exit $1' sh '{code}' '{task}'
    succeeds "$SCIWRAP" runs --job 18
    [[ ${lines[2]} =~ 2\ +failed\ +3\ +[0-9.]+\ m?s\ +[0-9.]+\ MB ]]
    says 'code=3'
    is "${lines[-1]}" '3 tasks: 2 done, 1 failed'
    notes "submit --again 18"
    touch repaired
    succeeds "$SCIWRAP" submit --again 18 --mem 2G
    is "$output" 20
    [[ $(grep -c . "$FAKE_SLURM/arguments") -gt 0 ]]
    grep -q '^#SBATCH --array=2$' .sciwrap/submissions/*/2.sh
    is "$(grep -- --mem .sciwrap/submissions/*/2.sh | tail -n 1)" '#SBATCH --mem=2G'
    succeeds "$SCIWRAP" runs --job 18 --json
    is "$(python3 -c 'import json,sys; print([(t["task"],t["state"],t["job"],t["columns"]["code"]) for t in json.load(sys.stdin)])' <<<"$output")" \
        "[(1, 'done', '18', '0'), (2, 'done', '20', '3'), (3, 'done', '18', '0')]"
    fails_with 125 'no task of job 18 failed: 3 done' -- "$SCIWRAP" submit --again 18
    fails_with 125 "--array '2,4': there is no task 4 in this submission" -- "$SCIWRAP" submit --again 18 --array 2,4
    fails_with 125 "--array 'all': with --again, a list of task numbers is expected" -- "$SCIWRAP" submit --again 18 --array all
    fails_with 125 'what runs is what was submitted; a changed experiment is a new submission' -- "$SCIWRAP" submit --again 18 -- run tiny
    fails_with 125 "no submission here has a job '99'" -- "$SCIWRAP" submit --again 99
    cd /
    fails_with 125 'nothing was submitted from here; go where job 18 was' -- "$SCIWRAP" submit --again 18
    cd "$WORK"
    succeeds "$SCIWRAP" runs --job 18_2
    is "${lines[-1]}" '1 task: 1 done'
}

@test "what waits, what is lost, and what nobody knows" {
    touch "$FAKE_SLURM/hold"
    "$SCIWRAP" submit --array 4 --prepare no -- exec tiny true
    is "$("$SCIWRAP" runs --job 17 | tail -n 1)" '4 tasks: 4 waiting'
    printf '17|%s\n' '1|RUNNING' '2|CANCELLED' '3|NODE_FAIL' >>"$FAKE_SLURM/states"
    succeeds "$SCIWRAP" runs --job 17
    [[ ${lines[2]} =~ 2\ +lost.*cancelled && ${lines[3]} =~ 3\ +lost.*node\ fail ]]
    is "${lines[-1]}" '4 tasks: 1 running, 1 waiting, 2 lost'
    touch "$FAKE_SLURM/down"
    succeeds "$SCIWRAP" runs --job 17
    is "${lines[-1]}" '4 tasks: 4 unknown'
    notes 'squeue does not answer'
    fails_with 125 'no task of job 17 failed: 0 done' -- "$SCIWRAP" submit --again 17
    notes 'of 4 tasks without a record nobody can say whether they still run; name them with --array'
    rm "$FAKE_SLURM"/{down,hold}
    succeeds "$SCIWRAP" submit --again 17 # the lost ones, and not those that run or wait
    is "$("$SCIWRAP" runs --job 17 | tail -n 1)" '4 tasks: 2 done, 1 running, 1 waiting'
    printf '17|%s\n' '1|CANCELLED' '4|CANCELLED' >>"$FAKE_SLURM/states"
    run --separate-stderr "$SCIWRAP" runs --job 17 --follow
    is "$status" 1
    is "${lines[-1]}" '4 tasks: 2 done, 2 lost'
}

@test "when the environments cannot be had, no task starts and it is said where to look" {
    define broken '[environment]' 'command = probe' '[artifact]' "sha256 = $(printf '%064d' 7)" 'url = /nowhere/x.tar'
    succeeds "$SCIWRAP" submit --array 3 -- run broken
    succeeds "$SCIWRAP" runs --job 18
    is "${lines[-1]}" '3 tasks: 3 lost'
    notes 'job 17, which brings the environments: failed; see .*/1.prepare.out'
    grep -q '/nowhere/x.tar' .sciwrap/submissions/*/1.prepare.out
    fails_with 125 'nothing was submitted: the environments are not ready' -- "$SCIWRAP" submit --prepare here -- run broken
}

@test "a task refuses what was changed since" {
    printf 'a\n1\n' >params.csv
    define mine "$(cat "$FIXTURES/envs/tiny.ini")"
    touch "$FAKE_SLURM/hold"
    "$SCIWRAP" submit --sweep params.csv --prepare no -- exec mine echo '{a}'
    local script
    script=$(echo "$WORK"/.sciwrap/submissions/*/1.sh)
    SLURM_ARRAY_TASK_ID=1 SLURM_JOB_ID=17 succeeds "$script"
    is "$output" 1
    SLURM_ARRAY_TASK_ID=2 fails_with 125 'has 1 rows and none of the number 2' -- "$script"
    SLURM_ARRAY_TASK_ID=x fails_with 125 "'x' is not the number of a task" -- "$script"
    sed -i "s/^sha256 = .*/sha256 = $(printf '%064d' 7)/" "$BATS_TEST_TMPDIR/envs/mine.ini"
    SLURM_ARRAY_TASK_ID=1 fails_with 125 "'mine' pins something else" -- "$script"
    fails_with 125 "'mine' pins something else" -- "$SCIWRAP" submit --again 17
    chmod u+w .sciwrap/submissions/*/sweep/params.csv
    echo 2 >>"$(echo .sciwrap/submissions/*/sweep/params.csv)"
    SLURM_ARRAY_TASK_ID=1 fails_with 125 "is not the table that was submitted" -- "$script"
    fails_with 125 'sweep/params.csv. is not the table that was submitted any more' -- "$SCIWRAP" runs --job 17
}

@test "a task that no batch script began" {
    local id=0123456789ab
    fails_with 125 'SCIWRAP_SWEEP_ID is not set' -- "$SCIWRAP" submit --task -- run tiny
    SCIWRAP_SWEEP_ID=mine fails_with 125 "SCIWRAP_SWEEP_ID 'mine' is not the ID of a submission" -- "$SCIWRAP" submit --task -- run tiny
    export SCIWRAP_SWEEP_ID=$id SCIWRAP_SWEEP_ROW=1
    fails_with 125 "submission $id is not known in '$WORK'; a task runs where it was submitted" -- "$SCIWRAP" submit --task -- run tiny
    mkdir -p .sciwrap/runs
    fails_with 125 "submission $id is not known in '$WORK'; a task runs where it was submitted" -- "$SCIWRAP" submit --task -- run tiny
    SCIWRAP_SWEEP_FILE=t.csv fails_with 125 "SCIWRAP_SWEEP_FILE 't.csv' is not an absolute path" -- "$SCIWRAP" submit --task -- run tiny
}

@test "a record of a submission that is damaged" {
    local file good line
    touch "$FAKE_SLURM/hold"
    printf 'a\n1\n' >params.csv
    "$SCIWRAP" submit --sweep params.csv --prepare no -- run tiny '{a}'
    file=$(echo .sciwrap/submissions/*/submission.json)
    good=$(<"$file")
    damaged() { # STATEMENT PATTERN: submission.json, `m`, after the statement
        python3 -c 'import json, sys; m = json.loads(sys.argv[1]); exec(sys.argv[2]); json.dump(m, open(sys.argv[3], "w"))' "$good" "$1" "$file"
        fails_with 125 "submission.json: $2" -- "$SCIWRAP" submit --again "$(basename "$(submissions)")" --array 1
    }
    damaged 'm["schema"] = "sciwrap-submission/9"' 'is no submission that this sciwrap knows'
    while read -r line; do
        damaged "$line" "'[a-z]*' is missing or not what it must be"
    done <<'ROWS'
m["id"] = "x"
m["command"] = ["run"]
m["options"] = [1]
m["tasks"] = "all"
del m["prepare"]
m["table"]["name"] = "../x"
m["environments"][0]["artifact"] = "0"
ROWS
    echo "$good" >"$file"
    echo '{"job": "x"}' >"$(submissions)/1.json"
    fails_with 125 "1.json: 'job' is missing or not what it must be" -- "$SCIWRAP" runs --job "$(basename "$(submissions)")"
}

@test "more tasks than an array can have go into several" {
    export FAKE_ARRAY_SIZE=3
    printf 'n\n%s\n' "$(seq 5)" >params.csv
    succeeds "$SCIWRAP" submit --sweep params.csv --prepare no -- exec tiny sh -c 'echo {n} >out.{task}'
    is "$output" $'17\n18\n19'
    is "$(cat out.1 out.2 out.3 out.4 out.5 | xargs)" '1 2 3 4 5'
    is "$(cat .sciwrap/submissions/*/3.sh | grep -c 'SLURM_ARRAY_TASK_ID + 4')" 1
    is "$("$SCIWRAP" runs --job 18 | tail -n 1)" '5 tasks: 5 done'
    succeeds "$SCIWRAP" runs --job 18_1
    says 'n=3'
}

@test "a whole sweep is run again, with a verdict for each task" {
    printf 'n\n1\n2\n3\n' >params.csv
    "$SCIWRAP" submit --sweep params.csv --prepare no -- exec tiny sh -c 'cat in.{n} 2>/dev/null >out.{n}; [ {n} != 2 ] || head -c 8 /dev/urandom >out.2' 
    run --separate-stderr "$SCIWRAP" rerun --job 17
    is "$status" 1
    [[ ${lines[0]} =~ 1\ +[0-9a-f]{12}\ +identical ]]
    [[ ${lines[1]} =~ 2\ +[0-9a-f]{12}\ +different && ${lines[2]} =~ different\ +out.2 ]]
    is "${lines[-1]}" '3 tasks: 2 identical, 1 different'
    succeeds "$SCIWRAP" rerun --job 17_3
    is "${lines[-1]}" '1 task: 1 identical'
    is "$("$SCIWRAP" runs --job 17 | tail -n 1)" '3 tasks: 3 done' # reruns are no tasks
    fails_with 125 "there is no task '17_4'" -- "$SCIWRAP" rerun --job 17_4
    touch "$FAKE_SLURM/hold"
    "$SCIWRAP" submit --again 17 --array 3
    run --separate-stderr "$SCIWRAP" rerun --json --job 17
    is "$status" 125
    is "$(python3 -c 'import json,sys; d=json.load(sys.stdin); print([t["verdict"] for t in d["tasks"]], d["without_record"])' <<<"$output")" \
        "['identical', 'different'] 1"
    fails_with 125 "names the runs" -- "$SCIWRAP" rerun --times 2 --job 17
}

@test "a cancelled task of a sweep is not run again, unless it is named" {
    "$SCIWRAP" submit --array 2 --prepare no -- exec tiny true
    local record id
    record=$(task_manifest 2)
    id=$(basename "$(dirname "$record")")
    sed -i 's/"scheduler": "slurm",/"scheduler": "slurm", "cancelled": true,/' "$record"
    is "$(field 'm["circumstances"]["job"]["cancelled"]' "$record")" True
    run --separate-stderr "$SCIWRAP" rerun --job 17
    is "$status" 125
    [[ ${lines[1]} =~ 2\ +$id\ +not\ run\ again:\ its\ job\ was\ cancelled\;\ \'sciwrap\ rerun\ $id\' ]]
    is "${lines[-1]}" '2 tasks: 1 identical, 1 cancelled and not run again'
    run --separate-stderr "$SCIWRAP" rerun --json --job 17
    is "$(python3 -c 'import json,sys; d=json.load(sys.stdin); print([t.get("cancelled") for t in d["tasks"]], d["cancelled"])' <<<"$output")" \
        "[None, True] 1"
    succeeds "$SCIWRAP" rerun --job 17_2
    is "${lines[-1]}" '1 task: 1 identical'
}

@test "on a terminal the tasks of a sweep fit, and show what is different between them" {
    python3 -c 'print("sample,depth,genome\n" + "".join("reads/of/patient-%03d.fastq,%d,hg38\n" % (i, i * 10) for i in (7, 8, 19)))' |
        sed '/^$/d' >params.csv
    "$SCIWRAP" submit --sweep params.csv --prepare no -- exec tiny sh -c 'echo "$1" >out.$2; [ $2 != 2 ] || exit 3' sh '{sample}' '{task}'
    run python3 "$BATS_TEST_DIRNAME/terminal.py" '' "$SCIWRAP" runs --job 17
    output=${output//$'\r'/}
    python3 -c 'import sys; assert max(map(len, sys.argv[1].splitlines()[:-1])) <= 80' "${output%%sciwrap:*}"
    says '1  done +0 +[0-9.]+ m?s .* [0-9a-f]{7}  sample=…007.fastq depth=70'
    says '2  failed +3 .*sample=…008.fastq depth=80'
    succeeds "$SCIWRAP" runs --job 17
    says '[0-9a-f]{12}  sample=reads/of/patient-019.fastq depth=190 genome=hg38'
    notes "'sciwrap submit --again 17' submits 1 again that failed or was lost"
    succeeds "$SCIWRAP" runs --job 17_2
    notes "'sciwrap submit --again 17 --array 2' submits it again"
    succeeds "$SCIWRAP" submit --again 17 --array 2
}

@test "a rerun that is killed is the last one" {
    forged
    local task pid
    for task in 1 2; do
        SLURM_JOB_ID=4$task SLURM_ARRAY_JOB_ID=40 SLURM_ARRAY_TASK_ID=$task "$SCIWRAP" exec tiny sleep 0
    done
    sed -i 's/^      "0"$/      "60"/' .sciwrap/runs/*/manifest.json
    "$SCIWRAP" rerun --job 40 >out 2>err 3>&- &
    pid=$!
    until_true pkill -KILL -P "$pid" -f 'rerun --json'
    status=0
    wait "$pid" || status=$?
    is "$status" 125
    grep -q 'broken off at task 1: the rerun was ended by a signal' err
    is "$(cat out)" ''
}

@test "jobs of other scripts are listed by their number" {
    SLURM_JOB_ID=44 "$SCIWRAP" exec tiny true
    SLURM_JOB_ID=46 SLURM_ARRAY_JOB_ID=45 SLURM_ARRAY_TASK_ID=7 "$SCIWRAP" run tiny exit 2 || true
    is "$("$SCIWRAP" runs --job 44 | tail -n 1)" '1 task: 1 done'
    succeeds "$SCIWRAP" runs --job 45
    [[ ${lines[1]} =~ 7\ +failed\ +2 ]]
    fails_with 125 "belongs to a job '46x'|expected the number" -- "$SCIWRAP" runs --job 46x
    fails_with 125 "no run that is recorded here belongs to a job '99'" -- "$SCIWRAP" runs --job 99
    fails_with 125 "needs --job" -- "$SCIWRAP" runs --follow
    cd /
    fails_with 125 "no tasks of job '44' are recorded here or above; go where it was submitted" -- "$SCIWRAP" runs --job 44
    fails_with 125 "no tasks of job '44' are recorded here or above; go where it was submitted" -- "$SCIWRAP" rerun --job 44
}

@test "no folder, environment or submission of a stranger writes a line of a batch script, or names another" {
    local folder
    folder=$PWD/$'a\ntouch gone\n'
    mkdir "$folder" && cd "$folder"
    for prepare in no job; do
        fails_with 125 "a control character in an option of sbatch: '--chdir=" -- \
            "$SCIWRAP" submit --prepare $prepare -- exec tiny true
    done
    is "$(find .sciwrap/submissions -mindepth 1)" ""
    cd ..
    mkdir $'b\ntouch gone' && cp "$FIXTURES/envs/tiny.ini" $'b\ntouch gone/'
    fails_with 125 "a control character in an option of sbatch: '--job-name=" -- \
        "$SCIWRAP" submit --prepare no -- exec $'./b\ntouch gone/tiny.ini' true
    succeeds "$SCIWRAP" submit --prepare no --time 10 -- exec tiny true
    for option in "$PWD/script" '' -- $'--comment=a\ntouch gone' '--wrap=touch gone' --chdir=/; do
        python3 - "$option" .sciwrap/submissions/*/submission.json <<'PYTHON'
import json, sys
submission = json.load(open(sys.argv[2]))
submission["options"] = [sys.argv[1]]
json.dump(submission, open(sys.argv[2], "w"))
PYTHON
        fails_with 125 "which is none|control character|cannot be given here" -- "$SCIWRAP" submit --again 17 --array 1
    done
    ! find . -name gone | grep .
}

@test "a store on a node is this user's alone" {
    local store
    store=$TMPDIR/sciwrap-store-$(id -u)
    "$SCIWRAP" submit --prepare sbcast --dry-run -- exec tiny true | sed -n '/^# The environments/,/^if/p' | sed '$d' >place.sh
    ln -s "$PWD" "$store.in"
    run sh place.sh
    is "$status" 125
    [[ $output == *"$store.in is not a folder of yours"* ]]
    rm "$store.in"
    run sh place.sh
    is "$status$output" 0
    is "$(stat -c %a "$store" "$store.in" | xargs)" "700 700"
    rmdir "$store" "$store.in"
}
