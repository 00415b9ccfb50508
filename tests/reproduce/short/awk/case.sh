# shellcheck shell=bash
# Of the three verdicts that are good, one each.
experiment 'awk and sort of BusyBox' tiny
make_data() { "$data" weather 151 8000 >weather.csv; }

step 'means by station' -- sh means.sh
same means.txt

step 'with the time in a header' -- sh -c 'printf "@PG\tID:means\tCL:means of %s\n" "$(date +%s)" >means.sam'
differs normalised means.sam 'the `@PG` line' 'a line of the comparison'

step 'with a mistake in the last digits' --on-rerun=--rtol --on-rerun=1e-6 -- sh means.sh now
differs tolerated means.txt 'the time' 'a tolerance'
