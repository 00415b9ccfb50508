#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""peers.py WORK SCIWRAP ROUNDS [PAGE]: the measurements of peers.sh, and their table."""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys

import maker

WORK, SCIWRAP, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
PAGE = sys.argv[4] if len(sys.argv) > 4 else None
MARKS = ("<!-- made by tests/bench/peers.sh --write -->", "<!-- end of what peers.sh made -->")
ENVIRONMENT = f"{WORK}/env.ini"
PACKAGES = {"bwrap": "bubblewrap", "ch-run": "charliecloud", "ch-convert": "charliecloud", "apptainer": "apptainer"}

# A small analysis: 200 files of 50 numbers, one of results. "now" makes each run's result another one, as a record of
# changes needs it.
JOB = """import csv, statistics, sys, time
means = []
for number in range(200):
    with open(f"data/{number}.csv") as file:
        means.append(statistics.fmean(float(row["value"]) for row in csv.DictReader(file)))
with open("result.txt", "w") as out:
    print(statistics.fmean(means), statistics.stdev(means), file=out)
    if sys.argv[1:] == ["now"]:
        print(time.time_ns(), file=out)
"""

rows, missing = [], set()


def have(*programs):
    absent = {program for program in programs if not shutil.which(program)}
    missing.update(PACKAGES.get(program, program) for program in absent)
    return not absent


