#!/bin/sh
set -e
minimap2 -x sr -d genome.mmi genome.fa 2>/dev/null
minimap2 -t 3 -ax sr genome.mmi reads_1.fq reads_2.fq >mapped.sam 2>/dev/null
minimap2 -t 3 -x ava-pb genome.fa genome.fa >overlaps.paf 2>/dev/null
