/* SPDX-License-Identifier: BSD-2-Clause
 * setup: what an experiment is before it starts. */
#include "run/setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const origin_names[] = {"asked", "input", "auto", "work", NULL};
static const char *const network_names[] = {"none", "host", NULL};
static const char *const identity_names[] = {"researcher", "caller", "root", NULL};

static bool find_name(const char *const *names, const char *name, unsigned *ret_number)
{
    for (unsigned i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_number = i;
            return true;
        }
    }
    return false;
}

struct bind *bind_add(struct bind_list *list, const char *source, const char *target)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity < 8 ? 8 : list->capacity * 2;
        list->item = xreallocarray(list->item, list->capacity, sizeof(*list->item));
    }
    struct bind *bind = &list->item[list->count++];
    *bind = (struct bind){.source = source != NULL ? xstrdup(source) : NULL, .target = xstrdup(target)};
    return bind;
}

void bind_list_release(struct bind_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->item[i].source);
        free(list->item[i].real);
        free(list->item[i].target);
    }
    free(list->item);
    *list = (struct bind_list){0};
}

const char *bind_origin_name(enum bind_origin origin)
{
    return origin_names[origin];
}

bool bind_origin_from_name(const char *name, enum bind_origin *ret_origin)
{
    unsigned number;
    bool known = find_name(origin_names, name, &number);
    if (known) {
        *ret_origin = (enum bind_origin)number;
    }
    return known;
}

void setup_release(struct setup *setup)
{
    free(setup->environment.name);
    free(setup->environment.recipe);
    free(setup->environment.definition_path);
    free(setup->environment.definition_text);
    strlist_release(&setup->argv);
    strlist_release(&setup->variables);
    free(setup->workdir);
    free(setup->home);
    free(setup->user);
    free(setup->hostname);
    bind_list_release(&setup->binds);
    devices_release(&setup->devices);
    *setup = (struct setup){0};
}

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static bool is_made_of(const char *name, const char *letters, size_t most)
{
    size_t length = strlen(name);
    return length > 0 && length <= most && strspn(name, letters) == length && name[0] != '-' && name[0] != '.';
}

bool setup_is_host_name(const char *name)
{
    return is_made_of(name, LETTERS_AND_DIGITS "-._", 64);
}

bool setup_is_user_name(const char *name)
{
    return is_made_of(name, LETTERS_AND_DIGITS "-._@+", 255);
}

void setup_set_variable(struct strlist *variables, const char *assignment)
{
    size_t length = strcspn(assignment, "=") + 1;
    for (size_t i = 0; i < variables->count; i++) {
        if (strncmp(variables->item[i], assignment, length) == 0) {
            free(variables->item[i]);
            variables->item[i] = xstrdup(assignment);
            return;
        }
    }
    strlist_add(variables, assignment);
}

const char *setup_network_name(enum network network)
{
    return network_names[network];
}

bool setup_network_from_name(const char *name, enum network *ret_network)
{
    unsigned number;
    bool known = find_name(network_names, name, &number);
    if (known) {
        *ret_network = (enum network)number;
    }
    return known;
}

const char *setup_identity_name(enum identity identity)
{
    return identity_names[identity];
}

bool setup_identity_from_name(const char *name, enum identity *ret_identity)
{
    unsigned number;
    bool known = find_name(identity_names, name, &number);
    if (known) {
        *ret_identity = (enum identity)number;
    }
    return known;
}
