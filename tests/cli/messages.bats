#!/usr/bin/env bats
# What a command line is told that cannot be meant, command by command; tests/lint/messages.py sees that no message is left
# that no test has provoked.
load helpers

setup_file() {
    own_places
}

refused() { # ROWS on standard input: COMMAND|PATTERN
    local line pattern words
    while IFS='|' read -r line pattern; do
        eval "words=($line)"
        fails_with 125 "$pattern" -- "$SCIWRAP" "${words[@]}" || { echo "of: $line"; return 1; }
    done
}

@test "words that are missing, and words that are too many" {
    refused <<'ROWS'
build|build: no recipe named; see 'sciwrap build --help'
lock|lock: no recipe named
pull|pull: no environment named
pin one|pin: a name and a source have to be named
pin a b c|pin: a name and a source
store|store: no command named
store nothing-like-it|store: unknown command 'nothing-like-it'; see 'sciwrap store --help'
store export one|one environment and one file have to be named
store import|one file has to be named
store gc x|takes no arguments; 'sciwrap remove ENV' removes one
store list x|takes no arguments
store du x|takes no arguments
remove|remove: no environment named
run|run: no environment named; 'sciwrap envs' lists
exec tiny|exec: no command named after the environment
shell tiny sh|shell: takes no command; use 'sciwrap exec' for one
envs x|envs: takes no arguments
runs x|runs: takes no arguments
ps x|ps: takes no arguments
doctor x|doctor: takes no arguments
show|show: no run named; 'sciwrap runs' lists
show a b|show: takes one run
rerun|rerun: no run named
rerun a b|rerun: takes one run
diff a|diff: takes two runs
diff a b c|diff: takes two runs
whence|whence: no file named
whence a b|whence: takes one file
whois|whois: no number named
whois x|'x' is neither a PID nor the number of a namespace
cite|cite: no run named
cite a b|cite: takes one run
bundle|bundle: no run named
bundle --list|bundle: no bundle named
bundle --check|bundle: no bundle named
enter|enter: no run named
stop|stop: no run named; 'sciwrap ps' lists
audit|audit: no environment named
audit a b|audit: takes one environment
audit --dry-run a|audit: '--dry-run' means nothing here
init a b|init: takes one folder
config a b|config: takes one key, or set and unset
config set a|config: set takes a key and values
runs --follow|runs: --follow needs --job
rerun --job 17 --times 2|rerun: --job names the runs, each of which is run again once
nothing-like-it|unknown command 'nothing-like-it'; see 'sciwrap --help'
--nothing-like-it|unknown option '--nothing-like-it'; options stand behind the command
ROWS
}

@test "numbers, sizes and times that are none" {
    refused <<'ROWS'
build --jobs 0 x|--jobs '0': a number from 1 to 64
lock --snapshot yesterday x|--snapshot 'yesterday': a time such as 20240901T083152Z
rerun --times 0 x|--times '0': a number from 1 to 1000 is needed
rerun --rtol much x|--rtol 'much': a number such as 1e-9 is needed
rerun --atol -1 x|--atol '-1': a number such as 1e-9
rerun --ignore '(' x|--ignore
diff --ignore '' a b|--ignore
stop --time soon x|--time 'soon' is not a number of seconds from 0 to 1000000
store gc --older-than never|--older-than 'never': a number of days
store gc --keep-bytes some|--keep-bytes 'some': a number of bytes, as in 500M
run --seed x tiny|--seed 'x': expected a whole number
run --keep-limit x tiny|--keep-limit 'x': expected a number of bytes
run --pids 0 tiny|--pids '0': expected
run --memory lots tiny|--memory 'lots': expected
run --time soon tiny|--time 'soon': expected
run --cpus x tiny|--cpus 'x': expected
run --env NAME tiny|--env 'NAME': expected NAME=VALUE
run --env 1=2 tiny|--env '1=2': a name has letters
run --workdir here tiny|--workdir 'here': expected an absolute path
run --bind :/x tiny|--bind ':/x': expected SRC
run --bind /etc:/proc/x tiny|nothing can be bound at '/proc/x'
run --bind /nonexistent tiny|--bind '/nonexistent'
run --input /nonexistent tiny|--input '/nonexistent'
run --input /etc/passwd tiny|--input '/etc/passwd' cannot be shown inside at the same path.*--bind /etc/passwd:DST
run --input /proc/version tiny|--input '/proc/version' cannot be shown inside at the same path
run --cdi-dir /nonexistent tiny|--cdi-dir '/nonexistent': is no directory
audit --bind /nonexistent:/x tiny|the run to be audited cannot be planned; see the line above
run --input /dev/null tiny|--input '/dev/null' is neither a file nor a directory
run --no-fix weather tiny|--no-fix: 'weather' is nothing that is fixed; known are
ROWS
}

