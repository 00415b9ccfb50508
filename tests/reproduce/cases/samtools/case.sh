# shellcheck shell=bash
experiment 'samtools 1.16' bio
make_data() {
    "$data" genome 11 200000 >genome.fa
    "$data" alignments 12 30000 <genome.fa >reads.sam
}

step 'sort, mark duplicates, index, statistics' -- sh pipeline.sh 2
same sorted.bam sorted.bam.bai marked.bam flagstat.txt depth.txt stats.txt

# shellcheck disable=SC2016
step 'sort with a thread a CPU' -- sh -c 'samtools sort -@ "$(nproc)" -O sam -o sorted.sam reads.sam 2>/dev/null'
same sorted.sam

# shellcheck disable=SC2016
step 'the same without the setting threads' --no-fix threads -- \
    sh -c 'samtools sort -@ "$(nproc)" -O sam -o sorted.sam reads.sam 2>/dev/null'
differs normalised sorted.sam 'the `@PG` line of the header has the command line, and that the number of CPUs' \
    'the setting `threads` (nproc heeds OMP_NUM_THREADS): above'
