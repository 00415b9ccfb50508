/* SPDX-License-Identifier: BSD-2-Clause
 * report_graph_order: which cell stands beside which, and where. */
#include "publish/report_graph_order.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* STRAIGHT: how much more it counts that an edge goes straight through layers than that it ends straight. */
enum { SWEEPS = 24, CELL_GAP = 18, FIXED_POINT = 1024, STRAIGHT = 8 };

/* The cells of one layer, from the left. */
struct row {
    size_t *cell;
    size_t count;
};

struct work {
    struct graph_order *order;
    struct row *row;
    size_t *all; /* what the rows point into */
    long *wish;  /* of each cell: where its neighbours want it */
};

static void fill_rows(struct work *work)
{
    const struct graph_order *order = work->order;
    size_t at = 0;
    for (size_t layer = 0; layer < order->layers; layer++) {
        struct row *row = &work->row[layer];
        *row = (struct row){.cell = work->all + at};
        for (size_t i = 0; i < order->cells; i++) {
            if (order->cell[i].layer == layer) {
                order->cell[i].rank = row->count;
                row->cell[row->count++] = i;
            }
        }
        at += row->count;
    }
}

/* What the neighbours of a cell on one side want for it: a mean of whole numbers, scaled, the same on every machine. */
static long wish_of(const struct graph_order *order, size_t place, bool from_above, bool by_center)
{
    const struct graph_cell *cell = &order->cell[place];
    long sum = 0;
    long count = 0;
    for (size_t i = 0; i < order->links; i++) {
        const struct graph_link *link = &order->link[i];
        if ((from_above ? link->below : link->above) == place) {
            const struct graph_cell *other = &order->cell[from_above ? link->above : link->below];
            long weight = by_center && other->is_passage && cell->is_passage ? STRAIGHT : 1;
            sum += weight * (by_center ? other->center : (long)other->rank);
            count += weight;
        }
    }
    long stay = by_center ? cell->center : (long)cell->rank;
    return count > 0 ? sum * FIXED_POINT / count : stay * FIXED_POINT;
}

static void wish_by(struct work *work, size_t layer, bool from_above, bool by_center)
{
    const struct row *row = &work->row[layer];
    for (size_t i = 0; i < row->count; i++) {
        work->wish[row->cell[i]] = wish_of(work->order, row->cell[i], from_above, by_center);
    }
}

/* By insertion: those with the same wish keep their order. */
static void sort_row(struct work *work, size_t layer)
{
    struct row *row = &work->row[layer];
    for (size_t i = 1; i < row->count; i++) {
        size_t cell = row->cell[i];
        size_t at = i;
        for (; at > 0 && work->wish[row->cell[at - 1]] > work->wish[cell]; at--) {
            row->cell[at] = row->cell[at - 1];
        }
        row->cell[at] = cell;
    }
    for (size_t i = 0; i < row->count; i++) {
        work->order->cell[row->cell[i]].rank = i;
    }
}

static size_t count_crossings(const struct graph_order *order)
{
    size_t crossings = 0;
    for (size_t i = 0; i < order->links; i++) {
        const struct graph_cell *above = &order->cell[order->link[i].above];
        const struct graph_cell *below = &order->cell[order->link[i].below];
        for (size_t k = i + 1; k < order->links; k++) {
            const struct graph_cell *other_above = &order->cell[order->link[k].above];
            const struct graph_cell *other_below = &order->cell[order->link[k].below];
            crossings += above->layer == other_above->layer &&
                         ((above->rank < other_above->rank && below->rank > other_below->rank) ||
                          (above->rank > other_above->rank && below->rank < other_below->rank));
        }
    }
    return crossings;
}

