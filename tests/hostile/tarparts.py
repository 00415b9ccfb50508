# SPDX-License-Identifier: BSD-2-Clause
"""Building blocks of archives. Headers are put together by hand, because no library writes what an attacker writes."""

import bz2
import gzip
import lzma
import os
import random
import shutil
import subprocess

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


def sparse_old(name, real, extents, data, more=()):
    """Old GNU sparse header: four extents, the flag for more, the real size, from byte 345 on; then a block of 21 more."""
    extended = b"".join(octal(offset, 12) + octal(length, 12) for offset, length in more)
    extended = extended.ljust(BLOCK, b"\0") if more else b""
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


def signed_sum(entry):
    """The entry with the checksum of historic tars, which summed bytes as signed."""
    block = entry[:148] + b" " * 8 + entry[156:BLOCK]
    return block[:148] + b"%06o\0 " % sum(b - 256 if b > 127 else b for b in block) + entry[156:]


def named_gzip(data):
    """With the name, the comment and the extra field that a gzip header may have."""
    packed = gzip.compress(data, mtime=0)
    return packed[:3] + b"\x1c" + packed[4:10] + b"\4\0abcd" + b"name\0" + b"comment\0" + packed[10:]


def wrapped(data, times):
    for _ in range(times):
        data = gzip.compress(data, mtime=0)
    return data


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]


# The same bytes each time. The gzip case loses 64 bytes and not one bit, which can give another text that is as valid:
# libarchive does not compare the checksum at the end of a gzip stream (the pin covers it).
NOISE = random.Random(2)
BIG = tar(*(file("f%d" % i, NOISE.randbytes(2000).hex()) for i in range(40)))
GZ = gzip.compress(BIG, mtime=0)
XZ = lzma.compress(BIG)
BZ = bz2.compress(BIG)


def add_zstd(accept, refuse):
    data = zstd(BIG)
    if data is None:
        return
    accept["accept-zstd"] = (data, "count:40")
    accept["accept-zstd-two-frames"] = (zstd(BIG[:5000]) + zstd(BIG[5000:]), "count:40")
    accept["accept-zstd-skippable-frame"] = (b"\x50\x2a\x4d\x18\4\0\0\0abcd" + data, "count:40")
    refuse["refuse-zstd-truncated"] = (data[:-100], "")
    refuse["refuse-zstd-corrupt"] = (flip(data, len(data) // 2), "")
    refuse["refuse-zstd-wrong-check"] = (flip(data, len(data) - 1), "")
    refuse["refuse-zstd-trailing-garbage"] = (data + b"garbage!", "")
    refuse["refuse-zstd-padding-bomb"] = (zstd(tar(GOOD) + bytes(100 << 20)), "endless padding")
    refuse["refuse-zstd-of-zstd"] = (zstd(zstd(tar(GOOD))), "more than once")
    refuse["refuse-two-tars-of-zstd"] = (zstd(tar(GOOD)) + zstd(tar(file("second"))), "data after the end")
    refuse["refuse-bomb-zstd"] = (zstd(tar(file("z", bytes(8 << 20)))), "larger than allowed", {"SCIWRAP_UNPACK_BYTES": "4M"})
