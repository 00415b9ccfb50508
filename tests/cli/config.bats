#!/usr/bin/env bats
# config: what a user and a site set, which of it counts, and that what it changes of an experiment is in the manifest.
load helpers

user_file() { # LINE...
    mkdir -p "$XDG_CONFIG_HOME/sciwrap"
    printf '%s\n' "$@" >"$XDG_CONFIG_HOME/sciwrap/config.ini"
}

teardown() {
    rm -rf "$XDG_CONFIG_HOME/sciwrap/config.ini"
}

# with_site COMMAND...: with an /etc in which the site's file says what standard input says.
with_site() {
    local etc=$BATS_TEST_TMPDIR/etc map=-rm
    mkdir -p "$etc/sciwrap"
    cp /etc/passwd /etc/group "$etc"
    cat >"$etc/sciwrap/config.ini"
    chmod "${SITE_MODE-644}" "$etc/sciwrap/config.ini"
    [[ $(id -u) -eq 0 ]] && map=-m
    # shellcheck disable=SC2016
    unshare "$map" sh -c 'mount --bind "$0" /etc && exec "$@"' "$etc" "$@"
}

json() { # EXPRESSION: over the document `d` in $output
    python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' "$output" "$1"
}

@test "without files: everything is built in or a variable, and nothing is opened but the two files" {
    quietly "$SCIWRAP" config
    says "user +$XDG_CONFIG_HOME/sciwrap/config.ini \(there is none\)"
    says "store.path +variable +$SCIWRAP_STORE"
    says "run.network +built-in +none"
    is "$(awk 'length > 80' <<<"$output" | grep -vc "$BATS_FILE_TMPDIR")" 0
    strace -f -qq -e trace=open,openat -o trace "$SCIWRAP" exec -q tiny true
    is "$(grep -c 'sciwrap/config.ini' trace)" 2
    is "$(grep 'sciwrap/config.ini' trace | grep -vc ENOENT)" 0
}

@test "an option counts more than a variable, and that more than the user's file and the site's" {
    user_file '[limits]' 'pids = 60' 'memory = 2G'
    [[ $(id -u) -eq 0 ]] || unshare -rm true || skip "no user namespace to mount an /etc in"
    site=$'[limits]\npids = 50\nmemory = 1G\ncpus = 1\n[run]\nverify = full'
    with_site "$SCIWRAP" config >all <<<"$site"
    grep -qE 'limits.pids +user:2 +60$' all
    grep -qE 'limits.cpus +site:4 +1$' all
    grep -qE 'run.verify +site:6 +full$' all
    SCIWRAP_LIMIT_PIDS=70 with_site "$SCIWRAP" config limits.pids >one <<<"$site"
    is "$(cat one)" 70
    SCIWRAP_LIMIT_PIDS=70 with_site "$SCIWRAP" exec --dry-run --pids 80 tiny true <<<"$site" >plan
    is "$(field 'm["experiment"]["limits"]' plan)" \
        "{'pids': 80, 'memory_bytes': 2147483648, 'cpus': 1}"
}

@test "a site's file that others can write is left out, and told of" {
    [[ $(id -u) -eq 0 ]] || unshare -rm true || skip "no user namespace to mount an /etc in"
    SITE_MODE=664 with_site "$SCIWRAP" config run.network <<<$'[run]\nnetwork = host' >value 2>said
    is "$(cat value)" none
    grep -q "warning: '/etc/sciwrap/config.ini' is left out: others than root can write it" said
}

