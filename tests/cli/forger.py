"""forger.py KIND [PID]: a process that claims to be the launcher of a run, until its standard input ends. For who.bats.

KIND  other     PID 1 of the claimed run is the process PID, which is no child of this one
      unsealed  what it claims is true, and could be changed
      escape    what it claims is true, and its texts would drive a terminal
      huge      more than any launcher writes
      fifo      the name of the memory file, given to a FIFO by mount namespace and bind
"""
import ctypes
import fcntl
import json
import os
import signal
import sys

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNS = 0x10000000, 0x20000000, 0x00020000
NAMESPACES = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup"]


def claims(pid, of, environment="forged"):
    numbers = {name: os.stat(f"/proc/{of}/ns/{name}").st_ino for name in NAMESPACES}
    return {"schema": "sciwrap-running/1", "id": "f0f0f0f0f0f0", "recorded": False, "environment": environment,
            "artifact": "0" * 64, "command": ["forged", environment], "workdir": os.getcwd(), "started_ns": 1,
            "host_pid": pid, "namespaces": numbers}


def announce(text, sealed=True):
    fd = os.memfd_create("sciwrap-run", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, text)
    if sealed:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return fd


def child_in_namespace():
    """A child that is PID 1 of a PID namespace."""
    me = str(os.getpid())
    flags = CLONE_NEWPID | (CLONE_NEWUSER if os.geteuid() != 0 else 0)
    if libc.unshare(flags) < 0:
        print("cannot", ctypes.get_errno(), me, flush=True)
        sys.exit(77)
    pid = os.fork()
    if pid == 0:
        libc.prctl(1, signal.SIGKILL)
        signal.pause()
    return pid


kind = sys.argv[1]
libc.prctl(15, b"sciwrap")
libc.prctl(4, 1)  # dumpable again, should root have become somebody else
if kind == "other":
    held = announce(json.dumps(claims(int(sys.argv[2]), int(sys.argv[2]))).encode())
elif kind == "fifo":
    os.mkfifo("memfd:sciwrap-run (deleted)")
    held = os.open("memfd:sciwrap-run (deleted)", os.O_RDWR)
else:
    pid = child_in_namespace()
    text = json.dumps(claims(pid, pid, "\x1b[2J\u202eevil" if kind == "escape" else "forged")).encode()
    held = announce(text + b" " * (8 << 20) if kind == "huge" else text, kind != "unsealed")
print("ready", flush=True)
sys.stdin.read()
