#!/usr/bin/env python3
"""table.py ROWS SETTINGS: the page docs/reproduce.md, out of what tests/reproduce/run.sh found.
table.py --verdicts FILE: a line "VERDICT<TAB>OUTPUT" for each output in what `sciwrap rerun --json` or `diff --json` said."""
import json
import sys

HEAD = """# Real programs, run again by a stranger

`tests/reproduce/run.sh` runs real programs of Debian 12 on data that looks real, bundles each run, and lets a stranger
run the bundle again: another user, in another directory on another file system, under another host name, time zone,
umask and locale, with other variables (`CFLAGS`, `OMP_NUM_THREADS`, `PYTHONHASHSEED`, `SOURCE_DATE_EPOCH` and twenty more),
with one CPU instead of two or more, without a network, and with an empty store. Everything that the stranger has is the
bundle. This page is written by that test, which fails when something else comes out.

"""

PROGRAMS = """## Every output

`--no-fix` takes a setting away, to show what it does. "The same" is what the line above says.
"""

SETTINGS = """## What each setting removes

Author and stranger run the same command, each for themselves, and `sciwrap diff` compares the two runs: without the
setting they differ, with it they are identical. The two processors are those of an emulator, in which the program and its
libraries find another answer of CPUID; the second pair is this machine's processor with AVX-512 and an emulated one.

| setting | program | what it is about | runs differ with | are identical with |
|---|---|---|---|---|
"""

LEFT = """
## What no setting removes

- **The time of day.** It is not faked: programs wait for it, measure with it and check certificates by it. Where it is a
  stamp in a file whose format is known (gzip, PDF, PNG, PostScript, SAM, VCF), the comparison leaves it out; elsewhere
  `--ignore` or `[compare]` in the definition names it, or an option of the program does not write it. Where it is a seed,
  the script must give one.
- **The order in which jobs end.** `make -j1` gives one order; the results of the jobs do not depend on it.
- **The order of a directory.** It is the file system's; a program that needs one must sort.
- **Fewer CPUs than recorded.** The variables for threads keep their values, but OpenBLAS starts no more threads than there
  are CPUs: ask for few threads where the last digit matters, or compare with a tolerance.
- **Code for one processor** that a program chooses by itself, or that was compiled for it: `--cpu-baseline` reaches glibc,
  OpenBLAS, MKL and NumPy. One processor only can be tried here, beside those of an emulator.
"""

TITLES = {"identical": "identical", "normalised": "equal after normalisation", "tolerated": "within tolerance"}


def verdicts(path):
    with open(path, encoding="utf-8") as file:
        answer = json.load(file)
    comparison = answer["reruns"][0] if "reruns" in answer else answer["comparison"]
    if not comparison["same_exit"]:
        print("different\texit status")
    for output in comparison["outputs"]:
        print(output["verdict"] + "\t" + output["path"].removeprefix("/workspace/").removeprefix("/dev/"))


def read_rows(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def code(word):
    return f"`{word}`" if word else ""


def programs_page(rows):
    counts = {}
    for row in rows:
        counts[row[3]] = counts.get(row[3], 0) + len(row[2].split(", "))
    said = ", ".join(f"{count} {TITLES.get(verdict, verdict)}" for verdict, count in counts.items())
    names = len({row[0] for row in rows})
    steps = len({(row[0], row[1]) for row in rows})
    page = f"{sum(counts.values())} outputs of {steps} runs of {names} programs: {said}.\n"
    page += "The differences are there on purpose: each has its cause beside it, and what removes it is tried in "
    page += "another row,\nunless nothing does.\n\n" + PROGRAMS
    program = step = None
    for row in rows:
        if row[0] != program:
            program, step = row[0], None
            page += f"\n**{program}**\n\n| run | output | verdict | because | what removes it |\n|---|---|---|---|---|\n"
        shown = row[1] if row[1] != step else ""
        step = row[1]
        outputs = ", ".join(map(code, row[2].split(", ")))
        page += f"| {shown} | {outputs} | {TITLES.get(row[3], '**' + row[3] + '**')} | {row[4]} | {row[5]} |\n"
    return page


def settings_page(rows):
    page = SETTINGS
    for name, program, what, without, with_it in rows:
        without, with_it = (code(word) or "nothing said" for word in (without, with_it))
        page += f"| {code(name)} | {program} | {what} | {without} | {with_it} |\n"
    return page


if sys.argv[1] == "--verdicts":
    verdicts(sys.argv[2])
else:
    sys.stdout.reconfigure(encoding="utf-8")
    pages = programs_page(read_rows(sys.argv[1])), settings_page(read_rows(sys.argv[2]))
    print(HEAD + "\n".join(pages) + LEFT, end="")
