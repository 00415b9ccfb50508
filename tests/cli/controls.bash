# controls.bash: the attacks of escape_*.bats are first tried on tools of which it is known that they let them through, so
# that a test that could not fail shows itself. The versions are those of Debian 12, where each was seen to do so; where they
# are not here, the attack is tried on sciwrap alone.
#
# A control that does not fail is a failed test. What each did is written to $SCIWRAP_CONTROLS, when that is set, as
# "ROW<tab>CONTROL<tab>WHAT": docs/escapes.md is checked against it (tests/lint/escapes.sh).
# shellcheck shell=bash

# Tiny's tree beside the store, for tools that need a folder; and the attacks, where each of them can see them.
control_tree() {
    TREE=$BATS_FILE_TMPDIR/tree
    if [[ ! -d $TREE ]]; then
        mkdir "$TREE"
        tar -xf "$FIXTURES/tiny.tar" -C "$TREE"
        mkdir -p "$TREE/workspace"
        cp "$FIXTURES/attack" "$TREE/usr/bin/attack"
    fi
}

has_bwrap() {
    [[ $(bwrap --version 2>/dev/null) == 'bubblewrap 0.8.0' ]] && bwrap --ro-bind / / true 2>/dev/null
}

has_runc() {
    [[ $(id -u) -eq 0 && $(runc --version 2>/dev/null) == 'runc version 1.1.5'* ]]
}

has_unshare() {
    unshare --user --map-root-user true 2>/dev/null
}

# What a careful user of bubblewrap would write: everything unshared, the tree read-only.
bwrapped() { # [OPTION...] COMMAND...
    timeout 10 bwrap --ro-bind "$TREE" / --proc /proc --dev /dev --tmpfs /tmp --bind "$WORK" /workspace --chdir /workspace \
        --unshare-all "$@"
}

# shown ROW CONTROL WHAT TEST...: the control let the attack through, as TEST says (a command).
shown() {
    local row=$1 control=$2 what=$3
    shift 3
    "$@" || {
        echo "the control $control did not fail on row $row: $what"
        return 1
    }
    [[ -z ${SCIWRAP_CONTROLS-} ]] || printf '%s\t%s\t%s\n' "$row" "$control" "$what" >>"$SCIWRAP_CONTROLS"
}

# attack QUESTION [ARGUMENT...]: inside a run, its output in $output.
attack() {
    cp -f "$FIXTURES/attack" "$WORK/attack"
    succeeds "$SCIWRAP" exec --no-record --no-auto-bind ${ATTACK_OPTIONS-} tiny ./attack "$@"
}

# refuses ERROR QUESTION...: each line of the attack ends with one of the errors (a pattern).
refuses() {
    local pattern=$1
    shift
    attack "$@"
    if [[ -z $output ]] || grep -vE " ?($pattern)$" <<<"$output"; then
        echo "not all refused: $output"
        return 1
    fi
}
