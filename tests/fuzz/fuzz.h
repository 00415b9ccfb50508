/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz: the one function that each fuzz target defines. libFuzzer calls it, or replay.c does. It returns 0 and ends the
 * program when a promise of the parser is broken.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* A broken promise: ends the program so that the fuzzer keeps the input. */
#define FUZZ_PROMISE(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)
