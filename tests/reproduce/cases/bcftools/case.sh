# shellcheck shell=bash
experiment 'bcftools 1.16' bio
make_data() {
    "$data" genome 41 100000 >genome.fa
    "$data" reads 42 12000 <genome.fa
}

step 'map, call variants, normalise' -- sh pipeline.sh
same counts.txt
differs normalised calls.vcf 'bcftools writes the date into the header' '`bcftools --no-version`: below'
differs normalised calls.vcf.gz 'the same' 'the same'

step 'the same with --no-version, and an index' -- sh pipeline.sh --no-version
same counts.txt calls.vcf calls.vcf.gz calls.vcf.gz.csi
