#!/usr/bin/env python3
"""push.py HOST:PORT REPOSITORY TAG LAYOUT...: the image of each OCI layout into a registry over http, under that tag: one
alone, or several as an index with their platforms. Prints "sha256:HEX" of what the tag is then."""
import hashlib
import http.client
import json
import sys

host, repository, tag = sys.argv[1:4]
connection = http.client.HTTPConnection(host)


def ask(method, path, body=None, **headers):
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
    return answer


def blob(layout, descriptor):
    with open(f"{layout}/blobs/{descriptor['digest'].replace(':', '/')}", "rb") as file:
        return file.read()


def put(reference, text, media_type):
    ask("PUT", f"/v2/{repository}/manifests/{reference}", text, Content_Type=media_type)


entries = []
for layout in sys.argv[4:]:
    with open(f"{layout}/index.json", "rb") as file:
        descriptor = json.load(file)["manifests"][0]
    text = blob(layout, descriptor)
    manifest = json.loads(text)
    for part in [manifest["config"], *manifest["layers"]]:
        place = ask("POST", f"/v2/{repository}/blobs/uploads/").getheader("Location")
        place = place[place.index("/v2/"):]
        ask("PUT", f"{place}{'&' if '?' in place else '?'}digest={part['digest']}", blob(layout, part),
            Content_Type="application/octet-stream")
    put(tag, text, descriptor["mediaType"])
    config = json.loads(blob(layout, manifest["config"]))
    entries.append({"mediaType": descriptor["mediaType"], "digest": descriptor["digest"], "size": len(text),
                    "platform": {"os": "linux", "architecture": config["architecture"]}})
digest = entries[0]["digest"]
if len(entries) > 1:
    media_type = "application/vnd.oci.image.index.v1+json"
    text = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": entries}).encode()
    digest = "sha256:" + hashlib.sha256(text).hexdigest()
    put(tag, text, media_type)
print(digest)
