"""told.py MANIFEST FOLDER: what the record of a run says about files, a line each, with contents in words:

    in data "old" kept          an input, as it was; kept: it is among the objects
    in link -> data
    in folder/                  whose names were listed
    out data modified "new"     an output
    out new renamed from data "old"
    gap ...                     what the record cannot give back

and on the way it looks whether what the record says of files that are there is true. FOLDER is the work directory."""

import hashlib
import json
import os
import stat
import sys


def complain(text):
    print("WRONG", text)


def name_of(item):
    if "path" in item and not isinstance(item["path"], dict):
        return os.fsencode(item["path"])
    import base64
    return base64.b64decode(item["path"]["base64"])


def place_of(name):
    """On the host."""
    if not name.startswith(b"/"):
        return os.path.join(os.fsencode(folder), name)
    for place in manifest["circumstances"]["places"]:
        inside = os.fsencode(place["path"])
        if name == inside or name.startswith(inside + b"/"):
            return os.fsencode(place["host"]) + name[len(inside):]
    return name


def content(path):
    with open(path, "rb") as file:
        return file.read()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def show(data):
    text = data.decode("utf-8", "backslashreplace").replace("\n", "\\n")
    return "".join(c if c.isprintable() else "\\x%02x" % ord(c) for c in text)


def words(data):
    return '"%s"' % show(data) if len(data) <= 60 else "%d bytes" % len(data)


def object_of(sha256):
    path = os.path.join(folder, ".sciwrap/objects", sha256[:2], sha256)
    if not os.path.exists(path):
        return None
    if stat.S_IMODE(os.stat(path).st_mode) != 0o444:
        complain("mode of the object %s" % sha256)
    data = content(path)
    if digest(data) != sha256:
        complain("content of the object %s" % sha256)
    return data


def elsewhere(item):
    """The content of an input that was given another name."""
    for at, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(at, name)
            if os.path.isfile(path) and os.path.getsize(path) == item["size"] and digest(content(path)) == item["sha256"]:
                return content(path)
    return None


def input_line(item):
    name = name_of(item)
    kind = item.get("type", "file")
    line = "in " + show(name)
    if kind == "link":
        return line + " -> " + show(name_of({"path": item["target"]}))
    if kind == "directory":
        return line + "/"
    data = object_of(item["sha256"])
    if item.get("kept") and data is None:
        complain("'%s' is not kept" % show(name))
    if data is None and os.path.isfile(place_of(name)):
        data = content(place_of(name))
    if data is None or digest(data) != item["sha256"]:
        data = elsewhere(item)
    if data is None:
        line += " " + item["sha256"][:8]
    elif len(data) != item["size"]:
        complain("size of '%s'" % show(name))
    else:
        line += " " + words(data)
    return line + (" kept" if item.get("kept") else "") + (" declared" if item.get("role") == "declared" else "")


def output_line(item):
    name = name_of(item)
    kind = item.get("type", "file")
    place = place_of(name)
    line = "out %s%s %s" % (show(name), "/" if kind == "directory" else "", item["change"])
    if "from" in item:
        line += " from " + show(name_of({"path": item["from"]}))
    if item["change"] == "deleted":
        return line + (" but there" if os.path.lexists(place) else "")
    if kind == "link":
        if os.fsdecode(os.readlink(place)) != item["target"]:
            complain("target of '%s'" % show(name))
        return line + " -> " + item["target"]
    if kind != "file":
        return line + ("" if kind == "directory" else " " + kind)
    data = content(place)
    if digest(data) != item["sha256"] or len(data) != item["size"]:
        complain("content of '%s'" % show(name))
    if "mode" in item and int(item["mode"], 8) != stat.S_IMODE(os.stat(place).st_mode):
        complain("mode of '%s'" % show(name))
    return line + " " + words(data)


folder = sys.argv[2]
manifest = json.load(open(sys.argv[1], encoding="utf-8"))
experiment = manifest["experiment"]
for line in sorted(input_line(item) for item in experiment["inputs"] if item.get("role") != "stdin"):
    print(line)
for line in sorted(output_line(item) for item in experiment["outputs"] if not name_of(item).startswith(b"/dev/")):
    print(line)
for leak in manifest["leaks"]:
    if leak["kind"] in ("record", "bind", "stdin"):
        print("gap", leak["detail"])
