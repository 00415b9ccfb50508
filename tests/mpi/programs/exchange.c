/* SPDX-License-Identifier: BSD-2-Clause
 * exchange: two ranks exchange messages of 1 byte to 16 MiB and sum up; and tell by which way memory of the other can
 * be read. Prints "size N cma yes|no sum S" from rank 0. */
#define _GNU_SOURCE
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST = 16 << 20 };

/* What each asks of the other's memory, as a transport by cross-memory attach would. */
static int attach(int rank)
{
    static char own[4096];
    char copy[sizeof(own)];
    struct {
        long pid, address;
    } mine, other;
    int peer = 1 - rank;
    memset(own, 'a' + rank, sizeof(own));
    mine.pid = getpid();
    mine.address = (long)own;
    MPI_Sendrecv(&mine, 2, MPI_LONG, peer, 1, &other, 2, MPI_LONG, peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    struct iovec here = {copy, sizeof(copy)};
    struct iovec there = {(void *)other.address, sizeof(copy)};
    int got =
        process_vm_readv((pid_t)other.pid, &here, 1, &there, 1, 0) == (ssize_t)sizeof(copy) && copy[0] == 'a' + peer;
    MPI_Barrier(MPI_COMM_WORLD);
    return got;
}

int main(int argc, char **argv)
{
    int rank, size;
    unsigned long sum = 0, all = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size != 2) {
        fprintf(stderr, "size %d: the ranks have not found each other\n", size);
        return 3;
    }
    unsigned char *out = malloc(MOST), *in = malloc(MOST);
    for (int length = 1; length <= MOST; length *= 4) {
        for (int i = 0; i < length; i++) {
            out[i] = (unsigned char)(i * 7 + rank + length);
        }
        MPI_Sendrecv(out, length, MPI_BYTE, 1 - rank, 0, in, length, MPI_BYTE, 1 - rank, 0, MPI_COMM_WORLD,
                     MPI_STATUS_IGNORE);
        for (int i = 0; i < length; i++) {
            sum += in[i];
        }
    }
    int cma = attach(rank), both = 0;
    MPI_Allreduce(&sum, &all, 1, MPI_UNSIGNED_LONG, MPI_SUM, MPI_COMM_WORLD);
    MPI_Allreduce(&cma, &both, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (rank == 0) {
        printf("size %d cma %s sum %lu\n", size, both ? "yes" : "no", all);
    }
    MPI_Finalize();
    return 0;
}
