#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# cluster.sh: a Slurm of one machine for tests, made of Debian's packages: munged, slurmctld and slurmd of its own, with their
# own key, ports, names and folder, beside whatever else runs here. As root, as slurmd starts jobs of other users.
#
#   cluster.sh install       installs slurmctld, slurmd, slurm-client and munge where they are missing, and stops their services
#   cluster.sh can           status 0 when a cluster can be started here, else says why not
#   cluster.sh start DIR     DIR is new or empty; returns when a job can run. SLURM_TEST_CPUS (2), SLURM_TEST_MEMORY (4000
#                            MB) and SLURM_TEST_CONF (more lines for slurm.conf) say what is to be different
#   cluster.sh stop DIR      ends every job and every process of it; DIR stays, with its logs
#   cluster.sh env DIR       prints what a shell evaluates to use it: eval "$(cluster.sh env DIR)"
#   cluster.sh slurmd DIR start|stop    only the daemon of the node, as when it is updated: running jobs go on
#   cluster.sh restart DIR   the controller alone: stopped and started
#   cluster.sh wait DIR JOB [SECONDS]   returns when no task of the job is queued or runs (120 s)
#
# Anybody may submit and ask: the environment of `env` is all that is needed. KillWait is 5 s, so that tests of what happens
# when it is over need not wait for 30.
set -euo pipefail

packages='slurmctld:slurmctld slurmd:slurmd sbatch:slurm-client munged:munge'
me=$(realpath "$0")

die() {
    echo "cluster.sh: $*" >&2
    exit 1
}

is_here() {
    command -v "$1" >/dev/null || [[ -x /usr/sbin/$1 ]]
}

install() {
    local package missing=()
    for package in $packages; do
        is_here "${package%%:*}" || missing+=("${package##*:}")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    # Their services are for a real cluster: the package is not to start them.
    local policy=/usr/sbin/policy-rc.d made=no
    [[ -e $policy ]] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod 0755 $policy && made=yes; }
    apt-get update -qq || true # somebody else may be at it
    DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        { [[ $made == no ]] || rm -f $policy; die "could not install ${missing[*]}"; }
    [[ $made == no ]] || rm -f $policy
}

can() {
    local package
    [[ $(id -u) -eq 0 ]] || die 'only root can start a slurmd that starts jobs of other users'
    for package in $packages; do
        is_here "${package%%:*}" || die "no ${package%%:*} here: tests/slurm/cluster.sh install (package ${package##*:})"
    done
}

# Ports that nobody listens on now, one after the other from a random one.
free_ports() {
    python3 - <<'PYTHON'
import socket
held = []
for _ in range(2):
    held.append(socket.socket())
    held[-1].bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))
PYTHON
}

write_configuration() {
    local controller node
    read -r controller node < <(free_ports)
    cat >"$dir/slurm.conf" <<CONF
ClusterName=sciwrap
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
SlurmctldDebug=verbose
SlurmdDebug=verbose
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=200
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,default_queue_depth=1000,bf_interval=1,bf_continue,bf_resolution=1
PriorityType=priority/basic
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/completed
JobFileAppend=1
KillWait=5
ReturnToService=2
SlurmdTimeout=120
MinJobAge=3600
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$node CPUs=${SLURM_TEST_CPUS:-2} RealMemory=${SLURM_TEST_MEMORY:-4000} State=UNKNOWN
PartitionName=main Nodes=node1 Default=YES MaxTime=60 State=UP
${SLURM_TEST_CONF:-}
CONF
    # Nothing of cgroups: they are those of the machine, which is not only ours.
    printf 'CgroupPlugin=cgroup/v1\n' >"$dir/cgroup.conf"
}

# The machine may be called whatever it is called; the daemons see a plain name. Jobs see it too, as they are children of
# slurmd's. Files as the daemons leave them: their folder is root's, and open to everybody for reading.
daemon() { # PROGRAM ARGUMENT...
    # shellcheck disable=SC2016 # expanded by that shell
    env -i PATH="$PATH" SLURM_CONF="$dir/slurm.conf" HOME=/root unshare --uts sh -c 'umask 022; hostname "$0" && exec "$@"' "$host" "$@"
}

alive() { # PIDFILE PROGRAM: its process, and not a later one of the same number
    local pid
    pid=$(cat "$dir/$1" 2>/dev/null) && [[ -n $pid && $(cat "/proc/$pid/comm" 2>/dev/null) == "$2" ]] && echo "$pid"
}

until_true() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [[ $SECONDS -lt $end ]] || return 1
        sleep 0.1
    done
}

