#!/usr/bin/env bats
# sciwrap submit through a real Slurm, that cluster.sh has started and $SLURM_CONF names. With a Slurm that is made of a
# shell script: tests/cli/submit.bats.
load ../cli/helpers

setup_file() {
    own_places
}

last_line() { # of the table, when every task has ended
    "$SCIWRAP" runs --job "$1" --follow 2>/dev/null | tail -n 1
}

@test "a row a task, whatever its cells hold, and the failed ones again" {
    printf 'n,text\n%s\n3,fail\n' $'1,"a ""b"" $(touch gone) # \\"\n2,"two\nlines"' >params.csv
    job=$("$SCIWRAP" submit --sweep params.csv --time 5 --comment 'x "y" # z' -- \
        exec tiny sh -c 'printf %s "$2" >"out.$1"; [ "$2" != fail ] || [ -e repaired ]' sh '{n}' '{text}')
    is "$(last_line "$job")" '3 tasks: 2 done, 1 failed'
    is "$(field 'm["circumstances"]["job"]["time_limit_s"]')" 300
    is "$(cat out.1)" 'a "b" $(touch gone) # \'
    is "$(cat out.2)" $'two\nlines'
    [[ ! -e gone ]]
    is "$(scontrol show job "${job}_3" | sed -n 's/^ *Comment=//p' | sed 's/ *$//')" 'x "y" # z'
    touch repaired
    succeeds "$SCIWRAP" submit --again "$job"
    is "$(last_line "$job")" '3 tasks: 3 done'
    succeeds "$SCIWRAP" rerun --job "${job}_1"
    is "${lines[-1]}" '1 task: 1 identical'
}

@test "a task that is cancelled while it runs has a record, others are lost, and all come again" {
    job=$("$SCIWRAP" submit --array 4 --at-once 1 --prepare here --time 5 -- exec tiny sh -c ': >ready; [ -e go ] || exec sleep 60')
    until_true test -e ready
    scancel "$job"
    is "$(last_line "$job")" '4 tasks: 1 failed, 3 lost'
    is "$(field 'm["circumstances"]["job"]["cancelled"]')" True
    touch go
    succeeds "$SCIWRAP" submit --again "$job"
    is "$(last_line "$job")" '4 tasks: 4 done'
}

@test "environments by sbcast, and tasks that are steps" {
    job=$("$SCIWRAP" submit --array 3 --prepare sbcast --srun --time 5 -- exec tiny sh -c 'echo {task} >out.{task}')
    is "$(last_line "$job")" '3 tasks: 3 done'
    is "$(cat out.1 out.2 out.3 | xargs)" '1 2 3'
    [[ -d $TMPDIR/sciwrap-store-$(id -u)/trees ]]
    rm -rf "$TMPDIR/sciwrap-store-$(id -u)"
}

@test "without its environment no task starts" {
    define broken '[environment]' 'command = probe' '[artifact]' "sha256 = $(printf '%064d' 7)" 'url = /nowhere/x.tar'
    job=$("$SCIWRAP" submit --array 2 --time 5 -- run broken)
    is "$(last_line "$job")" '2 tasks: 2 lost'
    notes_of=$("$SCIWRAP" runs --job "$job" 2>&1 >/dev/null)
    [[ $notes_of =~ which\ brings\ the\ environments:\ failed ]]
}
