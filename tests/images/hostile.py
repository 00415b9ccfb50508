#!/usr/bin/env python3
"""hostile.py: images that attack, or that two readers would understand differently.

    hostile.py SCIWRAP

Each case is a layout or an archive with the outcome that docs/SECURITY.md promises. Of a refused one: the exit status
is 125, one line says why, no tree is in the store and nothing is left in its tmp. Whatever comes of it, nothing outside
changes. Cases of `pin` are of what a name means; those of `pull` have their digest pinned.
"""
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

import maker
from layers import FILE, FOLDER, HARD, LINK, d, f, h, s, tar, w
from maker import OCI, Image, dump

BASE = [d("etc"), f("etc/passwd", "root"), d("a"), f("a/1", "one")]
CASES = []


def case(name, expected, form="pull"):
    """Registers a function that fills a Setting; `expected` is None where the image is good."""
    def register(function):
        CASES.append((name, expected, form, function))
        return function
    return register


class Setting:
    """Where a case puts its files, and what is pinned."""

    def __init__(self, folder, outside):
        self.folder, self.outside = folder, outside
        self.layout = folder + "/layout"
        self.digest = self.size = None
        self.url = "oci-layout:" + self.layout
        self.within = {}  # path: content, of what is accepted

    def image(self, image, index=None, name="it"):
        self.digest, self.size = image.finish()
        maker.write_layout(self.layout, [(name, image)], index)
        return image

    def layers(self, *layers):
        return self.image(Image([tar(layer) for layer in layers]))

    def blob(self, digest):
        return self.layout + "/blobs/sha256/" + digest

    def archive(self, members):
        self.url = "docker-archive:" + self.folder + "/saved.tar"
        maker.write_archive(self.folder + "/saved.tar", members)


def layered(name, expected, *layers, within=None):
    """A case of layers over BASE."""
    def fill(it):
        it.layers(*[[tuple(part.replace("OUTSIDE", it.outside) if isinstance(part, str) else part for part in entry)
                     for entry in layer]
                    for layer in (BASE,) + layers])
        it.within = within or {}
    case(name, expected)(fill)


# Layers.
layered("good", None, [f("etc/new", "new")], within={"etc/new": "new", "a/1": "one"})
layered("dots in a name", "path leaves the root with '..'", [f("a/../../../x")])
layered("dots in a whiteout", "path leaves the root with '..'", [(FILE, "../.wh.victim", "", 0o644)])
layered("whiteout of dots", "whiteout that names nothing", [(FILE, "a/.wh...", "", 0o644)])
layered("whiteout of a dot", "whiteout that names nothing", [(FILE, "a/.wh..", "", 0o644)])
layered("whiteout of nothing", "whiteout that names nothing", [(FILE, "a/.wh.", "", 0o644)])
layered("whiteout of the root's parent", "whiteout that names nothing", [(FILE, ".wh...", "", 0o644)])
layered("absolute name", None, [f("/etc/passwd", "inside"), d("/")], within={"etc/passwd": "inside"})
layered("absolute name of something outside", None, [(FILE, "OUTSIDE/victim", "inside", 0o644)])
layered("absolute whiteout", None, [(FILE, "/.wh.etc", "", 0o644)], within={"a/1": "one"})
layered("absolute whiteout of something outside", None, [(FILE, "OUTSIDE/.wh.victim", "", 0o644)])
layered("absolute name with dots", "path leaves the root with '..'", [f("/../x")])
layered("link to the outside, then a whiteout through it", "whiteout beneath 'out', which is a symbolic link",
        [s("out", "OUTSIDE")], [w("out/victim")])
layered("link to the outside, then an opaque whiteout in it", "whiteout beneath 'out', which is a symbolic link",
        [s("out", "OUTSIDE")], [w("out/")])
layered("the same within one layer", "whiteout beneath 'out', which is a symbolic link",
        [s("out", "OUTSIDE"), w("out/victim")])
layered("link to the outside, then a file through it", "lies beneath 'out', which is not a directory",
        [s("out", "OUTSIDE")], [f("out/new")])
