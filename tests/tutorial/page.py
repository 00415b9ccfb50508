#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""page.py TOP WORK PAGE[,PAGE]... [--root ROOT] [--write]: runs the console blocks of a page, and of those that the same users
follow after it; see run.sh.

In a block a line "$ ..." is a command of the first user, "ben$ ..." one of the second, "> ..." goes on with a command, and all
others are what it prints, errors included; a line "..." stands for any lines. Commands of a user share folder and PATH. Times, and
sizes of what is compressed, may differ; the numbers of runs, too, but each stays the same through the page: they are learnt
from `sciwrap runs`. Blocks in `sh` are those of an administrator, and are run in a clean ROOT only, without their "sudo".
"""
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

COLUMNS = 100  # of the users' terminals
EXCHANGE = "/srv/exchange"
PROMPTS = {"$ ": "ada", "ben$ ": "ben"}

WRAPPER = """cd "$FOLDER"
eval "$COMMAND" </dev/null
status=$?
printf '%s\\n' "$PWD" "$PATH" >"$STATE"
exit $status
"""


def run(argv, environment, **more):
    """At a terminal: a pipe would be an output of a recorded run, which the user of a terminal does not see."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("4H", 40, COLUMNS, 0, 0))
    with subprocess.Popen(argv, env=environment, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, **more) as process:
        os.close(theirs)
        pieces = []
        try:
            while piece := os.read(ours, 65536):
                pieces.append(piece)
        except OSError:  # EIO: nobody has the other end any more
            pass
        os.close(ours)
    text = b"".join(pieces).decode(errors="replace").replace("\r\n", "\n")
    # Of a line that was written over, what stands there in the end.
    return process.returncode, re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", re.sub(r"^.*\r", "", text, flags=re.M))


def passed_on(*prefixes):
    return {key: value for key, value in os.environ.items() if key.startswith(("http", "SCIWRAP_DEBIAN_MIRROR") + prefixes)}


class Machine:
    """This machine as it is, with homes of the users in a folder of the test."""

    def __init__(self, top, work):
        self.folder = work
        self.exchange, self.origin = work + "/exchange", work + "/origin.git"
        self.owner = 42001
        os.makedirs(self.exchange, exist_ok=True)
        os.chmod(self.exchange, 0o1777)
        self.clone(top, self.origin)

    def clone(self, top, origin):
        if not os.path.exists(origin):
            subprocess.run(["git", "clone", "-q", "--bare", "--no-hardlinks", top, origin], check=True)
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", str(self.owner), origin], check=True)

    def outside(self, path):
        return path

    def add(self, name):
        """Home and first PATH of a new user."""
        home = f"{self.folder}/home/{name}"
        os.makedirs(home)
        if os.getuid() == 0:
            number = 42000 + len(os.listdir(f"{self.folder}/home"))
            os.chown(home, number, number)
        return home, os.environ["PATH"]

    def administer(self, _command):
        return 0, ""

    def run_as(self, home, environment):
        identity = {}
        if os.getuid() == 0:
            number = os.stat(home).st_uid
            identity = {"user": number, "group": number, "extra_groups": []}
        return run(["bash", "-c", WRAPPER], {**passed_on("CCACHE_", "CMAKE_"), **environment, "LC_ALL": "C.UTF-8"}, **identity)


