#!/bin/sh
set -e
folder=/tmp/genome
mkdir $folder
cp genome.fa $folder
samtools faidx "$folder/genome.fa"
minimap2 -ax sr genome.fa reads_1.fq reads_2.fq 2>/dev/null | samtools sort -o "$folder/mapped.bam"
samtools index "$folder/mapped.bam"
# "$@" is --no-version or nothing.
bcftools mpileup "$@" -f "$folder/genome.fa" "$folder/mapped.bam" 2>/dev/null |
    bcftools call "$@" --ploidy 2 -mv -Ou |
    bcftools norm "$@" -f "$folder/genome.fa" -Ov -o calls.vcf 2>/dev/null
bcftools view "$@" -Oz -o calls.vcf.gz calls.vcf
[ $# -eq 0 ] || bcftools index calls.vcf.gz
bcftools stats calls.vcf | grep ^SN >counts.txt
