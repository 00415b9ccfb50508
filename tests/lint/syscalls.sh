#!/usr/bin/env bash
# Every system call of this machine's headers must be classified in launcher/sandbox/syscalls.table: a new one is a
# decision, not an accident.
set -u
cd "$(dirname "$0")/../.." || exit 2
table=launcher/sandbox/syscalls.table
classified=$(sed -nE 's/^(allow|deny|check|absent) //p' "$table" | tr ' ' '\n' | sed 's/=.*//' | sort)
twice=$(printf '%s\n' "$classified" | uniq -d)
known=$(printf '#include <asm/unistd.h>\n' | gcc -E -dM - | sed -nE 's/^#define __NR_([a-z0-9_]+) .*/\1/p' | sort -u)
missing=$(comm -13 <(printf '%s\n' "$classified" | sort -u) <(printf '%s\n' "$known"))
status=0
[ -z "$missing" ] || { printf 'not classified in %s: %s\n' "$table" "$missing"; status=1; }
[ -z "$twice" ] || { printf 'classified twice in %s: %s\n' "$table" "$twice"; status=1; }
exit $status
