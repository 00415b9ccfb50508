#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [FOLDER]: two versions of samtools at once; in FOLDER, or in a new one. See README.md.
set -euo pipefail
folder=${1:-$(mktemp -d)}
cd "$folder"
for name in samtools-1.11 samtools-1.16; do
    sciwrap exec --no-record $name true 2>/dev/null || sciwrap build $name >&2
    sciwrap pull -q $name
done

# 10,000 reads of 50 bases, all from the primer at 101 of a reference of 300.
awk 'BEGIN {
    for (i = 0; i < 10; i++) { sequence = sequence "ACGTA"; quality = quality "IIIII" }
    print "@SQ\tSN:amplicon\tLN:300"
    for (i = 0; i < 10000; i++) printf "read%05d\t0\tamplicon\t101\t60\t50M\t*\t0\t0\t%s\t%s\n", i, sequence, quality
}' >reads.sam
sciwrap run samtools-1.16 view -b -o reads.bam reads.sam

# Both at once, one directory.
sciwrap run --manifest old.json samtools-1.11 depth reads.bam >old.txt &
sciwrap run --manifest new.json samtools-1.16 depth reads.bam >new.txt
wait $!
for which in old new; do
    echo "$which: depth $(awk '$2 == 120 { print $3 }' $which.txt) at position 120"
done
{ sciwrap diff old.json new.json || [[ $? -eq 1 ]]; } | sed -n 's/ (sha256 [0-9a-f]*)//g; s/^  environment:/different before the start:/p'
echo "the old one again: $(sciwrap rerun old.json)"