static void sort_rows(struct work *work)
{
    struct graph_order *order = work->order;
    size_t *best = xcalloc(order->cells + 1, sizeof(*best));
    memcpy(best, work->all, order->cells * sizeof(*best));
    size_t least = count_crossings(order);
    for (int sweep = 0; sweep < SWEEPS && least > 0; sweep++) {
        for (size_t i = 1; i < order->layers; i++) {
            bool down = sweep % 2 == 0;
            size_t layer = down ? i : order->layers - 1 - i;
            wish_by(work, layer, down, false);
            sort_row(work, layer);
        }
        size_t crossings = count_crossings(order);
        if (crossings < least) {
            least = crossings;
            memcpy(best, work->all, order->cells * sizeof(*best));
        }
    }
    memcpy(work->all, best, order->cells * sizeof(*best));
    for (size_t layer = 0; layer < order->layers; layer++) {
        for (size_t i = 0; i < work->row[layer].count; i++) {
            order->cell[work->row[layer].cell[i]].rank = i;
        }
    }
    free(best);
}

static int distance(const struct graph_order *order, size_t left, size_t right)
{
    return (order->cell[left].width + order->cell[right].width) / 2 + CELL_GAP;
}

struct block {
    long sum; /* of the wishes, each less how far it stands from the first */
    long count;
};

/* Where no two come too close and the squares of the distances to the wishes are least: neighbours that want to pass
 * each other are put together and stand where they want to be on average (pool adjacent violators). */
static void place_row(struct work *work, size_t layer)
{
    struct graph_order *order = work->order;
    const struct row *row = &work->row[layer];
    struct block *block = xcalloc(row->count + 1, sizeof(*block));
    size_t blocks = 0;
    long offset = 0;
    for (size_t i = 0; i < row->count; i++) {
        offset += i > 0 ? distance(order, row->cell[i - 1], row->cell[i]) : 0;
        block[blocks++] = (struct block){.sum = work->wish[row->cell[i]] / FIXED_POINT - offset, .count = 1};
        while (blocks > 1 &&
               block[blocks - 2].sum * block[blocks - 1].count > block[blocks - 1].sum * block[blocks - 2].count) {
            block[blocks - 2].sum += block[blocks - 1].sum;
            block[blocks - 2].count += block[blocks - 1].count;
            blocks--;
        }
    }
    offset = 0;
    size_t at = 0;
    for (size_t i = 0; i < blocks; i++) {
        for (long k = 0; k < block[i].count; k++, at++) {
            offset += at > 0 ? distance(order, row->cell[at - 1], row->cell[at]) : 0;
            order->cell[row->cell[at]].center = (int)(block[i].sum / block[i].count + offset);
        }
    }
    free(block);
}

static void place_rows(struct work *work)
{
    struct graph_order *order = work->order;
    for (size_t layer = 0; layer < order->layers; layer++) {
        for (size_t i = 0; i < work->row[layer].count; i++) {
            work->wish[work->row[layer].cell[i]] = 0;
        }
        place_row(work, layer);
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (size_t i = 0; i < order->layers; i++) {
            bool down = sweep % 2 == 0;
            size_t layer = down ? i : order->layers - 1 - i;
            wish_by(work, layer, down, true);
            place_row(work, layer);
        }
    }
}

/* The leftmost edge at 0. */
static void shift(struct graph_order *order)
{
    int least = 0;
    int most = 0;
    for (size_t i = 0; i < order->cells; i++) {
        const struct graph_cell *cell = &order->cell[i];
        int left = cell->center - cell->width / 2;
        int right = left + cell->width;
        least = i == 0 || left < least ? left : least;
        most = i == 0 || right > most ? right : most;
    }
    for (size_t i = 0; i < order->cells; i++) {
        order->cell[i].center -= least;
    }
    order->extent = most - least;
}

void graph_order(struct graph_order *order)
{
    struct work work = {
        .order = order,
        .row = xcalloc(order->layers + 1, sizeof(*work.row)),
        .all = xcalloc(order->cells + 1, sizeof(*work.all)),
        .wish = xcalloc(order->cells + 1, sizeof(*work.wish)),
    };
    fill_rows(&work);
    sort_rows(&work);
    place_rows(&work);
    shift(order);
    free(work.row);
    free(work.all);
    free(work.wish);
}

void graph_order_release(struct graph_order *order)
{
    free(order->cell);
    free(order->link);
    *order = (struct graph_order){0};
}
