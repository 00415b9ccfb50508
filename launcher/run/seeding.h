/* SPDX-License-Identifier: BSD-2-Clause
 *
 * seeding: random numbers that a seed determines: what a run with --seed gets from getrandom(2), /dev/random and
 * /dev/urandom.
 *
 * Each process has a stream of its own, told apart by its PID inside, so that processes side by side do not take
 * numbers from each other; so has each opening of a device, in the order of its process. A stream is SHA-256 in counter
 * mode over the seed and those numbers. Threads of one process share its stream: which of them gets which part is up to
 * the scheduler. Not covered: the instruction RDRAND, and the 16 bytes that the kernel puts into each new program
 * (getauxval(3), AT_RANDOM), from which the C library makes its stack guard.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strmap.h"
#include "sandbox/recorder.h"

struct seeding {
    uint64_t seed;
    struct strmap position; /* by PID inside: struct seeding_position */
};

/* Answers RECORDER_RANDOM. */
enum recorder_answer seeding_random(struct seeding *seeding, struct recorder *recorder,
                                    const struct recorder_call *call);
/* Answers an open of a random device for reading: the caller gets a pipe from which the stream comes without end.
 * False: it could not be made, let the kernel open the device. */
bool seeding_open(struct seeding *seeding, struct recorder *recorder, const struct recorder_call *call);
/* True for /dev/random and /dev/urandom, whatever they are called (Linux: memory devices 1:8 and 1:9). */
bool seeding_is_device(const struct stat *st);
void seeding_release(struct seeding *seeding);

/* `length` bytes of the stream of process `pid` from `offset` on; `device` 0 for getrandom, else the number of the
 * opening. */
void seeding_bytes(uint64_t seed, int pid, uint64_t device, uint64_t offset, void *bytes, size_t length);
