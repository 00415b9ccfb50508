# shellcheck shell=bash
# What differs between two people, hosts and processors, and the setting that each thing has: see ../settings.sh.
# shellcheck disable=SC2016,SC2034 # the shell inside expands these

[[ $(id -u) -eq 0 ]] || not_here='as an ordinary user: the stranger is on the same host'
setting hostname gcc tools 'the name of the host in a program' '--no-fix hostname' '' \
    sh -c 'echo "char host[] = \"$(uname -n)\";" | gcc -c -x c -o version.o -'
[[ $(id -u) -eq 0 ]] || not_here='as an ordinary user: the stranger has the same number'
setting user tar tools 'numbers of the owner in an archive' '--no-fix user' '' tar --mtime=@0 -cf sources.tar sum.c
setting workdir gcc tools 'the directory in debugging information' '--no-fix workdir' '' gcc -g -c sum.c
setting tz SQLite tools 'a time of day' '--no-fix tz' '' \
    sqlite3 times.db "CREATE TABLE t AS SELECT datetime(0, 'unixepoch', 'localtime') AS begun"
setting locale R statistics 'letters that are none in the locale C' '--no-fix locale' '' \
    Rscript -e 'writeLines(format("Zürich"), "towns.txt"); print(toupper("zürich"))'
setting umask tar tools 'permissions in an archive' '--no-fix umask' '' \
    sh -c 'echo new >new.txt; tar --mtime=@0 -cf new.tar new.txt'
setting variables make tools 'CFLAGS of whoever calls make' '--no-fix variables' '' make -s sum
setting aslr Python numeric 'the order of a set of objects, which goes by their addresses' '--no-fix aslr' '' \
    python3 objects.py
setting hashseed Python numeric 'the order of a set of strings' '--no-fix hashseed' '' \
    python3 -c 'print({"adenine", "cytosine", "guanine", "thymine", "uracil"})'
setting epoch gcc tools 'the date in a program' '--no-fix epoch' '' \
    sh -c 'echo "char made[] = __DATE__ __TIME__;" | gcc -c -x c -o version.o -'
setting '--env OMP_NUM_THREADS=1' NumPy numeric 'a sum that OpenBLAS shares among as many threads as there are CPUs' \
    '' '--env OMP_NUM_THREADS=1' python3 sums.py
setting '--seed' 'shuf, Python' numeric 'random numbers of the kernel' '' '--seed 1' \
    sh -c 'seq 1000 | shuf -n 5; python3 -c "import uuid; print(uuid.uuid4())"; head -c 8 /dev/urandom | od -An -tx1'

# Processors that this machine is not: user-mode emulation answers CPUID as each of them does.
author_cpu=Haswell stranger_cpu=Nehalem
setting '--cpu-baseline v2' 'NumPy, libm' numeric 'the code that libraries have for processors with and without AVX2' \
    '--env OMP_NUM_THREADS=1' '--env OMP_NUM_THREADS=1 --cpu-baseline v2' sh on.sh @cpu /usr/bin/python3 sums.py
grep -qw avx512f /proc/cpuinfo || not_here='without AVX-512'
author_cpu=host stranger_cpu=Haswell
setting '--cpu-baseline v3' 'NumPy, libm' numeric 'the code for processors with and without AVX-512' \
    '--env OMP_NUM_THREADS=1' '--env OMP_NUM_THREADS=1 --cpu-baseline v3' sh on.sh @cpu /usr/bin/python3 sums.py
