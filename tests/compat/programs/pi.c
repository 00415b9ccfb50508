#include <omp.h>
#include <stdio.h>
int main(void)
{
    double s = 0;
    int most = 0;
#pragma omp parallel for reduction(+ : s) reduction(max : most)
    for (int i = 0; i < 10000000; i++) {
        double x = (i + 0.5) / 1e7;
        s += 4 / (1 + x * x);
        if (omp_get_num_threads() > most)
            most = omp_get_num_threads();
    }
    printf("%.9f %d\n", s / 1e7, most);
    return 0;
}
