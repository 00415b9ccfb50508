# shellcheck shell=bash
experiment 'GNU make 4.3, 4 jobs' tools
make_data() { sh generate.sh 24; }

step 'make -j4: a library of 24 sources, a program, its results' -- make -j4 -s results.txt
same library.a program results.txt

step 'the same with a log of the jobs' -- make -j4 -s results.txt LOG=jobs.log
same library.a program results.txt
differs different jobs.log 'jobs end in the order in which the CPUs are free' '`make -j1`: below; sorting the log'

step 'the same with make -j1' -- make -j1 -s results.txt LOG=jobs.log
same library.a program results.txt jobs.log
