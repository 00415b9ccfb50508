"""audit_docs.py AUDIT.json DOCS: whether what the documents say of `sciwrap audit` is what it told: the rows that they
name, the mechanisms of each wall, the example, how many attempts there are. Prints what is not, a line each."""
import json
import re
import sys

rows = json.load(open(sys.argv[1]))["attempts"]
docs = sys.argv[2]
known = {row["wall"] + "." + row["name"]: row for row in rows}
walls = {row["wall"] for row in rows}
EVERYWHERE = {"kernel", "file permissions"}
FILES = {"bats", "c", "h", "py", "sh", "md"}


def text_of(name):
    return open(f"{docs}/{name}").read().replace("\\-", "-")


def names():
    for name in ("SECURITY.md", "escapes.md", "man/sciwrap-audit.1"):
        for wall, row in re.findall(r"\b([a-z]+)\.(\*|[a-z][a-z0-9_-]*)", text_of(name)):
            is_row = wall in walls and row != "*" and row not in FILES
            if is_row and not any(r.startswith(f"{wall}.{row}") for r in known):
                yield f"{name}: names the row {wall}.{row}, which no audit has"
        for number in re.findall(r"more\s+than\s+(\d+)(?=\s+(?:ways|of them))", text_of(name)):
            if len(rows) <= int(number):
                yield f"{name}: says more than {number} attempts; there are {len(rows)}"


def table():
    said = {}
    for line in text_of("SECURITY.md").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 5:
            for wall in re.findall(r"`([a-z]+)\.\*`", cells[2]):
                said[wall] = set(re.findall(r"`([^`]+)`", cells[3])) | EVERYWHERE
    for wall in sorted(walls - set(said)):
        yield f"SECURITY.md: the table has no row for {wall}.*"
    for wall in sorted(set(said) - walls):
        yield f"SECURITY.md: the table has a row for {wall}.*, which no audit has"
    for name, row in known.items():
        if row["outcome"] == "held" and "held_by" in row and row["held_by"] not in said.get(row["wall"], ()):
            yield f"SECURITY.md: {name} was held by '{row['held_by']}', which the row of {row['wall']}.* does not say"


def example():
    lines = re.findall(r"^    (held|open|shared|not tried) +(\S+\.\S+) +(.*)$", text_of("SECURITY.md"), re.M)
    if len(lines) < 5:
        yield "SECURITY.md: no example of an audit"
    for outcome, name, rest in lines:
        row = known.get(name, {})
        if row.get("outcome") != outcome or not rest.startswith(row.get("attempt", "-")):
            yield f"SECURITY.md: the example '{outcome} {name} {rest}' is not what was told: {row}"
        elif outcome == "held" and "held_by" in row and not rest.endswith(": " + row["held_by"]):
            yield f"SECURITY.md: in the example {name} was held by something else: {row}"


wrong = [*names(), *table(), *example()]
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
