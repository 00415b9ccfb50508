"""Bundles made by hand, to attack whoever reads them: bundle.py CASE IN OUT takes the good bundle IN apart and puts it
together again with the change that CASE names; its list, sums and end mark are right wherever that is not the attack.

bundle.py --cases     the names of all cases
bundle.py --flip SCIWRAP IN COUNT    checks copies of IN with one bit turned, at COUNT places and both ends
"""

import hashlib
import io
import os
import random
import re
import subprocess
import sys
import tempfile

BLOCK = 512
MARK = b"sciwrap-bundle/1 sha256 "


def sha(data):
    return hashlib.sha256(data).hexdigest()


def octal(number, width):
    return b"%0*o\0" % (width - 1, number)


def header(name, length, kind=b"0", mode=0o644, link=b"", **change):
    fields = {
        "name": name.ljust(100, b"\0"), "mode": octal(mode, 8), "uid": octal(0, 8), "gid": octal(0, 8),
        "size": octal(length, 12), "mtime": octal(0, 12), "sum": b" " * 8, "kind": kind,
        "link": link.ljust(100, b"\0"), "magic": b"ustar\0" + b"00", "uname": b"\0" * 32, "gname": b"\0" * 32,
        "major": octal(0, 8), "minor": octal(0, 8), "prefix": b"\0" * 155, "rest": b"\0" * 12,
    }
    fields.update(change)
    block = b"".join(fields.values())
    assert len(block) == BLOCK, (name, len(block))
    total = b"%06o\0 " % sum(block)
    return block[:148] + total + block[156:]


def padded(data):
    return data + b"\0" * (-len(data) % BLOCK)


