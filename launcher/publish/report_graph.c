/* SPDX-License-Identifier: BSD-2-Clause
 * report_graph: places the nodes of a small directed graph in layers. Order and places: report_graph_order.c. */
#include "publish/report_graph.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "publish/report_graph_order.h"

enum { LAYER_GAP = 34, THIN = 10 };

size_t graph_add_node(struct graph *graph, int width, int height)
{
    assert(graph->nodes < GRAPH_NODES_MOST);
    graph->node = xreallocarray(graph->node, graph->nodes + 1, sizeof(*graph->node));
    graph->node[graph->nodes] = (struct graph_node){.width = width, .height = height};
    return graph->nodes++;
}

void graph_add_edge(struct graph *graph, size_t from, size_t to)
{
    bool known = from == to || graph->edges >= GRAPH_EDGES_MOST;
    for (size_t i = 0; i < graph->edges; i++) {
        known = known || (graph->edge[i].from == from && graph->edge[i].to == to);
    }
    if (!known) {
        graph->edge = xreallocarray(graph->edge, graph->edges + 1, sizeof(*graph->edge));
        graph->edge[graph->edges++] = (struct graph_edge){.from = from, .to = to};
    }
}

enum visit { UNSEEN, OPEN, DONE };

/* An edge to a node that is still being looked at closes a circle. As deep as the graph has nodes at most. */
static void find_circles(struct graph *graph, size_t node, enum visit *visits)
{
    visits[node] = OPEN;
    for (size_t i = 0; i < graph->edges; i++) {
        struct graph_edge *edge = &graph->edge[i];
        if (edge->from == node && visits[edge->to] == UNSEEN) {
            find_circles(graph, edge->to, visits);
        } else if (edge->from == node && visits[edge->to] == OPEN) {
            edge->is_back = true;
        }
    }
    visits[node] = DONE;
}

static size_t upper(const struct graph_edge *edge)
{
    return edge->is_back ? edge->to : edge->from;
}

static size_t lower(const struct graph_edge *edge)
{
    return edge->is_back ? edge->from : edge->to;
}

/* Each node below all that lead to it; one that nothing leads to directly above the first that it leads to. */
static void find_layers(const struct graph *graph, size_t *layer)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < graph->edges; i++) {
            const struct graph_edge *edge = &graph->edge[i];
            if (layer[lower(edge)] <= layer[upper(edge)]) {
                layer[lower(edge)] = layer[upper(edge)] + 1;
                moved = true;
            }
        }
    }
    for (size_t node = 0; node < graph->nodes; node++) {
        size_t least = SIZE_MAX;
        bool is_source = true;
        for (size_t i = 0; i < graph->edges; i++) {
            is_source = is_source && lower(&graph->edge[i]) != node;
            if (upper(&graph->edge[i]) == node && layer[lower(&graph->edge[i])] < least) {
                least = layer[lower(&graph->edge[i])];
            }
        }
        if (is_source && least != SIZE_MAX) {
            layer[node] = least - 1;
        }
    }
}

static size_t add_cell(struct graph_order *order, size_t layer, int width)
{
    order->cell = xreallocarray(order->cell, order->cells + 1, sizeof(*order->cell));
    order->cell[order->cells] = (struct graph_cell){.layer = layer, .width = width};
    order->layers = layer >= order->layers ? layer + 1 : order->layers;
    return order->cells++;
}

static void add_link(struct graph_order *order, size_t above, size_t below)
{
    order->link = xreallocarray(order->link, order->links + 1, sizeof(*order->link));
    order->link[order->links++] = (struct graph_link){.above = above, .below = below};
}

