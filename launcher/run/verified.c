/* SPDX-License-Identifier: BSD-2-Clause
 * verified: what of an environment was checked for a run, and what was not as it is pinned. */
#include "run/verified.h"

#include "base/auto.h"
#include "base/mem.h"

void verified_take(struct verified *verified, struct verify *verify)
{
    if (verify == NULL) {
        return;
    }
    verify_counts(verify, &verified->counts);
    strlist_release(&verified->spoiled);
    verify_spoiled(verify, &verified->spoiled);
}

char *verified_summary(const struct verified *verified)
{
    const struct verify_counts *counts = &verified->counts;
    const char *things = verified->level == VERIFY_FULL ? "entries" : "used files";
    if (counts->spoiled > 0) {
        return xasprintf("SPOILED: %llu of the environment's files were not what is pinned",
                         (unsigned long long)counts->spoiled);
    }
    if (verified->level == VERIFY_OFF) {
        return xstrdup("off: nothing of the environment was checked");
    }
    return xasprintf("%s: %llu %s, %llu of them by content", verify_level_name(verified->level),
                     (unsigned long long)counts->checked, things, (unsigned long long)counts->hashed);
}

struct doc *verified_doc(const struct verified *verified)
{
    struct doc *object = doc_object();
    struct doc *spoiled = doc_array();
    for (size_t i = 0; i < verified->spoiled.count; i++) {
        doc_append_text(spoiled, verified->spoiled.item[i]);
    }
    doc_put_text(object, "level", verify_level_name(verified->level));
    doc_put_number(object, "checked", verified->counts.checked);
    doc_put_number(object, "hashed", verified->counts.hashed);
    doc_put(object, "spoiled", spoiled);
    if (verified->counts.spoiled > verified->spoiled.count) {
        doc_put_number(object, "spoiled_more", verified->counts.spoiled - verified->spoiled.count);
    }
    return object;
}

int verified_read(const struct reader *reader, const struct doc *object, struct verified *ret_verified)
{
    uint64_t more = 0;
    if (object == NULL) {
        return 0;
    }
    auto_free char *level = doc_get_text(object, "level");
    if (level == NULL || !verify_level_from_name(level, &ret_verified->level)) {
        return reader_complain(reader, "level");
    }
    (void)doc_get_number(object, "checked", &ret_verified->counts.checked);
    (void)doc_get_number(object, "hashed", &ret_verified->counts.hashed);
    (void)doc_get_number(object, "spoiled_more", &more);
    const struct doc *spoiled = doc_get(object, "spoiled");
    for (size_t i = 0; i < doc_count(spoiled); i++) {
        char *path = doc_text(doc_at(spoiled, i));
        if (path == NULL) {
            return reader_complain(reader, "spoiled");
        }
        strlist_take(&ret_verified->spoiled, path);
    }
    ret_verified->counts.spoiled = ret_verified->spoiled.count + more;
    return 0;
}

void verified_release(struct verified *verified)
{
    strlist_release(&verified->spoiled);
    *verified = (struct verified){0};
}
