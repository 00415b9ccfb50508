# shellcheck shell=bash
experiment 'minimap2 2.24' bio
make_data() {
    "$data" genome 31 150000 >genome.fa
    "$data" reads 32 10000 <genome.fa
}

step 'map pairs with 3 threads, overlaps' -- sh pipeline.sh
same genome.mmi mapped.sam overlaps.paf
