#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sweeps through a real Slurm: each task leaves its manifest, and nobody else's.

usage: sweep.py SCIWRAP FIXTURES CLUSTER FOLDER USER KIND [--tasks N] [--plain]

CLUSTER is the folder of a cluster that runs (cluster.sh), FOLDER an empty one that USER may write, for the work. KIND:

    first    the environment is in no store when all tasks begin at once, which a cluster of as many CPUs lets them
    cancel   a tenth of the tasks is cancelled by scancel: one half while they run, of which some ignore it, and one half
             before they begin
    restart  slurmd is stopped and started again while the array goes on, twice

Tasks work in one folder, with one project, one store and files side by side, so that what is to be kept apart is kept
apart by the recorder. They are submitted by `sciwrap submit` where this sciwrap has it, else (--plain) by an array of
`exec sciwrap`. Prints "ok ..." and "not ok ..." as TAP, and figures as comments.
"""
import argparse, collections, json, os, pwd, re, subprocess, sys, time

parser = argparse.ArgumentParser()
for name in ("sciwrap", "fixtures", "cluster", "folder", "user", "kind"):
    parser.add_argument(name)
parser.add_argument("--tasks", type=int, default=200)
parser.add_argument("--plain", action="store_true")
options = parser.parse_args()
here = os.path.dirname(os.path.realpath(__file__))
sciwrap, fixtures, folder = (os.path.realpath(path) for path in (options.sciwrap, options.fixtures, options.folder))
user = pwd.getpwnam(options.user)
tasks = options.tasks
environment = {"PATH": os.environ["PATH"], "HOME": folder, "USER": options.user, "LANG": "C.UTF-8",
               "SLURM_CONF": os.path.join(os.path.realpath(options.cluster), "slurm.conf"), "TMPDIR": folder + "/tmp",
               "SCIWRAP_STORE": folder + "/store", "SCIWRAP_ENVS": fixtures + "/envs"}
bad = 0

# What every task does: reads a file of its own and one of all, and writes one of its own. $1 is its number.
WORK = """cat common in.$1 >out.$1; echo "task $1"; exit $(($1 % 3))"""
# What is cancelled: says that it began, and then ends by SIGTERM, by its own handler, or not at all.
LATE = """echo begun >begun.$1
case $(($1 %% 3)) in
0) exec sleep 600 ;;
1) trap 'echo saved >saved.$1; exit 9' TERM ;;
2) trap 'echo told >told.$1' TERM ;;
esac
while :; do sleep 0.1; done"""


def verdict(good, text):
    global bad
    bad += not good
    print("%s %s: %s" % ("ok" if good else "not ok", options.kind, text), flush=True)
    return good


def as_user(*command, check=True):
    done = subprocess.run(command, cwd=folder + "/work", env=environment, user=user.pw_uid, group=user.pw_gid,
                          extra_groups=[], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        sys.exit("%s: status %d: %s%s" % (" ".join(command), done.returncode, done.stdout, done.stderr))
    return done


def cluster(*arguments):
    done = subprocess.run([here + "/cluster.sh", arguments[0], options.cluster, *arguments[1:]], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("cluster.sh %s: %s" % (" ".join(arguments), done.stderr))


def write(name, text, mode=0o644):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    os.chown(path, user.pw_uid, user.pw_gid)
    os.chmod(path, mode)


def prepare():
    os.chown(folder, user.pw_uid, user.pw_gid)
    for name in ("work", "log", "tmp"):
        os.mkdir(os.path.join(folder, name))
        os.chown(os.path.join(folder, name), user.pw_uid, user.pw_gid)
    write("work/common", "of all\n")
    for index in range(1, tasks + 1):
        write("work/in.%d" % index, "of %d\n" % index)


def chosen():
    """The tasks that are cancelled: while they run, and before. Both are spread over the array."""
    if options.kind != "cancel":
        return [], []
    half = max(1, tasks // 20)
    step = tasks // half
    return list(range(step // 2, tasks + 1, step))[:half], list(range(tasks - step // 4, 0, -step))[:half]


def submit(running):
    late = "|".join(str(index) for index in running)
    script = WORK if not running else "case $1 in %s) %s ;; esac\n%s" % (late, LATE % (), WORK)
    hold = ["--hold"] if options.kind == "cancel" else []
    if has_submit():
        done = as_user(sciwrap, "submit", "--array", "1-%d" % tasks, "--output", folder + "/log/%a", "--time", "10", *hold, "--",
                       "exec", "tiny", "sh", "-c", script, "task", "{task}")
        return re.search(r"\b(\d+)\b", done.stdout + done.stderr).group(1)
    write("work/array.sh", "#!/bin/sh\n#SBATCH --array=1-%d --output=%s/log/%%a --time=10\n"
          "exec %s exec tiny sh -c '%s' task \"$SLURM_ARRAY_TASK_ID\"\n"
          % (tasks, folder, sciwrap, script.replace("'", "'\\''")), 0o755)
    return as_user("sbatch", "--parsable", *hold, "array.sh").stdout.strip()


def has_submit():
    # Its first job brings the environment, so that the tasks do not: that is what the sweep `first` is not about.
    return not options.plain and options.kind != "first" and as_user(sciwrap, "submit", "--help", check=False).returncode == 0


def left(job):
    return [line for line in as_user("squeue", "-h", "-r", "-j", job, "-o", "%K", check=False).stdout.split()]


def cancel(job, running, waiting):
    """The array is held until those are gone that shall not begin. Those that run are cancelled one by one as they begin."""
    as_user("scancel", *["%s_%d" % (job, index) for index in waiting])
    as_user("scontrol", "release", job)
    open_tasks, end = set(running), time.monotonic() + 120
    while open_tasks and time.monotonic() < end:
        for index in list(open_tasks):
            if os.path.exists("%s/work/begun.%d" % (folder, index)):
                as_user("scancel", "%s_%d" % (job, index))
                open_tasks.discard(index)
        time.sleep(0.05)
    verdict(not open_tasks, "%d tasks were cancelled while they ran, %d before" % (len(running) - len(open_tasks), len(waiting)))


def restart(job):
    """When a third of the array is through, and when two thirds are."""
    for part in (2, 1):
        while len(left(job)) > tasks * part // 3:
            time.sleep(0.05)
        cluster("slurmd", "stop")
        time.sleep(2)  # tasks that run then end without it
        cluster("slurmd", "start")
    print("# slurmd was stopped and started twice")


def manifests():
    """Of each task those that it left, and how many records are no whole ones."""
    found, torn = collections.defaultdict(list), []
    runs = os.path.join(folder, "work", ".sciwrap/runs")
    for name in os.listdir(runs) if os.path.isdir(runs) else []:
        try:
            manifest = json.load(open("%s/%s/manifest.json" % (runs, name)))
            found[manifest["circumstances"]["job"]["array_index"]].append(manifest)
        except (OSError, ValueError, KeyError) as wrong:
            torn.append("%s: %s" % (name, wrong))
    return found, torn


def own_files(index):
    return ["out.%d" % index]


def is_whole(manifest, index, job):
    """The record of a task that came to its end names its own files, argument, and task, and nobody else's."""
    experiment, facts = manifest["experiment"], manifest["circumstances"]["job"]
    outputs = sorted(item["path"] for item in experiment["outputs"] if item.get("role") is None)
    inputs = sorted(item["path"] for item in experiment["inputs"] if item.get("role") in ("argument", "observed"))
    return (facts["array_id"] == job and facts["cpus"] == 1 and experiment["command"][-1] == str(index) and
            experiment["exit"] == {"code": index % 3} and "cancelled" not in facts and
            [path for path in outputs if not path.startswith("/")] == own_files(index) and
            [path for path in inputs if not path.startswith("/")] == ["common", "in.%d" % index])


