#!/usr/bin/env bash
# Each of the 67 outcomes of tests/hostile/README.md has a case, and each case its row.
set -euo pipefail
cd "$(dirname "$0")/../hostile"
python3 - <<'END'
import fnmatch
import os
import re
import subprocess
import sys

cases = subprocess.run([sys.executable, "run.py", "--list"], stdout=subprocess.PIPE, check=True).stdout.decode().split()
rows = {}
with open("README.md", encoding="utf-8") as text:
    for line in text:
        found = re.match(r"\| (\d+|\+) \|.*\| ([^|]+) \|$", line)
        if found:
            rows[found[1]] = found[2].split()
bad = ["no row %d" % number for number in range(1, 68) if str(number) not in rows]
used = set()
for row, patterns in rows.items():
    for pattern in patterns:
        hits = set(fnmatch.filter(cases, pattern))
        used |= hits
        if not hits and not ("/" in pattern and os.path.exists(os.path.join("..", pattern))):
            bad.append("row %s: no case '%s'" % (row, pattern))
bad += ["no row for the case '%s'" % case for case in cases if case not in used]
if len(set(cases)) < 250:
    bad.append("only %d cases" % len(set(cases)))
print("\n".join(bad))
sys.exit(len(bad) > 0)
END
