#!/usr/bin/env python3
"""slowly.py WIDTH ENOUGH COMMAND...: runs a command whose standard error is a terminal of WIDTH columns, and feeds its
standard input slowly until ENOUGH lines were drawn there, or, with ENOUGH 0, for 0.8 seconds.

Prints what the terminal got, with \\r and escapes as Python writes them, one drawing a line. Leaves with the status of
the command; 98 when nothing was drawn in 30 seconds."""
import fcntl, os, pty, struct, subprocess, sys, termios, threading, time

width, enough = int(sys.argv[1]), int(sys.argv[2])
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
command = subprocess.Popen(sys.argv[3:], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=slave)
os.close(slave)
shown = b""


def listen():
    global shown
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            return
        if not piece:
            return
        shown += piece


listener = threading.Thread(target=listen)
listener.start()
began = time.monotonic()
while shown.count(b"\r") < enough if enough else time.monotonic() - began < 0.8:
    if time.monotonic() - began > 30:
        command.kill()
        sys.exit(98)
    command.stdin.write(b"x" * 65536)
    command.stdin.flush()
    time.sleep(0.02)
command.stdin.close()
status = command.wait()
listener.join()
print(repr(shown.decode())[1:-1].replace("\\x1b[K", "\n").replace("\\r\\n", "\n"))
sys.exit(status)
