#!/usr/bin/env bash
# Every system call of this machine's headers, and every newer one that is known (syscalls.known), must be classified in
# launcher/sandbox/syscalls.table: a new one is a decision, not an accident. Numbers that the table gives must be right.
set -u
cd "$(dirname "$0")/../.." || exit 2
table=launcher/sandbox/syscalls.table
known_file=tests/lint/syscalls.known
entries=$(sed -nE 's/^(allow|deny|check|absent) //p' "$table" | tr ' ' '\n')
classified=$(sed 's/=.*//' <<<"$entries" | sort)
twice=$(printf '%s\n' "$classified" | uniq -d)
newer=$(sed -nE 's/^[0-9]+ ([a-z0-9_]+)$/\1/p' "$known_file")
known=$(printf '#include <asm/unistd.h>\n' | gcc -E -dM - | sed -nE 's/^#define __NR_([a-z0-9_]+) .*/\1/p')
missing=$(comm -13 <(printf '%s\n' "$classified" | sort -u) <(printf '%s\n%s\n' "$known" "$newer" | sort -u))
status=0
[ -z "$missing" ] || { printf 'not classified in %s: %s\n' "$table" "$missing"; status=1; }
[ -z "$twice" ] || { printf 'classified twice in %s: %s\n' "$table" "$twice"; status=1; }
[ "$(wc -l <<<"$known")" -gt 250 ] || { echo "the headers of this machine name too few calls"; status=1; }
# Opened or told a second time, by a line of another word: only what is classified, by the same number.
while IFS='=' read -r name number; do
    grep -qx "$name" <<<"$classified" || { printf 'not classified in %s: %s\n' "$table" "$name"; status=1; }
    [ -z "$number" ] || grep -qx "$number $name" "$known_file" || { echo "$table: $name is not number $number"; status=1; }
done < <(sed -nE 's/^(allow|deny|check|absent|nest|tell|tell-seeded) //p' "$table" | tr ' ' '\n')
exit $status
