#!/usr/bin/env bats
# sciwrap exec: any command, and the exit status that comes back.
load helpers

@test "the exit status is the command's" {
    local code
    for code in 0 1 2 42 99 124 125 126 127 128 255; do
        run "-$code" "$SCIWRAP" run tiny exit $code
    done
}

@test "death by signal n is 128+n" {
    local number
    for number in 1 2 6 9 11 13 15 31; do
        run "$SCIWRAP" run tiny die $number
        is "$status" $((128 + number))
    done
}

@test "127 when the command is not there" {
    fails_with 127 "no-such-command" -- "$SCIWRAP" exec tiny no-such-command
    fails_with 127 "/no/such/command" -- "$SCIWRAP" exec tiny /no/such/command
    # The host's programs are not the environment's.
    fails_with 127 "python3" -- "$SCIWRAP" exec tiny python3
}

@test "126 when it cannot be executed" {
    fails_with 126 "/etc/passwd" -- "$SCIWRAP" exec tiny /etc/passwd
    fails_with 126 "/usr/bin/garbage" -- "$SCIWRAP" exec tiny /usr/bin/garbage
    fails_with 126 "/etc" -- "$SCIWRAP" exec tiny /etc
}

@test "a script whose interpreter is missing says so" {
    fails_with 127 'orphaned.*interpreter' -- "$SCIWRAP" exec tiny orphaned
}

@test "scripts and commands of the work directory run" {
    quietly "$SCIWRAP" exec tiny script a b
    is "$output" 'script a b'
    printf '#!/bin/sh\necho mine "$@"\n' >mine
    chmod +x mine
    quietly "$SCIWRAP" exec tiny ./mine x
    is "$output" 'mine x'
}

@test "-- ends sciwrap's options" {
    quietly "$SCIWRAP" exec -- tiny echo --env
    is "$output" --env
}

@test "PID 1 reaps what the command leaves behind" {
    quietly "$SCIWRAP" run tiny orphans 200
}

@test "the run ends with its command, and what lingers is ended" {
    quietly "$SCIWRAP" run tiny linger
    # A process that held the pipe open would keep `run` waiting for ever.
}

@test "a large output comes through whole" {
    "$SCIWRAP" exec tiny sh -c 'head -c 20000000 /dev/zero' >big
    is "$(stat -c %s big)" 20000000
}

@test "output to a reader that went away is the command's affair" {
    run bash -c '"$SCIWRAP" exec tiny sh -c "yes 2>/dev/null || while echo x; do :; done" | head -n 1'
    is "$status" 0
}

@test "hundreds of arguments and long ones" {
    local long
    long=$(printf 'x%.0s' $(seq 1 100000))
    quietly "$SCIWRAP" exec tiny sh -c 'echo $#' sh "$long" $(seq 1 500)
    is "$output" 501
}
