/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_graph: places the nodes of a small directed graph in layers from top to bottom, so that edges lead downwards
 * and seldom cross (Sugiyama, Tagawa and Toda, 1981: layers, order by barycentres, then places).
 *
 * Nothing is random: the same graph gets the same places.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Edges that span several layers get so many cells of their own; what is larger than this is not to be looked at. */
enum { GRAPH_NODES_MOST = 300, GRAPH_EDGES_MOST = 600, GRAPH_CELLS_MOST = 2000 };

struct graph_point {
    int x, y;
};

struct graph_node {
    int width, height;
    int x, y; /* set by graph_place: the upper left corner */
};

struct graph_edge {
    size_t from, to;
    bool is_back;              /* set by graph_place: it closes a circle and leads upwards */
    struct graph_point *point; /* from the lower edge of `from` to the upper edge of `to` */
    size_t points;
};

struct graph {
    struct graph_node *node;
    size_t nodes;
    struct graph_edge *edge;
    size_t edges;
    int width, height; /* set by graph_place */
};

/* The place of the new node. More than GRAPH_NODES_MOST are a mistake of the caller. */
size_t graph_add_node(struct graph *graph, int width, int height);
/* A second edge between the same two, one from a node to itself, and what is too much are left out. */
void graph_add_edge(struct graph *graph, size_t from, size_t to);
void graph_place(struct graph *graph);
/* The same for a graph that may fall into parts: each by itself, side by side as long as they are no wider than `width`
 * together, else below. */
void graph_place_parts(struct graph *graph, int width);
void graph_release(struct graph *graph);
