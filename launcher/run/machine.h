/* SPDX-License-Identifier: BSD-2-Clause
 *
 * machine: a name for this machine that tells it from others and says nothing else about it.
 */
#pragma once

enum { MACHINE_LENGTH = 12 };

/* 12 hexadecimal digits: a digest of /etc/machine-id (machine-id(5), which asks programs not to publish it as it is),
 * or of the host's name where there is none. */
void machine_name(char ret_name[MACHINE_LENGTH + 1]);
