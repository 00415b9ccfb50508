#!/bin/sh
set -e
sort names.txt >sorted.txt
sort --parallel=4 -S 1M -k1,1 names.txt | cut -d' ' -f1 | uniq -c | sort -k1,1nr -k2 >counts.txt
sort -k1,1 others.txt | join -j 1 sorted.txt - 2>/dev/null | head -n 5000 >joined.txt || true
