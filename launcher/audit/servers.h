/* SPDX-License-Identifier: BSD-2-Clause
 *
 * servers: sockets of this host that wait for somebody who should not be able to reach them.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/* On the loopback, with a port that the kernel chooses; `type` SOCK_STREAM or SOCK_DGRAM. -1: not to be had. */
int servers_internet(int type);
int servers_abstract(const char *name);
/* FOLDER/socket; -1 also when that is too long a path for a socket. */
int servers_named(const char *folder);
/* 0 for -1. */
unsigned servers_port(int fd);
/* Whether somebody came, without waiting. */
bool servers_was_reached(int fd);
