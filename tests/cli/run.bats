#!/usr/bin/env bats
# sciwrap run: the environment's own command, with arguments appended, in a place of its own.
load helpers

@test "run appends the arguments to the command, untouched" {
    quietly "$SCIWRAP" run tiny arguments a "b c" "" --help -- '*' $'x\ty'
    is "$output" $'<a>\n<b c>\n<>\n<--help>\n<-->\n<*>\n<x\ty>'
}

@test "run starts the command in /workspace, the caller's directory" {
    echo input >in.txt
    quietly "$SCIWRAP" exec tiny sh -c 'pwd; cat in.txt; echo made >out.txt'
    is "$output" $'/workspace\ninput'
    is "$(cat out.txt)" made
    [[ -O out.txt ]]
}

@test "standard input and output are the command's" {
    run --separate-stderr bash -c 'printf "b\na\n" | "$SCIWRAP" exec tiny sort'
    is "$output" $'a\nb'
    is "$stderr" ""
    "$SCIWRAP" exec tiny sh -c 'echo out; echo err >&2' >out 2>err
    is "$(cat out)" out
    is "$(cat err)" err
}

@test "the command is a child of our PID 1, as researcher" {
    quietly "$SCIWRAP" run tiny ids
    says '^pid [0-9]+ ppid 1 uid 1000 gid 1000$'
    quietly "$SCIWRAP" exec tiny sh -c 'id -un; id -gn; echo $HOME; hostname; cat /proc/1/comm'
    is "${lines[0]}" researcher
    is "${lines[1]}" researcher
    is "${lines[2]}" /home/researcher
    is "${lines[3]}" sciwrap
}

@test "only the processes of the run are seen" {
    quietly "$SCIWRAP" exec tiny sh -c 'ls -d /proc/[0-9]* | wc -l'
    [[ $output -le 5 ]]
}

@test "a short clean set of variables, and none of the caller's" {
    export SECRET_TOKEN=hidden LD_PRELOAD_X=1 TERM=xterm-256color LC_ALL=de_DE.UTF-8
    quietly "$SCIWRAP" exec tiny env
    says 'TZ=UTC'
    says 'LC_ALL=C.UTF-8'
    says 'HOME=/home/researcher'
    says 'USER=researcher'
    says 'PATH=/'
    says 'TINY=from the definition'
    [[ ! $output =~ SECRET_TOKEN|de_DE|LD_PRELOAD ]]
    local name
    for name in $(cut -d= -f1 <<<"$output"); do
        [[ $name =~ ^(TZ|LC_ALL|HOME|USER|LOGNAME|PATH|TERM|TINY|PWD|SHLVL|OLDPWD|SOURCE_DATE_EPOCH)$ ||
            $name =~ ^(PYTHONHASHSEED|PERL_HASH_SEED|PERL_PERTURB_KEYS|(OMP|MKL)_DYNAMIC)$ ||
            $name =~ ^(OMP|MKL|OPENBLAS|NUMEXPR)_NUM_THREADS$ || $name == NUMEXPR_MAX_THREADS ]] ||
            { echo "unexpected: $name"; return 1; }
    done
}

@test "--env sets a variable, also over the definition's" {
    quietly "$SCIWRAP" exec --env TINY=mine --env "A=b c=d" tiny sh -c 'echo "$TINY|$A"'
    is "$output" 'mine|b c=d'
}

@test "no descriptor but the standard ones is inherited" {
    exec 7</etc/passwd 250</etc/passwd
    quietly "$SCIWRAP" run tiny descriptors
    exec 7<&- 250<&-
    local number
    while read -r number _; do
        [[ $number -le 2 ]] || { echo "$output"; return 1; }
    done <<<"$output"
}

@test "closed standard descriptors are no trap" {
    # Without the three, the first files that sciwrap opens would get their numbers.
    run bash -c '"$SCIWRAP" exec tiny sh -c "echo x >made" <&- >&- 2>&-'
    is "$status" 0
    is "$(cat made)" x
}

@test "the root file system is read-only and says so" {
    run "$SCIWRAP" exec tiny sh -c 'echo x >/etc/version'
    is "$status" 1
    says 'Read-only file system'
    run "$SCIWRAP" exec tiny sh -c 'rm /usr/bin/probe'
    says 'Read-only file system'
}

@test "/tmp, /var/tmp and home are private, writable and gone at the end" {
    quietly "$SCIWRAP" exec tiny sh -c 'for d in /tmp /var/tmp $HOME /run /dev/shm; do echo x >$d/f && cat $d/f; done; ls -d /tmp/*'
    is "$output" $'x\nx\nx\nx\nx\n/tmp/f'
    quietly "$SCIWRAP" exec tiny sh -c 'ls -A /tmp /var/tmp'
    [[ ! $output =~ f$ ]]
    is "$(left_in "$TMPDIR")" ""
}

