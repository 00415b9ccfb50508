#!/usr/bin/env bash
# Nothing in the repository depends on the machine or the mirror that it was written with, and nothing large is in it.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
complain() {
    echo "$*"
    bad=1
}
# In a copy without .git (an unpacked release) the files are those that lie here.
files() {
    git ls-files -z --cached --others --exclude-standard 2>/dev/null ||
        find . -path ./build -prune -o -path ./.git -prune -o -type f -print0
}
mapfile -d '' -t all < <(files)
existing=()
for file in "${all[@]}"; do
    [[ -f $file && $file != tests/lint/hosts.sh ]] && existing+=("$file")
done

allowed='snapshot\.debian\.org|([a-z0-9-]+\.)*example\.(org|com|net)|localhost|127\.0\.0\.1|\[::1\]|([a-z0-9-]+\.)*invalid'
allowed+='|json-schema\.org|(www\.)?w3\.org|w3id\.org|spdx\.org|in-toto\.io|doi\.org|opensource\.org|slsa\.dev'
allowed+='|([a-z0-9-]+\.)*docker\.io|([a-z0-9-]+\.)*(test|example)'
# Whose matter is how addresses are read.
about='tests/(unit/check_(http_url|credentials)\.c|fuzz/corpus/(http_url|credentials)/[a-z0-9]*)'
# The archive that users of Ubuntu have; tests make their systems from it.
ubuntu='tests/(vm|package)/[a-z.-]*:[0-9]+:http://archive\.ubuntu\.com'
while IFS= read -r hit; do
    complain "an address that does not belong here: $hit"
done < <(grep -InoE '(https?|ftp)://[A-Za-z0-9.:-]*[A-Za-z][A-Za-z0-9.:-]*' "${existing[@]}" |
    grep -vE "://($allowed)(:[0-9]+)?[.:]?$" | grep -vE '://([a-z]|HOST|host|MIRROR|mirror|server|address)$' |
    grep -vE "^($about:|$ubuntu\$)" || true)
while IFS= read -r hit; do
    complain "a path of one machine: $hit"
done < <(grep -InE '(^|[^a-zA-Z0-9_/.@])(/work/|/tmp/build-|/root/|/home/[a-z])' "${existing[@]}" |
    grep -vE '/home/(researcher|user|you|me)\b' || true)
for file in "${existing[@]}"; do
    size=$(stat -c %s "$file")
    [[ $size -le 262144 || $file == *.lock ]] || complain "$file: $size bytes"
done
exit $bad
