/* SPDX-License-Identifier: BSD-2-Clause
 * swap: exchanges pairs of names as fast as the kernel does it, until it is killed: a directory or file is a link at
 * one moment and itself the next (renameat2(2), RENAME_EXCHANGE).
 *
 *   swap A B [A B]... */
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: swap A B [A B]...\n");
        return 1;
    }
    for (;;) {
        for (int i = 1; i + 1 < argc; i += 2) {
            if (renameat2(AT_FDCWD, argv[i], AT_FDCWD, argv[i + 1], RENAME_EXCHANGE) < 0) {
                perror(argv[i]);
                return 1;
            }
        }
    }
}