layered("link upwards, then a file through it", "lies beneath 'a/up', which is not a directory",
        [s("a/up", "../..")], [f("a/up/new")])
layered("link in the place of a folder, then a file in it", "lies beneath 'a', which is not a directory",
        [s("a", "OUTSIDE")], [f("a/victim", "changed")])
layered("link, removed, folder in its place", None, [s("out", "OUTSIDE")], [w("out"), f("out/victim", "inside")],
        within={"out/victim": "inside"})
layered("folder over a link to the outside", None, [s("out", "OUTSIDE")], [d("out"), f("out/victim", "inside")],
        within={"out/victim": "inside"})
layered("file over a link to the outside", None, [s("out", "OUTSIDE")], [f("out", "inside")], within={"out": "inside"})
layered("hard link to the outside", "not a file that comes before it", [(HARD, "x", "OUTSIDE/victim", 0o644)])
layered("hard link with an absolute target", None, [(HARD, "x", "/a/1", 0o644)], within={"x": "one"})
layered("hard link through a link", "not a file that comes before it",
        [s("out", "OUTSIDE")], [h("x", "out/victim")])
layered("hard link to a link", "not a file that comes before it", [s("out", "OUTSIDE")], [h("x", "out")])
layered("hard link to what an upper layer removed", "not a file that comes before it", [w("a/1")], [h("x", "a/1")])
layered("hard link to what the same layer removed", "not a file that comes before it", [w("a/1"), h("x", "a/1")])
layered("hard link to a later layer", "not a file that comes before it", [h("x", "later")], [f("later")])
layered("the same file twice in a layer", "the same path comes twice", [f("x", "1"), f("x", "2")])
layered("the same file in two layers", None, [f("x", "1")], [f("x", "2")], within={"x": "2"})
layered("file, removed, again in the same layer", "the same path comes twice", [f("x"), w("x"), f("x", "2")])
layered("folder over its own layer's file", "directory in the place of another entry", [f("x"), d("x")])
layered("whiteout that is a folder", "whiteout that is not a file", [(FOLDER, "a/.wh.1", "", 0o755)])
layered("whiteout that is a link", "whiteout that is not a file", [(LINK, "a/.wh.1", "x", 0o777)])
layered("whiteout with content", "whiteout with content", [(FILE, "a/.wh.1", "x", 0o644)])
layered("beneath a whiteout", "lies beneath a whiteout", [(FILE, ".wh.a/x", "", 0o644)])
layered("link where a run mounts", "symbolic link where a run mounts", [s("proc", "OUTSIDE")])
layered("everything removed", "the image has no entries", [w("etc"), w("a")])
layered("200 whiteouts of one folder", None, [w("a/")] + [w(f"a/{i}") for i in range(200)] + [f("a/2")],
        within={"a/2": "x"})


@case("a layer that is a compressed bomb", "$SCIWRAP_UNPACK_BYTES sets the limit")
def bomb(it):
    it.env = {"SCIWRAP_UNPACK_BYTES": "1M"}
    it.layers(BASE, [f("big", "x" * (2 << 20))])


@case("entries of all layers together", "$SCIWRAP_UNPACK_ENTRIES sets the limit")
def entries(it):
    it.env = {"SCIWRAP_UNPACK_ENTRIES": "20"}
    it.layers(BASE, *[[f(f"{i}-{j}") for j in range(6)] for i in range(4)])


@case("a layer that is no tar", "layer 1 of 1")
def no_tar(it):
    it.image(Image([b"no tar at all" * 1000]))


@case("a layer that is cut", "layer 1 of 1")
def cut(it):
    it.image(Image([tar(BASE)[:1026]]))


@case("a layer that is cut within a header", "layer 1 of 1")
def cut_header(it):
    it.image(Image([tar(BASE)[:700]]))


@case("a layer without an end marker, as umoci insert writes it", None)
def no_end(it):
    data = tar([f("z", "last")])
    it.image(Image([tar(BASE), data[:1024], tar([f("y", "last")])[:516]]))
    it.within = {"z": "last", "y": "last"}


