/* SPDX-License-Identifier: BSD-2-Clause
 * pin: the definition of an archive or image, with its digest in it: the helper's, which fetches what is to be pinned.
 */
#include <stddef.h>

#include "commands/command.h"

static const struct command_option options[] = {
    {"command", 0, "CMD", "what 'sciwrap run NAME' starts, with its arguments"},
    {"description", 0, "TEXT", "one line about it"},
    {"platform", 0, "OS/ARCH", "which one of an image: linux/arm64, say"},
    {"force", 0, NULL, "replace a definition that is there"},
    {"no-pull", 0, NULL, "do not unpack it now"},
    {"offline", 0, NULL, "ask nothing from the network"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    *exit_code = 0;
    return command_hand_on(&pin_command, "pin", 2, 2, "a name and a source have to be named", argc, argv, err);
}

const struct command pin_command = {
    .name = "pin",
    .synopsis = "[OPTION...] NAME SOURCE",
    .summary = "write an environment's definition, with the digest of SOURCE in it",
    .options = options,
    .more = "It goes to envs/NAME.ini. SOURCE is an archive: its path, or an address that\n"
            "begins with https://, http:// or file:///; or an image:\n"
            "oci://HOST/REPOSITORY[:TAG|@DIGEST], oci-layout:DIR[:TAG],\n"
            "docker-archive:FILE[:TAG]. It is brought into the store, too.\n",
    .run = run,
};
