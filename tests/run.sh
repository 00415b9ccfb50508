#!/usr/bin/env bash
# tests/run.sh: installs what the tests need, builds with sanitizers, runs every test. See docs/HACKING.md.
#
#   --long        also: the command-line tests with the other build (sanitizers as a user, none as root), real programs
#                 run again by a stranger (docs/reproduce.md), the clang build and its tests, 2,000 random recorded runs,
#                 the recorder under ThreadSanitizer, each fuzzer for 60 s (FUZZ_SECONDS), the benchmarks, the campaigns
#                 at full length (ten minutes; else half a minute), sweeps of 200 tasks through a Slurm of this machine (it
#                 installs Debian's slurmctld and slurmd), and a virtual machine with systemd, where
#                 qemu-system-x86_64 and debootstrap are
#   --only PART   one part: build unit cli cli-user hostile hostile-user fetch campaigns campaigns-user
#                 examples compat reproduce reproduce-user lint cli-other reproduce-long clang record threads fuzz bench shells
#                 slurm vm browser mpi package examples-long tutorial
#   --no-install  installs nothing
#
# SCIWRAP_TESTS_REQUIRE=1 makes every skipped test a failure, for machines that must be able to run them all.
# Each part's output is kept in build/test-logs/PART.log. The last line is "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 125
# Under nohup or behind an & some signals are ignored, by every command of the tests too; a shell cannot take that back.
if [[ -z ${SCIWRAP_TESTS_SIGNALS:-} ]]; then
    SCIWRAP_TESTS_SIGNALS=default exec env --default-signal=HUP,INT,QUIT,PIPE tests/run.sh "$@"
fi
root=$PWD
logs=$root/build/test-logs
test_user=sciwrap-test
long=no only='' install=yes
passed=0 failed=0 skipped=0
# Where the messages of all tests are noted (base/told.h), by whoever runs them.
told=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-told.XXXXXX") && chmod 1777 "$told"

while [[ $# -gt 0 ]]; do
    case $1 in
    --long) long=yes ;;
    --only) only=${2:?--only needs a part} && shift ;;
    --no-install) install=no ;;
    -h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "tests/run.sh: unknown option '$1'; see --help" >&2 && exit 125 ;;
    esac
    shift
done

if [[ $(id -u) -eq 0 ]]; then
    as_root() { "$@"; }
else
    as_root() { sudo -n "$@"; }
fi

# ---- what is needed: the program that shows it is here, or a file, and the package of Debian and Ubuntu

needs="cmake:cmake ninja:ninja-build gcc:gcc make:make pkg-config:pkg-config git:git
check.h:check archive.h:libarchive-dev curl/curl.h:libcurl4-openssl-dev openssl/sha.h:libssl-dev ini.h:libinih-dev
seccomp.h:libseccomp-dev jansson.h:libjansson-dev zlib.h:zlib1g-dev
bats:bats python3:python3 curl:curl strace:strace zstd:zstd xz:xz-utils bzip2:bzip2 busybox:busybox-static
dpkg-deb:dpkg man:man-db mandoc:mandoc shellcheck:shellcheck cppcheck:cppcheck clang:clang
clang-format-14:clang-format-14 clang-tidy-14:clang-tidy-14 bwrap:bubblewrap jsonschema:python3-jsonschema gdb:gdb openssl:openssl
docker-registry:docker-registry skopeo:skopeo umoci:umoci bsdtar:libarchive-tools
/usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring"

