"""schema.py SCHEMA MANIFEST...: whether each is as the schema says, and has no member that the schema does not name.

The published schema lets members through that it does not know, for the manifests of later versions; here each is to be
described, so every object is closed first."""

import json
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


schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
close(schema)
bad = 0
for path in sys.argv[2:]:
    manifest = json.load(open(path, encoding="utf-8"))
    for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest):
        print("%s: %s: %s" % (path, "/".join(map(str, error.absolute_path)), error.message[:300]))
        print("   ", json.dumps(manifest.get("experiment", {}).get("command")))
        bad = 1
sys.exit(bad)