@case("a layer that ends within a file", "layer 1 of 1")
def half_a_file(it):
    it.image(Image([tar([f("z", "last")])[:515]]))


@case("a layer that ends after an extended header", "layer 1 of 1")
def half_a_group(it):
    member = tarfile.TarInfo("x" * 200)
    it.image(Image([member.tobuf(tarfile.GNU_FORMAT)[:1024]]))


@case("501 layers", "has 501 layers, and 500 are allowed")
def many_layers(it):
    it.image(Image([tar(BASE)] * 501))


@case("127 layers", None)
def docker_most(it):
    it.image(Image([tar(BASE)] + [tar([f(f"x{i}")]) for i in range(126)]))
    it.within = {"x125": "x"}


# Digests and sizes.
@case("manifest of another digest", "has other content")
def other_manifest(it):
    image = it.image(Image([tar(BASE)]))
    text = image.blobs[it.digest].replace(b"2", b"3", 1)
    with open(it.blob(it.digest), "wb") as file:
        file.write(text)


@case("manifest of another size", "bytes, and should have")
def other_size(it):
    it.image(Image([tar(BASE)]))
    it.size += 1


@case("config of another digest", "has other content")
def other_config(it):
    image = it.image(Image([tar(BASE)]))
    digest = image.manifest["config"]["digest"][7:]
    with open(it.blob(digest), "r+b") as file:
        file.write(b"{ ")


def with_layer(**changes):
    def fill(it):
        image = Image([tar(BASE)])
        for key, value in changes.items():
            image.manifest["layers"][0][key] = value
            if value is None:
                del image.manifest["layers"][0][key]
        it.image(image)
    return fill


case("layer whose size is a lie, larger", "bytes, and should have 11")(with_layer(size=11))
case("layer whose size is too large", "no size from 1 to 2^50")(with_layer(size=1 << 60))
case("layer whose size is beyond 64 bits", "manifest:1:")(with_layer(size=1 << 70))
case("layer whose size is negative", "no size from 1 to 2^50")(with_layer(size=-1))
case("layer whose size is a text", "no size from 1 to 2^50")(with_layer(size="2048"))
case("layer without a size", "no size from 1 to 2^50")(with_layer(size=None))
case("layer of size nothing", "no size from 1 to 2^50")(with_layer(size=0))
case("layer whose digest leads out", "not sha256: and 64 digits")(with_layer(digest="sha256:../../../victim"))
case("layer whose digest has capitals", "not sha256: and 64 digits")(with_layer(digest="sha256:" + "A" * 64))
case("layer whose digest is of another kind", "not sha256: and 64 digits")(with_layer(digest="sha512:" + "a" * 128))
case("layer that is not there", "has no blob sha256:aaaa")(with_layer(digest="sha256:" + "a" * 64))
case("layer of an unknown type", "is of the type 'application/x'")(with_layer(mediaType="application/x"))
case("layer of no type", "has no mediaType")(with_layer(mediaType=None))
case("layer that may not be handed on", "may not be handed on")(
    with_layer(mediaType="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", urls=["http://127.0.0.1/x"]))


@case("layer of the right size and other content", "layer 1 of 1: wrong content")
def other_layer(it):
    image = it.image(Image([tar(BASE)]))
    with open(it.blob(image.manifest["layers"][0]["digest"][7:]), "r+b") as file:
        file.write(b"f")


@case("diff_id of another tar", "the image contradicts itself")
def other_diff_id(it):
    image = Image([tar(BASE)])
    image.config["rootfs"]["diff_ids"] = ["sha256:" + "a" * 64]
    it.image(image)


@case("fewer diff_ids than layers", "the manifest has 2 layers, and the config 1")
def few_diff_ids(it):
    image = Image([tar(BASE), tar(BASE)])
    image.config["rootfs"]["diff_ids"].pop()
    it.image(image)


