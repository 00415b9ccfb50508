"""keys.py SHELL SCRIPT TYPED: what an interactive shell makes of keys, as a person presses them.

Starts SHELL (bash, zsh, fish) on a terminal of its own with the completions of SCRIPT, types TYPED (which has a tab in
it), and prints the command line that it has come to. The line is made the argument of an echo by two more keys, which
the shell takes when it has done with those before: nothing here waits for a time.
"""

import os
import pty
import re
import select
import sys
import time

shell, script, typed = sys.argv[1:4]
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1='$ '; source %s"),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1='$ '; fpath=(%s $fpath); autoload -U compinit; compinit -u -D; bindkey -e",
    ),
    "fish": (["fish", "--no-config", "-i"], "source %s"),
}
arguments, setting = START[shell]
place = os.path.dirname(script) if shell == "zsh" else script
environment = dict(os.environ, TERM="dumb" if shell != "fish" else "xterm", INPUTRC="/dev/null", HISTFILE="/dev/null")

child, terminal = pty.fork()
if child == 0:
    os.execvpe(arguments[0], arguments, environment)

seen = ""


def wait_for(pattern):
    global seen
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = re.search(pattern, seen)
        if found:
            return found
        if select.select([terminal], [], [], 1)[0]:
            try:
                seen += os.read(terminal, 65536).decode("utf-8", "replace")
            except OSError:
                break
    sys.exit("%s never came to %r; it showed: %r" % (shell, pattern, seen))


def send(text):
    os.write(terminal, text.encode())


# The quotes keep the shell's echo of these keys from being taken for the answer.
send("%s; echo READ''Y\n" % (setting % place))
wait_for("READY")
send(typed)
send("\x01echo 'THE''LINE: \x05'\n")
line = wait_for(r"THELINE: ([^\r\n]*)").group(1)
print(line.rstrip())
os.close(terminal)
os.waitpid(child, 0)
