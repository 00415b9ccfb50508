#!/usr/bin/env bats
# What is held fixed around a command, what --no-fix lets through, --cpu-baseline, and that a rerun repeats both.
load helpers

# A caller who differs from the defaults in everything that is held fixed.
be_different() {
    export TZ=Asia/Tokyo LC_ALL=POSIX LANG=POSIX USER=ada LOGNAME=ada PROJECT=x=y
    export PYTHONHASHSEED=7 PERL_HASH_SEED=7 SOURCE_DATE_EPOCH=1 OMP_NUM_THREADS=77
    umask 027
}

# What a command can see of all that, a line each.
look() {
    "$SCIWRAP" exec "$@" tiny sh -c 'hostname; id -u; id -un; pwd; echo "$TZ"; echo "$LC_ALL"; umask; echo "$PROJECT"
        echo "$PYTHONHASHSEED $PERL_HASH_SEED"; echo "$SOURCE_DATE_EPOCH"; echo "$OMP_NUM_THREADS"' </dev/null
}

settings() { # EXPRESSION over the settings `s` of the newest manifest
    field "(lambda s: ($1))(m['experiment']['settings'])"
}

# Those of its leaks that are about settings.
loose_leaks() {
    field '" ".join(sorted({l["kind"] for l in m["leaks"]} & set("hostname identity workdir tz locale umask variables aslr hashseed epoch threads".split())))'
}

@test "all of it is fixed, whoever starts the run" {
    be_different
    quietly look
    is "$output" $'sciwrap\n1000\nresearcher\n/workspace\nUTC\nC.UTF-8\n0022\n\n0 0\n315619200\n'"$(settings 's["cpus"]')"
    is "$(settings 's["disabled"], s["address_randomisation"], s["user"], s["umask"]')" "([], False, 'researcher', '0022')"
    is "$(settings 's["cpus"]')" "$(env -u OMP_NUM_THREADS nproc)"
    is "$(loose_leaks)" ""
}

@test "each of it can be turned off, and the manifest says which" {
    be_different
    local name all
    all=$(look)
    while read -r name line; do
        output=$(look --no-fix "$name")
        # The line of that setting is another, and only that.
        is "$(diff <(echo "$all") <(echo "$output") | grep '^>')" "> $line"
        is "$(settings 's["disabled"]')" "['$name']"
        is "$(loose_leaks)" "$name"
    done <<LINES
hostname $(uname -n)
workdir $WORK
tz Asia/Tokyo
locale POSIX
umask 0027
variables x=y
hashseed 7 7
epoch 1
threads 77
LINES
}

@test "without a fixed user the command has the caller's numbers and name" {
    be_different
    quietly "$SCIWRAP" exec --no-fix user tiny sh -c 'id -u; id -un; echo $USER $LOGNAME $HOME' </dev/null
    local name=ada
    [[ $(id -u) -ne 0 ]] || name=root
    is "$output" "$(id -u)"$'\n'"$name"$'\n'"$name $name /home/researcher"
    is "$(settings 's["disabled"], s["identity"], s["user"]')" "(['user'], 'caller', '$name')"
    is "$(loose_leaks)" identity
}

@test "addresses are the same in every run, unless that is turned off" {
    local first
    quietly "$SCIWRAP" run tiny addresses
    first=$output
    quietly "$SCIWRAP" run tiny addresses
    is "$output" "$first"
    quietly "$SCIWRAP" run --no-fix aslr tiny addresses
    [[ $output != "$first" ]]
    is "$(settings 's["disabled"], s["address_randomisation"]')" "(['aslr'], True)"
    # For root inside as well, whose programs the kernel might take for set-id ones.
    define rooted "$(cat "$FIXTURES/envs/tiny.ini")" '[run]' 'identity = root'
    sed -i "s|^url.*|url = $FIXTURES/tiny.tar|" "$BATS_TEST_TMPDIR/envs/rooted.ini"
    quietly "$SCIWRAP" run rooted addresses
    first=$output
    quietly "$SCIWRAP" run rooted addresses
    is "$output" "$first"
}

@test "debuggers and setarch set the personality of what they start, and the caller's does not count" {
    quietly "$SCIWRAP" run tiny personality 0
    is "$output" "0x40000 allowed"
    quietly "$SCIWRAP" run tiny personality 0x40000
    is "$output" "0x40000 allowed"
    quietly "$SCIWRAP" run --no-fix aslr tiny personality 0x40000
    is "$output" "0 allowed"
    if command -v setarch >/dev/null; then
        quietly setarch "$(uname -m)" --uname-2.6 "$SCIWRAP" run tiny personality 0
        is "$output" "0x40000 allowed"
    fi
}

