#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""page.py TOP WORK [--write]: runs the console blocks of docs/tutorial.md; see run.sh.

In a block a line "$ ..." is a command of the first user, "ben$ ..." one of the second, "> ..." goes on with a command, and all
others are what it prints, errors included. Commands of a user share folder and PATH. Times, and sizes of what is compressed,
may differ; the numbers of runs, too, but each stays the same through the page: they are learnt from `sciwrap runs`.
"""
import os
import re
import shutil
import subprocess
import sys

USERS = {"$ ": ("ada", 42001), "ben$ ": ("ben", 42002)}
EXCHANGE = "/srv/exchange"

WRAPPER = """cd "$FOLDER"
eval "$COMMAND" </dev/null
status=$?
printf '%s\\n' "$PWD" "$PATH" >"$STATE"
exit $status
"""


class User:
    def __init__(self, work, name, number):
        self.home = os.path.join(work, "home", name)
        self.state = os.path.join(self.home, ".state")
        self.folder, self.path = self.home, os.environ["PATH"]
        os.makedirs(self.home)
        self.identity = {}
        if os.getuid() == 0:
            os.chown(self.home, number, number)
            self.identity = {"user": number, "group": number, "extra_groups": []}

    def run(self, command):
        kept = {key: value for key, value in os.environ.items() if key.startswith(("CCACHE_", "CMAKE_", "http"))}
        environment = {**kept, "HOME": self.home, "PATH": self.path, "FOLDER": self.folder, "COMMAND": command,
                       "STATE": self.state, "LC_ALL": "C.UTF-8", "TERM": "dumb", "USER": os.path.basename(self.home)}
        if "SCIWRAP_DEBIAN_MIRROR" in os.environ:
            environment["SCIWRAP_DEBIAN_MIRROR"] = os.environ["SCIWRAP_DEBIAN_MIRROR"]
        done = subprocess.run(["bash", "-c", WRAPPER], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, check=False, text=True, errors="replace", **self.identity)
        with open(self.state, encoding="utf-8") as state:
            self.folder, self.path = state.read().splitlines()
        return done.returncode, done.stdout


def blocks(lines):
    """(user's prompt, command, first line of the output, the line after it) of every command."""
    inside, found = False, []
    for number, line in enumerate(lines):
        if line.startswith("```"):
            inside = line == "```console"
            continue
        if not inside:
            continue
        prompt = next((prompt for prompt in USERS if line.startswith(prompt)), None)
        if prompt:
            found.append([prompt, line[len(prompt):], number + 1, number + 1])
        elif line.startswith("> ") and found[-1][2] == number:
            found[-1][1] += "\n" + line[2:]
            found[-1][2] = found[-1][3] = number + 1
        else:
            found[-1][3] = number + 1
    return found


def plain(text):
    """Without what may differ."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "TIME", text)
    text = re.sub(r"\b\d{1,2} [A-Z][a-z]+ 20\d\d\b", "DATE", text)
    text = re.sub(r"\b(\d+\.\d+ ?s|\d+(\.\d+)? ms)\b", "SECONDS", text)
    text = re.sub(r"^(size +)\d+$", r"\1SIZE", text, flags=re.M)
    text = re.sub(r"\b\d+\.\d+ [kM]B at most", "MEMORY at most", text)
    text = re.sub(r"contents +[0-9a-f]{64}", "contents DIGEST", text)  # the record is in it, and with it the time
    text = re.sub(r"^sciwrap: (pull|fetch) .*\n", "", text, flags=re.M)  # how far it is, which depends on how long it takes
    return re.sub(r" +", " ", text)


def learn(names, expected, actual):
    """Which run of today is which of the page, out of two lists of `sciwrap runs`; a new page says 000000000000."""
    pattern = re.compile(r"^([0-9a-f]{12}) +\d{4}-", re.M)
    names.update(zip(pattern.findall(expected) or ["0" * 12], pattern.findall(actual)))


def translated(names, text):
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def main():
    top, work = map(os.path.realpath, sys.argv[1:3])
    write = "--write" in sys.argv
    page = os.path.join(top, "docs", "tutorial.md")
    os.chmod(work, 0o755)
    exchange = os.path.join(work, "exchange")
    os.mkdir(exchange)
    os.chmod(exchange, 0o777)
    users = {prompt: User(work, *who) for prompt, who in USERS.items()}
    origin = os.path.join(work, "origin.git")
    subprocess.run(["git", "clone", "-q", "--bare", "--no-hardlinks", top, origin], check=True)
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", "42001", origin], check=True)
    with open(page, encoding="utf-8") as file:
        lines = file.read().splitlines()
    names, new, failed = {}, [], False
    for prompt, command, begin, end in blocks(lines):
        if prompt != "$ " and not os.path.exists(users[prompt].home + "/.local"):
            # As installed, and without what the first user's store holds.
            shutil.copytree(users["$ "].home + "/.local", users[prompt].home + "/.local", symlinks=True,
                            ignore=shutil.ignore_patterns("store"))
            if os.getuid() == 0:
                subprocess.run(["chown", "-R", "--reference", users[prompt].home, users[prompt].home + "/.local"], check=True)
            users[prompt].path = users[prompt].home + "/.local/bin:" + users[prompt].path
        actual_command = translated(names, command).replace("URL", origin).replace(EXCHANGE, exchange)
        status, output = users[prompt].run(actual_command)
        output = output.replace(exchange, EXCHANGE).replace(users[prompt].home, "~")
        expected = "".join(line + "\n" for line in lines[begin:end])
        if command.startswith("sciwrap runs"):
            learn(names, expected, output)
        if status == 0 and plain(output) == plain(translated(names, expected)):
            print(f"ok tutorial: {command.splitlines()[0]}")
        elif status == 0 and write:
            new.append((begin, end, output))
        else:
            failed = True
            print(f"not ok tutorial: {command.splitlines()[0]}: status {status}")
            print("# the page:\n" + re.sub("^", "# ", expected, flags=re.M) + "\n# now:\n" + re.sub("^", "# ", output, flags=re.M))
            break
    for begin, end, output in reversed(new):
        lines[begin:end] = output.splitlines()
    if new:
        with open(page, "w", encoding="utf-8") as file:
            file.write(translated(names, "\n".join(lines) + "\n"))
    return 1 if failed else 0


sys.exit(main())
