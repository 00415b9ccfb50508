/* SPDX-License-Identifier: BSD-2-Clause
 * leaks: what of the host shone through a run and could not be pinned. */
#include "run/leaks.h"

#include <stdlib.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "run/devices_doc.h"
#include "run/settings.h"

static void add_leak(struct doc *array, const char *kind, const char *detail)
{
    struct doc *object = doc_object();
    doc_put_text(object, "kind", kind);
    doc_put_text(object, "detail", detail);
    doc_append(array, object);
}

/* What a recorder has heard of is in the record, wherever it was. */
static void add_binds(struct doc *array, const struct bind_list *binds)
{
    for (size_t i = 0; i < binds->count; i++) {
        const struct bind *bind = &binds->item[i];
        if (bind->origin == BIND_WORK) {
            continue; /* the work directory under a second name: what changes in it is among the outputs */
        }
        if (bind->is_directory && bind->origin != BIND_INPUT) {
            auto_free char *detail =
                xasprintf("'%s' could be read whole; only files that were named are recorded", bind->target);
            add_leak(array, "bind", detail);
        }
    }
}

static void add_network(struct doc *array, const struct strlist *addresses)
{
    struct buf text = {0};
    buf_add_text(&text, "the network of the host could be used");
    for (size_t i = 0; i < addresses->count; i++) {
        buf_addf(&text, "%s%s", i == 0 ? "; connected to " : ", ", addresses->item[i]);
    }
    add_leak(array, "network", buf_text(&text));
    buf_release(&text);
}

static void add_cpu(struct doc *array, const struct manifest *manifest)
{
    const struct circumstances *circumstances = &manifest->circumstances;
    auto_free char *told = manifest->setup.cpu_baseline == 0
                               ? xstrdup("libraries choose their code by it")
                               : xasprintf("only libraries that heed --cpu-baseline chose their code for v%u",
                                           manifest->setup.cpu_baseline);
    auto_free char *detail =
        xasprintf("%s (%s): %s", circumstances->cpu_model != NULL ? circumstances->cpu_model : "unknown model",
                  circumstances->cpu_level != NULL ? circumstances->cpu_level : circumstances->machine, told);
    add_leak(array, "cpu", detail);
}

static void add_stdin(struct doc *array, const struct stream *stream)
{
    if (stream->unkept != NULL) {
        auto_free char *detail = xasprintf("what came through standard input is not kept: %s", stream->unkept);
        add_leak(array, "stdin", detail);
    } else if (stream->has_digest && stream->size > 0 && !stream->kept) {
        add_leak(array, "stdin", "what came through standard input is not kept");
    } else if (stream->kind == STREAM_OTHER || (stream->kind == STREAM_PIPE && !stream->has_digest)) {
        add_leak(array, "stdin", "what came through standard input is not recorded");
    }
}

struct doc *leaks_doc(const struct manifest *manifest)
{
    const struct circumstances *circumstances = &manifest->circumstances;
    struct doc *array = doc_array();
    if (manifest->setup.network == NETWORK_HOST) {
        add_network(array, &manifest->addresses);
    }
    if (manifest->recording.method != RECORDING_NOTIFICATION) {
        add_binds(array, &manifest->setup.binds);
    }
    for (size_t i = 0; i < manifest->recording.gaps.count; i++) {
        add_leak(array, "record", manifest->recording.gaps.item[i]);
    }
    add_stdin(array, &manifest->stream[0]);
    if (manifest->setup.identity == IDENTITY_CALLER) {
        add_leak(array, "identity", "the numbers of the caller are seen inside");
    }
    if (circumstances->launch.shared_proc) {
        add_leak(array, "processes", "/proc told of the processes of the container that the run was started in");
    }
    if (circumstances->entered > 0) {
        auto_free char *detail = xasprintf("%llu commands were started in this run from outside (sciwrap enter); what "
                                           "they did is not recorded",
                                           (unsigned long long)circumstances->entered);
        add_leak(array, "entered", detail);
    }
    settings_add_leaks(array, &manifest->setup, circumstances->launch.random_addresses);
    devices_add_leaks(array, &manifest->setup.devices);
    add_cpu(array, manifest);
    add_leak(array, "kernel", circumstances->kernel);
    return array;
}
