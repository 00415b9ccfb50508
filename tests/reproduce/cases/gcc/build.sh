#!/bin/sh
set -e
gcc -O2 -g -fopenmp "$@" -c pi.c
gcc -fopenmp -o pi pi.o -lm
./pi 2000000 >pi.txt