@test "what the config changes of an experiment is in the manifest; a rerun does not depend on it" {
    mkdir "$BATS_TEST_TMPDIR/genomes"
    echo ACGT >"$BATS_TEST_TMPDIR/genomes/ref.fa"
    user_file '[run]' 'network = host' 'no-fix = hostname' "bind = $BATS_TEST_TMPDIR/genomes:/genomes" \
        'bind = /nonexistent/scratch' '[limits]' 'pids = 60' '[cite]' 'name = Josiah Carberry' 'orcid = 0000-0002-1825-0097'
    succeeds "$SCIWRAP" exec --no-fix tz tiny sh -c 'cat /genomes/ref.fa >out.txt'
    notes "run.bind, left out: --bind '/nonexistent/scratch'"
    is "$(field 'm["experiment"]["settings"]["network"]')" host
    is "$(field 'sorted(m["experiment"]["settings"]["disabled"])')" "['hostname', 'tz']"
    is "$(field 'm["experiment"]["limits"]["pids"]')" 60
    is "$(field '[b["path"] for b in m["experiment"]["settings"]["binds"]]')" "['/genomes']"
    is "$(field 'm["circumstances"]["user"]["name"]')" "Josiah Carberry"
    is "$(field 'm["circumstances"]["user"]["orcid"]')" 0000-0002-1825-0097
    first=$(manifest)
    rm "$XDG_CONFIG_HOME/sciwrap/config.ini"
    SCIWRAP_LIMIT_PIDS=55 succeeds "$SCIWRAP" rerun --json "$first"
    again=$(dirname "$(dirname "$first")")/$(json 'd["reruns"][0]["id"]')/manifest.json
    is "$(field 'm["experiment"]["limits"]["pids"], m["experiment"]["settings"]["network"]' "$again")" "(60, 'host')"
    succeeds "$SCIWRAP" cite "$first"
    says 'Josiah Carberry'
    succeeds "$SCIWRAP" cite --format bibtex "$first"
    says 'author = \{Josiah Carberry\}'
    says 'ORCID 0000-0002-1825-0097'
}

@test "an option of the command line takes the place of a bind at the same target, and of the word none" {
    mkdir "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
    touch "$BATS_TEST_TMPDIR/b/mine"
    user_file '[run]' "bind = $BATS_TEST_TMPDIR/a:/data" 'no-fix = all' '[limits]' 'time = 100'
    quietly "$SCIWRAP" exec --no-record --bind "$BATS_TEST_TMPDIR/b:/data" --no-fix none --time none tiny ls /data
    is "$output" mine
    quietly "$SCIWRAP" exec --no-record --bind "$BATS_TEST_TMPDIR/b:/other" tiny ls /other
    is "$output" mine
}

@test "what is not understood stops everything, with file and line; help is there all the same" {
    user_file '[run]' 'ntwork = host'
    for command in config runs "exec tiny true" "pull tiny"; do
        # shellcheck disable=SC2086
        fails_with 125 "config.ini:2: unknown key 'ntwork' in \[run\]; did you mean 'network'\?" -- "$SCIWRAP" $command
    done
    quietly "$SCIWRAP" config --help
    SCIWRAP_NETWORK=x fails_with 125 "did you mean 'network'" -- "$SCIWRAP" exec tiny true
    rm "$XDG_CONFIG_HOME/sciwrap/config.ini"
    SCIWRAP_NETWORK=x fails_with 125 "SCIWRAP_NETWORK: --network 'x': expected none or host" -- "$SCIWRAP" exec tiny true
    SCIWRAP_BIND=$PWD:work fails_with 125 'run.bind: --bind' -- "$SCIWRAP" exec tiny true
}

@test "the helper reads the same settings" {
    user_file '[fetch]' 'offline = yes' '[places]' "envs = $BATS_TEST_TMPDIR/envs"
    mkdir "$BATS_TEST_TMPDIR/envs"
    printf '%s\n' '[artifact]' "sha256 = $(printf 'a%.0s' {1..64})" 'url = http://127.0.0.1:9/x' >"$BATS_TEST_TMPDIR/envs/far.ini"
    unset SCIWRAP_ENVS
    fails_with 125 'because of --offline' -- "$SCIWRAP" pull far
    SCIWRAP_OFFLINE=no SCIWRAP_FETCH_TRIES=1 fails_with 125 '127.0.0.1' -- "$SCIWRAP" pull far
}

