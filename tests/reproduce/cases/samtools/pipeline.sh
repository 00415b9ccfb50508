#!/bin/sh
set -e
samtools sort -@ "$1" -o sorted.bam reads.sam
samtools index sorted.bam
samtools markdup -s sorted.bam marked.bam 2>/dev/null
samtools flagstat marked.bam >flagstat.txt
samtools depth -a sorted.bam >depth.txt
samtools stats -r genome.fa sorted.bam >stats.txt
rm -f genome.fa.fai
