"""Debian packages that are none: deb.py CASE FILE writes one and prints what `sciwrap build` must say of it; nothing when
it must be taken.

deb.py --cases     the names of all cases
"""

import io
import sys
import tarfile

CONTROL = b"Package: b\nVersion: 1\nArchitecture: all\nDescription: x\n"


def tar(*members, form=tarfile.GNU_FORMAT):
    """Of (name, content), or of what was made of a TarInfo before."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=form, encoding="latin-1") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return data.getvalue()


def special(name, kind, link="", **more):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    for key, value in more.items():
        setattr(info, key, value)
    return info


def sparse(name, size, parts):
    """A sparse file that says `size` and has data of a length at each place of `parts`: GNU.sparse 1.0."""
    head = "".join(["%d\n" % len(parts)] + ["%d\n%d\n" % part for part in parts]).encode()
    data = head + bytes(-len(head) % 512) + b"x" * sum(length for _, length in parts)
    info = tarfile.TarInfo("GNUSparseFile.0/" + name)
    info.size = len(data)
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": name,
                        "GNU.sparse.realsize": str(size)}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def ar(**members):
    data = b"!<arch>\n"
    for name, content in {"debian-binary": b"2.0\n", **members}.items():
        name = {"control": "control.tar", "data": "data.tar"}.get(name, name)
        data += b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode(), 0, 0, 0, 0o100644, len(content))
        data += content + b"\n" * (len(content) % 2)
    return data


control = tar(("./control", CONTROL))
data = tar(("./etc/two", b"two\n"))

CASES = {
    "good": (ar(control=control, data=data), ""),
    "no-control-member": (ar(data=data), "b 1: not a Debian package: it lacks control.tar"),
    "no-data-member": (ar(control=control), "b 1: not a Debian package: it lacks data.tar"),
    "no-control-file": (ar(control=tar(("./md5sums", b"x")), data=data), "b 1: no control file"),
    "empty-control-file": (ar(control=tar(("./control", b"")), data=data), "b 1: its control file is empty or too long"),
    "other-control-file": (ar(control=tar(("./control", b"Version: 1\n")), data=data),
                           "b 1: its control file does not begin with 'Package:'"),
    "pipe": (ar(control=control, data=tar(special("./etc/pipe", tarfile.FIFOTYPE))),
             "b 1: 'etc/pipe' is a device or a pipe; leave it out with 'exclude'"),
    "link-to-nothing": (ar(control=control, data=tar(special("./etc/link", tarfile.SYMTYPE))),
                        "b 1: link 'etc/link' has no usable target"),
    "link-too-far": (ar(control=control, data=tar(special("./etc/link", tarfile.SYMTYPE, "x" * 4000))),
                     "b 1: link 'etc/link' has no usable target"),
    "long-name-in-latin-1": (ar(control=control, data=tar(("./etc/" + "x" * 200 + "\xe9", b"x"))),
                             "'etc/xxx.*': a name this long must be UTF-8"),
    "longer-than-it-says": (ar(control=control, data=sparse("etc/x", 10, [(0, 1000)])), "b 1: a file is longer than its header says"),
    "with-a-hole": (ar(control=control, data=sparse("etc/x", 5000, [(0, 100)])), ""),
    "name-in-no-utf-8": (ar(control=control, data=tar(special("etc/x", tarfile.REGTYPE, pax_headers={"path": "etc/XXXX"}),
                                                      form=tarfile.PAX_FORMAT).replace(b"etc/XXXX", b"etc/\xed\xa0\x80X")),
                         "b 1: .*UTF-8"),
    "many-entries": (ar(control=control, data=tar(*[("etc/%d" % i, b"") for i in range(21)])),
                     "b 1: more than 20 entries; .SCIWRAP_UNPACK_ENTRIES sets the limit"),
}

if __name__ == "__main__":
    if sys.argv[1] == "--cases":
        print("\n".join(CASES))
    else:
        content, expected = CASES[sys.argv[1]]
        with open(sys.argv[2], "wb") as file:
            file.write(content)
        print(expected)
