# shellcheck shell=bash
experiment 'sort, uniq, join, shuf (coreutils 9.1)' bio
make_data() {
    "$data" names 121 30000 >names.txt
    "$data" names 122 30000 >others.txt
}

step 'sort names in several scripts, count, join' -- sh pipeline.sh
same sorted.txt counts.txt joined.txt

step 'sort -R and shuf' -- sh -c 'sort -R names.txt >shuffled.txt; shuf -n 10 names.txt >sample.txt'
differs different shuffled.txt 'random numbers of the kernel' '`--seed N`: below'
differs different sample.txt 'the same' 'the same'

step 'the same with --seed 1' --seed 1 -- sh -c 'sort -R names.txt >shuffled.txt; shuf -n 10 names.txt >sample.txt'
same shuffled.txt sample.txt