@test "SCIWRAP_TMPDIR says where they lie" {
    mkdir "$BATS_TEST_TMPDIR/elsewhere"
    mkfifo go
    SCIWRAP_TMPDIR=$BATS_TEST_TMPDIR/elsewhere "$SCIWRAP" exec tiny sh -c 'echo x >/tmp/f; cat go' 3>&- &
    local runner=$!
    until_true bash -c "find '$BATS_TEST_TMPDIR/elsewhere' -name f | grep -q ."
    echo go >go
    wait $runner
    is "$(left_in "$BATS_TEST_TMPDIR/elsewhere")" ""
}

@test "/dev is small and works" {
    quietly "$SCIWRAP" exec tiny sh -c 'echo lost >/dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; ls /dev'
    is "${lines[0]}" 4
    is "${lines[1]}" 4
    [[ ! $output =~ sda|mem|kmsg|loop ]]
    says pts
    says shm
}

@test "nothing of the host is there" {
    quietly "$SCIWRAP" exec tiny sh -c 'ls /; cat /proc/self/mountinfo'
    [[ ! $output =~ $HOME ]]
    quietly "$SCIWRAP" exec tiny sh -c 'test ! -e '"$BATS_TEST_DIRNAME"' && echo absent'
    is "$output" absent
}

@test "no network unless asked" {
    quietly "$SCIWRAP" exec tiny sh -c 'cat /proc/net/dev | wc -l'
    is "$output" 3 # two lines of head, and lo
    quietly "$SCIWRAP" exec --network none tiny sh -c 'cat /proc/net/dev | wc -l'
    is "$output" 3
    succeeds "$SCIWRAP" exec --network host tiny cat /proc/net/dev
    is "$(wc -l <<<"$output")" "$(wc -l </proc/net/dev)"
    succeeds "$SCIWRAP" show --json "$(basename "$(dirname "$(manifest)")")"
    is "$(field 'len(m["leaks"]) > 0')" True
}

@test "no rights: no capability, no new privileges, no namespaces, no keys, no tracing of PID 1" {
    quietly "$SCIWRAP" exec tiny grep -E '^(Cap...|NoNewPrivs|Seccomp):' /proc/self/status
    local name value
    while read -r name value; do
        case $name in
        Cap*) is "$name $value" "$name 0000000000000000" ;;
        NoNewPrivs:) is "$value" 1 ;;
        Seccomp:) is "$value" 2 ;;
        esac
    done <<<"$output"
    quietly "$SCIWRAP" run tiny unshare
    [[ $output != allowed ]]
    quietly "$SCIWRAP" run tiny keyctl
    [[ $output != allowed ]]
    quietly "$SCIWRAP" run tiny attach 1
    [[ $output != allowed ]]
    run "$SCIWRAP" exec tiny cat /proc/1/environ
    [[ -z $output || $status -ne 0 ]]
}

@test "the host's settings under /proc/sys cannot be written" {
    run "$SCIWRAP" exec tiny sh -c 'echo x >/proc/sys/kernel/core_pattern'
    [[ $status -ne 0 ]]
    run "$SCIWRAP" exec tiny sh -c 'echo x >/proc/sys/kernel/hostname'
    [[ $status -ne 0 ]]
}

@test "two versions run at the same time and each sees its own" {
    mkfifo a b
    "$SCIWRAP" exec tiny sh -c 'echo here >a; cat b; cat /etc/version' >old 3>&- &
    local first=$!
    # This one writes to b only after the other one has said that it runs: both are alive at once.
    "$SCIWRAP" exec tiny-new sh -c 'cat a; cat /etc/version; echo there >b' >new 3>&-
    wait $first
    is "$(cat old)" $'there\nold'
    is "$(cat new)" $'here\nnew'
}

@test "--bind is read-only unless asked, at the same or another place" {
    mkdir "$BATS_TEST_TMPDIR/data"
    echo bound >"$BATS_TEST_TMPDIR/data/f"
    quietly "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/data:/data" tiny cat /data/f
    is "$output" bound
    quietly "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/data" tiny cat "$BATS_TEST_TMPDIR/data/f"
    is "$output" bound
    run "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/data:/data" tiny sh -c 'echo x >/data/f'
    [[ $status -ne 0 ]]
    quietly "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/data:/data:rw" tiny sh -c 'echo changed >/data/f'
    is "$(cat "$BATS_TEST_TMPDIR/data/f")" changed
    quietly "$SCIWRAP" exec --bind "$BATS_TEST_TMPDIR/data/f:/usr/share/data/file:ro" tiny cat /usr/share/data/file
    is "$output" changed
}