@test "a host that does not let addresses be fixed is a leak, not an error" {
    command -v strace >/dev/null || skip "no strace"
    strace -f -o /dev/null -e trace=none true 2>/dev/null || skip "no tracing here"
    succeeds strace -f -o "$BATS_TEST_TMPDIR/trace" -e inject=personality:error=EPERM:when=1 "$SCIWRAP" run tiny exit 0
    is "$(field '[l["detail"] for l in m["leaks"] if l["kind"] == "aslr"]')" \
        "['addresses were random: this host does not let that be turned off (Operation not permitted)']"
    is "$(settings 's["disabled"]')" "[]"
}

@test "all of it at once, and none" {
    quietly "$SCIWRAP" run --no-fix all tiny exit 0
    is "$(settings 'len(s["disabled"])')" 11
    quietly "$SCIWRAP" run --no-fix all --no-fix none,tz tiny exit 0
    is "$(settings 's["disabled"]')" "['tz']"
    quietly "$SCIWRAP" run --no-fix workdir --workdir /here tiny exit 0
    is "$(settings 's["disabled"]')" "[]"
}

@test "the definition can turn it off, and the command line on again" {
    be_different
    define loose "$(cat "$FIXTURES/envs/tiny.ini")" '[run]' 'no-fix = tz, locale'
    sed -i "s|^url.*|url = $FIXTURES/tiny.tar|" "$BATS_TEST_TMPDIR/envs/loose.ini"
    quietly "$SCIWRAP" exec loose sh -c 'echo $TZ $LC_ALL'
    is "$output" 'Asia/Tokyo POSIX'
    quietly "$SCIWRAP" exec --no-fix umask loose sh -c 'echo $TZ; umask'
    is "$output" $'Asia/Tokyo\n0027'
    quietly "$SCIWRAP" exec --no-fix none loose sh -c 'echo $TZ'
    is "$output" UTC
}

@test "the definition and --env overrule what is set" {
    define own "$(cat "$FIXTURES/envs/tiny.ini")" 'SOURCE_DATE_EPOCH = 1700000000' 'OMP_NUM_THREADS = 1'
    sed -i "s|^url.*|url = $FIXTURES/tiny.tar|" "$BATS_TEST_TMPDIR/envs/own.ini"
    quietly "$SCIWRAP" exec --env TZ=Asia/Tokyo --env OMP_NUM_THREADS=3 own sh -c 'echo $SOURCE_DATE_EPOCH $OMP_NUM_THREADS $TZ'
    is "$output" '1700000000 3 Asia/Tokyo'
}

@test "secrets pass under no circumstances; names are told, values never" {
    export MY_TOKEN=hidden-1 AWS_SECRET_ACCESS_KEY=hidden-2 MYSQL_PWD=hidden-3 https_proxy=socks5://me:hidden-4@proxy/ PROJECT=open
    quietly "$SCIWRAP" exec --no-fix variables tiny env
    [[ ! $output =~ hidden ]]
    says 'PROJECT=open'
    is "$(grep -c hidden "$(manifest)")" 0
    is "$(field '[n for n in ("MY_TOKEN", "AWS_SECRET_ACCESS_KEY", "MYSQL_PWD", "https_proxy", "PROJECT") if n in m["circumstances"]["variables_dropped"]]')" \
        "['MY_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'MYSQL_PWD', 'https_proxy']"
    is "$(field 'm["circumstances"]["variables_dropped"] == sorted(m["circumstances"]["variables_dropped"])')" True
}

@test "the terminal's name passes when there is a terminal" {
    export TERM=vt220
    quietly "$SCIWRAP" exec tiny sh -c 'echo $TERM' </dev/null
    is "$output" dumb
    on_terminal '' "$SCIWRAP" exec tiny sh -c 'echo $TERM'
    says vt220
}

@test "what is no setting is refused, with what is meant" {
    fails_with 125 "'locales' is nothing that is fixed; did you mean 'locale'" -- "$SCIWRAP" run --no-fix tz,locales tiny
    fails_with 125 'known are hostname, user, .*all and none' -- "$SCIWRAP" run --no-fix everything-there-is tiny
    fails_with 125 'known are hostname' -- "$SCIWRAP" run --no-fix= tiny
    fails_with 125 "'v1': expected v2, v3, v4 or none" -- "$SCIWRAP" run --cpu-baseline v1 tiny
    define wrong "$(cat "$FIXTURES/envs/tiny.ini")" '[run]' 'no-fix = timezone'
    fails_with 125 "wrong.ini:[0-9]+: no-fix: 'timezone'" -- "$SCIWRAP" run wrong
}

level() {
    "$SCIWRAP" run --no-fix none tiny exit 0
    field 'm["circumstances"]["host"]["cpu"].get("level", "none")[-1]'
}

