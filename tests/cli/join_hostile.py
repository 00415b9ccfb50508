"""join_hostile.py: what a rank of --join must not fall for (join.bats): somebody else at the place where ranks meet, and
a launcher's socket with the number of one of ours."""
import array
import fcntl
import os
import socket
import struct
import subprocess
import sys
import time


def hello():
    """struct join_hello (run/join_wire.h): one setting, no words; with a memory file and three streams."""
    text = os.memfd_create("text")
    os.write(text, b"version of sciwrap\tnone\0")
    fds = array.array("i", [text, 0, 1, 2])
    message = struct.pack("32s?7xQQi4xQQQ", b"sciwrap-join/1", False, 0, 0, -1, 1, 0, 0)
    return [message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)]


def connect(path):
    rank = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    rank.connect(path)
    try:
        rank.sendmsg(*hello())
        answer = rank.recv(4096)
    except (BrokenPipeError, ConnectionResetError):
        answer = b""
    print("an answer" if answer else "no answer")


def listen(path):
    place = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    place.bind(path)
    place.listen()
    rank = place.accept()[0]
    _, ancillary, _, _ = rank.recvmsg(4096, 4096)
    print("descriptors" if ancillary else "no descriptor")


def full(path, command):
    """A leader with a full queue, as of 200 ranks where the kernel queues 128, that closes its door under the lock."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    place = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    place.bind(path)
    place.listen(0)
    waiting = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    waiting.connect(path)
    ranks = [subprocess.Popen(command) for _ in range(2)]
    end = time.monotonic() + 20
    seen = False
    while not seen:  # somebody has the lock
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(folder, fcntl.LOCK_UN)
        except BlockingIOError:
            seen = True
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end:
                for rank in ranks:
                    rank.kill()
                sys.exit("the lock is never free")
    os.unlink(path)
    place.close()
    fcntl.flock(folder, fcntl.LOCK_UN)
    print(*[rank.wait() for rank in ranks])


def numbers(command):
    """A socket with each number that one of ours could have."""
    for number in range(3, 26):
        ranks = []
        for rank in range(2):
            ours, theirs = socket.socketpair()
            high = fcntl.fcntl(theirs, fcntl.F_DUPFD, 100)
            move = ["bash", "-c", f'exec "$@" {number}<&{high} {high}<&-', "bash"]
            environment = dict(os.environ, PMI_SIZE="2", MPI_LOCALNRANKS="2", PMI_RANK=str(rank),
                               MPI_LOCALRANKID=str(rank), PMI_FD=str(number))
            ranks.append((ours, subprocess.Popen(move + command, env=environment, stderr=subprocess.PIPE,
                                                 pass_fds=[high])))
            theirs.close()
            os.close(high)
        for ours, rank in ranks:
            said = rank.communicate()[1]
            if b"'nowhere' not found" not in said or rank.returncode != 127 or ours.recv(1) != b"":
                sys.exit(f"number {number}: status {rank.returncode}, {said}")
    print("all told")


{"connect": lambda: connect(sys.argv[2]), "listen": lambda: listen(sys.argv[2]),
 "full": lambda: full(sys.argv[2], sys.argv[3:]), "numbers": lambda: numbers(sys.argv[2:])}[sys.argv[1]]()