def decompress(data):
    return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def compress(data, *options):
    return subprocess.run(["zstd", "-qc", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def skippable(payload, number=3):
    return (0x184D2A50 + number).to_bytes(4, "little") + len(payload).to_bytes(4, "little") + payload


def mark(data):
    return skippable(MARK + sha(data).encode() + b"\n")


class Bundle:
    """The members of a bundle, each [name, content]; the list is made from them unless it is set."""

    def __init__(self, path):
        plain = decompress(open(path, "rb").read())
        self.members, self.list, self.change, at = [], None, {}, 0
        while plain[at]:
            name = plain[at : at + 100].rstrip(b"\0")
            size = int(plain[at + 124 : at + 135], 8)
            content = plain[at + BLOCK : at + BLOCK + size]
            if name != b"SHA256SUMS":
                self.members.append([name, content])
            at += BLOCK + len(padded(content))
        self.after = b""
        self.end = b"\0" * (2 * BLOCK)

    def content(self, start):
        return next(m for m in self.members if m[0].startswith(start))

    def index(self, start):
        return next(i for i, m in enumerate(self.members) if m[0].startswith(start))

    def make_list(self):
        if self.list is not None:
            return self.list
        total = sum(len(content) for _, content in self.members)
        lines = [b"# sciwrap-bundle/1, %d files, %d bytes\n" % (len(self.members), total)]
        lines += [sha(content).encode() + b"  " + name + b"\n" for name, content in self.members]
        return b"".join(lines)

    def tar(self):
        out = io.BytesIO()
        members = list(self.members)
        members.insert(1, [b"SHA256SUMS", self.make_list()])
        for name, content in members:
            before, head, content, gap = self.change.get(name, lambda n, c: (b"", header(n, len(c)), c, None))(name, content)
            out.write(before + head + content + (gap if gap is not None else b"\0" * (-len(content) % BLOCK)))
        return out.getvalue() + self.end + self.after

    def write(self, path):
        data = compress(self.tar())
        open(path, "wb").write(data + mark(data))


def replace(bundle, start, content):
    """A content in the place of another, under its own digest, with the list right."""
    member = bundle.content(start)
    member[1] = content
    if b"/" in member[0]:
        member[0] = member[0].split(b"/")[0] + b"/" + sha(content).encode()
    fixed = {b"manifest.json": 0, b"definition.ini": 1}
    order = {b"inputs": 2, b"outputs": 3, b"artifact": 4}
    bundle.members.sort(key=lambda m: (fixed.get(m[0], order.get(m[0].split(b"/")[0])), m[0]))


def with_header(bundle, start, **change):
    name = bundle.content(start)[0] if start != b"SHA256SUMS" else start
    bundle.change[name] = lambda n, c: (b"", header(change.pop("name", n), change.pop("length", len(c)), **change), c, None)


CASES = {}


def case(expected):
    def add(function):
        CASES[function.__name__.replace("_", "-")] = (expected, function)
        return function

    return add


# ---- what must be accepted: else the others would prove nothing


@case(None)
def unchanged(b):
    pass


# ---- the members


@case("escapes|header")
def name_climbs_out(b):
    with_header(b, b"inputs/", name=b"../../../../tmp/escaped")


@case("header")
def name_is_absolute(b):
    with_header(b, b"inputs/", name=b"/tmp/escaped")


@case("name that no bundle has")
def list_names_what_climbs_out(b):
    b.content(b"inputs/")[0] = b"inputs/../../escaped"


@case("name that no bundle has")
def list_names_an_absolute_path(b):
    b.content(b"inputs/")[0] = b"/tmp/escaped"


@case("header")
def member_is_a_symbolic_link(b):
    with_header(b, b"inputs/", kind=b"2", link=b"/etc/passwd", length=0)


@case("header")
def member_is_a_hard_link(b):
    with_header(b, b"inputs/", kind=b"1", link=b"/etc/passwd", length=0)


@case("header")
def member_is_a_device(b):
    with_header(b, b"inputs/", kind=b"3", major=octal(1, 8), minor=octal(5, 8), length=0)


@case("header")
def member_is_a_pipe(b):
    with_header(b, b"inputs/", kind=b"6", length=0)


@case("header")
def member_is_a_folder(b):
    with_header(b, b"inputs/", kind=b"5", length=0)


@case("header")
def member_is_set_uid(b):
    with_header(b, b"inputs/", mode=0o4755)


@case("header")
def member_belongs_to_somebody(b):
    with_header(b, b"inputs/", uid=octal(1000, 8))


@case("header")
def member_has_a_time(b):
    with_header(b, b"inputs/", mtime=octal(1, 12))


@case("header")
def member_has_a_prefix(b):
    with_header(b, b"inputs/", prefix=b"..".ljust(155, b"\0"))


@case("header")
def header_has_something_in_its_gap(b):
    with_header(b, b"inputs/", rest=b"gap".ljust(12, b"\0"))


def pax(records, name, content):
    return header(b"pax-header", len(records), kind=b"x") + padded(records), header(name, len(content)), content, None


@case("header")
def pax_record_renames(b):
    record = b"29 path=../../../tmp/escaped\n"
    b.change[b.content(b"inputs/")[0]] = lambda n, c: pax(record, n, c)


@case("header")
def pax_record_gives_another_size(b):
    record = b"10 size=1\n"
    b.change[b.content(b"inputs/")[0]] = lambda n, c: pax(record, n, c)


@case("header")
def gnu_long_name(b):
    name = b"../" * 100 + b"escaped\0"
    b.change[b.content(b"inputs/")[0]] = lambda n, c: (
        header(b"././@LongLink", len(name), kind=b"L") + padded(name), header(n, len(c)), c, None)


@case("larger than SHA256SUMS says|gap after it")
def size_is_too_large(b):
    with_header(b, b"inputs/", length=len(b.content(b"inputs/")[1]) + 700)


@case("gap after it|is not what|header")
def size_is_too_small(b):
    with_header(b, b"inputs/", length=1)


@case("header")
def size_is_negative(b):
    b.change[b.content(b"inputs/")[0]] = lambda n, c: (b"", header(n, 0, size=b"\xff" * 12), c, None)


@case("gap after it")
def something_in_the_gap(b):
    name = b.content(b"inputs/")[0]
    b.change[name] = lambda n, c: (b"", header(n, len(c)), c, b"x" * (-len(c) % BLOCK))


@case("not what SHA256SUMS says|more than once")
def member_twice(b):
    b.members.insert(b.index(b"inputs/"), b.content(b"inputs/"))


@case("header")
def member_twice_and_once_in_the_list(b):
    good = Bundle.make_list(b)
    b.members.insert(b.index(b"inputs/"), b.content(b"inputs/"))
    b.list = good


@case("header|out of order")
def members_in_another_order(b):
    good = Bundle.make_list(b)
    i = b.index(b"inputs/")
    b.members[i], b.members[i + 1] = b.members[i + 1], b.members[i]
    b.list = good


@case("out of order")
def list_in_another_order(b):
    i = b.index(b"inputs/")
    b.members[i], b.members[i + 1] = b.members[i + 1], b.members[i]


@case("header|end")
def member_is_missing(b):
    b.list = Bundle.make_list(b)
    del b.members[b.index(b"inputs/")]


@case("header|end of the archive")
def member_that_is_not_in_the_list(b):
    b.list = Bundle.make_list(b)
    b.members.append([b"extra", b"x"])


@case("is not what SHA256SUMS says")
def content_is_another(b):
    b.list = Bundle.make_list(b)
    member = b.content(b"inputs/")
    member[1] = member[1][:-1] + b"!"


@case("manifest.json' is not what SHA256SUMS says")
def manifest_is_another(b):
    b.list = Bundle.make_list(b)
    b.members[0][1] += b"\n"


@case("definition.ini' is not what SHA256SUMS says")
def definition_is_another(b):
    b.list = Bundle.make_list(b)
    b.members[1][1] += b"\n"


# ---- the list


@case("newer")
def list_of_a_newer_form(b):
    b.list = Bundle.make_list(b).replace(b"bundle/1", b"bundle/2")


@case("larger than SHA256SUMS says|it says")
def list_gives_too_few_bytes(b):
    b.list = re.sub(rb"\d+ bytes", b"10 bytes", Bundle.make_list(b))


@case("it says|disk")
def list_gives_too_many_bytes(b):
    b.list = re.sub(rb"\d+ bytes", b"1000000000000000 bytes", Bundle.make_list(b))


@case("it says")
def list_gives_one_byte_too_many(b):
    b.list = re.sub(rb"(\d+) bytes", lambda m: b"%d bytes" % (int(m[1]) + 1), Bundle.make_list(b))


@case("no possible number")
def list_gives_impossibly_many_bytes(b):
    b.list = re.sub(rb"\d+ bytes", b"99999999999999999999999 bytes", Bundle.make_list(b))


@case("out of order")
def list_counts_wrong(b):
    b.list = re.sub(rb"\d+ files", b"7 files", Bundle.make_list(b))


@case("cut off")
def list_without_its_last_line_end(b):
    b.list = Bundle.make_list(b)[:-1]


@case("not 'SHA256  NAME'|not the list")
def list_is_something_else(b):
    b.list = b"{}\n"


# ---- what belongs together


@case("is not in it")
def input_of_the_manifest_left_out(b):
    del b.members[b.index(b"inputs/")]


@case("nothing that its manifest names|not in it")
def input_swapped_for_another(b):
    replace(b, b"inputs/", b"not what the run read\n")


@case("nothing that its manifest names")
def something_brought_along(b):
    b.members.insert(b.index(b"inputs/"), [b"inputs/x", b""])
    replace(b, b"inputs/x", b"brought along\n")


@case("nothing that its manifest names")
def artifact_swapped_for_another(b):
    replace(b, b"artifact/", b"another artifact")


@case("one manifest, one definition")
def two_artifacts(b):
    b.members.append([b"artifact/x", b""])
    replace(b, b"artifact/x", b"another artifact")


@case("pins another artifact")
def definition_pins_another_artifact(b):
    member = b.content(b"definition.ini")
    member[1] = re.sub(rb"(?m)^sha256 = ..", b"sha256 = 00", member[1])


@case("names a place of this host")
def definition_names_a_file_of_the_host(b):
    member = b.content(b"definition.ini")
    member[1] = re.sub(rb"(?m)^url = .*", b"url = file:///etc/passwd", member[1])


@case("names a place of this host")
def definition_climbs_out(b):
    member = b.content(b"definition.ini")
    member[1] = re.sub(rb"(?m)^url = .*", b"url = ../../../../etc/passwd", member[1])


@case("unknown|definition")
def definition_is_none(b):
    b.content(b"definition.ini")[1] = b"[environment]\nevil = yes\n"


@case("not a manifest of sciwrap")
def manifest_is_none(b):
    b.content(b"manifest.json")[1] = b"{}\n"


@case("manifest.json.:1")
def manifest_is_no_json(b):
    b.content(b"manifest.json")[1] = b"\x1b[31m\n"


# ---- the tar and the stream around it


@case("end of the archive|after it")
def end_is_missing(b):
    b.end = b""


@case("something after the last member")
def something_after_the_end(b):
    b.after = b"x" * BLOCK


@case("something after the last member")
def zeros_after_the_end(b):
    b.after = b"\0" * BLOCK


def raw(expected):
    """Cases that write the file themselves: b, data of the good bundle -> bytes."""

    def add(function):
        CASES[function.__name__.replace("_", "-")] = (expected, function)
        function.raw = True
        return function

    return add


def marked(data):
    return data + mark(data)


def body(data):
    return data[: -len(mark(b""))]


@raw("does not end as a bundle")
def end_mark_is_missing(data):
    return body(data)


@raw("does not end as a bundle")
def cut_in_the_middle(data):
    return data[: len(data) // 2]


@raw("does not end as a bundle")
def one_byte_short(data):
    return data[:-1]


@raw("does not end as a bundle")
def one_byte_appended(data):
    return data + b"\0"


@raw("after the last member")
def a_bundle_appended(data):
    return data + data


@raw("after the last member")
def a_bundle_appended_and_marked(data):
    return marked(body(data) + body(data))


@raw("not those of its end mark")
def end_mark_of_another(data):
    return body(data) + mark(b"another")


@raw("not those of its end mark")
def compressed_otherwise_under_the_old_mark(data):
    return compress(decompress(body(data)), "-19") + data[-len(mark(b"")) :]


@raw("not those of its end mark")
def empty_frame_put_in(data):
    return body(data) + compress(b"") + data[-len(mark(b"")) :]


@raw("does not begin as a bundle")
def skippable_frame_in_front(data):
    return marked(skippable(b"hidden") + body(data))


@raw("damaged|zstd stream|header")
def compressed_twice(data):
    return marked(compress(body(data)))


@raw("does not begin as a bundle")
def another_compression(data):
    return marked(subprocess.run(["gzip", "-c"], input=decompress(body(data)), stdout=subprocess.PIPE, check=True).stdout)


@raw("does not begin as a bundle")
def plain_tar(data):
    return marked(decompress(body(data)))


@raw("does not begin as a bundle")
def web_page(data):
    return b"<!DOCTYPE html><html>404</html>" + b" " * 500


@raw("does not begin as a bundle")
def empty_file(data):
    return b""


@raw("manifest.json")
def nothing_within(data):
    return marked(compress(b""))


@raw("larger than|manifest.json")
def bomb(data):
    """A manifest of 10 GiB of zeros in a megabyte."""
    size = 10 * 1024 * 1024 * 1024
    record = b"20 size=%d\n" % size
    head = header(b"pax-header", len(record), kind=b"x") + padded(record) + header(b"manifest.json", 0)
    chunk = compress(b"\0" * (64 * 1024 * 1024))
    return marked(compress(head) + chunk * 160)


def make(name, source, target):
    expected, function = CASES[name]
    if getattr(function, "raw", False):
        open(target, "wb").write(function(open(source, "rb").read()))
    else:
        bundle = Bundle(source)
        function(bundle)
        bundle.write(target)
    return expected


def flip(sciwrap, source, count):
    """One bit turned: at `count` places drawn by a fixed seed, in the first and last 40 bytes, each must be refused."""
    data = open(source, "rb").read()
    generator = random.Random(20)
    places = set(range(40)) | set(range(len(data) - 40, len(data)))
    while len(places) < min(count + 80, len(data)):
        places.add(generator.randrange(len(data)))
    bad, named = 0, 0
    for place in sorted(places):
        changed = bytearray(data)
        changed[place] ^= 1 << generator.randrange(8)
        with tempfile.NamedTemporaryFile(suffix=".sciwrap") as file:
            file.write(changed)
            file.flush()
            done = subprocess.run([sciwrap, "bundle", "--check", file.name], capture_output=True, check=False)
        said = done.stderr.decode(errors="replace")
        named += "member '" in said
        if done.returncode != 125 or not re.search(r"(?m)^sciwrap: bundle '.*' is refused: \S", said):
            bad += 1
            print(f"byte {place} of {len(data)}: status {done.returncode}: {said}")
    print(f"{len(places)} places, {bad} not refused, {named} with the name of a member")
    return bad == 0


def main():
    if sys.argv[1] == "--cases":
        print("\n".join(CASES))
    elif sys.argv[1] == "--flip":
        sys.exit(0 if flip(sys.argv[2], sys.argv[3], int(sys.argv[4])) else 1)
    else:
        print(make(*sys.argv[1:4]) or "")


if __name__ == "__main__":
    os.umask(0o022)
    main()