@test "what is not there" {
    refused <<'ROWS'
run no-environment-like-this|no environment 'no-environment-like-this'; 'sciwrap envs' lists
run '.hidden'|'.hidden' is not the name of an environment
pull ./absent.ini|absent.ini
build no-recipe-like-this|no-recipe-like-this
show 0123456789ab|no runs are recorded here or above, so there is none with the ID
whence absent|absent
bundle --list absent.sciwrap|absent.sciwrap
remove no-environment-like-this|no environment 'no-environment-like-this'
enter 0123456789ab|no run '0123456789ab' is going on
stop 0123456789ab|no run '0123456789ab' is going on
stop x|'x' is no ID of a run: it has 4 to 12 hexadecimal digits
config no.such|unknown key 'no.such'
pin 'a b' x|'a b' is not the name of an environment
runs --job 17|no tasks of job '17' are recorded here
ROWS
    mkdir .sciwrap
    fails_with 125 "'zz' is not the ID of a run, of which at least 4 hexadecimal digits are needed, and no bundle" -- "$SCIWRAP" show zz
    rmdir .sciwrap
    cd /
    fails_with 125 "the work directory is '/'" -- "$SCIWRAP" run tiny
    cd "$WORK"
    fails_with 125 'no place for the store: set SCIWRAP_STORE or HOME' -- env -u SCIWRAP_STORE -u HOME -u XDG_DATA_HOME "$SCIWRAP" store list
    fails_with 125 'no place for a config file: set HOME' -- env -u HOME -u XDG_CONFIG_HOME "$SCIWRAP" config set cite.name X
}

