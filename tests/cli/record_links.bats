#!/usr/bin/env bats
# Hard and symbolic links: what a run reads and changes through them.
load helpers
load record

@test "hard links" {
    local call
    for call in link linkat; do
        anew data=old
        acts $call data second
        tells 'in data "old"' 'out second created "old"'
        reruns
    done
    anew data=old
    acts link data second open second wa write er
    tells 'in data "old" kept' 'out data modified "older"' 'out second created "older"'
    reruns
    anew
    acts creat made write x link made second
    tells 'out made created "x"' 'out second created "x"'
    anew data=old
    acts link data second rename second data # POSIX: two names of one file are left alone
    is "$(told | grep -v '^in')" 'out second created "old"'
}

@test "symbolic links to and through folders" {
    anew real/data=old
    ln -s real way
    mkdir deep
    ln -s ../real/../way deep/up
    ln -s /workspace/way absolute
    acts open way/data r open deep/up/data r open absolute/data r open absolute/made wc write x
    tells_files 'in absolute -> /workspace/way' 'in deep/up -> ../real/../way' 'in real/data "old"' 'in way -> real' \
        'out real/made created "x"'
    reruns
    anew a/data=one b/data=two # turned while the run goes on
    ln -s a way
    acts open way/data r cat unlink way symlink b way open way/data r cat
    is "$output" onetwo
    tells_files 'in a/data "one"' 'in b/data "two"' 'in way -> a' 'out way modified -> b'
    reruns
}

@test "hard links that were there: modified through one of two names" {
    anew one=old
    ln one two
    acts open one r cat open two wa write er
    is "$output" old
    tells 'in one "old" kept' 'in two "old" kept' 'out one modified "older"' 'out two modified "older"'
    anew one=old
    ln one two
    acts open two wa write er # the other name is unknown to the run
    is "$(told | grep two)" "$(printf '%s\n' 'in two "old" kept' 'out two modified "older"')"
    reruns
    anew one=old
    ln one two
    acts open one r open two r
    tells 'in one "old"' 'in two "old"'
    reruns
    anew one=old
    ln one two
    acts open one r unlink two
    is "$(told | grep out)" 'out two deleted'
    reruns
}

@test "symbolic links: made, followed, turned, removed" {
    local call
    for call in symlink symlinkat; do
        anew data=old
        acts $call data link
        tells 'out link created -> data'
        reruns
    done
    anew data=old
    ln -s data link
    acts open link r cat
    is "$output" old
    tells 'in data "old"' 'in link -> data'
    reruns
    acts open link wt write new
    tells 'in data "old" kept' 'in link -> data' 'out data modified "new"'
    reruns
    acts unlink link symlink other link
    tells 'in link -> data' 'out link modified -> other'
    reruns
    acts creat link write x # through a link to nowhere
    tells 'in link -> other' 'out other created "x"'
    reruns
    acts unlink link creat link write file
    tells 'in link -> other' 'out link modified "file"'
    reruns
    anew data=old
    ln -s loop loop
    acts - open loop r - open loop rn - creat loop
    [[ $(told) != *out* ]]
}
