# setup_suite.bash: after all files of a run of bats, every manifest that a test has made is held against the schema.
# shellcheck shell=bash

setup_suite() {
    :
}

# A folder in which a test has forged a record has a file of this name in it: see helpers.bash, forged.
teardown_suite() {
    local here=${BATS_TEST_DIRNAME:-tests/cli} python
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import jsonschema' 2>/dev/null || continue
        find "$BATS_RUN_TMPDIR" -path '*/.sciwrap/runs/*/manifest.json' -size +0 -print0 2>/dev/null |
            "$python" "$here/schema.py" "$here/../../docs/manifest.schema.json" --from-input
        return
    done
    echo "# the manifests of these tests are not held against the schema: no jsonschema (package python3-jsonschema)" >&3
}
