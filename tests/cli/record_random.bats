#!/usr/bin/env bats
# What the recorder finds out about random series of file operations, and whether a rerun comes to the same
# (record_random.py). SHUFFLE_SEEDS: how many; `tests/run.sh --long` takes 2,000 of the release build.
load helpers

@test "random series of file operations are recorded as they were, and can be rerun" {
    "$SCIWRAP" exec -q tiny true
    [[ $(field 'm["recording"]["method"]') == seccomp-notification ]] || skip "no notifications on this host"
    python3 "$BATS_TEST_DIRNAME/record_random.py" 1 "${SHUFFLE_SEEDS:-30}" >&2
}
