# shellcheck shell=bash
experiment 'gzip 1.12' bio
make_data() { "$data" weather 81 20000 >weather.csv; }

step 'an input' -- gzip -9k weather.csv
same weather.csv.gz

step 'a file that the run made' -- sh -c 'sort weather.csv >sorted.csv; gzip -9k sorted.csv'
same sorted.csv
differs normalised sorted.csv.gz 'the time of the file in the header of gzip' '`gzip -n`: below'

step 'the same with gzip -n' -- sh -c 'sort weather.csv >sorted.csv; gzip -9kn sorted.csv'
same sorted.csv sorted.csv.gz
