/* SPDX-License-Identifier: BSD-2-Clause
 * settings: the part of a manifest about what was held fixed around a command. */
#include "run/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"

/* More processors than Linux is built for by a hundred times: a number beyond it is a mistake. */
enum { CPUS_MOST = 1 << 20 };

void settings_put(struct doc *object, const struct setup *setup)
{
    doc_put_text(object, "user", setup->user);
    if (setup->cpus > 0) {
        doc_put_number(object, "cpus", setup->cpus);
    }
    if (setup->cpu_baseline > 0) {
        auto_free char *level = xasprintf("v%u", setup->cpu_baseline);
        doc_put_text(object, "cpu_baseline", level);
    }
    if (setup->has_seed) {
        doc_put_number(object, "seed", setup->seed);
    }
    doc_put_bool(object, "address_randomisation", fix_is_in(setup->no_fix, FIX_ASLR));
    struct doc *disabled = doc_array();
    for (unsigned i = 0; i < FIXES; i++) {
        if (fix_is_in(setup->no_fix, (enum fix)i)) {
            doc_append_text(disabled, fix_name((enum fix)i));
        }
    }
    doc_put(object, "disabled", disabled);
}

static const char *read_numbers(const struct doc *object, struct setup *setup)
{
    if (doc_get(object, "cpus") != NULL &&
        (!doc_get_number(object, "cpus", &setup->cpus) || setup->cpus == 0 || setup->cpus > CPUS_MOST)) {
        return "cpus";
    }
    if (doc_get(object, "seed") != NULL) {
        setup->has_seed = true;
        if (!doc_get_number(object, "seed", &setup->seed) || setup->seed > SETUP_SEED_MOST) {
            return "seed";
        }
    }
    if (doc_get(object, "cpu_baseline") != NULL) {
        auto_free char *level = doc_get_text(object, "cpu_baseline");
        if (level == NULL || !fix_baseline_from_name(level, &setup->cpu_baseline) || setup->cpu_baseline == 0) {
            return "cpu_baseline";
        }
    }
    return NULL;
}

static const char *read_disabled(const struct doc *object, struct setup *setup)
{
    const struct doc *disabled = doc_get(object, "disabled");
    for (size_t i = 0; i < doc_count(disabled); i++) {
        enum fix fix;
        auto_free char *name = doc_text(doc_at(disabled, i));
        if (name == NULL || !fix_from_name(name, &fix)) {
            return "disabled";
        }
        setup->no_fix |= 1U << fix;
    }
    return NULL;
}

static const char *read_all(const struct doc *object, struct setup *setup)
{
    setup->user = doc_get_text(object, "user");
    if (doc_get(object, "user") == NULL) {
        setup->user = xstrdup(setup->uid == 0 ? "root" : SETUP_USER);
    }
    if (setup->user == NULL || !setup_is_user_name(setup->user)) {
        return "user";
    }
    if (!setup_is_host_name(setup->hostname)) {
        return "hostname";
    }
    const char *wrong = read_numbers(object, setup);
    wrong = wrong == NULL ? read_disabled(object, setup) : wrong;
    if (wrong != NULL) {
        return wrong;
    }
    if (doc_get(object, "address_randomisation") == NULL) {
        /* Written before there were these settings: addresses were random, and the mask was 022 whatever stands there,
         * which was the caller's. */
        setup->no_fix |= 1U << FIX_ASLR;
        setup->umask = SETUP_UMASK;
    } else if (doc_get_bool(object, "address_randomisation") != fix_is_in(setup->no_fix, FIX_ASLR)) {
        return "address_randomisation";
    }
    return NULL;
}

int settings_read(const struct reader *reader, const struct doc *object, struct setup *setup)
{
    const char *wrong = read_all(object, setup);
    return wrong == NULL ? 0 : reader_complain(reader, wrong);
}

static void add_leak(struct doc *leaks, const char *kind, const char *detail)
{
    struct doc *object = doc_object();
    doc_put_text(object, "kind", kind);
    doc_put_text(object, "detail", detail);
    doc_append(leaks, object);
}

void settings_add_leaks(struct doc *leaks, const struct setup *setup, int random_addresses)
{
    static const char *const details[FIXES] = {
        [FIX_HOSTNAME] = "the name of the host was seen inside",
        [FIX_WORKDIR] = "the path that the work directory has on the host was seen inside",
        [FIX_TZ] = "the time zone was that of the caller or the host",
        [FIX_LOCALE] = "the locale was that of the caller",
        [FIX_UMASK] = "the file mode creation mask was that of the caller",
        [FIX_VARIABLES] = "variables of the caller were passed on",
        [FIX_ASLR] = "addresses were random",
        [FIX_HASHSEED] = "hash tables of Python and Perl had a random order, unless the caller had fixed it",
        [FIX_EPOCH] = "programs could write the date of the run into their outputs",
        [FIX_THREADS] = "libraries chose how many threads they use by the processors of the host",
    };
    for (unsigned i = 0; i < FIXES; i++) {
        if (details[i] != NULL && fix_is_in(setup->no_fix, (enum fix)i)) {
            add_leak(leaks, fix_name((enum fix)i), details[i]);
        }
    }
    if (random_addresses != 0) {
        auto_free char *detail = xasprintf("addresses were random: this host does not let that be turned off (%s)",
                                           strerror(random_addresses));
        add_leak(leaks, fix_name(FIX_ASLR), detail);
    }
}

/* OpenBLAS caps its number at the CPUs of its affinity: measured with 0.3.21, one CPU and OPENBLAS_NUM_THREADS=2. */
static const char *threads_note(const struct setup *setup, uint64_t cpus)
{
    if (fix_is_in(setup->no_fix, FIX_THREADS)) {
        return "libraries may use another number of threads";
    }
    return cpus >= setup->cpus
               ? "its numbers of threads are kept"
               : "its numbers of threads are kept, but OpenBLAS starts no more than there are CPUs, and "
                 "may sum in another order";
}

void settings_notes(const struct setup *setup, uint64_t cpus, unsigned level, struct strlist *ret_notes)
{
    if (setup->cpus > 0 && setup->cpus != cpus) {
        strlist_addf(ret_notes, "the run could use %" PRIu64 " %s, here there %s %" PRIu64 "; %s", setup->cpus,
                     setup->cpus == 1 ? "CPU" : "CPUs", cpus == 1 ? "is" : "are", cpus, threads_note(setup, cpus));
    }
    if (setup->cpu_baseline > level) {
        strlist_addf(ret_notes,
                     "the run used code for x86-64-v%u, which this processor cannot execute: expect it to "
                     "fail or to differ",
                     setup->cpu_baseline);
    }
}
