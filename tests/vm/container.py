#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""container.py KIND UID ROOT TEXT: the configuration (OCI runtime specification 1.0) of a container that an engine would make,
on standard output. KIND: docker or podman, as they come; docker-seccomp without its filter; docker-shared that, and
SCIWRAP_PROC=shared; docker-open and podman-open with nothing of /proc covered either."""
import json
import sys

kind, uid, root, text = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
engine = kind.split("-")[0]

# docker run(1), "Runtime privilege and Linux capabilities"; podman run(1), --cap-add.
capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
                "SYS_CHROOT"]
if engine == "docker":
    capabilities += ["AUDIT_WRITE", "MKNOD", "NET_RAW"]
capabilities = ["CAP_" + name for name in capabilities] if uid == 0 else []

# What the manual of Docker lists as blocked, of which Podman lets an unprivileged namespace be made and used.
blocked = ["acct", "add_key", "bpf", "delete_module", "finit_module", "get_mempolicy", "init_module", "ioperm", "iopl", "kcmp",
           "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mbind", "move_pages", "nfsservctl", "open_by_handle_at",
           "perf_event_open", "quotactl", "reboot", "request_key", "set_mempolicy", "settimeofday", "swapoff", "swapon", "sysfs",
           "userfaultfd", "vm86", "vm86old"]
if engine == "docker":
    blocked += ["fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree", "pivot_root", "setns",
                "sethostname", "umount", "umount2", "unshare"]
NAMESPACES = 0x7E020000
rules = [{"names": blocked, "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
         {"names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
          "args": [{"index": 0, "value": 0x40000, "op": "SCMP_CMP_EQ"}]}]
if engine == "docker":
    rules += [{"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
               "args": [{"index": 0, "value": bit, "valueTwo": bit, "op": "SCMP_CMP_MASKED_EQ"}]}
              for bit in (1 << number for number in range(32)) if bit & NAMESPACES]
    rules += [{"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]

linux = {"namespaces": [{"type": name} for name in ("pid", "ipc", "uts", "mount", "network")]}
if kind in ("docker", "podman", "podman-open"):
    linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": rules}
if not kind.endswith("-open"):
    linux["maskedPaths"] = ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                            "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"]
    linux["readonlyPaths"] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
variables = ["PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/tmp"]
if kind == "docker-shared":
    variables.append("SCIWRAP_PROC=shared")
json.dump({
    "ociVersion": "1.0.2",
    "process": {"user": {"uid": uid, "gid": uid}, "args": ["/bin/sh", "-c", text], "env": variables, "cwd": "/tmp",
                "noNewPrivileges": False,
                "capabilities": {name: capabilities for name in ("bounding", "effective", "permitted")}},
    "root": {"path": root, "readonly": False},
    "hostname": "container",
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
        {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
         "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
        {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev", "mode=1777"]},
        {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777"]}],
    "linux": linux}, sys.stdout)
