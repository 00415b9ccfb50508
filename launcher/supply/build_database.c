/* SPDX-License-Identifier: BSD-2-Clause
 * build_database: dpkg's record of what is installed, as far as it can be read. */
#include "supply/build_database.h"

#include <string.h>

#include "base/mem.h"

int build_database_status(const struct build_package *packages, size_t count, struct buf *status, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *control = buf_text(&packages[i].control);
        size_t first = strcspn(control, "\n");
        if (strncmp(control, "Package:", 8) != 0) {
            return err_set(err, ERR_INVALID, "%s: its control file does not begin with 'Package:'",
                           packages[i].choice.from);
        }
        buf_add(status, control, first);
        buf_add_text(status, "\nStatus: install ok installed");
        buf_add_text(status, control + first);
        buf_add_text(status, status->bytes[status->length - 1] == '\n' ? "\n" : "\n\n");
    }
    return 0;
}

void build_database_list(const struct deb_entries *entries, struct buf *list)
{
    for (size_t i = 0; i < entries->count; i++) {
        const char *path = entries->entry[i].path;
        buf_addf(list, "/%s\n", path[0] != '\0' ? path : ".");
    }
}

char *build_database_list_path(const char *name)
{
    return xasprintf("var/lib/dpkg/info/%s.list", name);
}
