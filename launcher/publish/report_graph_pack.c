/* SPDX-License-Identifier: BSD-2-Clause
 * report_graph_pack: the part of report_graph about graphs that fall into parts. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "publish/report_graph.h"

enum { PART_GAP = 40 };

/* part[i]: the first node of the part that node i belongs to. */
static void find_parts(const struct graph *graph, size_t *part)
{
    for (size_t i = 0; i < graph->nodes; i++) {
        part[i] = i;
    }
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < graph->edges; i++) {
            size_t *from = &part[graph->edge[i].from];
            size_t *to = &part[graph->edge[i].to];
            if (*from != *to) {
                size_t least = *from < *to ? *from : *to;
                *from = least;
                *to = least;
                moved = true;
            }
        }
    }
}

/* The nodes and edges of one part; place[i] becomes the place of node i in it, edge_of[k] the edge that its edge k is.
 */
static void take_part(const struct graph *graph, const size_t *part, size_t first, size_t *place, size_t *edge_of,
                      struct graph *ret_one)
{
    struct graph one = {0};
    for (size_t i = 0; i < graph->nodes; i++) {
        if (part[i] == first) {
            place[i] = graph_add_node(&one, graph->node[i].width, graph->node[i].height);
        }
    }
    for (size_t i = 0; i < graph->edges; i++) {
        const struct graph_edge *edge = &graph->edge[i];
        if (part[edge->from] == first) {
            edge_of[one.edges] = i;
            graph_add_edge(&one, place[edge->from], place[edge->to]);
        }
    }
    *ret_one = one;
}

static void put_back(struct graph *graph, const size_t *part, size_t first, const size_t *place, const size_t *edge_of,
                     struct graph *one, int x, int y)
{
    for (size_t i = 0; i < graph->nodes; i++) {
        if (part[i] == first) {
            graph->node[i].x = one->node[place[i]].x + x;
            graph->node[i].y = one->node[place[i]].y + y;
        }
    }
    for (size_t i = 0; i < one->edges; i++) {
        struct graph_edge *edge = &graph->edge[edge_of[i]];
        edge->is_back = one->edge[i].is_back;
        edge->point = one->edge[i].point;
        edge->points = one->edge[i].points;
        one->edge[i].point = NULL;
        for (size_t k = 0; k < edge->points; k++) {
            edge->point[k].x += x;
            edge->point[k].y += y;
        }
    }
}

void graph_place_parts(struct graph *graph, int width)
{
    size_t *part = xcalloc(graph->nodes + 1, sizeof(*part));
    size_t *place = xcalloc(graph->nodes + 1, sizeof(*place));
    size_t *edge_of = xcalloc(graph->edges + 1, sizeof(*edge_of));
    int x = 0;
    int y = 0;
    find_parts(graph, part);
    for (size_t i = 0; i < graph->nodes; i++) {
        struct graph one;
        if (part[i] != i) {
            continue;
        }
        take_part(graph, part, i, place, edge_of, &one);
        graph_place(&one);
        if (x > 0 && x + one.width > width) {
            x = 0;
            y = graph->height + PART_GAP;
        }
        put_back(graph, part, i, place, edge_of, &one, x, y);
        graph->width = x + one.width > graph->width ? x + one.width : graph->width;
        graph->height = y + one.height > graph->height ? y + one.height : graph->height;
        x += one.width + PART_GAP;
        graph_release(&one);
    }
    free(part);
    free(place);
    free(edge_of);
}
