/* SPDX-License-Identifier: BSD-2-Clause
 * caller: what a batch system or launcher has told this process by variables. */
#include "run/caller.h"

#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/strlist.h"
#include "base/text.h"

/* CPUs or tasks of one node, and nodes: more than any machine has, and far from an overflow. */
enum { PER_NODE_MOST = 1 << 20 };

bool caller_number(char *const *environment, const char *name, uint64_t least, uint64_t most, uint64_t *ret_number)
{
    const char *value = strlist_value(environment, name);
    return value != NULL && text_to_u64(value, least, most, ret_number);
}

uint64_t caller_per_node(const char *list, uint64_t node)
{
    while (list != NULL && list[0] != '\0') {
        uint64_t number = 0;
        uint64_t times = 1;
        size_t digits = strspn(list, "0123456789");
        auto_free char *first = xstrndup(list, digits);
        const char *rest = list + digits;
        if (!text_to_u64(first, 1, PER_NODE_MOST, &number)) {
            return 0;
        }
        if (strncmp(rest, "(x", 2) == 0) {
            size_t more = strspn(rest + 2, "0123456789");
            auto_free char *second = xstrndup(rest + 2, more);
            if (rest[2 + more] != ')' || !text_to_u64(second, 1, PER_NODE_MOST, &times)) {
                return 0;
            }
            rest += 2 + more + 1;
        }
        if (node < times) {
            return number;
        }
        node -= times;
        if (rest[0] != ',') {
            return 0;
        }
        list = rest + 1;
    }
    return 0;
}
