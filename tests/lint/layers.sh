#!/usr/bin/env bash
# The arrows between folders, and the one place of each outside library. See docs/ARCHITECTURE.md.
set -euo pipefail
cd "$(dirname "$0")/../../launcher"
bad=0
complain() {
    echo "$*"
    bad=1
}

# What each folder may include of ours.
declare -A may=(
    [.]="commands publish audit run env sandbox base supply"
    [commands]="commands publish audit run env sandbox base"
    [publish]="publish run env base"
    [audit]="audit run base"
    [probe]="probe"
    [run]="run env sandbox base"
    [env]="env base"
    [sandbox]="sandbox base"
    [supply]="supply env base"
    [base]="base"
)
while IFS=: read -r file line include; do
    from=$(dirname "$file")
    header=$(sed -n 's/.*#include "\([^"]*\)".*/\1/p' <<<"$include")
    case $header in
    */*) to=${header%%/*} ;;
    *) # a file that the build generates for the folder that includes it
        [[ ! -e $header && ! -e $from/$header ]] && continue
        to="(no folder)"
        ;;
    esac
    [[ " ${may[$from]-} " == *" $to "* ]] || complain "$file:$line: $from may not include \"$header\""
done < <(grep -rn --include='*.[ch]' '^ *# *include "' . | sed 's|^\./||')

# header pattern | the .c files that may include it
while read -r header allowed; do
    users=$(grep -rlE --include='*.[ch]' "^ *# *include <$header" . | sed 's|^\./||' | sort || true)
    for user in $users; do
        [[ $user =~ ^($allowed)$ ]] || complain "$user: may not include <$header>; see tests/lint/layers.sh"
    done
done <<'TABLE'
ini\.h          base/keyfile\.c
openssl/        base/digest\.c
jansson\.h      base/doc\.c
zlib\.h         run/expand\.c
regex\.h        base/patterns\.c
curl/           supply/fetch_http\.c
archive         supply/(unpack_read|deb|zstream)\.c
seccomp\.h      sandbox/filter_generate\.c
TABLE
exit $bad
