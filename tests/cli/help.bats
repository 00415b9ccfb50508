#!/usr/bin/env bats
# What explains itself: help, manuals, and what was meant by a word that is wrong.
load helpers

setup_file() {
    own_places
}

helper() {
    "$(dirname "$SCIWRAP")/../libexec/sciwrap/sciwrap-env" "$@"
}

@test "help of all, of a command, of a subcommand, wherever it is asked for" {
    quietly "$SCIWRAP" --help
    says 'Environments:'
    says $'\n  rerun '
    quietly "$SCIWRAP" -h
    says 'Environments:'
    local words
    for words in 'run --help' 'run --network none --help' 'pull -h' 'show x --help' 'store gc --help' 'audit --help'; do
        # shellcheck disable=SC2086
        quietly "$SCIWRAP" $words
        says "^usage: sciwrap ${words%% *}"
        says '-h, --help'
    done
    quietly "$SCIWRAP" store --help
    says $'\n  gc  '
    # What stands behind the environment is the program's own.
    "$SCIWRAP" pull --quiet tiny
    succeeds "$SCIWRAP" exec --no-record tiny echo --help
    is "$output" --help
}

@test "without a command: the help, and a failure" {
    fails_with 125 'no command given' -- "$SCIWRAP"
    says 'Environments:'
    quietly "$SCIWRAP" --version
    says '^sciwrap [0-9]+\.[0-9]+\.[0-9]+$'
}

@test "help COMMAND shows its manual with the man of this host, and the help where there is none" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\necho "manual of $*"\n' >"$BATS_TEST_TMPDIR/bin/man"
    chmod +x "$BATS_TEST_TMPDIR/bin/man"
    quietly env PATH="$BATS_TEST_TMPDIR/bin:$PATH" "$SCIWRAP" help rerun
    says '^manual of .*sciwrap-rerun'
    quietly env PATH="$BATS_TEST_TMPDIR/bin:$PATH" "$SCIWRAP" help manifest
    says '^manual of .*sciwrap-manifest'
    printf '#!/bin/sh\necho "No manual entry" >&2; exit 16\n' >"$BATS_TEST_TMPDIR/bin/man"
    quietly env PATH="$BATS_TEST_TMPDIR/bin:$PATH" "$SCIWRAP" help rerun
    says '^usage: sciwrap rerun'
    quietly env PATH="$BATS_TEST_TMPDIR/bin:$PATH" "$SCIWRAP" help
    says 'Environments:'
    quietly env PATH=/nonexistent "$SCIWRAP" help store gc
    says '^usage: sciwrap store gc'
    fails_with 125 "sciwrap-manifest\(5\) cannot be shown" -- env PATH=/nonexistent "$SCIWRAP" help manifest
    fails_with 125 "unknown command 'rnu'; did you mean 'run'" -- "$SCIWRAP" help rnu
}

@test "what was meant: commands, options, environments, and the words of options" {
    local command answer
    while IFS='|' read -r command answer; do
        # shellcheck disable=SC2086
        fails_with 125 "; did you mean $answer\?" -- "$SCIWRAP" $command || { echo "of: $command"; return 1; }
    done <<'ROWS'
rnu|'run'
bund|'bundle'
hlep|'help'
--hlep|'--help'
--verison|'--version'
run --hlep|'--help'
run --netwrok none tiny|'--network'
run --neat tiny|'--nest'
pull --agian tiny|'--again'
pin --comand x a b|'--command'
build --mirrors x|'--mirror'
lock --snapshto x|'--snapshot'
store lsit|'list'
store gc --older 3d|'--older-than'
run tiny-nwe|'tiny-new'
pull tiny-nwe|'tiny-new'
run --network hots tiny|'host'
run --verify ful tiny|'full'
run --cpu-baseline v33 tiny|'v3'
run --no-fix hostnam tiny|'hostname'
cite --format latx x|'latex'
rerun --verify usde x|'used'
ROWS
}

@test "options may stand behind other words, but not behind ENV" {
    "$SCIWRAP" pull --quiet tiny
    quietly "$SCIWRAP" exec tiny echo x
    local id
    id=$(ls .sciwrap/runs)
    quietly "$SCIWRAP" show "$id" --json
    says '^\{'
    fails_with 125 "no run .*'--json'|--json" -- "$SCIWRAP" show -- --json
    quietly "$SCIWRAP" envs -q --json
    fails_with 125 "'--jsno'" -- "$SCIWRAP" show "$id" --jsno
    fails_with 125 "takes no value" -- "$SCIWRAP" show "$id" --json=yes
    fails_with 125 "needs a value" -- "$SCIWRAP" cite "$id" --format
    quietly "$SCIWRAP" cite "$id" --format bibtex
    says '@'
    quietly "$SCIWRAP" pull -q tiny
    quietly "$SCIWRAP" pull tiny --quiet
}

@test "the ID of a run with a digit that is wrong, or two that are swapped" {
    "$SCIWRAP" pull --quiet tiny
    quietly "$SCIWRAP" exec tiny echo x
    local id=0123456789ab
    mv .sciwrap/runs/* ".sciwrap/runs/$id"
    fails_with 125 "there is no run '012346' in .*; did you mean '$id'" -- "$SCIWRAP" show 012346
    fails_with 125 "did you mean '$id'" -- "$SCIWRAP" rerun 102345
    fails_with 125 "did you mean '$id'" -- "$SCIWRAP" bundle 0123456789ba
    fails_with 125 "there is no run '01243'.*see 'sciwrap runs'" -- "$SCIWRAP" show 01243
    fails_with 125 "there is no run '102435'.*see 'sciwrap runs'" -- "$SCIWRAP" show 102435
    fails_with 125 "'depth' is not the ID of a run" -- "$SCIWRAP" show depth
}

@test "the helper takes each option that the help of its commands names" {
    local command line option argument
    for command in pull pin build lock; do
        while read -r line; do
            option=$(grep -oE -e '--[a-z-]+( [A-Z][A-Z/]*)?' <<<"$line" | head -n 1)
            argument=${option#* }
            [[ $argument != "$option" ]] || argument=
            case $argument in
            N) argument=2 ;;
            TIME) argument=20240901T083152Z ;;
            esac
            run helper "$command" "${option%% *}" ${argument:+"$argument"} --help
            [[ $status -eq 0 && $output == usage* ]] || { echo "$command $option: $output"; return 1; }
        done < <("$SCIWRAP" "$command" --help | grep -E '^ +(-[a-z], )?--' | grep -v -e --help)
    done
}
