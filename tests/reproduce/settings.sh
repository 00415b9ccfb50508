# settings.sh: what each setting of sciwrap does. Author and stranger run the same command on the same data, each for
# themselves: without the setting their runs differ, with it they are the same.
#
#   setting NAME PROGRAM ENVIRONMENT WHAT WITHOUT WITH COMMAND...     WITHOUT, WITH: one option of `sciwrap exec` in words
#                                                                     with blanks between them, or nothing; @cpu in
#                                                                     the command is $author_cpu or $stranger_cpu
# With $not_here, a reason, the next one is only told, not tried.
# shellcheck shell=bash disable=SC2154,SC2034
: >"$work/settings"

# Runs in a directory of its own, as one of the two; the path of the manifest.
one_run() { # WHO DIRECTORY ENVIRONMENT OPTIONS COMMAND...
    local who=$1 at=$2 definition=$work/usr/envs/$3.ini words
    read -ra words <<<"$4"
    shift 4
    # shellcheck disable=SC2016
    "$who" bash -c 'mkdir -p "$1/.sciwrap" && cp -pr "$2"/. "$1" && cd "$1" && shift 2 && exec "$@"' - \
        "$at" "$work/material" sciwrap exec --quiet "${words[@]}" "$definition" "$@" >"$at.stdout" || return
    printf '%s\n' "$at"/.sciwrap/runs/*/manifest.json
}

# The verdict about two runs, in a word: same or differ.
two_runs() { # NUMBER ENVIRONMENT OPTIONS COMMAND...
    local first second status at=$1 where=$2 with=$3
    shift 3
    first=$(one_run author "$work/author/pair-$at" "$where" "$with" "${@//@cpu/$author_cpu}") || return
    sleep 1.1
    second=$(one_run stranger "$work/stranger/pair-$at" "$where" "$with" "${@//@cpu/$stranger_cpu}") || return
    author sciwrap diff --json "$first" "$second" >"$work/author/pair-$at.json"
    status=$?
    case $status in
    0) echo same ;;
    1) echo differ ;;
    *) return "$status" ;;
    esac
}

# The environment into the stranger's store, by a bundle, if no case did that.
bring() {
    [[ -z ${held[$environment]-} ]] || return 0
    local at=$work/author/bring-$environment
    mkdir -p "$at"
    if (cd "$at" && run_and_bundle "$at.sciwrap" sciwrap exec --quiet "$environment" true) >"$at.log" 2>&1 &&
        stranger sciwrap rerun --quiet "$at.sciwrap" >>"$at.log" 2>&1; then
        held[$environment]=yes
    else
        complain "environment '$environment' could not be brought to the stranger" "$at.log"
    fi
    rm -f "$at.sciwrap"
}

pairs=0 not_here='' author_cpu='' stranger_cpu=''
setting() { # NAME PROGRAM ENVIRONMENT WHAT WITHOUT WITH COMMAND...
    local name=$1 what=$4 with word expected
    program=$2 environment=$3
    local each=("$5" "$6")
    shift 6
    printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$program" "$what" "${each[0]}" "${each[1]}" >>"$work/settings"
    if [[ -n $not_here ]]; then
        echo "ok settings: $name # skip $not_here"
        not_here=''
        return
    fi
    bring
    for expected in differ same; do
        with=${each[0]}
        [[ $expected == differ ]] || with=${each[1]}
        pairs=$((pairs + 1))
        if ! word=$(two_runs $pairs "$environment" "$with" "$@" 2>"$work/author/pair.log"); then
            complain "$name with '$with': could not be run" "$work/author/pair.log"
        elif [[ $word != "$expected" ]]; then
            complain "$name with '$with': the runs of two people are: $word" "$work/author/pair-$pairs.json"
        else
            echo "ok settings: $name with '$with': $word"
        fi
    done
}
