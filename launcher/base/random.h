/* SPDX-License-Identifier: BSD-2-Clause
 *
 * random: numbers that nobody can guess, for names that nobody shall find before us. getrandom(2), and where an outer
 * sandbox or a kernel before 3.17 has not got it, /dev/urandom (random(4)).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* False with errno when there are none to be had; `bytes` is then of no use. `size`: at most 256, which getrandom(2)
 * gives whole. */
bool random_fill(void *bytes, size_t size);
