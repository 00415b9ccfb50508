# helpers.bash: what every command-line test needs. A test file has a home, a store and temporary folders of its own, so
# that files can run side by side and nothing of the caller's is read or written.
# shellcheck shell=bash
bats_require_minimum_version 1.5.0

SCIWRAP=${SCIWRAP:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build/release/bin/sciwrap}
FIXTURES=${FIXTURES:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build/fixtures}
export SCIWRAP FIXTURES

own_places() {
    local place=$BATS_FILE_TMPDIR/place
    mkdir -p "$place"/{home,config,data,cache,tmp}
    export HOME=$place/home XDG_CONFIG_HOME=$place/config XDG_DATA_HOME=$place/data XDG_CACHE_HOME=$place/cache
    export TMPDIR=$place/tmp SCIWRAP_STORE=$place/store SCIWRAP_ENVS=$FIXTURES/envs
    unset SCIWRAP_MIRRORS SCIWRAP_MIRRORS_FIRST SCIWRAP_OFFLINE SLURM_JOB_ID SLURM_STEP_ID
    unset SCIWRAP_SITE_STORE SCIWRAP_TMPDIR SCIWRAP_RECIPES SCIWRAP_DEBIAN_MIRROR http_proxy https_proxy
    unset SCIWRAP_NETWORK SCIWRAP_VERIFY SCIWRAP_KEEP_LIMIT SCIWRAP_NO_FIX SCIWRAP_CPU_BASELINE SCIWRAP_BIND
    unset SCIWRAP_LIMIT_{PIDS,MEMORY,CPUS,TIME,FILE_SIZE,OPEN_FILES} SCIWRAP_NAME SCIWRAP_ORCID
    export SCIWRAP_FETCH_WAIT=10 NETRC=/nonexistent # tries follow at once, and nobody's passwords are read
    unset all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
}

# The tiny environments are in the store.
setup_file() {
    own_places
    "$SCIWRAP" pull tiny tiny-new 3>&- 2>"$BATS_FILE_TMPDIR/pull.log" || {
        cat "$BATS_FILE_TMPDIR/pull.log" >&2
        return 1
    }
}

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
}

# succeeds COMMAND...: status 0; standard output in $output, standard error in $stderr.
succeeds() {
    run --separate-stderr "$@"
    if [[ $status -ne 0 ]]; then
        echo "status $status of: $*"
        echo "$output"
        # shellcheck disable=SC2154
        echo "$stderr"
        return 1
    fi
}

# quietly COMMAND...: as succeeds, and standard error stays empty.
quietly() {
    succeeds "$@" || return 1
    if [[ -n $stderr ]]; then
        echo "on standard error: $stderr"
        return 1
    fi
}

# fails_with CODE PATTERN -- COMMAND...: exactly that status, and a last line on standard error "sciwrap: ..." that
# matches PATTERN. Death by a signal is never what a test wants, unless it asks for that code itself.
fails_with() {
    local code=$1 pattern=$2
    [[ $3 == -- ]] || return 1
    shift 3
    local expect=()
    [[ $code -ne 127 ]] || expect=(-127) # else bats takes it for a mistake of the test
    run "${expect[@]}" --separate-stderr "$@"
    local last=${stderr##*$'\n'}
    if [[ $status -ne $code ]]; then
        echo "status $status instead of $code of: $*"
        echo "$output"
        echo "$stderr"
        return 1
    fi
    if [[ ! $last =~ ^sciwrap:\ .*$pattern ]]; then
        echo "no '$pattern' in: $last"
        echo "$stderr"
        return 1
    fi
}

says() { # PATTERN: on standard output
    [[ $output =~ $1 ]] || {
        echo "no '$1' in: $output"
        return 1
    }
}

notes() { # PATTERN: on standard error
    [[ $stderr =~ $1 ]] || {
        echo "no '$1' in: $stderr"
        return 1
    }
}

is() { # ACTUAL EXPECTED
    [[ $1 == "$2" ]] || {
        printf 'is:     %s\nshould: %s\n' "$1" "$2"
        return 1
    }
}

# until_true COMMAND...: polls until it is a fact; fails after 20 seconds.
until_true() {
    local end=$((SECONDS + 20))
    until "$@" >/dev/null 2>&1; do
        if [[ $SECONDS -ge $end ]]; then
            echo "never became true: $*"
            return 1
        fi
        sleep 0.05
    done
}

# The newest manifest below the work directory.
manifest() {
    local newest
    newest=$(ls -td "$WORK"/.sciwrap/runs/*/manifest.json | head -n 1)
    echo "$newest"
}

# field EXPRESSION [FILE]: a Python expression over the manifest `m`.
field() {
    python3 - "$1" "${2:-$(manifest)}" <<'PYTHON'
import json, sys
m = json.load(open(sys.argv[2]))
print(eval(sys.argv[1]))
PYTHON
}

# What runs left below a temporary folder. Empty folders may wait there for the next run.
left_in() {
    find "$1" ! -type d 2>/dev/null
    find "$1" -type d -name 'run.*' 2>/dev/null
}

# Nothing half-made: no staging but a download that can be resumed, no folder of a run.
nothing_left() {
    is "$(left_in "$TMPDIR")$(find "$SCIWRAP_STORE/tmp" -mindepth 1 -type d 2>/dev/null)" ""
}

# A definition of this test: define NAME LINE..., with NAME.ini in the test's own folder.
define() {
    local name=$1
    shift
    mkdir -p "$BATS_TEST_TMPDIR/envs"
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/envs/$name.ini"
    export SCIWRAP_ENVS=$BATS_TEST_TMPDIR/envs:$FIXTURES/envs
}

sha256() {
    sha256sum "$1" | cut -d' ' -f1
}

# on_terminal INPUT COMMAND...: runs it with a terminal of its own; what it showed is in $output, its status in $status.
on_terminal() {
    run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"
}

# Records of this test are forged: they are not held against the schema (setup_suite.bash).
forged() {
    : >"$BATS_TEST_TMPDIR/forged"
}
