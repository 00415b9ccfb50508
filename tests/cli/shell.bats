#!/usr/bin/env bats
# sciwrap shell, and what makes a terminal feel normal.
load helpers

@test "shell gives a prompt, and leaves with the shell's status" {
    on_terminal $'wait $ \nsend echo in-$((40+2))\\r\nwait in-42\nsend exit 7\\r' "$SCIWRAP" shell tiny
    is "$status" 7
}

@test "shell without a terminal reads commands" {
    run --separate-stderr bash -c 'echo "echo \$((40+2)); pwd" | "$SCIWRAP" shell tiny'
    is "$status" 0
    is "$output" $'42\n/workspace'
}

@test "the window's size arrives, and its changes" {
    on_terminal $'wait $ \nsend stty size\\r\nwait 24 80\nsize 40 132\nsend stty size\\r\nwait 40 132\nsend exit\\r' \
        "$SCIWRAP" shell tiny
    is "$status" 0
}

@test "Ctrl-C ends the command and not the shell" {
    on_terminal $'wait $ \nsend cat; echo after-$?\\r\nwait cat\nsend \\x03\nwait $ \nsend echo still-$((1+1))\\r\nwait still-2\nsend exit 3\\r' \
        "$SCIWRAP" shell tiny
    is "$status" 3
}

@test "Ctrl-Z stops a job, and fg continues it" {
    on_terminal $'wait $ \nsend cat\\r\nwait cat\nsend \\x1a\nwait Stopped\nwait $ \nsend fg\\r\nwait cat\nsend typed\\r\nwait typed\nwait typed\nsend \\x04\nwait $ \nsend exit 4\\r' \
        "$SCIWRAP" shell tiny
    is "$status" 4
}

@test "Ctrl-C on a plain run is the command's" {
    on_terminal $'wait ready\nsend \\x03' "$SCIWRAP" exec tiny sh -c 'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 1; done'
    is "$status" 5
    says caught
}

@test "Ctrl-Z on a plain run stops it for the caller's shell, and fg continues it" {
    on_terminal $'wait $ \nsend "$SCIWRAP" exec tiny cat\\r\nsend hello\\r\nwait hello\nwait hello\nsend \\x1a\nwait Stopped\nsend fg\\r\nsend again\\r\nwait again\nwait again\nsend \\x04\nwait $ \nsend exit 6\\r' \
        env PS1='$ ' bash --norc --noprofile -i
    is "$status" 6
}

@test "a program inside cannot type on the caller's terminal" {
    on_terminal '' "$SCIWRAP" run tiny tiocsti
    [[ ! $output =~ allowed ]]
}

@test "the terminal has a name inside" {
    on_terminal '' "$SCIWRAP" exec tiny sh -c 'test -t 0 && test -t 1 && echo yes'
    says yes
}
