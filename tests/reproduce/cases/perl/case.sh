# shellcheck shell=bash
experiment 'Perl 5.36, jq 1.6' tools
make_data() { "$data" weather 141 20000 >weather.csv; }

step 'count in a hash, print it in its own order' -- perl count.pl weather.csv
same stdout

step 'the same without the setting hashseed' --no-fix hashseed -- perl count.pl weather.csv
differs different stdout 'Perl mixes the order of its hashes with random numbers' 'the setting `hashseed`: above'

step 'from CSV to JSON, and a query' -- \
    sh -c 'jq -R "split(\",\")" weather.csv |
        jq -s "group_by(.[0]) | map({(.[0][0]): length}) | add" >counts.json'
same counts.json
