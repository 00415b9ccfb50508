#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes hostile and odd archives, each named after the attack, with the outcome that docs/SECURITY.md promises.

    generate.py FOLDER      writes FOLDER/NAME.archive, FOLDER/NAME.ini and FOLDER/cases.tsv

Headers are put together by hand, because no library writes what an attacker writes. A line of cases.tsv is: name,
"accept" or "refuse", a fragment of the message (refuse) or what must be there afterwards (accept).
"""

import bz2
import gzip
import hashlib
import lzma
import os
import random
import shutil
import struct
import subprocess
import sys

BLOCK = 512
END = b"\0" * 1024
OUTSIDE = os.environ["OUTSIDE"]  # a folder that no archive may reach


def octal(value, width):
    return b"%0*o\0" % (width - 1, value)


def header(name, kind=b"0", size=0, link=b"", mode=0o644, mtime=1, magic=b"ustar\00000", prefix=b"", uid=0, raw_size=None,
           device=(0, 0), tail=None):
    """One header block with a right checksum; `raw_size` and `tail` replace the size field and bytes 345 on."""
    name = name.encode() if isinstance(name, str) else name
    link = link.encode() if isinstance(link, str) else link
    raw_mtime = octal(mtime, 12) if isinstance(mtime, int) else mtime
    raw_uid = octal(uid, 8) if isinstance(uid, int) else uid
    block = name[:100].ljust(100, b"\0") + octal(mode, 8) + raw_uid + octal(0, 8)
    block += (raw_size if raw_size is not None else octal(size, 12)) + raw_mtime + b" " * 8 + kind
    block += link[:100].ljust(100, b"\0") + magic.ljust(8, b"\0") + b"root".ljust(32, b"\0") + b"root".ljust(32, b"\0")
    block += octal(device[0], 8) + octal(device[1], 8)
    block += (tail if tail is not None else prefix).ljust(BLOCK - 345, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def pad(data):
    return data + b"\0" * (-len(data) % BLOCK)


def file(name, data=b"x\n", **more):
    data = data.encode() if isinstance(data, str) else data
    return header(name, b"0", len(data), **more) + pad(data)


def folder(name, mode=0o755, **more):
    return header(name, b"5", mode=mode, **more)


def symlink(name, target, **more):
    return header(name, b"2", link=target, mode=0o777, **more)


def hardlink(name, target, data=b"", **more):
    return header(name, b"1", len(data), link=target, **more) + pad(data)


def record(key, value):
    key = key.encode() if isinstance(key, str) else key
    value = value.encode() if isinstance(value, str) else value
    length = len(key) + len(value) + 3
    while len(str(length)) + len(key) + len(value) + 3 != length:
        length = len(str(length)) + len(key) + len(value) + 3
    return b"%d %s=%s\n" % (length, key, value)


def pax(kind=b"x", raw=None, **records):
    data = raw if raw is not None else b"".join(record(k.replace("__", "."), v) for k, v in records.items())
    return header("PaxHeaders/x", kind, len(data)) + pad(data)


def gnu(kind, data):
    return header("././@LongLink", kind, len(data), magic=b"ustar  \0") + pad(data)


def tar(*parts):
    return b"".join(parts) + END


GOOD = file("good", "good\n")
DEEP = "/".join("d" * 1 for _ in range(200))


def sparse_old(name, real, extents, data, extended=b""):
    """Old GNU sparse header: four extents, the flag for more, the real size, from byte 345 on."""
    tail = b"\0" * 12 * 2 + b"\0" * (386 - 345 - 24)
    for offset, length in (extents + [(0, 0)] * 4)[:4]:
        tail += octal(offset, 12) + octal(length, 12) if length or offset else b"\0" * 24
    tail += (b"\1" if extended else b"\0") + octal(real, 12)
    return header(name, b"S", len(data), magic=b"ustar  \0", tail=tail) + extended + pad(data)


def sparse_pax_1_0(name, real, sparse_map, data):
    text = b"%d\n" % len(sparse_map) + b"".join(b"%d\n%d\n" % extent for extent in sparse_map)
    return pax(GNU__sparse__major="1", GNU__sparse__minor="0", GNU__sparse__name=name,
               GNU__sparse__realsize=str(real)) + file("GNUSparseFile.0/" + name, pad(text) + data)


def smuggled():
    """The size in the ustar header hides what the pax size covers: CVE-2025-62518."""
    inner = tar(file("smuggled", "no\n"))
    return tar(pax(size=str(len(inner))) + header("outer", b"0", 0) + pad(inner), file("after"))


def zstd(data):
    program = shutil.which("zstd")
    return subprocess.run([program, "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout if program else None


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]


# The same bytes each time. The gzip case loses 64 bytes and not one bit, which can give another text that is as valid:
# libarchive does not compare the checksum at the end of a gzip stream (the pin covers it).
NOISE = random.Random(2)
BIG = tar(*(file("f%d" % i, NOISE.randbytes(2000).hex()) for i in range(40)))
GZ = gzip.compress(BIG, mtime=0)
XZ = lzma.compress(BIG)
BZ = bz2.compress(BIG)

# name: (archive, what must be there) or (archive, fragment of the message)
ACCEPT = {
    "accept-plain-files": (tar(folder("bin"), file("bin/tool", "t\n", mode=0o755)), "mode:bin/tool=755 file:bin/tool=t"),
    "accept-dot-prefix": (tar(folder("./"), folder("./a/"), file("./a/b", "b\n")), "file:a/b=b mode:.=755"),
    "accept-missing-parents": (tar(file("a/b/c", "c\n")), "file:a/b/c=c mode:a/b=755"),
    "accept-doubled-slashes": (tar(file("a//b/./c", "c\n")), "file:a/b/c=c"),
    "accept-hardlink": (tar(file("a", "a\n"), hardlink("b", "a")), "file:b=a same:a=b"),
    "accept-hardlink-to-hardlink": (tar(file("a", "a\n"), hardlink("b", "a"), hardlink("c", "./b")), "file:c=a same:a=c"),
    "accept-symlink-absolute": (tar(symlink("etc/x", "/etc/passwd"), GOOD), "link:etc/x=/etc/passwd"),
    "accept-symlink-outside": (tar(symlink("a/x", "../../../.."), GOOD), "link:a/x=../../../.."),
    "accept-symlink-var-run": (tar(folder("run"), symlink("var/run", "/run")), "link:var/run=/run"),
    "accept-symlink-dangling": (tar(symlink("x", "nowhere")), "link:x=nowhere"),
    "accept-merged-usr": (tar(folder("usr/bin"), symlink("bin", "usr/bin"), file("usr/bin/sh", "s\n")), "link:bin=usr/bin"),
    "accept-setuid-taken-off": (tar(file("su", "s\n", mode=0o4755)), "mode:su=755"),
    "accept-setgid-folder-taken-off": (tar(folder("d", mode=0o2755), GOOD), "mode:d=755"),
    "accept-sticky-folder-kept": (tar(folder("tmp", mode=0o1777), GOOD), "mode:tmp=1777"),
    "accept-folder-mode-000": (tar(folder("d", mode=0), file("d/x", "x\n")), "file:d/x=x mode:d=755"),
    "accept-folder-read-only": (tar(folder("d", mode=0o555), file("d/x", "x\n")), "file:d/x=x mode:d=755"),
    "accept-file-mode-000": (tar(file("x", "x\n", mode=0)), "file:x=x mode:x=444"),
    "accept-folder-twice": (tar(folder("d", mode=0o700), file("d/x", "x\n"), folder("d", mode=0o777)), "mode:d=777 file:d/x=x"),
    "accept-device-left-out": (tar(header("dev/null", b"3", device=(1, 3)), GOOD), "absent:dev/null file:good=good"),
    "accept-block-device-left-out": (tar(header("dev/sda", b"4", device=(8, 0)), GOOD), "absent:dev/sda"),
    "accept-fifo-left-out": (tar(header("pipe", b"6"), GOOD), "absent:pipe"),
    "accept-capability-taken-off": (tar(pax(SCHILY__xattr__security__capability=b"\1\0\0\2\0\x20\0\0" + b"\0" * 12), file("ping")), "noxattr:ping"),
    "accept-overlay-attribute-taken-off": (tar(pax(SCHILY__xattr__trusted__overlay__opaque="y"), folder("d"), GOOD), "noxattr:d"),
    "accept-acl-taken-off": (tar(pax(SCHILY__acl__access="user::rw-,user:65534:rwx,group::r--,mask::rwx,other::r--"), file("x", "x\n")), "mode:x=644"),
    "accept-flags-taken-off": (tar(pax(SCHILY__fflags="immutable,append"), file("x", "x\n")), "file:x=x"),
    "accept-case-twins": (tar(file("README", "1\n"), file("readme", "2\n")), "file:README=1 file:readme=2"),
    "accept-long-gnu-name": (tar(gnu(b"L", b"a/" * 100 + b"x\0"), file("short", "x\n")), "file:" + "a/" * 100 + "x=x"),
    "accept-long-gnu-link": (tar(gnu(b"K", b"t" * 300 + b"\0"), symlink("l", "short")), "link:l=" + "t" * 300),
    "accept-ustar-prefix": (tar(file("c", "c\n", prefix=b"a/b")), "file:a/b/c=c"),
    "accept-v7": (tar(header("x", b"\0", 2, magic=b"") + pad(b"x\n")), "file:x=x"),
    "accept-v7-folder-by-slash": (tar(header("d/", b"\0", magic=b""), file("d/x", "x\n")), "file:d/x=x"),
    "accept-contiguous-file": (tar(header("x", b"7", 2) + pad(b"x\n")), "file:x=x"),
    "accept-volume-label": (tar(header("label", b"V", magic=b"ustar  \0"), GOOD), "file:good=good absent:label"),
    "accept-pax-path": (tar(pax(path="other/name"), file("short", "x\n")), "file:other/name=x absent:short"),
    "accept-pax-size-is-the-size": (smuggled(), "size:outer=2048 absent:smuggled file:after=x"),
    "accept-pax-size-then-long-name": (tar(pax(size="2") + gnu(b"L", b"long\0") + header("short", b"0", 2) + pad(b"x\n")), "file:long=x"),
    "accept-pax-global-comment": (tar(pax(b"g", comment="0123456789"), GOOD), "file:good=good"),
    "accept-pax-binary-charset": (tar(pax(hdrcharset="BINARY", path=b"n\xff"), file("x", "x\n")), "count:1"),
    "accept-name-not-utf8": (tar(file(b"n\xff\xfe", "x\n")), "count:1"),
    "accept-name-utf8": (tar(pax(path="grün/ß"), file("x", "x\n")), "file:grün/ß=x"),
    "accept-name-with-escape": (tar(file("a\033[2Jb", "x\n")), "count:1"),
    "accept-name-with-newline": (tar(file("a\nb", "x\n")), "count:1"),
    "accept-name-backslash": (tar(file("a\\b", "x\n")), "file:a\\b=x"),
    "accept-name-dash": (tar(file("-rf", "x\n")), "file:-rf=x"),
    "accept-name-hidden": (tar(file("..hidden", "x\n"), file("...", "y\n")), "file:..hidden=x file:...=y"),
    "accept-name-255": (tar(pax(path="n" * 255), file("x", "x\n")), "file:" + "n" * 255 + "=x"),
    "accept-depth-200": (tar(pax(path=DEEP + "/x"), file("x", "x\n")), "file:" + DEEP + "/x=x"),
    "accept-time-before-1970": (tar(pax(mtime="-100000"), file("x", "x\n")), "mtime:x=0"),
    "accept-time-far-future": (tar(pax(mtime="99999999999"), file("x", "x\n")), "mtime:x=4294967295"),
    "accept-time-is-no-number": (tar(pax(mtime="nan"), file("x", "x\n")), "file:x=x"),
    "accept-owner-minus-one": (tar(file("x", "x\n", uid=b"\x80\0\0\0\xff\xff\xff\xff")), "mine:x"),
    "accept-owner-unknown": (tar(pax(uid="4000000000", uname="nobody-knows"), file("x", "x\n")), "mine:x"),
    "accept-sparse-old": (tar(sparse_old("s", 8192, [(4096, 2)], b"x\n")), "size:s=8192"),
    "accept-sparse-pax": (tar(sparse_pax_1_0("s", 10000, [(5000, 2)], b"x\n")), "size:s=10000"),
    "accept-one-end-block": (GOOD + b"\0" * BLOCK, "file:good=good"),
    "accept-zero-padding": (tar(GOOD) + b"\0" * 20480, "file:good=good"),
    "accept-gzip": (GZ, "count:40"),
    "accept-gzip-two-members": (gzip.compress(BIG[:5000], mtime=0) + gzip.compress(BIG[5000:], mtime=0), "count:40"),
    "accept-gzip-zero-padding": (GZ + b"\0" * 1000, "count:40"),
    "accept-xz": (XZ, "count:40"),
    "accept-xz-two-streams": (lzma.compress(BIG[:5000]) + lzma.compress(BIG[5000:]), "count:40"),
    "accept-bzip2": (BZ, "count:40"),
    "accept-empty-file": (tar(file("empty", b"")), "size:empty=0"),
    "accept-etc-symlink": (tar(folder("usr/etc"), symlink("etc", "usr/etc")), "link:etc=usr/etc"),
}

REFUSE = {
    "refuse-absolute-path": (tar(file(OUTSIDE + "/x")), "absolute path"),
    "refuse-many-slashes": (tar(file("///" + OUTSIDE + "/x")), "absolute path"),
    "refuse-proc-self-cwd": (tar(file("/proc/self/cwd/../x")), "absolute path"),
    "refuse-only-slashes": (tar(folder("///"), GOOD), "absolute path"),
    "refuse-dotdot-name": (tar(file("../x")), "leaves the root"),
    "refuse-dotdot-within": (tar(folder("a"), file("a/../../x")), "leaves the root"),
    "refuse-dotdot-that-stays": (tar(folder("a"), file("a/../x")), "leaves the root"),
    "refuse-dotdot-folder": (tar(folder("../newdir/")), "leaves the root"),
    "refuse-write-through-symlink": (tar(symlink("l", OUTSIDE), file("l/x")), "not a directory"),
    "refuse-write-through-relative-symlink": (tar(symlink("l", "../../../../.." + OUTSIDE), file("l/x")), "not a directory"),
    "refuse-write-through-chain": (tar(symlink("a/b", ".."), symlink("a/c", "b/../.."), file("a/c/x")), "not a directory"),
    "refuse-write-through-dot-symlink": (tar(symlink("x", "."), file("x/y")), "not a directory"),
    "refuse-write-through-pax-link": (tar(pax(linkpath=OUTSIDE), symlink("l", "short"), file("l/x")), "not a directory"),
    "refuse-write-through-long-link": (tar(gnu(b"K", OUTSIDE.encode() + b"\0"), symlink("l", "short"), file("l/x")), "not a directory"),
    "refuse-file-over-symlink": (tar(symlink("l", OUTSIDE + "/victim"), file("l")), "same path comes twice"),
    "refuse-symlink-over-folder": (tar(folder("d"), symlink("d", OUTSIDE), file("d/x")), "same path comes twice"),
    "refuse-symlink-over-used-folder": (tar(file("d/x"), symlink("d", OUTSIDE)), "same path comes twice"),
    "refuse-folder-over-symlink": (tar(symlink("l", OUTSIDE), folder("l/", mode=0o777)), "in the place of"),
    "refuse-folder-over-file": (tar(file("x"), folder("x")), "in the place of"),
    "refuse-file-over-folder": (tar(folder("d"), file("d")), "same path comes twice"),
    "refuse-file-as-parent": (tar(file("x"), file("x/y")), "not a directory"),
    "refuse-hardlink-absolute": (tar(hardlink("x", OUTSIDE + "/victim")), "absolute path"),
    "refuse-hardlink-dotdot": (tar(hardlink("x", "../../victim")), "leaves the root"),
    "refuse-hardlink-through-symlink": (tar(symlink("l", OUTSIDE), hardlink("x", "l/victim")), "comes before"),
    "refuse-hardlink-to-symlink": (tar(symlink("l", OUTSIDE + "/victim"), hardlink("x", "l")), "comes before"),
    "refuse-hardlink-to-itself": (tar(hardlink("x", "x")), "comes before"),
    "refuse-hardlink-to-later-file": (tar(hardlink("x", "y"), file("y")), "comes before"),
    "refuse-hardlink-to-folder": (tar(folder("d"), hardlink("x", "d")), "comes before"),
    "refuse-hardlink-with-data": (tar(file("a"), hardlink("b", "a", b"new\n")), "with data"),
    "refuse-hardlink-outside-with-data": (tar(hardlink("b", OUTSIDE + "/victim", b"new\n"), GOOD), "with data"),
    "refuse-hardlink-to-device": (tar(header("null", b"3", device=(1, 3)), hardlink("x", "null")), "comes before"),
    "refuse-symlink-with-data": (tar(header("l", b"2", 2, link=b"t") + pad(b"x\n")), "with data"),
    "refuse-folder-with-data": (tar(header("d", b"5", 2) + pad(b"x\n")), "with data"),
    "refuse-file-with-slash-and-data": (tar(file("x/", "data\n"), GOOD), "understand differently"),
    "refuse-socket-type": (tar(header("s", b"s"), GOOD), "unknown kind"),
    "refuse-unknown-type": (tar(header("z", b"Z", 2) + pad(b"x\n")), "unknown kind"),
    "refuse-multi-volume": (tar(header("m", b"M", 2, magic=b"ustar  \0") + pad(b"x\n")), "multi-volume"),
    "refuse-dump-folder": (tar(header("d", b"D", magic=b"ustar  \0"), GOOD), "multi-volume"),
    "refuse-file-twice": (tar(file("x", "1\n"), file("x", "2\n")), "same path comes twice"),
    "refuse-file-twice-other-spelling": (tar(file("a/x", "1\n"), file("./a//x", "2\n")), "same path comes twice"),
    "refuse-name-300": (tar(pax(path="n" * 300), file("x")), "longer than 255"),
    "refuse-path-4646": (tar(pax(path=("n" * 200 + "/") * 23 + "x"), file("x")), "longer than allowed"),
    "refuse-depth-1900": (tar(pax(path="d/" * 1900 + "x"), file("x")), "deep"),
    "refuse-pax-bomb": (tar(header("PaxHeaders/x", b"x", 2 << 20) + b"a" * (2 << 20), GOOD), "too large"),
    "refuse-pax-claims-terabyte": (tar(header("PaxHeaders/x", b"x", 0, raw_size=octal(1 << 32, 12)), GOOD), "too large"),
    "refuse-long-name-bomb": (tar(gnu(b"L", b"a" * (2 << 20)), GOOD), "too large"),
    "refuse-negative-size": (tar(header("x", b"0", raw_size=b"\xff" * 12), GOOD), "size"),
    "refuse-size-no-number": (tar(header("x", b"0", raw_size=b"0000zz00000\0"), GOOD), "size"),
    "refuse-size-2-to-62": (tar(header("x", b"0", raw_size=b"\x80" + struct.pack(">Q", 1 << 62).rjust(11, b"\0")), GOOD), "larger than allowed"),
    "refuse-size-beyond-archive": (header("x", b"0", raw_size=octal((8 << 30) - 1, 12)) + b"x" * 512, ""),
    "refuse-pax-size-two": (tar(pax(raw=record("size", "2") + record("size", "4")) + header("x", b"0", 2) + pad(b"x\n")), "two sizes"),
    "refuse-pax-size-no-number": (tar(pax(size="0x10"), GOOD), "not a number"),
    "refuse-pax-path-twice": (tar(pax(raw=record("path", "a") + record("path", "b")), GOOD), "two names"),
    "refuse-pax-header-twice": (tar(pax(path="a"), pax(path="b"), GOOD), "two extended headers"),
    "refuse-pax-path-and-long-name": (tar(pax(path="a"), gnu(b"L", b"b\0"), GOOD), "two names"),
    "refuse-pax-malformed": (tar(pax(raw=b"99 path=x\n"), GOOD), "malformed"),
    "refuse-pax-no-length": (tar(pax(raw=b"path=x\n"), GOOD), "malformed"),
    "refuse-pax-nul-in-path": (tar(pax(path=b"good\0/../x"), file("x")), "NUL byte"),
    "refuse-pax-nul-in-link": (tar(pax(linkpath=b"a\0b"), symlink("l", "x")), "NUL byte"),
    "refuse-long-name-nul": (tar(gnu(b"L", b"good\0evil\0"), file("x")), "NUL byte"),
    "refuse-pax-empty-path": (tar(pax(path=""), file("x")), "empty name"),
    "refuse-empty-name": (tar(file("")), "empty name"),
    "refuse-empty-long-name": (tar(gnu(b"L", b""), file("x")), "empty name"),
    "refuse-global-path": (tar(pax(b"g", path="evil"), GOOD), "global header"),
    "refuse-global-link": (tar(pax(b"g", linkpath="/etc"), symlink("l", "x")), "global header"),
    "refuse-global-size": (tar(pax(b"g", size="0"), GOOD), "global header"),
    "refuse-pax-without-entry": (tar(GOOD, pax(path="x")), "without its entry"),
    "refuse-sparse-terabyte": (tar(sparse_pax_1_0("s", 1 << 40, [(0, 2)], b"x\n")), "larger than allowed"),
    "refuse-sparse-map-bomb": (tar(pax(GNU__sparse__major="1", GNU__sparse__minor="0", GNU__sparse__name="s", GNU__sparse__realsize="10"),
                                   file("s", b"1000000000000\n0\n1\n")), ""),
    "refuse-sparse-backwards": (tar(sparse_old("s", 8192, [(4096, 512), (0, 512)], b"x" * 1024)), ""),
    "refuse-sparse-beyond-size": (tar(sparse_old("s", 100, [(4096, 512)], b"x" * 512)), ""),
    "refuse-truncated-in-header": ((GOOD + file("second"))[:BLOCK * 2 + 255], ""),
    "refuse-truncated-in-data": (tar(file("x", "y" * 5000))[:BLOCK * 4], ""),
    "refuse-truncated-in-data-by-one": (tar(file("x", "y" * 5000))[:BLOCK * 4 + 1], ""),
    "refuse-without-end": (GOOD + file("second"), "end marker is missing"),
    "refuse-empty-archive": (END, "no entries"),
    "refuse-one-zero-block": (b"\0" * BLOCK, "no entries"),
    "refuse-empty-file": (b"", "empty"),
    "refuse-first-checksum": (flip(tar(GOOD), 3), "not a tar archive"),
    "refuse-second-checksum": (flip(tar(GOOD, file("b"), file("c")), 1027), "checksum is wrong"),
    "refuse-two-tars": (tar(GOOD) + tar(file("second")), "data after the end"),
    "refuse-trailing-garbage": (tar(GOOD) + b"garbage", "data after the end"),
    "refuse-lone-zero-block": (GOOD + b"\0" * BLOCK + file("hidden") + END, "data after the end"),
    "refuse-gzip-truncated": (GZ[:-5000], ""),
    # Not a flipped bit: in stored data only the CRC would tell, which the pinned sha256 stands in for.
    "refuse-gzip-corrupt": (GZ[:70000] + GZ[73000:], ""),
    "refuse-gzip-trailing-garbage": (GZ + b"garbage", "data after the end"),
    "refuse-gzip-two-tars": (gzip.compress(tar(GOOD), mtime=0) + gzip.compress(tar(file("second")), mtime=0), "data after the end"),
    "refuse-gzip-of-gzip": (gzip.compress(gzip.compress(tar(GOOD))), "more than once"),
    "refuse-gzip-of-gzip-of-gzip": (gzip.compress(gzip.compress(gzip.compress(tar(GOOD)))), "more than once"),
    "refuse-gzip-of-nothing": (gzip.compress(b""), "not a tar archive"),
    "refuse-xz-truncated": (XZ[:-100], ""),
    "refuse-xz-corrupt": (flip(XZ, len(XZ) // 2), "damaged"),
    "refuse-xz-trailing-garbage": (XZ + b"garbage!", ""),
    "refuse-bzip2-truncated": (BZ[:-100], ""),
    "refuse-bzip2-corrupt": (flip(BZ, len(BZ) // 2), ""),
    "refuse-whiteout": (tar(file("etc/.wh.passwd", b"")), "OCI image"),
    "refuse-whiteout-opaque": (tar(file("etc/.wh..wh..opq", b"")), "OCI image"),
    "refuse-whiteout-folder": (tar(file(".wh..wh.plnk/x", b"")), "OCI image"),
    "refuse-root-as-symlink": (tar(symlink(".", OUTSIDE), GOOD), "root is not a directory"),
    "refuse-root-as-file": (tar(file("./.")), "root is not a directory"),
    "refuse-dev-symlink": (tar(symlink("dev", OUTSIDE), GOOD), "mounts its own"),
    "refuse-proc-symlink": (tar(symlink("./proc", "/"), GOOD), "mounts its own"),
    "refuse-sys-symlink": (tar(symlink("sys", "usr"), GOOD), "mounts its own"),
    "refuse-symlink-empty": (tar(symlink("l", "")), "without a target"),
    "refuse-symlink-5000": (tar(gnu(b"K", b"t" * 5000 + b"\0"), symlink("l", "x")), "4095"),
    "refuse-random-bytes": (hashlib.sha256(b"seed").digest() * 1000, "not a tar archive"),
    "refuse-html": (b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n" * 20, "not a tar archive"),
    "refuse-zip": (b"PK\3\4" + b"\0" * 2000, "not a tar archive"),
    "refuse-message-escaped": (tar(file("a\033[2Jb"), file("a\033[2Jb")), "\\x1b[2J"),
}


def add_zstd():
    data = zstd(BIG)
    if data is None:
        return
    ACCEPT["accept-zstd"] = (data, "count:40")
    ACCEPT["accept-zstd-two-frames"] = (zstd(BIG[:5000]) + zstd(BIG[5000:]), "count:40")
    REFUSE["refuse-zstd-truncated"] = (data[:-100], "")
    REFUSE["refuse-zstd-corrupt"] = (flip(data, len(data) // 2), "")
    REFUSE["refuse-zstd-trailing-garbage"] = (data + b"garbage!", "")
    REFUSE["refuse-zstd-padding-bomb"] = (zstd(tar(GOOD) + b"\0" * (100 << 20)), "endless padding")


def write(folder_path, name, data):
    archive = os.path.join(folder_path, name + ".archive")
    with open(archive, "wb") as out:
        out.write(data)
    with open(os.path.join(folder_path, name + ".ini"), "w") as out:
        out.write("[environment]\ndescription = %s\ncommand = true\n[artifact]\nsha256 = %s\nurl = %s.archive\n"
                  % (name, hashlib.sha256(data).hexdigest(), name))


def main():
    folder_path = sys.argv[1]
    add_zstd()
    with open(os.path.join(folder_path, "cases.tsv"), "w", encoding="utf-8", errors="surrogateescape") as table:
        for outcome, cases in (("accept", ACCEPT), ("refuse", REFUSE)):
            for name, (data, what) in cases.items():
                write(folder_path, name, data)
                table.write("%s\t%s\t%s\n" % (name, outcome, what))


if __name__ == "__main__":
    main()
