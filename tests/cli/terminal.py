#!/usr/bin/env python3
"""Runs a command on a pseudo-terminal. The first argument is a script of lines:

    wait TEXT     until the command has shown TEXT
    send TEXT     types it; \\r ends a line, \\x03 is Ctrl-C
    size R C      changes the window
    eof           hangs up nothing, types Ctrl-D

The window has 24 lines of 80 columns, or of TERMINAL_COLUMNS. Prints what the command showed and leaves with its exit status (128+n after a signal)."""
import fcntl, os, pty, select, signal, struct, sys, termios, time

steps = [line.split(" ", 1) for line in sys.argv[1].splitlines() if line.strip()]
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
deadline = time.time() + float(os.environ.get("TERMINAL_SECONDS", "40"))


def set_size(rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_some():
    global shown
    ready, _, _ = select.select([master], [], [], 0.1)
    if not ready:
        return True
    try:
        piece = os.read(master, 65536)
    except OSError:
        return False
    shown += piece
    return len(piece) > 0


def give_up(why):
    sys.stdout.write(shown.decode(errors="replace") + "\nterminal.py: " + why + "\n")
    os.kill(pid, signal.SIGKILL)
    sys.exit(98)


set_size(24, int(os.environ.get("TERMINAL_COLUMNS", "80")))
seen = 0
for step in steps:
    what, text = step[0], step[1] if len(step) > 1 else ""
    if what == "wait":
        wanted = text.encode().decode("unicode_escape").encode()
        while wanted not in shown[seen:]:
            if time.time() > deadline or not read_some():
                give_up("never saw " + text)
        seen = shown.index(wanted, seen) + len(wanted)
    elif what == "send":
        os.write(master, text.encode().decode("unicode_escape").encode())
    elif what == "size":
        set_size(*map(int, text.split()))
    elif what == "eof":
        os.write(master, b"\x04")
while read_some():
    if time.time() > deadline:
        give_up("never ended")
_, status = os.waitpid(pid, 0)
sys.stdout.write(shown.decode(errors="replace"))
sys.stdout.flush()
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
