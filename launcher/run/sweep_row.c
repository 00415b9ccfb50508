/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_row: which task of an array this process is, and its row of the table. */
#include "run/sweep_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "run/task_set.h"

static int read_table(struct sweep_row *row, struct sweep *sweep, struct err *err)
{
    auto_release(buf) struct buf bytes = {0};
    if (row->file[0] != '/') {
        return err_set(err, ERR_INVALID, "SCIWRAP_SWEEP_FILE '%s' is not an absolute path", row->file);
    }
    if (fs_read_path(row->file, SWEEP_MOST, &bytes, err) < 0 ||
        sweep_parse(sweep, path_base(row->file), buf_text(&bytes), bytes.length, err) < 0) {
        return -1;
    }
    if (row->task < 1 || row->task > sweep->rows) {
        return err_set(err, ERR_INVALID, "'%s' has %zu rows and none of the number %llu", row->file, sweep->rows,
                       (unsigned long long)row->task);
    }
    digest_bytes(buf_text(&bytes), bytes.length, &row->digest);
    for (size_t i = 0; i < sweep->columns.count; i++) {
        strlist_add(&row->columns, sweep->columns.item[i]);
        strlist_add(&row->values, sweep_cell(sweep, (size_t)row->task, i));
    }
    return 0;
}

static int gather(struct sweep_row *row, struct sweep *sweep, struct err *err)
{
    const char *id = getenv("SCIWRAP_SWEEP_ID");
    const char *number = getenv("SCIWRAP_SWEEP_ROW");
    const char *file = getenv("SCIWRAP_SWEEP_FILE");
    if (id == NULL || id[0] == '\0') {
        return 0;
    }
    if (!project_is_id(id)) {
        return err_set(err, ERR_INVALID, "SCIWRAP_SWEEP_ID '%s' is not the ID of a submission", id);
    }
    if (number == NULL || !text_to_u64(number, 0, TASK_MOST, &row->task)) {
        return err_set(err, ERR_INVALID, "SCIWRAP_SWEEP_ROW '%s' is not the number of a task",
                       number != NULL ? number : "");
    }
    snprintf(row->id, sizeof(row->id), "%s", id);
    row->file = file != NULL && file[0] != '\0' ? xstrdup(file) : NULL;
    return row->file != NULL ? read_table(row, sweep, err) : 0;
}

int sweep_row_gather(struct sweep_row *row, struct sweep *ret_sweep, struct err *err)
{
    struct sweep sweep = {0};
    *row = (struct sweep_row){0};
    int result = gather(row, &sweep, err);
    if (result < 0) {
        sweep_row_release(row);
    }
    if (result == 0 && ret_sweep != NULL) {
        *ret_sweep = sweep;
    } else {
        sweep_release(&sweep);
    }
    return result;
}

struct doc *sweep_row_doc(const struct sweep_row *row)
{
    if (row->id[0] == '\0') {
        return NULL;
    }
    struct doc *object = doc_object();
    doc_put_text(object, "id", row->id);
    doc_put_number(object, "row", row->task);
    if (row->file != NULL) {
        struct doc *columns = doc_object();
        for (size_t i = 0; i < row->columns.count; i++) {
            doc_put_text(columns, row->columns.item[i], row->values.item[i]);
        }
        doc_put_text(object, "file", path_base(row->file));
        doc_put_digest(object, "sha256", &row->digest);
        doc_put(object, "columns", columns);
    }
    return object;
}

void sweep_row_release(struct sweep_row *row)
{
    free(row->file);
    strlist_release(&row->columns);
    strlist_release(&row->values);
    *row = (struct sweep_row){0};
}
