#!/usr/bin/env bats
# --seed: the kernel's random numbers, determined by a number. The streams themselves: tests/unit/check_seeding.c.
load helpers

listens() {
    "$SCIWRAP" exec -q tiny true
    [[ $(field 'm["recording"]["method"]') == seccomp-notification ]] || skip "no notifications on this host"
}

inside() {
    "$SCIWRAP" exec -q "$@" tiny sh -c \
        'od -An -N12 -tx1 /dev/urandom; od -An -N12 -tx1 /dev/random; mktemp -u; mktemp -u; head -c 3000000 /dev/urandom | sha256sum'
}

@test "the same seed gives the same numbers, another one others" {
    listens
    local first again other
    first=$(inside --seed 7) again=$(inside --seed 7) other=$(inside --seed 8)
    is "$first" "$again"
    [[ $first != "$other" ]]
    is "$(printf '%s\n' "$first" | sort -u | wc -l)" 5
}

@test "without a seed they are the kernel's" {
    [[ $(inside) != "$(inside)" ]]
}

@test "a seed is kept without a record too" {
    listens
    is "$(inside --seed 7 --no-record)" "$(inside --seed 7)"
}

@test "processes side by side do not take numbers from each other" {
    listens
    local script='mktemp -u & mktemp -u & mktemp -u & wait'
    is "$("$SCIWRAP" exec --seed 1 tiny sh -c "$script" | sort)" "$("$SCIWRAP" exec --seed 1 tiny sh -c "$script" | sort)"
}

@test "a rerun gets the same numbers" {
    listens
    "$SCIWRAP" exec --seed 42 tiny sh -c 'od -An -N64 -tx1 /dev/urandom >out.txt; mktemp -u >>out.txt'
    is "$(field 'm["experiment"]["settings"]["seed"]')" 42
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "${lines[-1]}" identical
}

@test "where nothing can be heard of the run a seed is refused" {
    SCIWRAP_RECORDING=comparison fails_with 125 'seed cannot be kept' -- "$SCIWRAP" exec --seed 1 tiny true
}

@test "what is no seed is refused" {
    local bad
    for bad in x -1 1.5 '' 99999999999999999999; do
        fails_with 125 'seed' -- "$SCIWRAP" exec --seed "$bad" tiny true
    done
}
