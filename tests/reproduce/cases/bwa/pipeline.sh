#!/bin/sh
set -e
bwa index genome.fa 2>/dev/null
bwa mem -t "$1" -R '@RG\tID:one\tSM:sample' genome.fa reads_1.fq reads_2.fq >mapped.sam 2>/dev/null
