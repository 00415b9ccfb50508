/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verify_tree: the tree of the tests of env/verify, and what they ask of it.
 */
#pragma once

#include "env/verify.h"
#include "tree.h"

static const struct tree_row rows[] = {
    {".", 'd', NULL, 0},
    {"bin", 'l', "usr/bin", 0},
    {"etc", 'd', NULL, 0},
    {"etc/conf", 'f', "a = 1\n", 0644},
    {"usr", 'd', NULL, 0},
    {"usr/bin", 'd', NULL, 0},
    {"usr/bin/deep", 'f', "#!/usr/bin/second -x\n", 0755},
    {"usr/bin/interpreter", 'f', "not a script\n", 0755},
    {"usr/bin/plain", 'f', "no program\n", 0644},
    {"usr/bin/script", 'f', "#! /bin/interpreter  a b\n", 0755},
    {"usr/bin/second", 'f', "#!/usr/bin/script\n", 0755},
    {"usr/lib", 'd', NULL, 0},
    {"usr/lib-other", 'd', NULL, 0},
    {"usr/lib-other/data", 'f', "other data\n", 0644},
    {"usr/lib/data", 'f', "data\n", 0644},
    {"usr/lib/x.so", 'l', "x.so.1", 0},
    {"usr/lib/x.so.1", 'f', "library 1\n", 0644},
    {"usr/lib/x.so.2", 'f', "library 2\n", 0644},
};

static struct unit_tree tree;

static inline void begin(void)
{
    tree_begin(&tree, rows, ROWS(rows));
    tree_note(&tree, rows, ROWS(rows));
}

static inline void end(void)
{
    tree_end(&tree);
}

static inline struct verify *opened(void)
{
    struct err err = {0};
    struct verify *verify = verify_open(&tree.tree, "tiny", &err);
    ck_assert_msg(verify != NULL, "%s", err.text);
    return verify;
}

static inline void assert_counts(struct verify *verify, unsigned checked, unsigned hashed, unsigned spoiled)
{
    struct verify_counts counts;
    struct err err = {0};
    verify_counts(verify, &counts);
    if (counts.spoiled != spoiled) {
        verify_complain(verify, &err);
    }
    ck_assert_msg(counts.checked == checked && counts.hashed == hashed && counts.spoiled == spoiled,
                  "checked %u hashed %u spoiled %u: %s", (unsigned)counts.checked, (unsigned)counts.hashed,
                  (unsigned)counts.spoiled, err.text);
}

/* That the first of the spoiled paths is this one, and why. Ends the verify. */
static inline void assert_spoiled(struct verify *verify, const char *path, const char *why)
{
    struct err err = {0};
    struct strlist paths = {0};
    verify_spoiled(verify, &paths);
    ck_assert_msg(strlist_has(&paths, path), "'%s' is not among %zu, the first is %s", path, paths.count,
                  paths.count > 0 ? paths.item[0] : "-");
    ck_assert_int_eq(verify_complain(verify, &err), -1);
    assert_error(&err, ERR_MISMATCH, "the environment is spoiled");
    assert_error(&err, ERR_MISMATCH, why);
    assert_error(&err, ERR_MISMATCH, "sciwrap pull --again tiny");
    strlist_release(&paths);
    verify_close(verify);
}
