#!/usr/bin/env bash
# tests/reproduce/run.sh: real programs on data that looks real, each run, bundled, and run again by a stranger: another
# user, in another directory, on another file system, under another host name, time zone, umask and locale, with other
# variables, one CPU and no network, who has nothing but the bundle. For each output: the verdict of the comparison, and
# where it is not "identical" what causes that, and what removes it, which is tried as well.
#
# usage: run.sh [--short] [--write] [--keep] [CASE...]      a folder in tests/reproduce/cases, or "settings"
#   --short   the cases of tests/reproduce/short and some settings, with the environment of tests/fixtures: under 20 s
#   --write   writes docs/reproduce.md, which otherwise must say what came out
#   --keep    leaves everything below the folder that it names
#
# Prints "ok NAME" and "not ok NAME" lines for tests/run.sh. As an ordinary user the stranger is the same user under the
# same host name, in all else a stranger; as root it is the user $REPRODUCE_USER (sciwrap-test).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export sciwrap=${SCIWRAP:-$top/build/release/bin/sciwrap}
export data=$here/data.py
folder=$here/cases environments=$here/envs list=list clock_step=2 # zip's
short=no write=no keep=no
cases=()
while [[ $# -gt 0 ]]; do
    case $1 in
    --short) short=yes ;;
    --write) write=yes ;;
    --keep) keep=yes ;;
    -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0" && exit 0 ;;
    -*) echo "run.sh: unknown option '$1'; see --help" >&2 && exit 125 ;;
    *) cases+=("$1") ;;
    esac
    shift
done
if [[ $short == yes ]]; then
    fixtures=${FIXTURES:-$top/build/fixtures}
    [[ -d $fixtures/envs ]] || "$top/tests/fixtures/make.sh" "$fixtures" || exit 125
    folder=$here/short environments=$fixtures/envs list=short clock_step=1
fi
whole=no settings=no
if [[ ${cases[*]} == settings ]]; then
    cases=() settings=yes
elif [[ ${#cases[@]} -eq 0 ]]; then
    settings=yes
    [[ $short == yes ]] || whole=yes
    mapfile -t cases < <(cd "$folder" && printf '%s\n' */ | tr -d /)
fi
if [[ $(nproc) -lt 2 && $short == no ]]; then
    echo "ok reproduce # skip the causes of difference need two CPUs to show themselves"
    exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/reproduce.XXXXXX") || exit 125
chmod 755 "$work"
# Environments of packages are built once; the tiny one is unpacked in no time.
store=$work/store
[[ $short == yes ]] || store=${REPRODUCE_STORE:-$top/build/reproduce/store}
clean() {
    [[ $keep == yes ]] && echo "# everything is in $work" && return
    chmod -R u+w "$work" 2>/dev/null
    rm -rf "$work"
}
trap clean EXIT
# shellcheck source=tests/reproduce/people.sh
. "$here/people.sh"
# shellcheck source=tests/reproduce/steps.sh
. "$here/steps.sh"

install_program || exit 125

# Only those that are asked for: an environment is some 30 to 90 MB of packages to fetch.
needed() {
    [[ ${#cases[@]} -eq 0 ]] || (cd "$folder" && sed -n "s/^experiment '.*' //p" "${cases[@]/%//case.sh}")
    [[ $settings == no ]] ||
        sed -nE "s/^setting ('[^']*'|[^ ]+) ('[^']*'|[^ ]+) ([a-z]+) .*/\3/p" "$here/settings/$list.sh"
}
for environment in $(needed | sort -u); do
    if ! author sciwrap pull --quiet "$environment"; then
        echo "not ok environment $environment"
        exit 1
    fi
done
for case in "${cases[@]}"; do
    if [[ ! -e $folder/$case/case.sh ]]; then
        echo "run.sh: there is no case '$case'" >&2
        exit 125
    fi
    begin_case "$case"
    # shellcheck source=/dev/null
    . "$folder/$case/case.sh"
    finish_case
done

if [[ $settings == yes ]]; then
    begin_case settings
    # shellcheck source=tests/reproduce/settings.sh
    . "$here/settings.sh"
    # shellcheck source=tests/reproduce/settings/list.sh
    . "$here/settings/$list.sh"
fi

if [[ $whole == yes ]]; then
    python3 "$here/table.py" "$work/rows" "$work/settings" >"$work/reproduce.md" || exit 125
    if [[ $write == yes ]]; then
        cp "$work/reproduce.md" "$top/docs/reproduce.md"
        echo "# wrote docs/reproduce.md"
    elif diff -u "$top/docs/reproduce.md" "$work/reproduce.md" >"$work/table.diff"; then
        echo "ok the table in docs/reproduce.md"
    else
        echo "not ok the table in docs/reproduce.md says what came out; run.sh --write writes it"
        sed 's/^/# /' "$work/table.diff" | head -40
        failed=$((failed + 1))
    fi
fi
echo "# $steps runs of ${#cases[@]} cases, $failed failures, $SECONDS s"
[[ $failed -eq 0 ]]
