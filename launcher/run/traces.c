/* SPDX-License-Identifier: BSD-2-Clause
 * traces: which recorded runs had a given number on the host. */
#include "run/traces.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/circumstances.h"
#include "run/project.h"

static void add(struct trace_list *list, const struct doc *manifest, const char *path, char *what, uint64_t inner_pid)
{
    const struct doc *experiment = doc_get(manifest, "experiment");
    const struct doc *circumstances = doc_get(manifest, "circumstances");
    const struct doc *command = doc_get(experiment, "command");
    char boot_id[BOOT_ID_SIZE];
    struct trace trace = {.path = xstrdup(path), .what = what, .inner_pid = inner_pid};
    trace.id = doc_get_text(manifest, "id");
    trace.environment = doc_get_text(doc_get(experiment, "environment"), "name");
    trace.started = doc_get_text(circumstances, "started");
    trace.ended = doc_get_text(circumstances, "ended");
    trace.host = doc_get_text(doc_get(circumstances, "host"), "name");
    trace.boot_id = doc_get_text(circumstances, "boot_id");
    (void)doc_get_number(doc_get(circumstances, "user"), "uid", &trace.uid);
    circumstances_read_boot_id(boot_id);
    trace.this_boot = trace.boot_id != NULL && boot_id[0] != '\0' && strcmp(boot_id, trace.boot_id) == 0;
    for (size_t i = 0; i < doc_count(command); i++) {
        char *word = doc_text(doc_at(command, i));
        if (word != NULL) {
            strlist_take(&trace.command, word);
        }
    }
    list->item = xreallocarray(list->item, list->count + 1, sizeof(*list->item));
    list->item[list->count++] = trace;
}

static bool is_number(const struct doc *object, const char *key, uint64_t number)
{
    uint64_t value;
    return doc_get_number(object, key, &value) && value == number;
}

static void find_namespace(struct trace_list *list, const struct doc *manifest, const char *path, uint64_t number)
{
    struct strlist names = {0};
    const struct doc *namespaces = doc_get(doc_get(manifest, "circumstances"), "namespaces");
    doc_keys(namespaces, &names);
    for (size_t i = 0; i < names.count; i++) {
        if (is_number(namespaces, names.item[i], number)) {
            add(list, manifest, path, xasprintf("%s namespace", names.item[i]), 0);
        }
    }
    strlist_release(&names);
}

static void find_process(struct trace_list *list, const struct doc *manifest, const char *path, uint64_t number)
{
    const struct doc *circumstances = doc_get(manifest, "circumstances");
    const struct doc *processes = doc_get(circumstances, "processes");
    /* "pid" is what records of the first versions call it. */
    if (is_number(circumstances, "host_pid", number) || is_number(circumstances, "pid", number)) {
        add(list, manifest, path, xstrdup("PID 1"), 1);
        return;
    }
    for (size_t i = 0; i < doc_count(processes); i++) {
        uint64_t pid = 0;
        if (is_number(doc_at(processes, i), "host_pid", number) && doc_get_number(doc_at(processes, i), "pid", &pid)) {
            add(list, manifest, path, xasprintf("PID %" PRIu64, pid), pid);
            return;
        }
    }
}

void traces_in(struct trace_list *list, const struct doc *manifest, const char *path, uint64_t number,
               bool is_namespace)
{
    if (is_namespace) {
        find_namespace(list, manifest, path, number);
    } else {
        find_process(list, manifest, path, number);
    }
}

/* Parsing thousands of records takes seconds, looking for the digits in them a tenth of that. */
static void look_into(struct trace_list *list, const char *path, uint64_t number, bool is_namespace)
{
    struct err unread = {0};
    char digits[24];
    auto_release(buf) struct buf text = {0};
    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    if (fs_read_path(path, MANIFEST_MOST, &text, &unread) < 0) {
        if (unread.kind != ERR_NOT_FOUND) { /* a run that is going on, or was killed */
            log_warn("%s", unread.text);
        }
        return;
    }
    if (strstr(buf_text(&text), digits) == NULL) {
        return;
    }
    struct doc *manifest = doc_parse(path, buf_text(&text), text.length, &unread);
    if (manifest == NULL) {
        log_warn("%s", unread.text);
        return;
    }
    traces_in(list, manifest, path, number, is_namespace);
    doc_free(manifest);
}

int traces_find(struct trace_list *list, const char *folder, uint64_t number, bool is_namespace, size_t *ret_searched,
                struct err *err)
{
    struct project project = {.runs_fd = -1};
    struct strlist ids = {0};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    auto_free char *start = path_normal(cwd, folder);
    int result = project_find(&project, start) == 1
                     ? 0
                     : err_set(err, ERR_NOT_FOUND, "no runs are recorded in '%s' or above", start);
    if (result == 0 && project.runs_fd >= 0) {
        result = fs_list(project.runs_fd, ".", &ids, err);
    }
    for (size_t i = 0; i < ids.count; i++) {
        if (project_is_id(ids.item[i])) {
            auto_free char *path = project_run_path(&project, ids.item[i], MANIFEST_NAME);
            look_into(list, path, number, is_namespace);
            ++*ret_searched;
        }
    }
    strlist_release(&ids);
    project_close(&project);
    return result;
}

static int compare_traces_by_start(const void *a, const void *b)
{
    const struct trace *first = a;
    const struct trace *second = b;
    const char *first_start = first->started != NULL ? first->started : "";
    return strcmp(second->started != NULL ? second->started : "", first_start);
}

void traces_sort(struct trace_list *list)
{
    if (list->count > 0) {
        qsort(list->item, list->count, sizeof(*list->item), compare_traces_by_start);
    }
}

struct doc *traces_doc(const struct trace_list *list)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct trace *trace = &list->item[i];
        struct doc *object = doc_object();
        doc_put_text(object, "id", trace->id);
        doc_put_text(object, "what", trace->what);
        if (trace->inner_pid > 0) {
            doc_put_number(object, "pid", trace->inner_pid);
        }
        doc_put_text(object, "environment", trace->environment);
        doc_put_texts(object, "command", &trace->command);
        doc_put_number(object, "uid", trace->uid);
        doc_put_text(object, "started", trace->started);
        doc_put_text(object, "ended", trace->ended);
        doc_put_text(object, "host", trace->host);
        doc_put_text(object, "boot_id", trace->boot_id);
        doc_put_bool(object, "this_boot", trace->this_boot);
        doc_put_text(object, "manifest", trace->path);
        doc_append(array, object);
    }
    return array;
}

void traces_release(struct trace_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct trace *trace = &list->item[i];
        free(trace->id);
        free(trace->path);
        free(trace->environment);
        strlist_release(&trace->command);
        free(trace->what);
        free(trace->started);
        free(trace->ended);
        free(trace->host);
        free(trace->boot_id);
    }
    free(list->item);
    *list = (struct trace_list){0};
}