is_here() {
    case $1 in
    # Where compilers look, and not deeper: other packages have a check.h of their own somewhere.
    *.h) compgen -G "/usr/include/$1" >/dev/null || compgen -G "/usr/include/*-linux-*/$1" >/dev/null ||
        [[ -e /usr/local/include/$1 ]] ;;
    jsonschema) python3 -c 'import jsonschema' 2>/dev/null || /usr/bin/python3 -c 'import jsonschema' 2>/dev/null ;;
    busybox) static_busybox >/dev/null ;;
    /*) [[ -e $1 ]] ;;
    clang-*-14) command -v "$1" >/dev/null || "${1%-14}" --version 2>/dev/null | grep -q 'version 14\.' ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

static_busybox() {
    local at
    for at in /bin/busybox /usr/bin/busybox; do
        [[ -x $at ]] && ! ldd "$at" >/dev/null 2>&1 && echo "$at" && return
    done
    return 1
}

install_missing() {
    local need missing=()
    for need in $needs; do
        is_here "${need%%:*}" || missing+=("${need##*:}")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    echo "installing: ${missing[*]}"
    as_root apt-get update -qq
    # One distribution may lack one of the list (Debian 13 has no clang-format-14): its test is skipped there.
    local available=() package
    for package in "${missing[@]}"; do
        apt-cache show "$package" >/dev/null 2>&1 && available+=("$package")
    done
    [[ ${#available[@]} -gt 0 ]] || return 0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${available[@]}" || return
    # The package starts a registry for the whole network; the tests start their own.
    if [[ " ${available[*]} " == *' docker-registry '* && -d /run/systemd/system ]]; then
        as_root systemctl disable --quiet --now docker-registry.service
    fi
}

# ---- one part: runs, is logged, and is counted

count() { # PASSED FAILED SKIPPED
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# The counts out of what the test tools print: ctest's table, TAP, and "ok/not ok/skip NAME" of the lint and hostile parts.
count_log() { # LOG STATUS
    local good bad skip
    good=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#.* Passed|^ok ' "$1")
    bad=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#.*\*\*\*(Failed|Timeout|Not Run|Exception)|^not ok ' "$1")
    skip=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#.*\*\*\*Skipped|^ok .* # skip' "$1")
    good=$((good - $(grep -cE '^ok .* # skip' "$1")))
    # A part that broke off, or counted nothing, is a failure of its own.
    [[ $2 -eq 0 || $bad -gt 0 ]] || bad=1
    [[ $((good + bad + skip)) -gt 0 ]] || { [[ $2 -eq 0 ]] && good=1 || bad=1; }
    # A test that means something only as root, or only as an ordinary user, is run in the part of the other.
    if [[ -n ${SCIWRAP_TESTS_REQUIRE-} ]]; then
        local forbidden=$((skip - $(grep -cE '# skip as (root|an ordinary user)' "$1")))
        bad=$((bad + forbidden)) skip=$((skip - forbidden))
    fi
    part_failed=$bad
    count "$good" "$bad" "$skip"
    part_summary="$good passed, $bad failed, $skip skipped"
}

part() { # NAME COMMAND...
    local name=$1 status start=$SECONDS
    shift
    [[ -z $only || $only == "$name" || $name == build ]] || return 0
    "$@" >"$logs/$name.log" 2>&1 </dev/null
    status=$?
    count_log "$logs/$name.log" $status
    printf '%-14s %s  (%d s)\n' "$name" "$part_summary" $((SECONDS - start))
    if [[ $part_failed -gt 0 ]]; then
        grep -E '^not ok|\*\*\*(Failed|Timeout|Not Run|Exception)|^# |error:|FAILED' "$logs/$name.log" | head -40 | sed 's/^/    /'
        echo "    all of it: build/test-logs/$name.log"
    fi
}

wanted() { # NAME
    [[ -z $only || $only == "$1" ]]
}

# Parts that leave the others alone are begun beside them, one after the other, and counted when their turn comes: the
# whole must stay under a quarter of an hour on two CPUs.
declare -A beside
begin_beside() { # NAME COMMAND [NAME COMMAND]...
    local pid at
    for ((at = 1; at < $#; at += 2)); do
        rm -f "$logs/${!at}.status"
    done
    (
        while [[ $# -gt 0 ]]; do
            if wanted "$1"; then
                "$2" >"$logs/$1.beside" 2>&1 </dev/null
                echo $? >"$logs/$1.status"
            fi
            shift 2
        done
    ) &
    pid=$!
    while [[ $# -gt 0 ]]; do
        beside[$1]=$pid
        shift 2
    done
}

end_beside() { # NAME
    until [[ -s $logs/$1.status ]] || ! kill -0 "${beside[$1]}" 2>/dev/null; do
        sleep 0.2
    done
    cat "$logs/$1.beside"
    return "$(cat "$logs/$1.status" || echo 125)"
}

# ---- the parts

build_preset() {
    cmake --preset "$1" && cmake --build --preset "$1" && echo "ok build $1"
}

build_both() {
    build_preset dev && build_preset release && tests/fixtures/make.sh build/fixtures && echo "ok fixtures"
}

unit() {
    env SCIWRAP_TOLD="$told" ctest --test-dir build/dev --timeout 120 -j 2 "$@"
}

# As an ordinary user: the tests of base/fs about modes mean nothing as root.
unit_user() {
    as_test_user "$stage/build/dev/tests/check_fs" && echo "ok check_fs as an ordinary user"
}

# What an unprivileged user needs of the checkout, where that user can read it: a checkout may lie in a private home.
make_stage() {
    [[ -z ${stage-} ]] || return 0
    if ! getent passwd "$test_user" >/dev/null; then
        as_root useradd --system --create-home --home-dir "/var/lib/$test_user" --shell /bin/bash "$test_user" || return
    fi
    stage=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-stage.XXXXXX") || return
    mkdir -p "$stage/build/dev" "$stage/build/release"
    cp -a tests envs recipes examples docs completions "$stage/" 2>/dev/null
    cp -a build/fixtures "$stage/build/"
    local preset
    for preset in dev release; do
        cp -a build/$preset/bin build/$preset/libexec "$stage/build/$preset/"
        mkdir -p "$stage/build/$preset/share/sciwrap"
        ln -s ../../../../envs ../../../../recipes "$stage/build/$preset/share/sciwrap/"
    done
    cp -a build/dev/tests "$stage/build/dev/"
    mkdir -m 0755 "$stage/work"
    chmod -R a+rX "$stage"
    as_root chown "$test_user" "$stage/work"
}

remove_stage() {
    [[ -z ${stage-} ]] || as_root rm -rf "$stage"
    as_root rm -rf "$told"
}

as_test_user() {
    as_root setpriv --reuid "$test_user" --regid "$test_user" --init-groups env -i PATH="$PATH" TERM=dumb \
        HOME="$stage/work" TMPDIR="$stage/work" SCIWRAP_TESTS_REQUIRE="${SCIWRAP_TESTS_REQUIRE-}" "$@"
}

# LeakSanitizer needs ptrace, which PID 1 of a sandbox and the jail of the unpacker do not have.
sanitizer_options="SCIWRAP_TOLD=$told ASAN_OPTIONS=detect_leaks=0:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1"

# Tests tagged "release" measure or wait, of which sanitizers only make more: cli_user has them.
cli() { # BATS-ARGUMENT...
    # shellcheck disable=SC2086
    as_root env PATH="$PATH" $sanitizer_options SCIWRAP="$root/build/dev/bin/sciwrap" FIXTURES="$root/build/fixtures" \
        bats --tap --filter-tags '!release' "$@"
}

# The program that users install, without sanitizers; --long has both programs as both users.
cli_user() {
    make_stage || return
    (cd "$stage" && as_test_user SCIWRAP="$stage/build/release/bin/sciwrap" FIXTURES="$stage/build/fixtures" \
        bats --tap tests/cli)
}

cli_other() {
    local worst=0
    as_root env PATH="$PATH" SCIWRAP="$root/build/release/bin/sciwrap" FIXTURES="$root/build/fixtures" \
        bats --tap tests/cli || worst=1
    make_stage || return
    # shellcheck disable=SC2086
    (cd "$stage" && as_test_user $sanitizer_options SCIWRAP="$stage/build/dev/bin/sciwrap" \
        FIXTURES="$stage/build/fixtures" bats --tap tests/cli) || worst=1
    return $worst
}

hostile() {
    # shellcheck disable=SC2086
    as_root env PATH="$PATH" $sanitizer_options SCIWRAP="$root/build/dev/bin/sciwrap" FIXTURES="$root/build/fixtures" \
        tests/hostile/run.sh
}

# Downloads from a server that fails; the release build, as a sanitizer's memory is none that could be bounded.
fetch() {
    local length=()
    [[ $long == no ]] || length=(--long)
    SCIWRAP="$root/build/release/bin/sciwrap" tests/fetch/run.sh "${length[@]}"
}

hostile_user() {
    make_stage || return
    # shellcheck disable=SC2086
    (cd "$stage" && as_test_user $sanitizer_options SCIWRAP="$stage/build/dev/bin/sciwrap" \
        FIXTURES="$stage/build/fixtures" tests/hostile/run.sh)
}

# Faults, races and kills, on the program that users install: tests/campaigns.
campaigns() {
    local short=--short script worst=0
    [[ $long == no ]] || short=''
    for script in "${1:-tests}"/campaigns/*.sh; do
        # shellcheck disable=SC2086
        "${@:2}" env SCIWRAP="$PWD/build/release/bin/sciwrap" FIXTURES="$PWD/build/fixtures" "$script" $short || worst=1
    done
    return $worst
}

campaigns_user() {
    make_stage || return
    (cd "$stage" && campaigns "$stage/tests" as_test_user)
}

# Experiments run again by a stranger: as root that is the test user, else the same user in other circumstances.
reproduce_as_root() { # OPTION...
    make_stage || return
    as_root env PATH="$PATH" SCIWRAP="$root/build/release/bin/sciwrap" FIXTURES="$root/build/fixtures" \
        REPRODUCE_USER="$test_user" SCIWRAP_DEBIAN_MIRROR="${SCIWRAP_DEBIAN_MIRROR-}" http_proxy="${http_proxy-}" \
        https_proxy="${https_proxy-}" no_proxy="${no_proxy-}" tests/reproduce/run.sh "$@"
}

reproduce() {
    reproduce_as_root --short
}

reproduce_user() {
    make_stage || return
    (cd "$stage" && as_test_user SCIWRAP="$stage/build/release/bin/sciwrap" FIXTURES="$stage/build/fixtures" \
        tests/reproduce/run.sh --short)
}

# Real programs, in environments built from Debian packages: fetches 250 MB the first time.
reproduce_long() {
    reproduce_as_root
    local status=$?
    as_root chown -R "$(id -u):$(id -g)" build/reproduce
    return $status
}

# Real programs inside the default walls; with --long their environments are built, of 430 MB of packages.
compat() {
    local short=--short
    [[ $long == no && $only != compat ]] || short=''
    # shellcheck disable=SC2086
    SCIWRAP=$root/build/release/bin/sciwrap tests/compat/run.sh $short
}

lint() {
    local script name status worst=0
    [[ $long == yes || $only == lint ]] || local -x TIDY_QUICK=1
    for script in tests/lint/*.sh; do
        name=$(basename "$script" .sh)
        SCIWRAP=$root/build/release/bin/sciwrap SCIWRAP_BUILD=build/dev "$script"
        status=$?
        case $status in
        0) echo "ok lint $name" ;;
        77) echo "ok lint $name # skip" ;;
        *) echo "not ok lint $name" && worst=1 ;;
        esac
    done
    return $worst
}

# Whether every message of the source was made by some test of this run, or has a reason why not.
# What cpack makes, on Debian 11 and 12 and on a system without a C library.
packages() {
    as_root env PATH="$PATH" BUILD="$root/build/release" FIXTURES="$root/build/fixtures" \
        SCIWRAP_DEBIAN_MIRROR="${SCIWRAP_DEBIAN_MIRROR-}" tests/package/run.sh
}

messages() {
    python3 tests/lint/messages.py --told "$told" && echo "ok messages"
}

clang_build() {
    build_preset clang && ctest --test-dir build/clang --timeout 120
}

record() {
    SHUFFLE_SEEDS=2000 FIXTURES=$root/build/fixtures SCIWRAP=$root/build/release/bin/sciwrap \
        bats --tap tests/cli/record_random.bats
}

# The recorder's threads under ThreadSanitizer. It needs addresses as they are without randomisation (setarch), and the
# helper of the release build: it does not fit into the memory that the helper allows itself.
threads() {
    cmake -G Ninja -S . -B build/tsan -DCMAKE_BUILD_TYPE=Debug -DSCIWRAP_TESTS=OFF -DCMAKE_C_FLAGS=-fsanitize=thread \
        -DSCIWRAP_WERROR=OFF && cmake --build build/tsan --target sciwrap && mkdir -p build/tsan/libexec &&
        cp -r build/release/libexec/. build/tsan/libexec/ || return
    env TSAN_OPTIONS=exitcode=66 FIXTURES="$root/build/fixtures" SCIWRAP="$root/build/tsan/bin/sciwrap" \
        setarch --addr-no-randomize bats --tap tests/cli/record_{inputs,outputs,links,programs,outside}.bats tests/cli/seed.bats
}

fuzz() {
    build_preset fuzz || return
    local program module new
    for program in build/fuzz/tests/fuzz_*; do
        [[ -x $program && ! -d $program ]] || continue
        module=${program##*/fuzz_}
        new=build/fuzz/found/$module
        mkdir -p "$new"
        if "$program" -max_total_time="${FUZZ_SECONDS:-60}" -print_final_stats=0 -verbosity=0 -artifact_prefix="$new/" -rss_limit_mb=2048 \
            "$new" "tests/fuzz/corpus/$module"; then
            echo "ok fuzz $module"
        else
            echo "not ok fuzz $module"
        fi
    done
}