@case("two gzip members, of which some read one", None)
def two_members(it):
    import gzip
    plain = tar(BASE)
    layer = gzip.compress(plain[:1024], mtime=0) + gzip.compress(plain[1024:], mtime=0)
    image = Image([layer])
    it.image(image)
    it.within = {"a/1": "one"}


# Documents.
def with_manifest(change):
    def fill(it):
        image = Image([tar(BASE)])
        image.manifest["config"].update(image.put(dump(image.config), OCI + "config.v1+json"))
        text = change(dump(image.manifest))
        image.manifest = text if isinstance(text, bytes) else dump(text)
        it.image(image)
    return fill


case("manifest with a key twice", "duplicate")(with_manifest(lambda text: text[:-1] + b',"layers":[]}'))
case("manifest with a key in other letters", "which some readers take for 'layers'")(
    with_manifest(lambda text: text[:-1] + b',"LAYERS":[]}'))
case("manifest that is an index as well", "a manifest and an index at the same time")(
    with_manifest(lambda text: text[:-1] + b',"manifests":[]}'))
case("manifest that says it is an index", "and is a manifest")(
    with_manifest(lambda text: text.replace(b"image.manifest.v1", b"image.index.v1")))
case("manifest with text behind it", "manifest:1:")(with_manifest(lambda text: text + b"{}"))
case("manifest of version 1", "has no schemaVersion 2")(
    with_manifest(lambda text: text.replace(b'"schemaVersion":2', b'"schemaVersion":1')))
case("manifest that is no JSON", "manifest:1:")(with_manifest(lambda text: b"<html>"))
case("manifest with bytes that are not UTF-8", "manifest:1:")(
    with_manifest(lambda text: text[:-1] + b',"x":"\xff"}'))
case("manifest that is nested without end", "manifest:1:")(
    with_manifest(lambda text: b'{"x":' + b"[" * 100000 + b"]" * 100000 + b"}"))
case("manifest that is huge", "is larger than 4194304 bytes")(
    with_manifest(lambda text: text[:-1] + b',"x":"' + b"x" * (4 << 20) + b'"}'))
case("manifest that is an artifact of something else", "no image to run, but something else")(
    with_manifest(lambda text: text.replace(OCI.encode() + b"config.v1+json", b"application/vnd.oci.empty.v1+json")))


def with_config(change):
    def fill(it):
        image = Image([tar(BASE)])
        text = change(dump(image.config))
        image.config = text
        it.image(image)
    return fill


case("config with a key twice", "duplicate")(with_config(lambda text: text[:-1] + b',"os":"linux"}'))
case("config with rootfs in other letters", "which some readers take for 'rootfs'")(
    with_config(lambda text: text[:-1] + b',"RootFS":{}}'))
case("config that is huge", "larger than")(
    with_config(lambda text: text[:-1] + b',"x":"' + b"x" * (8 << 20) + b'"}'))
case("config for windows", "is for 'windows'")(with_config(lambda text: text.replace(b'"linux"', b'"windows"')))
case("config with a NUL in a variable", "config:1:")(
    with_config(lambda text: text.replace(b'"config":{}', b'"config":{"Env":["A=\\u0000"]}')))
case("config with a variable for the loader", None)(
    with_config(lambda text: text.replace(b'"config":{}', b'"config":{"Env":["LD_PRELOAD=/x","A\\nB=c"]}')))
case("config with more variables than fit", "command and variables have more than")(
    with_config(lambda text: text.replace(b'"config":{}', b'"config":{"Env":["A=' + b"x" * (1 << 20) + b'"]}')))


@case("the pin is of an index", "is an index of images, and a pin is of the image for one platform")
def pinned_index(it):
    image = it.image(Image([tar(BASE)]))
    text = dump({"schemaVersion": 2, "manifests": [image.descriptor]})
    it.digest, it.size = hashlib.sha256(text).hexdigest(), len(text)
    with open(it.blob(it.digest), "wb") as file:
        file.write(text)


# Layouts and archives.
@case("a blob that is a pipe", "is not a regular file")
def pipe(it):
    image = it.image(Image([tar(BASE)]))
    place = it.blob(image.manifest["layers"][0]["digest"][7:])
    os.unlink(place)
    os.mkfifo(place)


