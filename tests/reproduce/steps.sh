# steps.sh: the words of the files cases/NAME/case.sh.
#
#   experiment PROGRAM ENVIRONMENT               first: a name for the table, and one of envs/
#   make_data() { ...; }                         makes the inputs in the current directory; files beside case.sh are there
#   step LABEL [OPTION...] -- COMMAND...         is run and bundled, and the stranger runs the bundle again. OPTIONs are
#                                                those of `sciwrap exec`; --on-rerun=OPTION is one of `sciwrap rerun`
#   same OUTPUT...                               of this step, which must be identical
#   differs VERDICT OUTPUT CAUSE REMEDY          which must get this verdict: what causes it, and what removes that
#
# An output that no line speaks of is a failure, and so is a line whose output is not there.
# shellcheck shell=bash disable=SC2154

failed=0 steps=0 case_name='' program='' environment=''
declare -A verdicts=() held=() rerun_options=() labels=() expectations=()
in_case=() # the numbers of its steps
: >"$work/rows"

experiment() { # PROGRAM ENVIRONMENT
    program=$1 environment=$2
}

begin_case() { # NAME
    case_name=$1 in_case=()
    mkdir -p "$work/data/$case_name"
}

complain() { # WHAT FILE...: with the ends of the files
    echo "not ok $case_name: $1"
    shift
    [[ $# -eq 0 ]] || tail -n 20 "$@" | sed 's/^/#   /'
    failed=$((failed + 1))
}

# The work directory of a step: the files of the case and its data, which are made once.
prepare() { # DIRECTORY
    local source=$work/data/$case_name
    if [[ ! -e $source/.made ]]; then
        find "$folder/$case_name" -maxdepth 1 -type f ! -name case.sh -exec cp {} "$source" \;
        (cd "$source" && make_data) || return
        touch "$source/.made"
    fi
    mkdir -p "$1"
    find "$source" -maxdepth 1 -type f ! -name .made -exec cp -p {} "$1" \;
}

# The newest record of the project of the current directory.
newest_run() {
    local newest
    newest=$(cd .sciwrap/runs && printf '%s\n' * | tail -n 1)
    echo "$newest"
}

# The bundle of the first run of an environment holds it, and the stranger's store is empty. The next only name it.
run_and_bundle() { # BUNDLE COMMAND...
    local bundle=$1 without=()
    shift
    [[ -z ${held[$environment]-} ]] || without=(--no-artifact)
    author "$@" || return
    author sciwrap bundle --quiet "${without[@]}" -o "$bundle" "$(newest_run)" >/dev/null && chmod a+r "$bundle"
}

step() { # LABEL [OPTION...] -- COMMAND...
    steps=$((steps + 1))
    local at=$work/author/$steps options=() label=$1
    labels[$steps]=$label rerun_options[$steps]='' expectations[$steps]=''
    shift
    while [[ $1 != -- ]]; do
        case $1 in
        --on-rerun=*) rerun_options[$steps]+=${1#--on-rerun=}$'\n' ;;
        *) options+=("$1") ;;
        esac
        shift
    done
    shift
    if ! prepare "$at"; then
        complain "the data of '$label' could not be made"
    elif ! (cd "$at" && run_and_bundle "$at.sciwrap" sciwrap exec --quiet "${options[@]}" "$environment" "$@") \
        >"$at.stdout" 2>"$at.log"; then
        complain "'$label' failed, or could not be bundled" "$at.log"
    else
        in_case+=("$steps")
        held[$environment]=yes
    fi
    last_run=$EPOCHSECONDS
}

same() { # OUTPUT...
    local output list
    for output in "$@"; do
        expectations[$steps]+="identical"$'\t'"$output"$'\n'
    done
    list=$(printf '%s, ' "$@")
    row "${list%, }" identical '' ''
}

differs() { # VERDICT OUTPUT CAUSE REMEDY
    expectations[$steps]+="$1"$'\t'"$2"$'\n'
    row "$2" "$1" "$3" "$4"
}

row() { # OUTPUTS VERDICT CAUSE REMEDY
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$program" "${labels[$steps]}" "$@" >>"$work/rows"
}

# Fills `verdicts` from the JSON of rerun or diff.
read_verdicts() { # FILE
    verdicts=()
    local verdict output
    while IFS=$'\t' read -r verdict output; do
        verdicts[$output]=$verdict
    done < <(python3 "$here/table.py" --verdicts "$1")
    [[ ${#verdicts[@]} -gt 0 ]]
}

check_verdicts() { # STEP
    local verdict output is
    while IFS=$'\t' read -r verdict output; do
        [[ -n $output ]] || continue
        is=${verdicts[$output]-not there}
        unset "verdicts[$output]"
        if [[ $is == "$verdict" ]]; then
            echo "ok $case_name: '${labels[$1]}': $output is $verdict"
        else
            complain "'${labels[$1]}': $output is $is instead of $verdict"
        fi
    done <<<"${expectations[$1]}"
    for output in "${!verdicts[@]}"; do
        [[ $output == std* && ${verdicts[$output]} == identical ]] && continue
        complain "'${labels[$1]}': nothing is said of the output '$output', which is ${verdicts[$output]}"
    done
}

# The stranger's part, for all steps of the case.
finish_case() {
    local number at status options
    # So that no clock reads the same, those that count in steps of $clock_step seconds included.
    while [[ $EPOCHSECONDS -lt $((last_run + clock_step + 1)) ]]; do
        sleep 0.2
    done
    for number in "${in_case[@]}"; do
        at=$work/author/$number
        mapfile -t options < <(printf '%s' "${rerun_options[$number]}")
        stranger sciwrap rerun --json "${options[@]}" "$at.sciwrap" >"$at.json" 2>"$at.log"
        status=$?
        if [[ $status -gt 1 ]] || ! read_verdicts "$at.json"; then
            complain "'${labels[$number]}' could not be run again (status $status)" "$at.log" "$at.json"
        else
            check_verdicts "$number"
        fi
        [[ $keep == yes ]] || rm -rf "$at.sciwrap" "$at"
    done
}
