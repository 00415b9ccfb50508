#!/usr/bin/env python3
"""maker.py: images for tests, without any other tool.

    maker.py layout DIR [OPTION...] LAYER...      an OCI layout
    maker.py saved FILE [OPTION...] LAYER...      what `docker save` wrote before it wrote layouts
    maker.py packed FILE [OPTION...] LAYER...     what it writes now: a layout in a tar

A LAYER is a tar, or tar.gz or tar.zst. Options: --entry JSON, --command JSON, --env NAME=VALUE, --workdir PATH,
--architecture NAME, --name NAME (repeatable: further images of the same layers under that name, each with the variable
NAMED), --docker (Docker's media types), --index (an index between index.json and the manifest, with an image for
another platform in front). Prints "DIGEST SIZE" of the manifest, one line an image.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def dump(document):
    return json.dumps(document, separators=(",", ":")).encode()


def plain(data):
    """The tar in a layer."""
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def layer_type(data, docker=False):
    coding = "gzip" if data[:2] == b"\x1f\x8b" else "zstd" if data[:4] == b"\x28\xb5\x2f\xfd" else ""
    if docker:
        return DOCKER + "image.rootfs.diff.tar" + ("." + coding if coding else "")
    return OCI + "layer.v1.tar" + ("+" + coding if coding else "")


class Image:
    """Blobs by digest, and the documents that name them. Tests bend `manifest`, `config` and `index` before they are
    written: `finish` computes what was not given."""

    def __init__(self, layers, docker=False, architecture="amd64", **use):
        self.docker = docker
        self.blobs = {}
        self.layers = layers
        self.config = {
            "created": "2020-01-01T00:00:00Z", "architecture": architecture, "os": "linux",
            "config": {key: value for key, value in use.items() if value is not None},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(plain(layer)) for layer in layers]}}
        self.manifest = {
            "schemaVersion": 2,
            "mediaType": DOCKER + "distribution.manifest.v2+json" if docker else OCI + "manifest.v1+json",
            "config": {"mediaType": DOCKER + "container.image.v1+json" if docker else OCI + "config.v1+json"},
            "layers": [self.put(layer, layer_type(layer, docker)) for layer in layers]}
        self.index = None

    def put(self, data, media_type):
        digest = sha256(data)
        self.blobs[digest] = data
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}

    def finish(self):
        """(digest, size) of the manifest, with the config put into its place where nobody else did."""
        config = self.config if isinstance(self.config, bytes) else dump(self.config)
        if isinstance(self.manifest, dict):
            named = self.manifest.get("config")
            if isinstance(named, dict) and "digest" not in named:
                named.update(self.put(config, named.get("mediaType", OCI + "config.v1+json")))
            else:
                self.put(config, "")
        text = self.manifest if isinstance(self.manifest, bytes) else dump(self.manifest)
        self.descriptor = self.put(text, DOCKER + "distribution.manifest.v2+json" if self.docker
                                   else OCI + "manifest.v1+json")
        return self.descriptor["digest"][7:], self.descriptor["size"]

    def saved(self, name, with_links=False):
        """The members of an archive of the old form, and the digest and size of the manifest that sciwrap makes."""
        config = self.config if isinstance(self.config, bytes) else dump(self.config)
        tars = [plain(layer) for layer in self.layers]
        members = [(sha256(config) + ".json", config)]
        names = []
        for number, tar in enumerate(tars):
            file = sha256(tar) + ".tar"
            members.append((file, tar))
            if with_links:
                link = f"{number:064x}/layer.tar"
                members.append((link, "../" + file))
                file = link
            names.append(file)
        manifest = (
            '{"schemaVersion":2,"mediaType":"%smanifest.v1+json","config":{"mediaType":"%sconfig.v1+json",'
            '"digest":"sha256:%s","size":%d},"layers":[%s]}' % (
                OCI, OCI, sha256(config), len(config),
                ",".join('{"mediaType":"%slayer.v1.tar","digest":"sha256:%s","size":%d}' % (OCI, sha256(tar), len(tar))
                         for tar in tars))).encode()
        entry = {"Config": members[0][0], "RepoTags": [name] if name else None, "Layers": names}
        return members, entry, (sha256(manifest), len(manifest))


def layout_files(images, index=None):
    """Paths and contents of a layout; `images` are (name, Image) that are finished."""
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    entries = []
    for name, image in images:
        entry = dict(image.descriptor)
        if name:
            entry["annotations"] = {"org.opencontainers.image.ref.name": name}
        entries.append(entry)
    for _, image in images:
        for digest, data in image.blobs.items():
            files["blobs/sha256/" + digest] = data
    if index is None:
        index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries}
    files["index.json"] = index if isinstance(index, bytes) else dump(index)
    return files


def write_layout(folder, images, index=None):
    for path, data in layout_files(images, index).items():
        place = os.path.join(folder, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)


def write_archive(path, members):
    """`members` are (name, bytes), or (name, text) for a symbolic link."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            if isinstance(data, str):
                member.type, member.linkname = tarfile.SYMTYPE, data
                archive.addfile(member)
            else:
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))


def with_index(image, architecture):
    """index.json that names an index, with the image of another platform and an attestation in front."""
    other = Image(image.layers[:1], architecture="s390x", Env=["OTHER=yes"])
    other.finish()
    nothing = image.put(b"{}", OCI + "manifest.v1+json")
    nothing["platform"] = {"os": "unknown", "architecture": "unknown"}
    entries = [nothing, dict(other.descriptor, platform={"os": "linux", "architecture": "s390x"}),
               dict(image.descriptor, platform={"os": "linux", "architecture": architecture})]
    image.blobs.update(other.blobs)
    descriptor = image.put(dump({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries}),
                           OCI + "index.v1+json")
    descriptor["annotations"] = {"org.opencontainers.image.ref.name": "several"}
    return {"schemaVersion": 2, "manifests": [descriptor]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("form", choices=["layout", "saved", "packed"])
    parser.add_argument("place")
    parser.add_argument("layer", nargs="+")
    parser.add_argument("--entry", type=json.loads)
    parser.add_argument("--command", type=json.loads)
    parser.add_argument("--env", action="append")
    parser.add_argument("--workdir")
    parser.add_argument("--architecture", default="amd64")
    parser.add_argument("--name", action="append")
    parser.add_argument("--docker", action="store_true")
    parser.add_argument("--index", action="store_true")
    parser.add_argument("--links", action="store_true")
    options = parser.parse_args()
    layers = [open(path, "rb").read() for path in options.layer]
    images = []
    for number, name in enumerate(options.name or [None]):
        env = (options.env or []) + (["NAMED=" + name] if number > 0 else [])
        image = Image(layers, options.docker, options.architecture, Entrypoint=options.entry, Cmd=options.command,
                      Env=env or None, WorkingDir=options.workdir)
        digest, size = image.finish()
        images.append((name, image))
        if options.form != "saved":
            print(digest, size)
    if options.form == "saved":
        members, entries = {}, []
        for name, image in images:
            its, entry, (digest, size) = image.saved(name, options.links)
            members.update(its)
            entries.append(entry)
            print(digest, size)
        members["manifest.json"] = dump(entries)
        write_archive(options.place, members.items())
        return
    index = with_index(images[0][1], options.architecture) if options.index else None
    if options.form == "layout":
        write_layout(options.place, images, index)
    else:
        write_archive(options.place, layout_files(images, index).items())


if __name__ == "__main__":
    main()
