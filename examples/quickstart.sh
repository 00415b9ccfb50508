#!/usr/bin/env bash
# quickstart.sh: from a clean clone to two versions of samtools side by side, recorded and rerun.
#
# On Debian 12, Debian 13 or Ubuntu 24.04, as root or as a user with sudo. What it makes lies in build/ (programs, and
# the experiment in build/quickstart/) and in the store (sciwrap(1), FILES). A second start only repeats the experiment.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
sciwrap=$root/build/release/bin/sciwrap
here=$root/build/quickstart
old=samtools-1.11 new=samtools-1.16

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
plain() { printf '\n== %s\n' "$*"; }
[[ -t 1 ]] || say() { plain "$@"; }
show() { # COMMAND...: shows and runs it
    printf '$ %s\n' "${*/#$sciwrap/sciwrap}"
    "$@"
}
fail() {
    echo "quickstart: $*" >&2
    exit 1
}

# ---- what the build needs

install_missing() {
    local package missing=()
    for package in cmake ninja-build gcc libc6-dev pkg-config libarchive-dev libcurl4-openssl-dev libssl-dev libinih-dev \
        libseccomp-dev libjansson-dev zlib1g-dev ca-certificates; do
        # pkgconf provides pkg-config under another name on Debian 13.
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            { [[ $package == pkg-config ]] && command -v pkg-config >/dev/null; } || missing+=("$package")
    done
    if [[ ${#missing[@]} -eq 0 ]]; then
        echo "everything is here"
        return
    fi
    echo "installing: ${missing[*]}"
    local as_root=()
    [[ $(id -u) -eq 0 ]] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >"$root/build/install.log" 2>&1 || fail "apt-get failed: see build/install.log"
}

build_programs() {
    { cmake --preset release && cmake --build --preset release; } >build/build.log 2>&1 ||
        { tail -n 20 build/build.log && fail "the build failed: see build/build.log"; }
    show "$sciwrap" --version
}

# ---- an alignment: an amplicon of our own making, covered 10,000 times

# A reference of 1,000 random bases out of a small generator with a fixed seed, and reads of 150 bases that begin at the
# primer, at 401, as those of an amplicon do; every 37th has a sequencing error.
make_reads() {
    awk 'function base() { seed = (seed * 16807) % 2147483647; return substr("ACGT", seed % 4 + 1, 1) }
        BEGIN {
            seed = 2020
            for (i = 0; i < 1000; i++) reference = reference base()
            print "@HD\tVN:1.6\tSO:coordinate"
            print "@SQ\tSN:amplicon\tLN:1000"
            for (i = 0; i < 150; i++) quality = quality "I"
            for (read = 0; read < 10000; read++) {
                sequence = substr(reference, 401, 150)
                if (read % 37 == 0) sequence = substr(sequence, 1, 74) base() substr(sequence, 76)
                printf "read%05d\t%d\tamplicon\t401\t60\t150M\t*\t0\t0\t%s\t%s\n", read, read % 2 * 16, sequence, quality
            }
        }'
}

depth_at_500() { awk '$2 == 500 { print $3 }' "$1"; }

# What each environment is, told from inside. Each waits for the other before it speaks: both run at this moment.
look_around='
    echo here >"$1.here"
    until [ -e "$2.here" ]; do sleep 0.05; done
    echo "  $(samtools --version | head -n 1), $(getconf GNU_LIBC_VERSION)"
    echo "  C library in use: $(grep -oE "/[^ ]*/libc[-.][^ ]*" /proc/self/maps | sort -u)"
    echo "  PID 1 is $(cat /proc/1/comm), I am PID $$, in PID namespace $(readlink /proc/self/ns/pid)"'

mkdir -p build
say "What the build needs"
install_missing
say "Build"
build_programs

say "Two artifacts from their recipes, checked against the pins in envs/"
for name in $old $new; do
    show "$sciwrap" build "$name"
    show "$sciwrap" pull "$name"
done

say "An alignment: 10,000 reads of one amplicon"
rm -rf "$here"
mkdir "$here"
cd "$here"
make_reads >reads.sam
show "$sciwrap" run $new view -b -o reads.bam reads.sam
rm reads.sam

say "Both at the same time: each sees its own libraries and its own PID 1"
"$sciwrap" exec --no-record $old sh -c "$look_around" sh old new >old.txt &
first=$!
"$sciwrap" exec --no-record $new sh -c "$look_around" sh new old >new.txt
wait $first
echo "$old:" && cat old.txt
echo "$new:" && cat new.txt
rm -f ./*.here old.txt new.txt

say "The same command, at the same time, another answer"
# Each in a directory of its own: what appears in a run's directory while it runs counts as its output.
mkdir old new
cp reads.bam old
cp reads.bam new
printf '$ (cd old && sciwrap run %s depth reads.bam >depth.txt) &\n' $old
printf '$ (cd new && sciwrap run %s depth reads.bam >depth.txt)\n' $new
(cd old && "$sciwrap" run --manifest ../old.json $old depth reads.bam >depth.txt) &
first=$!
(cd new && "$sciwrap" run --manifest ../new.json $new depth reads.bam >depth.txt)
wait $first
depth_old=$(depth_at_500 old/depth.txt) depth_new=$(depth_at_500 new/depth.txt)
echo "depth at position 500: $depth_old says $old, $depth_new says $new"
[[ $depth_old -eq 8000 && $depth_new -eq 10000 ]] || fail "8000 and 10000 were expected"

say "What was different before the start, and what came out differently"
show "$sciwrap" diff old.json new.json || [[ $? -eq 1 ]] || fail "diff could not be done"

say "Elsewhere they agree"
for name in $old $new; do
    echo "$name: $("$sciwrap" run --no-record "$name" view -c reads.bam) reads," \
        "sha256 of all records $("$sciwrap" exec --no-record "$name" sh -c 'samtools view reads.bam | sha256sum' | cut -c1-16)"
done

say "The record of the old one"
show "$sciwrap" show old.json

say "Again, from the manifest alone"
show "$sciwrap" rerun old.json