@test "set and unset change one key, and keep the rest" {
    user_file '; mine' '[limits]' 'pids = 60 ; enough'
    file=$XDG_CONFIG_HOME/sciwrap/config.ini
    quietly "$SCIWRAP" config set limits.pids 70
    # shellcheck disable=SC2088 # sciwrap is to expand it
    quietly "$SCIWRAP" config set run.bind '~/data:/data' /opt
    is "$(cat "$file")" $'; mine\n[limits]\npids = 70\n\n[run]\nbind = ~/data:/data\nbind = /opt'
    quietly "$SCIWRAP" config run.bind
    is "$output" "$HOME/data:/data"$'\n'/opt
    quietly "$SCIWRAP" config unset run.bind
    fails_with 125 "run.verify = 'usd': expected used, full or off; did you mean 'used'" -- "$SCIWRAP" config set run.verify usd
    quietly "$SCIWRAP" config run.bind
    is "$output" ""
    before=$(cat "$file")
    fails_with 125 "unknown key 'limit.pids'; did you mean 'limits.pids'" -- "$SCIWRAP" config set limit.pids 3
    fails_with 125 "limits.pids = 'x': expected a number" -- "$SCIWRAP" config set limits.pids x
    fails_with 125 'takes one value' -- "$SCIWRAP" config set limits.pids 3 4
    fails_with 125 'cannot hold the value' -- "$SCIWRAP" config set cite.name 'a ; b'
    fails_with 125 'a value is one line' -- "$SCIWRAP" config set cite.name $'a\n[run]'
    fails_with 125 'set takes a key' -- "$SCIWRAP" config set limits.pids
    is "$(cat "$file")" "$before"
    SCIWRAP_LIMIT_PIDS=3 succeeds "$SCIWRAP" config set limits.pids 5
    notes 'SCIWRAP_LIMIT_PIDS is set, and counts more'
}

@test "a file that one more line would make too large stays as it is" {
    local file=$XDG_CONFIG_HOME/sciwrap/config.ini
    mkdir -p "${file%/*}"
    yes '; a remark' | head -c 262140 >"$file"
    echo >>"$file"
    fails_with 125 "'$file' would be too large" -- "$SCIWRAP" config set cite.name 'A Name'
    is "$(wc -c <"$file")" 262141
    rm "$file"
}

@test "set makes the file where there is none, and follows a link to where it is kept" {
    rm -rf "$XDG_CONFIG_HOME/sciwrap"
    quietly "$SCIWRAP" config set cite.name 'Josiah Carberry'
    mv "$XDG_CONFIG_HOME/sciwrap/config.ini" "$BATS_TEST_TMPDIR/kept.ini"
    ln -s "$BATS_TEST_TMPDIR/kept.ini" "$XDG_CONFIG_HOME/sciwrap/config.ini"
    quietly "$SCIWRAP" config set cite.name 'Ada Lovelace'
    [[ -L $XDG_CONFIG_HOME/sciwrap/config.ini ]]
    is "$(cat "$BATS_TEST_TMPDIR/kept.ini")" $'[cite]\nname = Ada Lovelace'
}

@test "--json has each value and where it is from" {
    user_file '[fetch]' 'mirror = /a' 'mirror = /b' '[run]' 'verify = full'
    quietly "$SCIWRAP" config --json
    is "$(json '[v["from"] for v in d["values"] if v["key"] == "store.path"]')" "['variable']"
    is "$(json '[(v["values"], v["line"]) for v in d["values"] if v["key"] == "fetch.mirror"]')" "[(['/a', '/b'], 2)]"
    is "$(json 'd["files"][0]["there"]')" True
    quietly "$SCIWRAP" config --json run.verify
    is "$(json 'd["value"], d["from"], d["line"], d["variable"]')" "('full', 'user', 5, 'SCIWRAP_VERIFY')"
    fails_with 125 'takes one key' -- "$SCIWRAP" config run.verify run.network
}

@test "a word that is none of a few, in a variable: what was meant" {
    SCIWRAP_NETWORK=hsot fails_with 125 "SCIWRAP_NETWORK: --network 'hsot': expected none or host; did you mean 'host'" -- \
        "$SCIWRAP" exec tiny true
    SCIWRAP_VERIFY=usd fails_with 125 "'usd': expected used, full or off; did you mean 'used'" -- "$SCIWRAP" exec tiny true
    SCIWRAP_CPU_BASELINE=v33 fails_with 125 "expected v2, v3, v4 or none; did you mean 'v3'" -- "$SCIWRAP" exec tiny true
    SCIWRAP_RECORDING=compare fails_with 125 "SCIWRAP_RECORDING is 'compare'; it can be 'observation' or 'comparison'" -- \
        "$SCIWRAP" exec tiny true
    SCIWRAP_PROC=shard fails_with 125 "SCIWRAP_PROC is 'shard'; it can be 'own' or 'shared'" -- "$SCIWRAP" exec tiny true
}
