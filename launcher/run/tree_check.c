/* SPDX-License-Identifier: BSD-2-Clause
 * tree_check: what is checked of an environment's tree before a command is started in it. */
#include "run/tree_check.h"

#include "base/auto.h"
#include "base/mem.h"

static void tell_covered(struct verify *verify, const struct plan *plan)
{
    for (size_t i = 0; i < plan->mount_count; i++) {
        verify_cover(verify, plan->mount[i].target);
    }
    verify_cover(verify, "/sys"); /* made empty in every run */
    if (plan->writable) {
        auto_free char *upper = xasprintf("%s/upper", plan->scratch);
        verify_layered(verify, upper);
    }
}

/* Asked before anything is covered: what the tree has lost may be there by the host's file of that name, because a path
 * among the arguments that the tree does not have is bound from the host (run/autobind). */
static bool has_arguments(struct verify *verify, const struct plan *plan)
{
    bool good = true;
    for (size_t i = 0; i < plan->argv.count; i++) {
        if (plan->argv.item[i][0] == '/') {
            good = verify_missing(verify, plan->argv.item[i]) && good;
        }
    }
    return good;
}

int tree_check(struct verify *verify, enum verify_level level, const struct plan *plan, struct err *err)
{
    if (verify == NULL) {
        return 0;
    }
    bool good = has_arguments(verify, plan);
    tell_covered(verify, plan);
    if (good && level == VERIFY_FULL) {
        good = verify_full(verify);
    }
    if (good && plan->argv.count > 0) {
        good = verify_command(verify, plan->argv.item[0], plan_search_path(plan));
    }
    return good ? 0 : verify_complain(verify, err);
}

void tree_check_used(void *verify, const char *named, const char *real, bool program)
{
    if (real == NULL) {
        verify_missing(verify, named);
    } else if (program) {
        verify_program(verify, named, real);
    } else {
        verify_used(verify, named, real);
    }
}
