# shellcheck shell=bash
experiment 'tar 1.34, xz 5.4, zip 3.0' tools
make_data() { "$data" weather 131 60000 >weather.csv; }

step 'pack a folder that the run made' -- sh pack.sh -cf folder.tar
differs different folder.tar 'times of the files, and the order of the folder on this file system' 'options of tar: below'

step 'the same sorted, with fixed times and owners' -- \
    sh pack.sh --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf folder.tar
same folder.tar

step 'compress with xz, a thread a CPU' -- xz -kT0 --block-size=1MiB weather.csv
same weather.csv.xz

step 'zip of a file that the run made' -- sh -c 'head -100 weather.csv >head.csv; zip -q head.zip head.csv'
same head.csv
differs different head.zip 'times of the file in the archive' 'touch before zip, and `zip -X`: below'

step 'the same with fixed times' -- \
    sh -c 'head -100 weather.csv >head.csv; touch -d @315619200 head.csv; zip -qX head.zip head.csv'
same head.csv head.zip
