# shellcheck shell=bash
experiment 'bwa 0.7.17' bio
make_data() {
    "$data" genome 21 150000 >genome.fa
    "$data" reads 22 15000 <genome.fa
}

step 'index, map pairs with 2 threads' -- sh pipeline.sh 2
same genome.fa.amb genome.fa.ann genome.fa.bwt genome.fa.pac genome.fa.sa mapped.sam
