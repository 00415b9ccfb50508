/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_chain_parts: the part of publish/report_chain about which runs are drawn as one.
 */
#pragma once

#include "publish/report_chain.h"

/* That one run read what another one made; by their places in the lineage. */
struct chain_link {
    size_t maker, reader;
};

/* Fills chain->run, and for each run of the lineage its place there in node[]; LINEAGE_NONE stays for those for which
 * `is_in` is false. */
void chain_join(struct chain *chain, const struct lineage *lineage, const bool *is_in, const struct chain_link *link,
                size_t links, bool self, size_t *node);
