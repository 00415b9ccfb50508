#!/bin/sh
# generate.sh N: N sources of different length.
i=1
while [ $i -le "$1" ]; do
    {
        echo "/* part $i, compiled on a host in a folder */"
        j=0
        while [ $j -lt $((20 + i * 13 % 40 * 8)) ]; do
            echo "double part${i}_$j(double x) { return x * $j.5 + $i; }"
            j=$((j + 1))
        done
        echo "const char *where$i = __FILE__;"
        echo "double part$i(double x) { return part${i}_0(x) + part${i}_$((j - 1))(x); }"
    } >part$i.c
    i=$((i + 1))
done
