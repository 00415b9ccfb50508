#!/usr/bin/env bash
# docs/escapes.md names tests and controls that are there: the file, the words of a test's name in it, and for each control the
# line that has it fail, with what the page says it did. And no row of the catalogue is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=docs/escapes.md
worst=0
wrong() {
    echo "$page: $*"
    worst=1
}
for row in A{1..16} B{1..8} C{1..10} D{1..9} E{1..5} F{1..6} G{1..9} H{1..7} I{1..7}; do
    grep -q "^| $row |" "$page" || wrong "no row $row"
done
while IFS='|' read -r _ row _ tests control _; do
    row=${row// /}
    while read -r file words; do
        [[ -e tests/$file ]] || wrong "$row: no file tests/$file"
        words=${words%% (*}
        [[ -z $words ]] || grep -qF "${words% }" "tests/$file" || wrong "$row: no test '$words' in $file"
    done < <(grep -oE '`[a-z]+/[a-z_]+\.[a-z]+`[^,|]*' <<<"$tests" | tr -d '\`')
    control=$(sed 's/^ *//; s/ *$//' <<<"$control")
    [[ -n $control ]] || continue
    tool=${control%%: *} did=${control#*: }
    if grep -q "campaigns" <<<"$tests" && [[ $row == A8 ]]; then
        grep -qF "the control, $tool, $did" tests/campaigns/race.sh || wrong "$row: no such control in race.sh"
    else
        grep -hF "shown $row '$tool' " tests/cli/escape_*.bats | grep -qF -- "${did#status 1}" ||
            wrong "$row: no control '$tool' that does this: $did"
    fi
done < <(grep -E '^\| [A-I][0-9]+ \|' "$page")
exit $worst
