#!/usr/bin/env bash
# Every variable that the programs read is explained in a manual, and every SCIWRAP_... in a manual is read by a program.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
complain() {
    echo "$*"
    bad=1
}
manuals=$(cat docs/man/*.[1-9] | sed 's/\\-/-/g; s/\\_/_/g')

# Of the source: the words of getenv, and every text that is nothing but such a name (tables, arrays).
read_by_source() {
    find launcher -name '*.c' ! -path 'launcher/probe/*' -print0 |
        xargs -0 grep -hoE 'getenv\("[A-Za-z_]+"\)|"SCIWRAP_[A-Z0-9_]+"|"(XDG|SLURM|MPI|PMI|PMIX|OMPI)_[A-Z0-9_]+"' |
        grep -oE '"[A-Za-z0-9_]*[A-Za-z0-9]"' | tr -d '"' | sort -u
}

# SCIWRAP_AUDIT_SECRET is what an audit hides from the probe. SCIWRAP_TOLD is only in builds for tests.
while read -r name; do
    # Of a scheduler and of MPI: all of them.
    [[ ! $name =~ ^(SLURM|OMPI|PMIX|PMI|MPI)_ ]] || name="${BASH_REMATCH[0]}[^A-Z]*\\.\\.\\."
    grep -qE "(^|[^A-Z0-9_])$name([^A-Z0-9_]|\$)" <<<"$manuals" || complain "docs/man: $name is read and not explained"
done < <(read_by_source | grep -vxE 'SCIWRAP_AUDIT_SECRET|SCIWRAP_TOLD')

source=$(find launcher -name '*.[ch]' -print0 | xargs -0 cat)
while read -r name; do
    grep -qE "\"$name\"" <<<"$source" || complain "docs/man: $name is explained, and no program reads it"
done < <(grep -oE 'SCIWRAP_[A-Z0-9_]*[A-Z0-9]' <<<"$manuals" | sort -u)
exit $bad
