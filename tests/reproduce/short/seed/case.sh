# shellcheck shell=bash
experiment 'random numbers of the kernel' tiny
make_data() { :; }

step 'without a seed' -- sh -c 'head -c 8 /dev/urandom | busybox xxd -p'
differs different stdout 'the kernel' '--seed: below'

step 'with --seed 7' --seed 7 -- sh -c 'head -c 8 /dev/urandom | busybox xxd -p'
same stdout