/* Cells: the nodes, then for each edge one in every layer that it passes; first[i] is the first of edge i. */
static void make_cells(const struct graph *graph, struct graph_order *order, const size_t *layer, size_t *first)
{
    for (size_t i = 0; i < graph->nodes; i++) {
        (void)add_cell(order, layer[i], graph->node[i].width);
    }
    for (size_t i = 0; i < graph->edges; i++) {
        const struct graph_edge *edge = &graph->edge[i];
        size_t above = upper(edge);
        first[i] = order->cells;
        for (size_t at = layer[above] + 1; at < layer[lower(edge)] && order->cells < GRAPH_CELLS_MOST; at++) {
            size_t cell = add_cell(order, at, THIN);
            order->cell[cell].is_passage = true;
            add_link(order, above, cell);
            above = cell;
        }
        add_link(order, above, lower(edge));
    }
}

static void find_heights(struct graph *graph, const struct graph_order *order, int *top, int *bottom)
{
    int y = 0;
    for (size_t at = 0; at < order->layers; at++) {
        int height = 0;
        for (size_t i = 0; i < graph->nodes; i++) {
            bool is_in = order->cell[i].layer == at;
            height = is_in && graph->node[i].height > height ? graph->node[i].height : height;
        }
        top[at] = y;
        bottom[at] = y + height;
        y += height + LAYER_GAP;
    }
    graph->height = y > 0 ? y - LAYER_GAP : 0;
}

static void add_point(struct graph_edge *edge, int x, int y)
{
    edge->point[edge->points++] = (struct graph_point){.x = x, .y = y};
}

static void draw_edge(const struct graph *graph, struct graph_edge *edge, const struct graph_order *order, size_t first,
                      size_t past, const int *top, const int *bottom)
{
    const struct graph_node *above = &graph->node[upper(edge)];
    const struct graph_node *below = &graph->node[lower(edge)];
    edge->point = xcalloc(2 * (past - first) + 2, sizeof(*edge->point));
    add_point(edge, above->x + above->width / 2, above->y + above->height);
    for (size_t cell = first; cell < past; cell++) {
        int x = order->cell[cell].center;
        add_point(edge, x, top[order->cell[cell].layer]);
        add_point(edge, x, bottom[order->cell[cell].layer]);
    }
    add_point(edge, below->x + below->width / 2, below->y);
}

static void take_places(struct graph *graph, const struct graph_order *order, const size_t *first)
{
    int *top = xcalloc(order->layers + 1, sizeof(*top));
    int *bottom = xcalloc(order->layers + 1, sizeof(*bottom));
    find_heights(graph, order, top, bottom);
    for (size_t i = 0; i < graph->nodes; i++) {
        struct graph_node *node = &graph->node[i];
        size_t layer = order->cell[i].layer;
        node->x = order->cell[i].center - node->width / 2;
        node->y = top[layer] + (bottom[layer] - top[layer] - node->height) / 2;
    }
    graph->width = order->extent;
    for (size_t i = 0; i < graph->edges; i++) {
        draw_edge(graph, &graph->edge[i], order, first[i], first[i + 1], top, bottom);
    }
    free(top);
    free(bottom);
}

void graph_place(struct graph *graph)
{
    struct graph_order order = {0};
    enum visit *visits = xcalloc(graph->nodes + 1, sizeof(*visits));
    size_t *layer = xcalloc(graph->nodes + 1, sizeof(*layer));
    size_t *first = xcalloc(graph->edges + 1, sizeof(*first));
    for (size_t i = 0; i < graph->nodes; i++) {
        if (visits[i] == UNSEEN) {
            find_circles(graph, i, visits);
        }
    }
    find_layers(graph, layer);
    make_cells(graph, &order, layer, first);
    first[graph->edges] = order.cells;
    graph_order(&order);
    take_places(graph, &order, first);
    graph_order_release(&order);
    free(first);
    free(layer);
    free(visits);
}

void graph_release(struct graph *graph)
{
    for (size_t i = 0; i < graph->edges; i++) {
        free(graph->edge[i].point);
    }
    free(graph->edge);
    free(graph->node);
    *graph = (struct graph){0};
}