@case("a blob that is a link to a file outside", "bytes, and should have")
def blob_link(it):
    image = it.image(Image([tar(BASE)]))
    place = it.blob(image.manifest["layers"][0]["digest"][7:])
    os.unlink(place)
    os.symlink(it.outside + "/victim", place)


@case("a layout of another version", "is a layout of version '2.0.0'")
def version(it):
    it.image(Image([tar(BASE)]))
    with open(it.layout + "/oci-layout", "w") as file:
        file.write('{"imageLayoutVersion":"2.0.0"}')


def saved(change):
    """An archive of the old form, bent by change(members, entry)."""
    def fill(it):
        members, entry, (it.digest, it.size) = Image([tar(BASE)]).saved("it:1")
        members = dict(members)
        document = change(members, entry, it)
        members["manifest.json"] = document if isinstance(document, bytes) else dump(
            [entry] if document is None else document)
        it.archive(members.items())
        it.within = {"a/1": "one"}
    return fill


def pax(records, old=b"", new=b""):
    """An archive with an extended header before its first member, in which `old` then becomes `new`."""
    def fill(it):
        it.url = "docker-archive:" + it.folder + "/saved.tar"
        it.digest = "a" * 64
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as archive:
            member = tarfile.TarInfo("first")
            member.pax_headers = records
            archive.addfile(member)
            archive.addfile(tarfile.TarInfo("manifest.json"))
        with open(it.folder + "/saved.tar", "wb") as file:
            file.write(data.getvalue().replace(old, new) if old else data.getvalue())
    return fill


def crowd(it):
    it.url = "docker-archive:" + it.folder + "/saved.tar"
    it.digest = "a" * 64
    folder = tarfile.TarInfo("folder")
    folder.type = tarfile.DIRTYPE
    with open(it.folder + "/saved.tar", "wb") as file:
        file.write(folder.tobuf() * 100001)
        file.write(bytes(1024))


case("saved: good", None)(saved(lambda members, entry, it: None))
case("saved: layer that is a link to the outside", "which is layer 1")(
    saved(lambda members, entry, it: members.update({entry["Layers"][0]: it.outside + "/victim"})))
case("saved: layer that is a link to itself", "which is layer 1")(
    saved(lambda members, entry, it: members.update({entry["Layers"][0]: entry["Layers"][0]})))
case("saved: layer whose name leads out", "which is layer 1")(
    saved(lambda members, entry, it: entry.update(Layers=["../../victim"])))
case("saved: config that is not there", "has no 'none'")(
    saved(lambda members, entry, it: entry.update(Config="none")))
case("saved: config of another content", "has no blob sha256:")(
    saved(lambda members, entry, it: members.update({entry["Config"]: members[entry["Config"]] + b" "})))
case("saved: layer of another content", "layer 1 of 1: wrong content")(
    saved(lambda members, entry, it: members.update(
        {entry["Layers"][0]: members[entry["Layers"][0]].replace(b"one", b"two")})))
case("saved: more layers than the config has", "the manifest has 2 layers, and the config 1")(
    saved(lambda members, entry, it: entry.update(Layers=entry["Layers"] * 2)))
case("saved: key in other letters", "which some readers take for 'Layers'")(
    saved(lambda members, entry, it: entry.update(layers=[])))
case("saved: list with text behind it", "is not a JSON array")(
    saved(lambda members, entry, it: dump([entry]) + b',"x":[]'))
case("saved: no list", "is not a JSON array")(saved(lambda members, entry, it: b'{"x":1}'))
case("saved: an image without a config", "names no Config")(
    saved(lambda members, entry, it: entry.update(Config=None)))
case("saved: an image without layers", "has an image of 0 layers; 1 to 500 are allowed")(
    saved(lambda members, entry, it: entry.update(Layers=[])))
case("saved: a name that is too long", "a name in it is empty, longer than 255 bytes or holds a NUL")(
    pax({"path": "x" * 256}))
