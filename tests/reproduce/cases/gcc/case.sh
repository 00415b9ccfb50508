# shellcheck shell=bash
experiment 'gcc 12.2, C program compiled inside' tools
make_data() { :; }

step 'compile with debugging information and date, run' -- sh build.sh
same pi pi.o pi.txt

step 'the same without the setting epoch' --no-fix epoch -- sh build.sh
differs different pi '`__DATE__` and `__TIME__` in the program' 'the setting `epoch` (SOURCE_DATE_EPOCH): above'
differs different pi.o 'the same' 'the same'
differs different pi.txt 'the program prints its date' 'the same'

step 'the program seeded by the time' -- sh build.sh -DSEED='(unsigned long)time(NULL)'
same pi pi.o
differs different pi.txt 'a seed that is the time' 'no setting: the clock is not faked; a fixed seed: above'