@test "an absolute argument of the host has its folder bound read-only, and one line says so" {
    mkdir "$BATS_TEST_TMPDIR/far"
    echo far >"$BATS_TEST_TMPDIR/far/reads.txt"
    succeeds "$SCIWRAP" exec tiny cat "$BATS_TEST_TMPDIR/far/reads.txt"
    is "$output" far
    is "$(wc -l <<<"$stderr")" 1
    notes "^sciwrap: .*$BATS_TEST_TMPDIR/far"
    run "$SCIWRAP" exec tiny touch "$BATS_TEST_TMPDIR/far/new"
    [[ $status -ne 0 && ! -e $BATS_TEST_TMPDIR/far/new ]]
}

@test "--no-auto-bind turns that off" {
    mkdir "$BATS_TEST_TMPDIR/far"
    echo far >"$BATS_TEST_TMPDIR/far/reads.txt"
    run --separate-stderr "$SCIWRAP" exec --no-auto-bind tiny cat "$BATS_TEST_TMPDIR/far/reads.txt"
    is "$status" 1
    notes 'No such file'
}

@test "a path of the environment stays the environment's" {
    quietly "$SCIWRAP" exec tiny cat /etc/passwd
    says researcher
    quietly "$SCIWRAP" exec tiny cat /usr/share/data/file
    is "$output" 'data of the environment'
}

@test "an absolute path of the work directory works as it is" {
    echo here >in.txt
    succeeds "$SCIWRAP" exec tiny cat "$WORK/in.txt"
    is "$output" here
    succeeds "$SCIWRAP" exec tiny sh -c "echo new >$WORK/new.txt && cat $WORK/in.txt"
}

@test "--workdir says where the caller's directory appears" {
    echo x >f
    quietly "$SCIWRAP" exec --workdir /somewhere/else tiny sh -c 'pwd; cat f'
    is "$output" $'/somewhere/else\nx'
}

@test "the work directory can be /tmp itself, where the launcher builds its root" {
    cd /tmp
    local mark
    mark=$(mktemp /tmp/sciwrap-mark.XXXXXX)
    run --separate-stderr "$SCIWRAP" exec --no-record tiny sh -c "pwd; ls -d ${mark#/tmp/}"
    rm "$mark"
    is "$status" 0
    is "$output" "/workspace"$'\n'"${mark#/tmp/}"
    quietly "$SCIWRAP" exec --no-record --bind /tmp:/host-tmp tiny test -d /host-tmp
}

@test "--dry-run prints the plan and starts nothing" {
    quietly "$SCIWRAP" run --dry-run tiny arguments x
    says 'arguments'
    says '/workspace'
    [[ ! $output =~ '<x>' ]]
    [[ ! -e .sciwrap ]]
}

@test "a definition can be given by its path" {
    quietly "$SCIWRAP" run "$FIXTURES/envs/tiny.ini" arguments x
    is "$output" '<x>'
}

@test "a missing tree is brought by the run itself" {
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/fresh
    succeeds "$SCIWRAP" run tiny arguments x
    is "$output" '<x>'
    quietly "$SCIWRAP" run tiny arguments y
    is "$output" '<y>'
}

@test "the store is the same after a run" {
    local before after
    before=$(cd "$SCIWRAP_STORE/trees" && find . -printf '%p %s %m %T@\n' | sort | sha256sum)
    "$SCIWRAP" exec --writable tiny sh -c 'echo x >/etc/version; rm /usr/bin/probe; mkdir /etc/new' || true
    "$SCIWRAP" exec tiny sh -c 'chmod 777 /etc; rm -rf /usr' || true
    after=$(cd "$SCIWRAP_STORE/trees" && find . -printf '%p %s %m %T@\n' | sort | sha256sum)
    is "$after" "$before"
}

@test "a site's read-only store is used" {
    local site=$BATS_TEST_TMPDIR/site
    cp -a "$SCIWRAP_STORE" "$site"
    SCIWRAP_STORE=$BATS_TEST_TMPDIR/none SCIWRAP_SITE_STORE=$site quietly "$SCIWRAP" run tiny arguments x
    is "$output" '<x>'
}

@test "an installed copy finds its helper and definitions from anywhere" {
    local prefix=$BATS_TEST_TMPDIR/prefix
    mkdir -p "$prefix/share/sciwrap"
    cp -a "$(dirname "$SCIWRAP")" "$prefix/bin"
    cp -a "$(dirname "$SCIWRAP")/../libexec" "$prefix/libexec"
    cp -a "$FIXTURES/envs" "$prefix/share/sciwrap/envs"
    ln -s "$FIXTURES"/*.tar "$prefix/share/sciwrap/"
    unset SCIWRAP_ENVS
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/fresh
    succeeds "$prefix/bin/sciwrap" run tiny arguments x
    is "$output" '<x>'
}