# A copy of the program, PREFIX/bin/sciwrap, with what is beside it; the helper that is given, if any.
installed() { # PREFIX [HELPER]
    mkdir -p "$1/bin" "$1/libexec/sciwrap"
    cp "$SCIWRAP" "$1/bin/sciwrap"
    [[ $# -lt 2 ]] || { cp "$2" "$1/libexec/sciwrap/sciwrap-env" && chmod +x "$1/libexec/sciwrap/sciwrap-env"; }
}

@test "an installation that lacks something, and one that has rights it needs not" {
    [[ ! -e /etc/sciwrap ]] || skip "this host has environments of its own"
    installed bare
    succeeds env SCIWRAP_ENVS= bare/bin/sciwrap envs
    is "$output" ""
    notes "no environments are known here; 'sciwrap pin NAME SOURCE' makes one, and FILES in sciwrap.1. says where"
    # A helper that brings nothing, and says that it has.
    printf '#!/bin/sh\n' >helper
    installed idle helper
    fails_with 125 "the root file system of 'tiny' is not in the store after it was brought" -- \
        env SCIWRAP_STORE="$WORK/store" idle/bin/sciwrap exec --no-record tiny true
    # Who is inside of a run and has a descriptor of the program cannot start it, when it has no name there.
    installed open
    fails_with 125 "refuses to be executed by '/proc/self/exe' inside of a run" -- "$FIXTURES/under" lacking landlock \
        sh -c 'exec 5<open/bin/sciwrap; rm open/bin/sciwrap; exec /proc/self/fd/5 --version'
    [[ $(id -u) -eq 0 ]] || skip "as an ordinary user"
    installed rights
    chmod u+s rights/bin/sciwrap
    fails_with 125 'refuses to run set-uid, set-gid or with file capabilities; it needs none of them' -- \
        setpriv --reuid 12345 --clear-groups rights/bin/sciwrap --version
}

@test "what there is nothing of is said, and no failure" {
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    succeeds "$SCIWRAP" runs
    notes "no runs are recorded here or above; 'sciwrap run' records one .* 'sciwrap init' makes"
    succeeds "$SCIWRAP" ps
    succeeds "$SCIWRAP" store list
    notes "the store is empty; 'sciwrap pull ENV' brings an environment"
    succeeds "$SCIWRAP" store du
    notes "there is no store yet; 'sciwrap pull ENV' makes it"
    succeeds "$SCIWRAP" store verify
    notes 'there is nothing to check: the store is empty'
    succeeds "$SCIWRAP" store gc
    notes 'nothing to remove'
}

@test "the helper, asked by somebody else than sciwrap" {
    local helper line pattern words
    : >'a b.ini'
    helper=$(dirname "$SCIWRAP")/../libexec/sciwrap/sciwrap-env
    while IFS='|' read -r line pattern; do
        eval "words=($line)"
        fails_with 125 "$pattern" -- "$helper" "${words[@]}" || { echo "of: $line"; return 1; }
    done <<'ROWS'
|no command given: see 'sciwrap-env --help'
fly|unknown command 'fly': see 'sciwrap-env --help'
pull|pull: no environment named
pull --fly x|pull: unknown option or missing value
pin one|pin: a name and a source are needed
build -o x a b|build: --output takes one recipe
build '../evil.x'|'../evil.x'
build '.x'|'.x' is not the name of a recipe
build './a b.ini'|a recipe is a file NAME.ini
bundle-read x|bundle-read: takes a folder and a name for messages
bundle-write x|bundle-write: takes the names of a run and an environment
store-export one|one environment and one file have to be named
ROWS
}

@test "sources that are none, and files that cannot be taken for an environment" {
    refused <<'ROWS'
pin x oci://|'oci://' names no host
pin x oci://debian|oci://debian
pin x absent.tar|absent.tar
store import absent|absent
store export tiny-new /nonexistent/file|/nonexistent/file
ROWS
    { echo '[variables]'; yes A= | head -n 20001; } >many.ini
    fails_with 125 'many.ini:20002: more than 20000 entries' -- "$SCIWRAP" run ./many.ini
    define bare '[artifact]' "sha256 = $(sha256 "$FIXTURES/tiny.tar")" "url = $FIXTURES/tiny.tar"
    fails_with 125 "environment 'bare' has no command of its own; use 'sciwrap exec bare CMD'" -- "$SCIWRAP" run bare
    echo '<!DOCTYPE html><html></html>' >page.tar
    fails_with 125 "HTML page" -- "$SCIWRAP" pin x page.tar
    printf 'no environment%.0s' {1..200} >file
    fails_with 125 "it is no environment that 'sciwrap store export' wrote" -- "$SCIWRAP" store import file
    mkdir folder
    fails_with 125 'it is no regular file|folder' -- "$SCIWRAP" store import folder
    "$SCIWRAP" pull --quiet tiny-new
    quietly "$SCIWRAP" store export -q tiny-new out.env
    fails_with 125 "'out.env' exists; --force replaces it" -- "$SCIWRAP" store export tiny-new out.env
    fails_with 125 "--name 'a b': letters, digits" -- "$SCIWRAP" store import --name 'a b' out.env
    head -c 5000 out.env >cut.env
    fails_with 125 'it ends early' -- "$SCIWRAP" store import cut.env
    succeeds "$SCIWRAP" store import --folder . out.env
    notes 'environment tiny-new is in the store, and its definition in'
    echo '; another' >>tiny-new.ini
    fails_with 125 'exists and is another definition; --name gives this one another name' -- "$SCIWRAP" store import --folder . out.env
}

@test "what a run leaves that nobody may read is told, whichever way it is recorded" {
    [[ $(id -u) -ne 0 ]] || skip "as root: root can read every file"
    local way
    for way in observation comparison; do
        export SCIWRAP_RECORDING=$way
        succeeds "$SCIWRAP" exec tiny sh -c 'echo x >closed; chmod 0 closed'
        notes "no digest of the output 'closed': .*Permission denied"
        rm -f closed
        succeeds sh -c '"$SCIWRAP" exec tiny sh -c "echo x; chmod 0 said" >said'
        notes "no digest of what went to stdout: .*Permission denied"
        rm -f said
    done
    succeeds "$SCIWRAP" exec tiny chmod 0 .
    chmod 755 "$WORK"
    notes "outputs in '$WORK' are not recorded: read the work directory .*Permission denied"
    chmod 0300 "$WORK"
    run --separate-stderr "$SCIWRAP" exec --no-record --manifest "$BATS_TEST_TMPDIR/record" tiny true
    chmod 0755 "$WORK"
    is "$status" 125
    notes "what the run can write to must be readable: read the work directory '$WORK': Permission denied"
    unset SCIWRAP_RECORDING
    echo x >declared
    chmod 0 declared
    fails_with 125 "input: read '$WORK/declared': Permission denied" -- "$SCIWRAP" exec --input declared tiny true
    mkdir listed envs
    chmod 0444 envs # a folder that may not be entered is none to look in
    succeeds "$SCIWRAP" envs
    chmod 0755 envs
}

@test "folders that are too deep to be compared are told of" {
    mkdir -p "$(printf 'd/%.0s' {1..202})"
    SCIWRAP_RECORDING=comparison succeeds "$SCIWRAP" exec tiny touch out
    notes "'d/.*d/' is deeper than 200 folders and is not looked into for outputs"
    is "$(field '[o["path"] for o in m["experiment"]["outputs"] if o["path"][0] != "/"]')" "['out']"
}

@test "first use: each command says the next step" {
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store
    fails_with 125 "no runs are recorded here or above; 'sciwrap run' records one" -- "$SCIWRAP" report --all
    for command in show report rerun bundle cite; do
        fails_with 125 "$command: no run named; 'sciwrap runs' lists those that are recorded here; see 'sciwrap $command --help'" -- \
            "$SCIWRAP" "$command"
    done
    fails_with 125 "no environment 'tny-new'; did you mean 'tiny-new'" -- "$SCIWRAP" run tny-new
    "$SCIWRAP" init -q
    succeeds "$SCIWRAP" init
    notes "is a project already: nothing was missing; 'sciwrap runs' lists what was run in it"
    quietly "$SCIWRAP" init -q
    succeeds "$SCIWRAP" runs
    is "$output" ""
    notes "no run is recorded in '$WORK/.sciwrap' yet; 'sciwrap run ENV ARG...' records the first"
    quietly "$SCIWRAP" runs --json
    is "$output" "[]"
    mkdir recipes
    : >recipes/samtools.ini
    fails_with 125 "no recipe 'samtols' in .*; did you mean 'samtools'" -- "$SCIWRAP" build samtols
}
