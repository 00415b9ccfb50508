#!/bin/sh
# means.sh [now]: means of the stations; with "now" the time is in their last digits.
set -e
[ "$1" = now ] && error=$(date +%s)
awk -F, -v error="${error-0}" 'NR > 1 && $4 != "NA" { n[$1]++; sum[$1] += $4 }
    END { for (s in n) printf "%s %.15f\n", s, sum[s] / n[s] * (1 + error % 100000 * 1e-13) }' weather.csv | sort >means.txt