@test "--cpu-baseline tells the libraries, and is recorded" {
    [[ $(uname -m) == x86_64 && $(level) =~ [234] ]] || skip "not an x86-64-v2 machine"
    quietly "$SCIWRAP" exec --cpu-baseline v2 tiny sh -c 'echo $GLIBC_TUNABLES; echo $OPENBLAS_CORETYPE $MKL_CBWR; echo $NPY_DISABLE_CPU_FEATURES'
    # Both spellings: glibc up to 2.32, and later ones.
    says '-FMA,.*-FMA_Usable'
    says 'Nehalem SSE4_2'
    says 'AVX2'
    "$SCIWRAP" exec --cpu-baseline v2 tiny sh -c 'echo $GLIBC_TUNABLES $OPENBLAS_CORETYPE' >out.txt
    is "$(settings 's["cpu_baseline"]')" v2
    grep -q 'chose their code for v2' "$(manifest)"
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "$(settings 's["cpu_baseline"]')" v2
    is "$(field '"-FMA_Usable" in m["experiment"]["variables"]["GLIBC_TUNABLES"]')" True
    quietly "$SCIWRAP" exec --cpu-baseline v2 --env GLIBC_TUNABLES=glibc.malloc.check=1 tiny sh -c 'echo $GLIBC_TUNABLES'
    says 'glibc.cpu.hwcaps=.*:glibc.malloc.check=1'
    quietly "$SCIWRAP" exec tiny sh -c 'echo $GLIBC_TUNABLES$OPENBLAS_CORETYPE'
    is "$output" ""
    is "$(settings '"cpu_baseline" in s')" False
}

@test "a level above the processor's is refused" {
    [[ $(uname -m) != x86_64 || $(level) != 4 ]] || skip "this processor has them all"
    fails_with 125 'cpu-baseline' -- "$SCIWRAP" run --cpu-baseline v4 tiny
}

@test "a rerun repeats it under another host name, zone, mask, locale and variables" {
    "$SCIWRAP" exec tiny sh -c 'hostname; id -u; pwd; env | sort; umask; probe addresses; echo x >made; date +%Z' >out.txt
    local before elsewhere=()
    before=$(field 'json.dumps([m["experiment"]["settings"], m["experiment"]["variables"]])')
    if unshare --user --map-current-user --uts true 2>/dev/null; then
        elsewhere=(unshare --user --map-root-user --uts sh -c 'hostname elsewhere && exec "$@"' -)
    fi
    be_different
    succeeds "${elsewhere[@]}" "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "${lines[-1]}" identical
    is "$(field 'json.dumps([m["experiment"]["settings"], m["experiment"]["variables"]])')" "$before"
    is "$(field '"PROJECT" in m["circumstances"]["variables_dropped"]')" True
}

@test "a rerun repeats what was let through, not what would be let through here" {
    be_different
    "$SCIWRAP" exec --no-fix hostname,user,workdir,tz,locale,umask,variables,hashseed,epoch,threads tiny \
        sh -c 'hostname; id -un; pwd; env | sort; umask; echo x >made' >out.txt
    is "$(stat -c %a made)" 640
    local before
    before=$(field 'json.dumps([m["experiment"]["settings"], m["experiment"]["variables"]])')
    export TZ=America/Lima LC_ALL=C PROJECT=other USER=bob
    unset OMP_NUM_THREADS
    umask 077
    succeeds "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "${lines[-1]}" identical
    is "$(field 'json.dumps([m["experiment"]["settings"], m["experiment"]["variables"]])')" "$before"
}

@test "a rerun with fewer processors keeps the numbers of threads and says so" {
    [[ $(env -u OMP_NUM_THREADS nproc) -ge 2 ]] && command -v taskset >/dev/null || skip "one processor only"
    "$SCIWRAP" exec tiny sh -c 'echo $OMP_NUM_THREADS $MKL_NUM_THREADS >out.txt'
    local first
    first=$(taskset -pc $$ | sed 's/.*: \([0-9]*\).*/\1/')
    succeeds taskset -c "$first" "$SCIWRAP" rerun "$(basename "$(dirname "$(manifest)")")"
    is "${lines[-1]}" identical
    notes 'the run could use [0-9]+ CPUs, here there is 1; its numbers of threads are kept'
}

@test "show tells it" {
    "$SCIWRAP" run --no-fix tz,umask tiny exit 0
    quietly "$SCIWRAP" show "$(basename "$(dirname "$(manifest)")")"
    says $'\nnot fixed    tz, umask\n'
    "$SCIWRAP" run tiny exit 0
    quietly "$SCIWRAP" show "$(basename "$(dirname "$(manifest)")")"
    [[ ! $output =~ "not fixed" ]]
}

@test "a dry run tells it" {
    quietly "$SCIWRAP" run --dry-run --no-fix tz tiny
    is "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["experiment"]["settings"]["disabled"])' <<<"$output")" "['tz']"
}
