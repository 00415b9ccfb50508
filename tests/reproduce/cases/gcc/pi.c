/* The circle's area by throwing darts, in several threads. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifndef SEED
#define SEED 42
#endif

static unsigned long step(unsigned long *state)
{
    *state = *state * 6364136223846793005UL + 1442695040888963407UL;
    return *state >> 33;
}

int main(int argc, char **argv)
{
    long darts = argc > 1 ? atol(argv[1]) : 1000;
    unsigned long seed = SEED;
    long hits = 0;
#pragma omp parallel for reduction(+ : hits)
    for (long lane = 0; lane < 16; lane++) {
        unsigned long state = seed + (unsigned long)lane * 7919;
        for (long i = 0; i < darts / 16; i++) {
            double x = (double)step(&state) / 2147483648.0;
            double y = (double)step(&state) / 2147483648.0;
            hits += hypot(x, y) < 1.0;
        }
    }
    printf("%s of %s %s: %.6f\n", argv[0], __DATE__, __TIME__, 4.0 * (double)hits / (double)(darts / 16 * 16));
    return 0;
}
