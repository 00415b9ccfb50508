#!/usr/bin/env bats
# What shells complete, by `sciwrap complete` and by the shells themselves: COMPLETION_SHELLS, bash otherwise (small and
# everywhere; tests/run.sh --long installs the others).
load helpers

completed() { # WORD...: the first columns of what is offered, in one line
    quietly "$SCIWRAP" complete "$@"
    output=$(tail -n +2 <<<"$output" | cut -f 1 | tr '\n' ' ')
    output=${output% }
}

# typed LINE EXPECTED: what each shell makes of it. @ is the key tab.
typed() {
    local shell script
    for shell in ${COMPLETION_SHELLS:-bash}; do
        script=$BATS_TEST_DIRNAME/../../completions/sciwrap.$shell
        [[ $shell != zsh ]] || script=$BATS_TEST_DIRNAME/../../completions/_sciwrap
        PATH=$(dirname "$SCIWRAP"):$PATH succeeds python3 "$BATS_TEST_DIRNAME/keys.py" "$shell" "$script" "${1//@/$'\t'}"
        is "$output" "$2" || { echo "in $shell"; return 1; }
    done
}

offers_running() {
    "$SCIWRAP" complete stop '' | grep -q "$1"
}

@test "every command and every option that help names is offered, with what help says of it" {
    local commands command help
    commands=$("$SCIWRAP" --help | sed -nE 's/^  ([a-z]+)( .*|$)/\1/p')
    completed ''
    for command in $commands; do
        [[ " $output " == *" $command "* ]]
    done
    for command in $commands; do
        [[ $command != store ]] || command='store gc'
        # shellcheck disable=SC2086
        help=$("$SCIWRAP" $command --help)
        # shellcheck disable=SC2086
        completed $command --
        is "$(tr ' ' '\n' <<<"$output" | sort)" \
            "$(sed -nE 's/^ +(-[a-z], )?(--[a-z-]+).*/\2/p' <<<"$help" | sort)" || { echo "$command"; return 1; }
    done
    quietly "$SCIWRAP" complete run --net
    is "$output" $'none\n--network\tno network, or the host\'s'
}

@test "values of options, subcommands, settings" {
    completed run --network ''
    is "$output" 'none host'
    completed run --network=h
    is "$output" --network=host
    completed exec --verify f
    is "$output" full
    completed exec --no-fix tz,h
    is "$output" 'tz,hostname tz,hashseed'
    completed store i
    is "$output" import
    completed store gc --o
    is "$output" --older-than
    completed config set cite.o
    is "$output" cite.orcid
    completed help sh
    is "$output" 'shell show'
    completed no-such-command ''
    is "$output" ''
}

@test "environments with their description, recipes, and nothing for the words of a program" {
    define one '[environment]' 'description = the one' '[artifact]' "sha256 = $(sha256 "$FIXTURES/tiny.tar")" 'url = x'
    quietly "$SCIWRAP" complete run on
    is "$output" $'none\none\tthe one'
    completed pull tiny tin
    [[ " $output " == *" tiny "* ]]
    printf 'x' >"$BATS_TEST_TMPDIR/envs/broken.ini"
    quietly "$SCIWRAP" complete exec --network none bro
    says $'\tits definition cannot be read'
    mkdir recipes
    : >recipes/mine.ini
    completed build mi
    is "$output" mine
    completed submit -- run tiny-n
    is "$output" tiny-new
    quietly "$SCIWRAP" complete exec tiny --net
    is "$output" files
    quietly "$SCIWRAP" complete store import --folder ''
    is "$output" folders
}

@test "runs with environment and command, the newest first; those that go on" {
    quietly "$SCIWRAP" exec tiny echo first
    local first second
    first=$(ls .sciwrap/runs)
    sleep 1.1 # the list shows seconds
    quietly "$SCIWRAP" exec tiny echo second
    second=$(find .sciwrap/runs -mindepth 1 -maxdepth 1 ! -name "$first" -printf '%f\n')
    completed show ''
    is "$output" "$second $first"
    quietly "$SCIWRAP" complete diff "$first" "${second:0:8}"
    says "^files"
    says "$second.*tiny: echo second"
    completed stop ''
    [[ $output != *"$first"* ]]
    "$SCIWRAP" exec --no-record tiny sleep 60 3>&- &
    until_true offers_running 'tiny: sleep 60'
    kill %1
    wait %1 || true
}

@test "batch jobs that runs were part of" {
    quietly "$SCIWRAP" exec tiny echo none
    SLURM_JOB_ID=4711 quietly "$SCIWRAP" exec tiny echo x
    SLURM_JOB_ID=4713 SLURM_ARRAY_JOB_ID=4712 SLURM_ARRAY_TASK_ID=1 quietly "$SCIWRAP" exec tiny echo y
    SLURM_JOB_ID=4714 SLURM_ARRAY_JOB_ID=4712 SLURM_ARRAY_TASK_ID=2 quietly "$SCIWRAP" exec tiny echo z
    completed runs --job 47
    is "$(tr ' ' '\n' <<<"$output" | sort | tr '\n' ' ')" '4711 4712 '
}

@test "a config file that is broken, a folder that cannot be read: no word, no failure" {
    mkdir -p "$XDG_CONFIG_HOME/sciwrap"
    echo 'no = sense' >"$XDG_CONFIG_HOME/sciwrap/config.ini"
    completed sto
    is "$output" 'store stop'
    rm "$XDG_CONFIG_HOME/sciwrap/config.ini"
    quietly "$SCIWRAP" complete
    quietly "$SCIWRAP" complete run --network=
    quietly "$SCIWRAP" complete run --no-such=
    quietly "$SCIWRAP" complete run -
}

@test "in the shells themselves" {
    touch 'a file' other.json
    mkdir folder
    typed 'sciwrap exec tiny-n@' 'sciwrap exec tiny-new'
    typed 'sciwrap sho@' 'sciwrap show'
    typed 'sciwrap run --netw@' 'sciwrap run --network'
    typed 'sciwrap run --network=h@' 'sciwrap run --network=host'
    typed 'sciwrap show --js@oth@' 'sciwrap show --json other.json'
    typed 'sciwrap bundle --output=oth@' 'sciwrap bundle --output=other.json'
    typed 'sciwrap bundle -o a@' 'sciwrap bundle -o a\ file'
}
