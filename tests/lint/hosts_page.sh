#!/usr/bin/env bash
# docs/hosts.md was made by tests that take minutes; whether it is stale shows at once: each message in it is one that the launcher
# still has, each host one that the tests still make, each system call one that they still take away.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 - <<'PYTHON'
import glob
import re
import sys

page = open("docs/hosts.md").read()
bad = []


def part(name):
    return re.search(r"<!-- %s: .*?-->\n(.*?)<!-- end -->" % name, page, re.S)[1]


def cells(name):
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in part(name).splitlines()[2:]]


# Adjacent literals as one; what is put in at %s can be anything.
formats = []
for path in glob.glob("launcher/**/*.c", recursive=True):
    for literals in re.findall(r'(?:"(?:[^"\\\n]|\\.)*"\s*(?:NAME_PREFIX\s*)?)+', open(path).read()):
        text = "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', literals))
        pieces = [piece for piece in re.split(r"%[-+ #0-9.*]*[a-zA-Z]+", text)]
        if sum(len(piece) for piece in pieces) >= 25:
            formats.append(re.compile(".*".join(re.escape(piece) for piece in pieces)))
for name in ("hosts", "containers"):
    for row in cells(name):
        message = re.sub(r" \([A-Z][^()]*\)$", "", row[1]).replace("&lt;", "<")
        if message != "nothing" and not any(len(f.pattern) > 30 and f.search(message) for f in formats):
            bad.append("no message of the launcher's is like that of '%s': %s" % (row[0], message))

made = "".join(open(path).read() for path in glob.glob("tests/vm/*.sh"))
for name in ("hosts", "containers"):
    for row in cells(name):
        if row[0] not in made:
            bad.append("no test in tests/vm makes the host '%s'" % row[0])
suites = re.search(r"suites=\(([a-z ]+)\)", made)[1].split()
told = [re.search(r"\((\w+)\)", row[0])[1] for row in cells("kernels")]
if told != suites:
    bad.append("the kernels are those of %s, and the test's those of %s" % (told, suites))

table = re.search(r"lacks\[\] = \{(.*?)\n\};", open("tests/fixtures/under.c").read(), re.S)[1]
calls = sorted(re.findall(r'\{"([a-z_0-9]+)", [^}]*ANY_ARGUMENT, 0, 0, ENOSYS\}', table))
calls.remove("seccomp")
if re.findall(r"[a-z_0-9]+", part("calls")) != calls:
    bad.append("the system calls are not those of tests/fixtures/under.c")
print("\n".join(bad))
sys.exit(1 if bad else 0)
PYTHON