def is_cancelled(manifest, index):
    end = [{"code": 143, "signal": 15}, {"code": 9}, {"code": 137, "signal": 9}][index % 3]
    return manifest["experiment"]["exit"] == end and manifest["circumstances"]["job"].get("cancelled") is True


def judge(job, running, waiting):
    found, torn = manifests()
    normal = [index for index in range(1, tasks + 1) if index not in running and index not in waiting]
    verdict(not torn, "every record is a whole one%s" % ("" if not torn else ": " + "; ".join(torn[:3])))
    wrong = [index for index in normal if len(found[index]) != 1 or not is_whole(found[index][0], index, job)]
    if not verdict(not wrong, "%d manifests of %d tasks that ran, none lost or mixed%s"
                   % (len(normal) - len(wrong), len(normal), "" if not wrong else ": wrong are %s" % wrong[:10])):
        print("\n".join("# " + line for line in json.dumps([m["experiment"]["exit"] for m in found[wrong[0]]] +
                                                           [m["circumstances"]["job"] for m in found[wrong[0]]]).split("\n")))
    results = [index for index in normal if open("%s/work/out.%d" % (folder, index)).read() != "of all\nof %d\n" % index]
    verdict(not results, "each wrote its own result")
    if options.kind == "cancel":
        wrong = [index for index in running if len(found[index]) != 1 or not is_cancelled(found[index][0], index)]
        verdict(not wrong, "%d that were cancelled while they ran have a manifest that says so%s"
                % (len(running) - len(wrong), "" if not wrong else ": wrong are %s" % [
                    (index, [m["experiment"]["exit"] for m in found[index]]) for index in wrong]))
        # Slurm keeps nothing of a task that never became a job of its own, so that none of it is a proof as well.
        started = re.findall(r"ArrayTaskId=(\d+) ", as_user("scontrol", "show", "-o", "job", job, check=False).stdout)
        absent = [index for index in waiting if not found[index] and str(index) not in started and
                  not os.path.exists("%s/log/%d" % (folder, index))]
        verdict(absent == waiting, "%d that were cancelled before they began have none: Slurm never started them" % len(absent))
        verdict(sum(len(those) for those in found.values()) == tasks - len(waiting), "and there is no other manifest")
    else:
        verdict(sum(len(those) for those in found.values()) == tasks, "and there is no other manifest")
    trees, stages = (os.listdir(folder + "/store/" + name) for name in ("trees", "tmp"))
    verdict(len(trees) == 1 and not stages, "the store has one tree and nothing half-made")
    said = [name for name in os.listdir(folder + "/log") if re.search(
        "^sciwrap: (?!pull |Slurm told|tiny: waiting for|tiny: already)", open("%s/log/%s" % (folder, name), errors="replace").read(), re.M)]
    verdict(not said, "no task complained%s" % ("" if not said else ": " + open("%s/log/%s" % (folder, said[0])).read()))
    return [those[0]["circumstances"]["elapsed_ns"] / 1e9 for index, those in found.items() if index in normal and those]


prepare()
running, waiting = chosen()
if options.kind != "first":
    as_user(sciwrap, "pull", "--quiet", "tiny")
began = time.monotonic()
job = submit(running)
if options.kind == "cancel":
    cancel(job, running, waiting)
if options.kind == "restart":
    restart(job)
cluster("wait", job, "900")
took = time.monotonic() - began
times = sorted(judge(job, running, waiting))
print("# %s: %d tasks in %.1f s, %.1f a second; a run took %.3f s at the median, %.3f s at most"
      % (options.kind, tasks, took, tasks / took, times[len(times) // 2], times[-1]))
sys.exit(bad > 0)
