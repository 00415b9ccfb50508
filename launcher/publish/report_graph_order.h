/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_graph_order: the part of publish/report_graph about which cell stands beside which, and where.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A node, or the place where an edge passes a layer. */
struct graph_cell {
    size_t layer;
    int width;
    bool is_passage; /* of an edge */
    size_t rank;     /* found: from the left within its layer */
    int center;      /* found */
};

/* Between cells of neighbouring layers. */
struct graph_link {
    size_t above, below;
};

struct graph_order {
    struct graph_cell *cell;
    size_t cells;
    struct graph_link *link;
    size_t links;
    size_t layers;
    int extent; /* found: from 0 to the right edge of the last */
};

void graph_order(struct graph_order *order);
void graph_order_release(struct graph_order *order);
