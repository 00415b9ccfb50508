# shellcheck shell=bash
experiment 'GNU awk 5.2, mawk 1.3.4' tools
make_data() { "$data" weather 111 40000 >weather.csv; }

step 'means and extremes by station, arrays in their own order' -- \
    sh -c 'gawk -f means.awk weather.csv >gawk.txt; mawk -f means.awk weather.csv >mawk.txt'
same gawk.txt mawk.txt

step 'a sample by rand(), without srand' -- sh -c \
    'gawk "rand() < 0.001" weather.csv >gawk.csv; mawk "rand() < 0.001" weather.csv >mawk.csv'
same gawk.csv
differs different mawk.csv 'mawk seeds itself by the time, gawk does not' \
    'no setting: the clock is not faked; `srand(1)`: below'

step 'a sample by rand() after srand()' -- gawk 'BEGIN { srand() } rand() < 0.001' weather.csv
differs different stdout '`srand()` takes the time' 'no setting: the clock is not faked; `srand(1)`: below'

step 'a sample by rand() after srand(1)' -- sh -c \
    'gawk "BEGIN { srand(1) } rand() < 0.001" weather.csv >gawk.csv
     mawk "BEGIN { srand(1) } rand() < 0.001" weather.csv >mawk.csv'
same gawk.csv mawk.csv
