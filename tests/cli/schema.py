"""schema.py SCHEMA MANIFEST...: whether each is as the schema says, and has no member that the schema does not name.
schema.py SCHEMA --from-input: the same of the paths on standard input, each ending in a NUL, but for those of tests that
forge records. Of manifests that have the same members with values of the same kinds one is looked at.

The published schema lets members through that it does not know, for the manifests of later versions; here each is to be
described, so every object is closed first."""

import json
import os
import sys

import jsonschema


def close(schema):
    if isinstance(schema, dict):
        if "properties" in schema and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


def shape(value):
    """The members and their kinds; short words stay, for they can be one of a few that are allowed."""
    if isinstance(value, dict):
        return tuple((key, shape(value[key])) for key in sorted(value))
    if isinstance(value, list):
        return ("list", frozenset(map(shape, value)))
    if isinstance(value, str):
        return value if len(value) < 20 and value.replace("_", "a").replace("-", "a").isalpha() else "text"
    return type(value).__name__


def from_input():
    """Paths of records that no test has forged: a file `forged` lies somewhere above those."""
    seen, forged = set(), {}
    for path in sys.stdin.read().split("\0")[:-1]:
        folder = path.split("/.sciwrap/runs/")[0]
        if folder not in forged:
            parts = folder.split("/")
            forged[folder] = any(os.path.exists("/".join(parts[:i] + ["forged"])) for i in range(len(parts), 3, -1))
        if forged[folder]:
            continue
        try:
            with open(path, encoding="utf-8") as file:
                manifest = json.load(file)
        except ValueError:
            continue  # torn by a test; sciwrap itself renames whole ones into place
        # Words and names of variables are no members.
        manifest.get("experiment", {}).update(command=[], variables={})
        key = shape(manifest)
        if key not in seen:
            seen.add(key)
            yield path


schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
close(schema)
validator = jsonschema.Draft202012Validator(schema)
bad = 0
for path in from_input() if sys.argv[2:] == ["--from-input"] else sys.argv[2:]:
    manifest = json.load(open(path, encoding="utf-8"))
    for error in validator.iter_errors(manifest):
        print("%s: %s: %s" % (path, "/".join(map(str, error.absolute_path)), error.message[:300]))
        print("   ", json.dumps(manifest.get("experiment", {}).get("command")))
        bad = 1
sys.exit(bad)
