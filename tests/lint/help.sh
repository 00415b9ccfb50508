#!/usr/bin/env bash
# Each command explains itself on standard output, and the manual knows the command and each of its options.
set -euo pipefail
cd "$(dirname "$0")/../.."
sciwrap=${SCIWRAP:-build/release/bin/sciwrap}
manual=docs/man/sciwrap.1
bad=0
complain() {
    echo "$*"
    bad=1
}
# The manual writes "-" as "\-".
plain=$(sed 's/\\-/-/g' "$manual")

check() { # NAME ARGUMENT...
    local name=$1 text
    shift
    text=$("$sciwrap" "$@" --help 2>/dev/null) || complain "$name --help: exit status $?"
    [[ -n $text ]] || complain "$name --help: nothing on standard output"
    [[ -z $("$sciwrap" "$@" --help 2>&1 >/dev/null) ]] || complain "$name --help: writes to standard error"
    while read -r line; do
        complain "$name --help: over 80 columns: $line"
    done < <(grep -E '^.{81}' <<<"$text" || true)
    while read -r option; do
        grep -qF -e "$option" <<<"$plain" || complain "$manual: $name has $option, which the manual lacks"
    done < <(grep -oE -e '(^|[ ,[(|])--[a-z][a-z0-9-]+' <<<"$text" | grep -oE -e '--[a-z0-9-]+' | grep -vx -e --help | sort -u)
}

check sciwrap
commands=$("$sciwrap" --help | sed -nE 's/^  ([a-z]+)( .*|$)/\1/p' | sort -u)
[[ $(wc -w <<<"$commands") -ge 10 ]] || complain "sciwrap --help lists only: $commands"
for command in $commands; do
    [[ $command == help ]] && continue
    check "sciwrap $command" "$command"
    grep -qE "^\.SS .*\b$command\b" <<<"$plain" || complain "$manual: no section for $command"
done
# The subcommands of store have a manual of their own.
manual=docs/man/sciwrap-store.1
plain=$(sed 's/\\-/-/g' "$manual")
subcommands=$("$sciwrap" store --help | sed -nE 's/^  ([a-z]+) .*/\1/p' | sort -u)
[[ $(wc -w <<<"$subcommands") -ge 6 ]] || complain "sciwrap store --help lists only: $subcommands"
for command in $subcommands; do
    check "sciwrap store $command" store "$command"
    grep -qE "^\.SS $command$" <<<"$plain" || complain "$manual: no section for $command"
done
manual=docs/man/sciwrap-remove.1
plain=$(sed 's/\\-/-/g' "$manual")
check "sciwrap remove" remove
if command -v man >/dev/null; then
    for page in docs/man/*.[1-9]; do
        warnings=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null || true)
        [[ -z $warnings ]] || complain "$page: $warnings"
    done
fi
exit $bad
