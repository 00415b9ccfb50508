# shellcheck shell=bash
experiment 'Python 3.11, NumPy 1.24 on OpenBLAS 0.3.21' numeric
make_data() { "$data" weather 51 30000 >weather.csv; }

step 'regression, product of matrices, eigenvalues, Fourier transform' -- python3 analysis.py
same coefficients.csv product.npy
differs different everything.npz 'a sum that OpenBLAS shares among its threads; it starts no more than there are CPUs' \
    '`--env OPENBLAS_NUM_THREADS=1`: below; as many CPUs as then'
differs different summary.json 'the same' 'the same'

step 'the same with OpenBLAS in one thread' --env OPENBLAS_NUM_THREADS=1 -- python3 analysis.py
same coefficients.csv product.npy everything.npz summary.json

step 'the first again, compared with a tolerance' --on-rerun=--rtol --on-rerun=1e-9 -- python3 analysis.py
same coefficients.csv product.npy
differs tolerated summary.json 'the same: the last digits of numbers' 'the same'
differs different everything.npz 'the same; no numbers are looked for in binary files' 'the same'

step 'a sample without a seed' -- python3 -c 'import numpy; print(numpy.random.default_rng().normal(size=5))'
differs different stdout 'the generator is seeded by the kernel' '`--seed N`: below'

step 'the same with --seed 1' --seed 1 -- python3 -c 'import numpy; print(numpy.random.default_rng().normal(size=5))'
same stdout