case("saved: a name with a NUL", "a name in it is empty, longer than 255 bytes or holds a NUL")(pax({"path": "a\0b"}))
case("saved: a size that is no number", "a size in it is not a number")(pax({"size": "many"}))
case("saved: an extended header that is too large", "an extended header in it is larger than 65536 bytes")(
    pax({"comment": "x" * 65536}))
case("saved: an extended header without a length", "an extended header in it is damaged")(
    pax({"path": "x"}, b" path=", b"xpath="))
case("saved: an extended header without a value", "an extended header in it is damaged")(
    pax({"path": "x"}, b"path=", b"path:"))
case("saved: a header that is damaged", "the header of entry 2 in it is damaged")(
    pax({"path": "x"}, b"manifest.json\0", b"Manifest.json\0"))
case("saved: more entries than there can be", "it has more than 100000 entries")(crowd)
case("saved: empty list", "names 0 images")(saved(lambda members, entry, it: []))
case("saved: 1,001 images", "names 1001 images")(saved(lambda members, entry, it: [entry] * 1001))


@case("saved: the same member twice", "comes twice in it")
def twice(it):
    members, entry, (it.digest, it.size) = Image([tar(BASE)]).saved("it:1")
    it.archive(members + [("manifest.json", dump([entry])), ("manifest.json", dump([]))])


@case("saved: with a device in it", "is neither a file nor a link")
def device(it):
    it.url = "docker-archive:" + it.folder + "/saved.tar"
    it.digest = "a" * 64
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        member = tarfile.TarInfo("manifest.json")
        member.type = tarfile.CHRTYPE
        archive.addfile(member)
    with open(it.folder + "/saved.tar", "wb") as file:
        file.write(data.getvalue())


@case("saved: size beyond the end", "truncated")
def beyond(it):
    members, entry, (it.digest, it.size) = Image([tar(BASE)]).saved("it:1")
    it.archive(members + [("manifest.json", dump([entry]))])
    place = it.folder + "/saved.tar"
    with open(place, "r+b") as file:
        file.truncate(os.path.getsize(place) - 11000)


# What a name means.
def with_index(index):
    def fill(it):
        image = Image([tar(BASE)])
        image.finish()
        it.image(image, index(image))
    return fill


def config_of_size(size):
    def fill(it):
        image = Image([tar(BASE)])
        image.manifest["config"].update(image.put(b"{}", image.manifest["config"]["mediaType"]), size=size)
        it.image(image)
    return fill


def nested(depth):
    def index(image):
        descriptor = image.descriptor
        for _ in range(depth):
            descriptor = image.put(dump({"schemaVersion": 2, "manifests": [descriptor]}), OCI + "index.v1+json")
        return {"schemaVersion": 2, "manifests": [descriptor]}
    return index


case("index in an index", None, "pin")(with_index(nested(2)))
case("indexes without end", "more than 4 indexes in each other", "pin")(with_index(nested(9)))
case("index that names itself", "has no blob sha256:bbbb", "pin")(with_index(
    lambda image: {"schemaVersion": 2, "manifests": [image.put(dump({"schemaVersion": 2, "manifests": [
        {"mediaType": OCI + "index.v1+json", "digest": "sha256:" + "b" * 64, "size": 300}]}),
        OCI + "index.v1+json")]}))
case("index that says that a manifest is an index", "an index says that it is an index, and it is a manifest", "pin")(
    with_index(lambda image: {"schemaVersion": 2, "manifests": [
        dict(image.descriptor, mediaType=OCI + "index.v1+json")]}))
case("index with a manifest of a wrong size", "bytes, and should have", "pin")(
    with_index(lambda image: {"schemaVersion": 2, "manifests": [dict(image.descriptor, size=5)]}))
case("a config larger than any", "its config is larger than 8388608 bytes", "pin")(config_of_size(8388609))
case("index with two images and no name", "has several images, 'x' and 'y' among them", "pin")(
    with_index(lambda image: {"schemaVersion": 2, "manifests": [
        dict(image.descriptor, annotations={"org.opencontainers.image.ref.name": "x"}),
        dict(image.put(b"{}", OCI + "manifest.v1+json"),
             annotations={"org.opencontainers.image.ref.name": "y"})]}))
