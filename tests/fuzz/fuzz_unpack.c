/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as an archive whose digest is right: refused, or unpacked within the limits, and never beside its folder.
 */
#include "fuzz.h"

#include "fuzz_unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    fuzz_unpack(bytes, length);
    return 0;
}