def quietly(*words, folder=None):
    done = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          check=False)
    if done.returncode != 0:
        raise SystemExit(f"peers.py: {' '.join(words)}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def script(name, text):
    """A command of several steps; "$fresh" in it is a new folder. Nothing is removed before the end: see pull.sh."""
    path = f"{WORK}/{name}.sh"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nset -e\nfresh=$(mktemp -d {WORK}/fresh.XXXXXX)\n{text}\n")
    os.chmod(path, 0o755)
    return [path]


def compare(what, ours, our_words, peer, peer_words, rounds=ROUNDS, folder=None):
    """One row: the ratio of the medians of two commands, run in turn."""
    text = quietly(f"{WORK}/pairs", str(rounds), "ours", "theirs", *our_words, "--", *peer_words, folder=folder)
    ratio = float(re.search(r"ratio of medians +([0-9.]+)", text).group(1))
    row(what, ours, peer, ratio)


def row(what, ours, peer, ratio):
    rows.append((what, ours, peer, f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"))
    print("%-34s %-30s %-44s %s" % rows[-1], flush=True)


def project(name):
    folder = f"{WORK}/{name}"
    os.makedirs(folder + "/data")
    with open(folder + "/job.py", "w", encoding="utf-8") as file:
        file.write(JOB)
    for number in range(200):
        with open(f"{folder}/data/{number}.csv", "w", encoding="utf-8") as file:
            file.write("value\n" + "".join(f"{(number * 37 + i * 11) % 101}.5\n" for i in range(50)))
    return folder


# ---- start

def crun_bundle(tree):
    """The namespaces that bwrap --unshare-all makes, and the tree read-only."""
    folder = f"{WORK}/crun"
    os.makedirs(folder)
    quietly("crun", "spec", "--rootless", folder=folder)
    with open(folder + "/config.json", encoding="utf-8") as file:
        config = json.load(file)
    config["root"] = {"path": tree, "readonly": True}
    config["process"].update(terminal=False, args=["/bin/true"], cwd="/")
    have_kinds = {space["type"] for space in config["linux"]["namespaces"]}
    config["linux"]["namespaces"] += [{"type": kind} for kind in ("network", "cgroup") if kind not in have_kinds]
    config["mounts"] = [mount for mount in config["mounts"] if mount["type"] in ("proc", "tmpfs", "mqueue")]
    config["linux"].pop("resources", None)
    with open(folder + "/config.json", "w", encoding="utf-8") as file:
        json.dump(config, file)
    return ["crun", "--root", f"{WORK}/crun.state", "--cgroup-manager", "disabled", "run", "-b", folder, "it"]


def starts(tree):
    peers = []
    if have("bwrap"):
        peers.append(("`bwrap --unshare-all`", ["bwrap", "--ro-bind", tree, "/", "--proc", "/proc", "--dev", "/dev", "--unshare-all",
                                                "--die-with-parent", "/bin/true"]))
    if have("ch-run"):
        peers.append(("`ch-run`: two namespaces", ["ch-run", tree, "--", "/bin/true"]))
    if have("crun"):
        words = crun_bundle(tree)
        if subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            peers.append(("`crun run`, rootless, the same namespaces", words))
        else:  # as an ordinary user where both versions of cgroups are mixed
            missing.add("crun, which refuses this machine's cgroups")
    if have("apptainer"):
        peers.append(("`apptainer exec` of the folder", ["apptainer", "exec", tree, "/bin/true"]))
    for ours, option in (("recorded", []), ("`--no-record`", ["--no-record"])):
        for name, words in peers:
            compare("start of `true`", ours, [SCIWRAP, "exec", *option, ENVIRONMENT, "/bin/true"], name, words,
                    rounds=ROUNDS * 10, folder=WORK + "/empty")


# ---- first use

def first_use():
    archive = f"{WORK}/tree.tar.gz"
    ours = script("first", f'cd "$fresh" && SCIWRAP_STORE=$fresh/store {SCIWRAP} exec -q {WORK}/gz.ini /bin/true')
    rounds = max(3, ROUNDS // 4)
    what = "from a `.tar.gz` to the end of `true`"
    if have("bwrap"):
        compare(what, "verified, recorded", ours, "`tar`, `bwrap --unshare-all`", script(
            "tar", f'tar -xf {archive} -C "$fresh" && bwrap --ro-bind "$fresh" / --proc /proc --dev /dev --unshare-all /bin/true'),
            rounds=rounds)
    if have("ch-convert", "ch-run"):
        compare(what, "verified, recorded", ours, "`ch-convert`, `ch-run`", script(
            "charliecloud", f'ch-convert -i tar -o dir {archive} "$fresh/tree" && ch-run "$fresh/tree" -- /bin/true'), rounds=rounds)
    if have("umoci"):
        compare("unpacking the same as an OCI image", "`pull`, verified, indexed", script(
            "pull", f'SCIWRAP_STORE=$fresh {SCIWRAP} pull -q {WORK}/image.ini'), "`umoci unpack --rootless`", script(
                "umoci", f'umoci unpack --rootless --image {WORK}/layout:it "$fresh/bundle"'), rounds=rounds)


# ---- recording

def recording():
    # The tree has no byte code of Python's modules, and a run leaves none behind: the same for those that use the host's.
    os.environ.update(PYTHONDONTWRITEBYTECODE="1", PYTHONPYCACHEPREFIX=f"{WORK}/no-byte-code")
    folder = project("recording")
    job = ["/usr/bin/python3", "job.py", "now"]
    ours = [SCIWRAP, "exec", ENVIRONMENT, *job]
    what = "a job that reads 200 files, run"
    compare(what, "recorded", ours, "`sciwrap --no-record`", [SCIWRAP, "exec", "--no-record", ENVIRONMENT, *job], folder=folder)
    compare(what, "recorded", ours, "no sandbox, no record", job, folder=folder)
    if have("strace"):
        compare(what, "recorded", ours, "`strace -f --seccomp-bpf`, files and processes",
                ["strace", "-f", "--seccomp-bpf", "-e", "trace=%file,%process", "-o", WORK + "/strace", *job], folder=folder)
    few = max(3, ROUNDS // 4)
    if have("reprozip"):
        quietly("reprozip", "usage_report", "--disable")
        compare(what, "recorded", ours, "`reprozip trace`",
                ["reprozip", "trace", "--overwrite", "-d", WORK + "/trace", *job], rounds=few, folder=folder)
    if have("datalad", "git-annex"):
        data = dataset("run")
        compare(what, "recorded", script("recorded", f"cd {folder} && {' '.join(ours)}"),
                "`datalad run`, inputs and output declared", script(
                    "datalad-run", f"cd {data} && datalad run -m job -i 'data/*' -o result.txt '{' '.join(job)}'"), rounds=few)


def dataset(name):
    folder = project(name)
    quietly("datalad", "create", "--force", folder)
    quietly("datalad", "save", "-m", "inputs", folder=folder)
    return folder


# ---- handed over, and run again

def handed_over():
    folder = project("again")
    job = ["/usr/bin/python3", "job.py"]
    quietly(SCIWRAP, "exec", "-q", ENVIRONMENT, *job, folder=folder)
    run = json.loads(quietly(SCIWRAP, "runs", "--json", folder=folder))[0]["id"]
    bundle, small = f"{WORK}/it.sciwrap", f"{WORK}/small.sciwrap"
    quietly(SCIWRAP, "bundle", "-q", "-o", bundle, run, folder=folder)
    quietly(SCIWRAP, "bundle", "-q", "--no-artifact", "-o", small, run, folder=folder)
    again = script("again", f'cd "$fresh" && SCIWRAP_STORE=$fresh/store {SCIWRAP} rerun -q {bundle}')
    few = max(3, ROUNDS // 4)
    if have("reprozip"):
        rpz = f"{WORK}/it.rpz"
        quietly("reprozip", "trace", "--overwrite", "-d", WORK + "/packed", *job, folder=folder)
        quietly("reprozip", "pack", "-d", WORK + "/packed", rpz)
        row("size of what is handed over", "bundle, the whole environment", "`.rpz`, the host's files that were touched",
            os.path.getsize(bundle) / os.path.getsize(rpz))
        row("size of what is handed over", "bundle, `--no-artifact`", "`.rpz`, the host's files that were touched",
            os.path.getsize(small) / os.path.getsize(rpz))
        compare("making it", "`bundle`", script("bundle", f'cd {folder} && {SCIWRAP} bundle -q -o "$fresh/it" {run}'), "`reprozip pack`",
                script("pack", f'reprozip pack -d {WORK}/packed "$fresh/it.rpz"'), rounds=few)
        if have("reprounzip"):
            quietly("reprounzip", "usage_report", "--disable")
            compare("from the file to the result", "`rerun`, compared", again, "`reprounzip directory setup`, `run`, not compared", script(
                "reprounzip", f'reprounzip directory setup {rpz} "$fresh/it" && reprounzip directory run "$fresh/it"'), rounds=few)
    row("size of what is handed over", "bundle, the whole environment", "`.tar.gz` of the tree, without the job",
        os.path.getsize(bundle) / os.path.getsize(f"{WORK}/tree.tar.gz"))
    if have("datalad", "git-annex"):
        data = dataset("rerun")
        quietly("datalad", "run", "-m", "job", "-i", "data/*", "-o", "result.txt", " ".join(job), folder=data)
        compare("again, at home", "`rerun`, compared", script("home", f"cd {folder} && {SCIWRAP} rerun -q {run}"), "`datalad rerun`",
                script("datalad", f"cd {data} && datalad rerun"), rounds=few)


# ---- what is measured on, and the page

def image():
    with open(f"{WORK}/tree.tar.gz", "rb") as file:
        made = maker.Image([file.read()])
    digest, size = made.finish()
    maker.write_layout(f"{WORK}/layout", [("it", made)])
    write_definition("image.ini", digest, size, f"oci-layout:{WORK}/layout", "type = image\n")


def write_definition(name, digest, size, url, more=""):
    with open(f"{WORK}/{name}", "w", encoding="utf-8") as file:
        file.write(f"[environment]\ncommand = python3\n[artifact]\n{more}sha256 = {digest}\nsize = {size}\nurl = {url}\n")


def prepare():
    tar, packed = f"{WORK}/tree.tar", f"{WORK}/tree.tar.gz"
    with open(tar, "rb") as file, open(packed, "wb") as out:
        with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0) as zipped:
            shutil.copyfileobj(file, zipped)
    for name, path in (("env.ini", tar), ("gz.ini", packed)):
        digest = quietly("sha256sum", path).split()[0]
        write_definition(name, digest, os.path.getsize(path), path)
        if name == "env.ini":
            tree = f"{WORK}/store/trees/{digest}/rootfs"
    image()
    quietly(SCIWRAP, "pull", "-q", ENVIRONMENT)
    os.makedirs(WORK + "/empty")
    return tree


def version(*words):
    if not shutil.which(words[0]):
        return None
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(r"\d+\.\d+[0-9.]*", done.stdout)
    return found.group() if found else None


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        cpu = re.search(r"model name\s*: (.*)", file.read())
    names = (("bubblewrap", "bwrap"), ("Charliecloud", "ch-run"), ("crun", "crun"), ("umoci", "umoci"), ("ReproZip", "reprozip"),
             ("DataLad", "datalad"), ("strace", "strace"), ("Apptainer", "apptainer"))
    peers = [f"{name} {number}" for name, program in names if (number := version(program, "--version"))]
    filesystem = quietly("df", "--output=fstype", WORK).split()[1]
    system = "Linux " + ".".join(os.uname().release.split("-")[0].split(".")[:2])
    who = "root" if os.getuid() == 0 else "an ordinary user"
    return (f"{os.cpu_count()} processors ({cpu.group(1).strip() if cpu else os.uname().machine}), {system}, {filesystem}, as {who}, "
            f"{ROUNDS} rounds (starts: ten times as many; what takes seconds: a quarter), load {os.getloadavg()[1]:.1f} in the last five minutes; "
            f"{', '.join(peers)}.")


def table():
    lines = [f"On {machine()}", "", "| | sciwrap | against | ratio |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    if missing:
        lines += ["", f"Not here, and so not measured: {'; '.join(sorted(missing))}."]
    return "\n".join(lines)


def main():
    tree = prepare()
    starts(tree)
    first_use()
    recording()
    handed_over()
    print("\n" + table())
    if PAGE:
        with open(PAGE, encoding="utf-8") as file:
            text = file.read()
        before, rest = text.split(MARKS[0])
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(before + MARKS[0] + "\n\n" + table() + "\n\n" + MARKS[1] + rest.split(MARKS[1])[1])


main()
