#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    int rank, size;
    long sum = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    size_t n = 1 << 20;
    int *big = malloc(n * sizeof(int));
    for (size_t i = 0; i < n; i++)
        big[i] = rank + (int)i;
    int *got = malloc(n * sizeof(int));
    MPI_Sendrecv(big, (int)n, MPI_INT, (rank + 1) % size, 0, got, (int)n, MPI_INT, (rank + size - 1) % size, 0,
                 MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    long mine = 0;
    for (size_t i = 0; i < n; i++)
        mine += got[i];
    MPI_Allreduce(&mine, &sum, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0)
        printf("ranks %d sum %ld\n", size, sum);
    MPI_Finalize();
    return 0;
}
