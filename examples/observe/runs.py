#!/usr/bin/env python3
"""runs.py [FOLDER...] < LINES: joins the events of processes.bt to runs of sciwrap.

Each line gets the ID and the environment of its run in front, or "-" twice: no run has that PID namespace, it is of some
other container. A run of a few milliseconds is over before it can be asked for: such lines wait a moment and are then
looked for in the records of the project here, or of each FOLDER.

    bpftrace -f json processes.bt | runs.py ~/project
"""
import datetime
import json
import os
import select
import subprocess
import sys
import time

WAIT_S = 1.0  # a record is written at the end of a run, some milliseconds after its last process
SLACK_S = 0.05  # a run's time begins and ends with its command; its own first process lives a little longer
SCIWRAP = os.environ.get("SCIWRAP", "sciwrap")

known = {}  # PID namespace: (ID, environment)
waiting = []  # (when, event)


def seconds(text):
    """RFC 3339 with nanoseconds, in UTC."""
    return datetime.datetime.fromisoformat(text[:26]).replace(tzinfo=datetime.timezone.utc).timestamp()


def fits(run, moment):
    """Numbers of namespaces are used again within seconds: the time decides."""
    ended = seconds(run["ended"]) if "ended" in run else moment
    return seconds(run["started"]) - SLACK_S <= moment <= ended + SLACK_S


def ask(event):
    """The run that had the event's PID namespace at its time."""
    words = [SCIWRAP, "whois", "--json", "--quiet", event[2], *sys.argv[1:]]
    answer = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    moment = time.time() - (time.monotonic() - int(event[1]) / 1e9)
    found = json.loads(answer) if answer else {"running": [], "finished": []}
    for run in found["running"] + found["finished"]:
        if fits(run, moment):
            return run["id"], run["environment"]
    return None


def show(event, run):
    # JSON's own escapes keep what a file was called from driving the terminal.
    fields = [*(run or ("-", "-")), *event]
    print(*(json.dumps(field)[1:-1] for field in fields), flush=True)


def take(line):
    data = json.loads(line)
    event = data["data"].split(" ", 5) if data.get("type") == "printf" else []
    if len(event) < 6 or event[0] not in ("exec", "exit"):
        return
    namespace, inside = event[2], event[4]
    run = known.get(namespace) or ask(event)
    if run is None:
        waiting.append((time.monotonic() + WAIT_S, event))
        return
    known[namespace] = run
    show(event, run)
    if event[0] == "exit" and inside == "1":
        del known[namespace]  # the number can be given to another one from here on


def settle(everything):
    while waiting and (everything or waiting[0][0] <= time.monotonic()):
        _, event = waiting.pop(0)
        show(event, ask(event))


def main():
    rest = b""
    while True:
        ready, _, _ = select.select([0], [], [], 0.1)
        piece = os.read(0, 65536) if ready else None
        lines = (rest + (piece or b"")).split(b"\n")
        rest = lines.pop()
        for line in filter(None, lines):
            take(line)
        settle(piece == b"")
        if piece == b"":
            return


main()