class CleanRoot(Machine):
    """A root file system of its own, in which the users have accounts, and the variables that a login gives them."""

    def __init__(self, top, root):
        self.root = root
        self.exchange, self.origin = EXCHANGE, "/srv/sciwrap.git"
        self.owner = 1000  # git takes no clone of somebody else's folder
        os.makedirs(root + EXCHANGE, exist_ok=True)
        os.chmod(root + EXCHANGE, 0o1777)
        self.clone(top, root + self.origin)

    def outside(self, path):
        return self.root + path

    def enter(self, name, environment, *words):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clean_root.sh")
        values = [f"{key}={value}" for key, value in environment.items()]
        return run([script, "enter", self.root, name, *values, *words], None)

    def administer(self, command):
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment = {"PATH": path, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", **passed_on()}
        return self.enter("root", environment, "bash", "-c", command.replace("sudo ", ""))

    def add(self, name):
        self.administer(f"userdel -r {name}")
        number = self.owner + list(PROMPTS.values()).index(name)
        status, output = self.administer(f"useradd --create-home --shell /bin/bash --uid {number} {name}")
        if status != 0:
            raise SystemExit(f"not ok tutorial: no user could be made: {output}")
        return f"/home/{name}", "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"

    def run_as(self, home, environment):
        return self.enter(os.path.basename(home), {**passed_on(), **environment}, "bash", "-c", WRAPPER)


class User:
    def __init__(self, machine, name):
        self.machine = machine
        self.home, self.path = machine.add(name)
        self.state, self.folder = self.home + "/.state", self.home

    def run(self, command):
        status, output = self.machine.run_as(self.home, {
            "HOME": self.home, "PATH": self.path, "FOLDER": self.folder, "COMMAND": command, "STATE": self.state,
            "TERM": "dumb", "USER": os.path.basename(self.home)})
        with open(self.machine.outside(self.state), encoding="utf-8") as state:
            self.folder, self.path = state.read().splitlines()
        return status, output.replace(self.machine.exchange, EXCHANGE).replace(self.home, "~")


class Administrator:
    def __init__(self, machine):
        self.run = machine.administer


def blocks(lines):
    """(user's prompt or "", command, first line of the output, the line after it) of every command."""
    inside, found = "", []
    for number, line in enumerate(lines):
        if line.startswith("```"):
            inside = line[3:]
            continue
        if inside == "sh":
            if found and found[-1][0] == "" and found[-1][1].endswith("\\") and found[-1][2] == number:
                found[-1][1:] = [found[-1][1] + "\n" + line, number + 1, number + 1]
            else:
                found.append(["", line, number + 1, number + 1])
        elif inside == "console":
            prompt = next((prompt for prompt in PROMPTS if line.startswith(prompt)), None)
            if prompt:
                found.append([prompt, line[len(prompt):], number + 1, number + 1])
            elif line.startswith("> ") and found[-1][2] == number:
                found[-1][1:] = [found[-1][1] + "\n" + line[2:], number + 1, number + 1]
            else:
                found[-1][3] = number + 1
    return found


def plain(text):
    """Without what may differ."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "TIME", text)
    text = re.sub(r"\b\d{1,2} [A-Z][a-z]+ 20\d\d\b", "DATE", text)
    text = re.sub(r"\b(\d+\.\d+ ?s|\d+(\.\d+)? ms)\b", "SECONDS", text)
    text = re.sub(r"^((?:size|bytes) +)\d+$", r"\1SIZE", text, flags=re.M)
    text = re.sub(r"\b\d+\.\d+ [kM]B at most", "MEMORY at most", text)
    text = re.sub(r"contents +[0-9a-f]{64}", "contents DIGEST", text)  # the record is in it, and with it the time
    text = re.sub(r"^sciwrap: (pull|fetch|read) .*\n", "", text, flags=re.M)  # how far it is, which depends on how long it takes
    return re.sub(r"[ \t]+", " ", text)


def agrees(expected, output):
    parts = re.split(r"^\.\.\.\n", plain(expected), flags=re.M)
    return re.fullmatch(r"(?:.*\n)*?".join(map(re.escape, parts)), plain(output)) is not None


def learn(names, expected, actual):
    """Which run of today is which of the page, out of two lists of `sciwrap runs`; a new page says 000000000000."""
    pattern = re.compile(r"^([0-9a-f]{12}) +\d{4}-", re.M)
    names.update(zip(pattern.findall(expected) or ["0" * 12], pattern.findall(actual)))


def translated(names, text):
    """With the numbers of today's runs, whole or as their first six digits."""
    for old, new in names.items():
        text = re.sub(rf"\b{old[:6]}(?:{old[6:]})?\b", lambda found: new[:len(found.group())], text)
    return text


def replace(page, lines, new, names):
    """Today's runs keep the numbers that they have on the page, and on those before it."""
    for begin, end, output in reversed(new):
        lines[begin:end] = translated({today: then for then, today in names.items()}, output).splitlines()
    if new:
        with open(page, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def follow(page, machine, users, names, write):
    with open(page, encoding="utf-8") as file:
        lines = file.read().splitlines()
    new = []
    for prompt, command, begin, end in blocks(lines):
        if prompt not in users:
            users[prompt] = User(machine, PROMPTS[prompt])
        expected = "".join(line + "\n" for line in lines[begin:end])
        status, output = users[prompt].run(
            translated(names, command).replace("URL", machine.origin).replace(EXCHANGE, machine.exchange))
        if command.startswith("sciwrap runs"):
            learn(names, expected, output)
        what = f"{os.path.basename(page)}: {prompt or '# '}{command.splitlines()[0]}"
        # 1 is the answer "different", which says what is.
        good = status == 0 or (status == 1 and expected)
        if good and (prompt == "" or agrees(translated(names, expected), output)):
            print(f"ok tutorial: {what}", flush=True)
        elif write and good:
            new.append((begin, end, output))
        else:
            print("# the page:\n" + re.sub("^", "# ", expected, flags=re.M) + "\n# now:\n" + re.sub("^", "# ", output, flags=re.M))
            print(f"not ok tutorial: {what}: status {status}", flush=True)
            return 1
    replace(page, lines, new, names)
    return 0


def main():
    arguments = sys.argv[1:]
    write = "--write" in arguments
    root = arguments[arguments.index("--root") + 1] if "--root" in arguments else None
    top, work = map(os.path.realpath, arguments[:2])
    pages = [os.path.join(top, page) for page in arguments[2].split(",")]
    os.chmod(work, 0o755)
    if root:
        machine = CleanRoot(top, os.path.realpath(root))
    else:
        machine = Machine(top, os.path.join(work, os.path.basename(pages[0])))
    users, names = {"": Administrator(machine)}, {}
    return 1 if any(follow(page, machine, users, names, write) for page in pages) else 0


sys.exit(main())