say_why() {
    echo "cluster.sh: $1; the logs in $dir say:" >&2
    local log
    for log in "$dir"/slurm*.{out,log} "$dir"/munge/private/{errors,log}; do
        [[ ! -s $log ]] || { echo "$log:" && tail -n 5 "$log"; } >&2
    done
    stop
    exit 1
}

start_munged() {
    mkdir -m 0711 "$dir/munge"
    mkdir -m 0700 "$dir/munge/private"
    (umask 077 && head -c 128 /dev/urandom >"$dir/munge/private/key")
    # --force: that root runs it and not a user of its own is meant.
    munged --force --socket="$dir/munge/socket" --key-file="$dir/munge/private/key" --pid-file="$dir/munge/private/pid" \
        --log-file="$dir/munge/private/log" --seed-file="$dir/munge/private/seed" --num-threads=2 2>"$dir/munge/private/errors" ||
        { cat "$dir/munge/private/errors" >&2; die 'munged did not start'; }
}

start_slurmd() {
    daemon slurmd -N node1 >>"$dir/slurmd.out" 2>&1 || say_why 'slurmd did not start'
    until_true 30 node_is_up || say_why 'the node did not come up'
}

node_is_up() {
    [[ $(sinfo -h -o %t) =~ ^(idle|mix|alloc) ]]
}

start() {
    can
    mkdir -p "$dir"
    [[ -z $(ls -A "$dir") ]] || die "'$dir' is not empty"
    chmod 0755 "$dir"
    mkdir -m 0755 "$dir/state" "$dir/spool"
    write_configuration
    start_munged
    daemon slurmctld >>"$dir/slurmctld.out" 2>&1 || say_why 'slurmctld did not start'
    until_true 30 scontrol ping || say_why 'slurmctld did not answer'
    start_slurmd
}

end_daemon() { # PIDFILE PROGRAM
    local pid
    pid=$(alive "$1" "$2") || return 0
    kill "$pid" 2>/dev/null || true
    until_true 15 not_running "$pid" || kill -KILL "$pid" 2>/dev/null || true
}

not_running() {
    ! kill -0 "$1" 2>/dev/null
}

# What belongs to jobs of this cluster, by its environment: their keepers, which outlive slurmd, and what these started.
jobs_of() {
    local pid
    for pid in $(pgrep -x slurmstepd) $(grep -lzxF "SLURMD_NODENAME=node1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3); do
        grep -qzxF "SLURM_CONF=$dir/slurm.conf" "/proc/$pid/environ" 2>/dev/null && echo "$pid"
    done
    return 0
}

stop() {
    [[ -e $dir/slurm.conf ]] || return 0
    if [[ -n $(alive slurmctld.pid slurmctld) ]]; then
        timeout 10 scancel --quiet --partition=main || true
        timeout 10 scancel --quiet --partition=main --full --signal=KILL || true
        until_true 10 no_jobs || true
    fi
    end_daemon slurmd.pid slurmd
    local pid
    for pid in $(jobs_of); do
        kill -KILL "$pid" 2>/dev/null || true
    done
    end_daemon slurmctld.pid slurmctld
    end_daemon munge/private/pid munged
}

no_jobs() {
    [[ -z $(squeue -h) ]]
}

no_tasks() {
    [[ -z $(squeue -h -j "$1" 2>/dev/null) ]]
}

command=${1:-}
case $command in
install | can) "$command" && exit ;;
start | stop | env | slurmd | restart | wait) [[ $# -ge 2 ]] || die "$command needs a folder" ;;
*) sed -n '3,20s/^# \{0,1\}//p' "$me" && exit 125 ;;
esac
dir=$(realpath -m "$2")
host=sciwrap-node
PATH=$PATH:/usr/sbin:/sbin
export PATH SLURM_CONF=$dir/slurm.conf
case $command in
start | stop) "$command" ;;
env) printf 'export SLURM_CONF=%q\n' "$dir/slurm.conf" ;;
slurmd)
    case ${3:-} in
    stop) end_daemon slurmd.pid slurmd ;;
    start) start_slurmd ;;
    *) die 'slurmd DIR start|stop' ;;
    esac
    ;;
restart)
    end_daemon slurmctld.pid slurmctld
    daemon slurmctld >>"$dir/slurmctld.out" 2>&1 || say_why 'slurmctld did not start again'
    until_true 30 scontrol ping || say_why 'slurmctld did not answer again'
    ;;
wait) until_true "${4:-120}" no_tasks "${3:?wait DIR JOB}" || die "job $3 still has tasks: $(squeue -h -j "$3" | head -n 3)" ;;
esac