case("index without images", "has no image for linux/", "pin")(
    with_index(lambda image: {"schemaVersion": 2, "manifests": []}))
case("index of 10,001 images", "names 10001 images", "pin")(
    with_index(lambda image: {"schemaVersion": 2, "manifests": [image.descriptor] * 10001}))
case("index that is a manifest as well", "a manifest and an index at the same time", "pin")(
    with_index(lambda image: {"schemaVersion": 2, "manifests": [image.descriptor], "layers": []}))
case("index with a key in other letters", "which some readers take for 'manifests'", "pin")(
    with_index(lambda image: {"schemaVersion": 2, "manifests": [image.descriptor], "Manifests": []}))
case("index for other machines only", "has no image for linux/.*; it has: plan9/amd64", "pin")(
    with_index(lambda image: {"schemaVersion": 2, "manifests": [
        dict(image.descriptor, platform={"os": "plan9", "architecture": "amd64"})]}))


class Bench:
    def __init__(self, sciwrap):
        self.sciwrap = sciwrap
        self.top = tempfile.mkdtemp(prefix="hostile.")
        self.number = 0

    def problem(self, expected, form, fill):
        """What is wrong about the outcome, or None."""
        self.number += 1
        folder = f"{self.top}/{self.number}"
        outside, store = folder + "/outside", folder + "/store"
        os.makedirs(outside)
        os.makedirs(folder + "/envs")
        with open(outside + "/victim", "w") as file:
            file.write("untouched")
        it = Setting(folder, outside)
        it.env = {}
        fill(it)
        env = dict(os.environ, SCIWRAP_STORE=store, SCIWRAP_ENVS=folder + "/envs", HOME=folder, **it.env)
        if form == "pull":
            with open(folder + "/envs/it.ini", "w") as file:
                file.write(f"[artifact]\ntype = image\nsha256 = {it.digest}\nurl = {it.url}\n"
                           + (f"size = {it.size}\n" if it.size else ""))
            command = [self.sciwrap, "pull", "-q", "it"]
        else:
            command = [self.sciwrap, "pin", "-q", "it", it.url]
        done = subprocess.run(command, env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, errors="replace", timeout=120)
        return self.judge(it, expected, form, done, store)

    @staticmethod
    def judge(it, expected, form, done, store):
        import re
        if os.listdir(it.outside) != ["victim"] or open(it.outside + "/victim").read() != "untouched":
            return "something outside was changed"
        if os.path.isdir(store + "/tmp") and os.listdir(store + "/tmp"):
            return f"left in the store's tmp: {os.listdir(store + '/tmp')}"
        trees = os.listdir(store + "/trees") if os.path.isdir(store + "/trees") else []
        lines = done.stderr.strip().split("\n")
        if expected is None:
            if done.returncode != 0:
                return f"refused: {lines[-1]}"
            for path, content in it.within.items():
                place = f"{store}/trees/{it.digest}/rootfs/{path}"
                if os.path.islink(place) or open(place).read() != content:
                    return f"'{path}' has another content"
            return None
        if done.returncode != 125:
            return f"status {done.returncode}: {lines[-1]}"
        if trees:
            return "a tree is in the store"
        if len(lines) != 1 or not (expected in lines[0] or re.search(expected.replace("$", r"\$"), lines[0])):
            return f"no '{expected}' in: {done.stderr.strip()}"
        return None

    def close(self):
        subprocess.run(["chmod", "-R", "u+rwX", self.top], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.top, ignore_errors=True)


def main():
    bench = Bench(os.path.abspath(sys.argv[1]))
    bad = 0
    try:
        for name, expected, form, fill in CASES:
            problem = bench.problem(expected, form, fill)
            if problem is not None:
                bad += 1
                print(f"{name}: {problem}")
    finally:
        bench.close()
    print(f"{len(CASES)} cases, {bad} not as they should be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
