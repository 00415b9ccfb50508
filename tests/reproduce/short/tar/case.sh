# shellcheck shell=bash
experiment 'tar and gzip of BusyBox' tiny
make_data() { "$data" weather 152 8000 >weather.csv; }

step 'pack what the run made' -- \
    sh -c 'grep ^ST007 weather.csv >one.csv; busybox tar -cf one.tar one.csv; busybox gzip one.tar'
same one.csv
differs different one.tar.gz 'times of the files' 'fixed times: below'

step 'the same with a fixed time' -- \
    sh -c 'grep ^ST007 weather.csv >one.csv; touch -d @315619200 one.csv
           busybox tar -cf one.tar one.csv; busybox gzip one.tar'
same one.csv one.tar.gz

step 'edit in place, rename, delete' -- \
    sh -c 'sed -i s/,NA,/,,/ weather.csv; mv weather.csv clean.csv; rm pack.txt'
same clean.csv weather.csv pack.txt