bench() {
    local script worst=0
    # Enough to see that they work, and about how it stands; for figures the scripts are run by hand, on an idle machine.
    export INPUT_MB=${INPUT_MB:-1024} COMPUTE_RUNS=${COMPUTE_RUNS:-3}
    for script in tests/bench/*.sh; do
        if SCIWRAP=$root/build/release/bin/sciwrap "$script"; then
            echo "ok bench $(basename "$script" .sh)"
        else
            echo "not ok bench $(basename "$script" .sh)"
            worst=1
        fi
    done
    return $worst
}

# Completions in shells that not everybody has.
shells() {
    command -v zsh >/dev/null && command -v fish >/dev/null || [[ $install == no ]] ||
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends zsh fish || return
    env COMPLETION_SHELLS="bash zsh fish" SCIWRAP="$root/build/release/bin/sciwrap" FIXTURES="$root/build/fixtures" \
        bats --tap tests/cli/completions.bats
}

# Open MPI and MPICH, inside and from the host, and under srun; 130 MB of packages for its environment.
mpi() {
    as_root env PATH="$PATH" SCIWRAP="$root/build/release/bin/sciwrap" \
        SCIWRAP_DEBIAN_MIRROR="${SCIWRAP_DEBIAN_MIRROR-}" tests/mpi/run.sh
}

# Jobs of a real Slurm, those of the test user. Without --long a sweep has 8 tasks: --only slurm.
slurm() {
    local length=()
    [[ $long == yes ]] || length+=(--short)
    [[ $install == yes ]] || length+=(--no-install)
    make_stage || return
    (cd "$stage" && as_root env PATH="$PATH" SCIWRAP="$stage/build/release/bin/sciwrap" FIXTURES="$stage/build/fixtures" \
        SLURM_TEST_USER="$test_user" "$stage/tests/slurm/run.sh" "${length[@]}")
}

# What needs another host than this one: a user's own systemd, other kernels, hosts that lack something, containers.
vm() {
    local script worst=0
    for script in tests/vm/{systemd,kernels,ubuntu,calls,containers}.sh; do
        as_root env PATH="$PATH" SCIWRAP="$root/build/release/bin/sciwrap" FIXTURES="$root/build/fixtures" \
            SCIWRAP_DEBIAN_MIRROR="${SCIWRAP_DEBIAN_MIRROR-}" SCIWRAP_VM_USER="$test_user" "$script" || worst=1
    done
    return $worst
}

# Examples that need nothing but a shell inside.
examples() {
    make_stage || return
    SCIWRAP=$root/build/release/bin/sciwrap FIXTURES=$root/build/fixtures tests/examples/run.sh --tiny &&
        (cd "$stage" && as_test_user SCIWRAP="$stage/build/release/bin/sciwrap" FIXTURES="$stage/build/fixtures" \
            tests/examples/run.sh --tiny)
}

# All of them, in the environments that they name, which it builds; snakemake and slurm, which it installs.
examples_long() {
    as_root env PATH="$PATH" SCIWRAP="$root/build/release/bin/sciwrap" tests/examples/run.sh
}

# README.md and docs/tutorial.md from clone to bundle, in a new Debian, as two ordinary users; what is committed is cloned.
tutorial() {
    as_root env PATH="$PATH" SCIWRAP_DEBIAN_MIRROR="${SCIWRAP_DEBIAN_MIRROR-}" http_proxy="${http_proxy-}" \
        tests/tutorial/run.sh --clean-root
}

# The pages of `sciwrap report` in Chromium, which it installs.
browser() {
    as_root env PATH="$PATH" SCIWRAP="$root/build/release/bin/sciwrap" FIXTURES="$root/build/fixtures" tests/report/browser.sh
}

mkdir -p "$logs"
trap remove_stage EXIT
if [[ $install == yes ]]; then
    install_missing >"$logs/install.log" 2>&1 || {
        cat "$logs/install.log"
        echo "tests/run.sh: could not install what the tests need; --no-install goes on without it" >&2
        exit 125
    }
    grep '^installing' "$logs/install.log"
fi

part build build_both
if [[ $failed -eq 0 ]]; then
    part unit unit
    part unit-user eval 'make_stage && unit_user'
    ! { wanted cli-user || wanted hostile-user; } || make_stage
    begin_beside cli-user cli_user hostile-user hostile_user lint lint
    part cli cli tests/cli
    part cli-user end_beside cli-user
    part hostile hostile
    part hostile-user end_beside hostile-user
    part fetch fetch
    part campaigns campaigns
    part campaigns-user campaigns_user
    part examples examples
    part compat compat
    part reproduce reproduce
    part reproduce-user reproduce_user
    part lint end_beside lint
    if [[ $long == yes || $only == cli-other || $only == reproduce-long || $only == clang || $only == record || $only == threads || $only == fuzz ||
        $only == bench || $only == shells || $only == slurm || $only == vm || $only == browser || $only == mpi || $only == package ||
        $only == examples-long || $only == tutorial ]]; then
        part cli-other cli_other
        part reproduce-long reproduce_long
        part clang clang_build
        part record record
        part threads threads
        part fuzz fuzz
        part bench bench
        part shells shells
        [[ -n $only ]] || part messages messages
        part slurm slurm
        part vm vm
        part browser browser
        part mpi mpi
        part package packages
        part examples-long examples_long
        part tutorial tutorial
    fi
fi
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
