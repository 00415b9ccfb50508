/* SPDX-License-Identifier: BSD-2-Clause
 * report_chain_draw: a chain of runs and files, as a drawing and as a table. */
#include "publish/report_chain_draw.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "publish/report_graph.h"
#include "publish/report_sections.h"
#include "run/confirmation.h"

enum {
    NAME_COLUMNS = 30,
    WORDS_MOST = 4 * NAME_COLUMNS,
    LETTER = 7,
    PAD = 12,
    LINE = 16,
    LINES_MOST = 5,
    MARGIN = 8,
    WIDTH_MOST = 940
};

/* A node as it will be drawn: lines of text that are HTML already. */
struct box {
    struct buf line[LINES_MOST];
    const char *kind[LINES_MOST]; /* of the text */
    size_t lines;
    size_t columns; /* of the longest */
};

struct drawing {
    struct report *report;
    const struct chain *chain;
    struct graph graph;
    struct box *box;
    size_t runs;  /* drawn: the first of the chain, and the first nodes of the graph */
    size_t *file; /* of each further node its place in chain->files */
    size_t files;
};

static struct buf *add_line(struct box *box, const char *kind)
{
    box->kind[box->lines] = kind;
    return &box->line[box->lines++];
}

/* Once a line is complete: what it takes up. References of HTML count as one. */
static void measure(struct box *box)
{
    for (size_t i = 0; i < box->lines; i++) {
        size_t columns = 0;
        for (const char *at = buf_text(&box->line[i]); *at != '\0'; at++) {
            if (*at == '&') {
                at += strcspn(at, ";");
            }
            columns += ((unsigned char)*at & 0xc0) != 0x80;
            columns += (unsigned char)*at >= 0xe3 && (unsigned char)*at < 0xef; /* most of these are wide */
        }
        box->columns = columns > box->columns ? columns : box->columns;
    }
}

static void describe_run(const struct drawing *drawing, const struct chain_run *node, struct box *box)
{
    const struct catalog_run *run = node->run;
    struct confirmation found;
    struct buf *first = add_line(box, "c b");
    if (node->count > 1) {
        html_count(first, node->count);
        buf_add_text(first, " runs of ");
        html_text_begin(first, path_base(catalog_word(run, 0)), NAME_COLUMNS - 10);
    } else {
        auto_release(buf) struct buf words = {0};
        const char *word = run->command;
        for (uint64_t i = 0; i < run->words && words.length < WORDS_MOST; i++, word += strlen(word) + 1) {
            buf_addf(&words, "%s%s", i > 0 ? " " : "", word);
        }
        html_text_begin(first, buf_text(&words), NAME_COLUMNS);
    }
    struct buf *second = add_line(box, "m");
    html_text_begin(second, run->environment, 20);
    if (node->count == 1) {
        buf_add_text(second, node->is_self ? ", this run" : ", run ");
        html_text_begin(second, node->is_self ? "" : run->id, 12);
    }
    if (run->signal != 0) {
        buf_addf(add_line(box, "bad"), "\xe2\x9c\x97 ended by signal %" PRIu64, run->signal);
    } else if (run->exit_code != 0) {
        buf_addf(add_line(box, "bad"), "\xe2\x9c\x97 exit status %" PRIu64, run->exit_code);
    }
    confirmation_count(drawing->report->catalog, run->id, &found);
    if (node->count == 1 && found.good > 0) {
        buf_addf(add_line(box, "good"), "\xe2\x9c\x93 confirmed by %zu rerun%s", found.good,
                 found.good == 1 ? "" : "s");
    }
    measure(box);
}

static const char *name_of(const char *path)
{
    static const char *const streams[][2] = {
        {"/dev/stdin", "(standard input)"}, {"/dev/stdout", "(standard output)"}, {"/dev/stderr", "(standard error)"}};
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        if (strcmp(path, streams[i][0]) == 0) {
            return streams[i][1];
        }
    }
    return path;
}

static void describe_files(const struct chain_files *files, bool maker_is_left_out, struct box *box)
{
    size_t named = files->count <= CHAIN_NAMES ? files->count : CHAIN_NAMES - 1;
    for (size_t i = 0; i < named; i++) {
        html_text_end(add_line(box, "c"), name_of(files->name[i]), NAME_COLUMNS);
    }
    struct buf *last = add_line(box, "m");
    if (named < files->count) {
        buf_add_text(last, "and ");
        html_count(last, files->count - named);
        buf_add_text(last, " more, ");
    }
    html_size(last, files->bytes);
    if (maker_is_left_out) {
        buf_add_text(add_line(box, "m"), "of a run that is not drawn");
    }
    measure(box);
}

static void add_node(struct drawing *drawing, const struct box *box)
{
    (void)graph_add_node(&drawing->graph, (int)box->columns * LETTER + 2 * PAD, (int)box->lines * LINE + PAD);
}

static bool is_drawn(const struct drawing *drawing, const struct chain_files *files)
{
    bool is = files->maker != LINEAGE_NONE && files->maker < drawing->runs;
    for (size_t i = 0; i < files->readers; i++) {
        is = is || files->reader[i] < drawing->runs;
    }
    return is;
}

static void build(struct drawing *drawing, size_t most)
{
    const struct chain *chain = drawing->chain;
    drawing->runs = chain->runs < most ? chain->runs : most;
    drawing->box = xcalloc(GRAPH_NODES_MOST, sizeof(*drawing->box));
    drawing->file = xcalloc(GRAPH_NODES_MOST, sizeof(*drawing->file));
    for (size_t i = 0; i < drawing->runs; i++) {
        describe_run(drawing, &chain->run[i], &drawing->box[i]);
        add_node(drawing, &drawing->box[i]);
    }
    for (size_t i = 0; i < chain->groups && drawing->graph.nodes < GRAPH_NODES_MOST; i++) {
        const struct chain_files *files = &chain->files[i];
        if (!is_drawn(drawing, files)) {
            continue;
        }
        size_t node = drawing->graph.nodes;
        drawing->file[drawing->files++] = i;
        describe_files(files, files->maker != LINEAGE_NONE && files->maker >= drawing->runs, &drawing->box[node]);
        add_node(drawing, &drawing->box[node]);
        if (files->maker != LINEAGE_NONE && files->maker < drawing->runs) {
            graph_add_edge(&drawing->graph, files->maker, node);
        }
        for (size_t k = 0; k < files->readers; k++) {
            if (files->reader[k] < drawing->runs) {
                graph_add_edge(&drawing->graph, node, files->reader[k]);
            }
        }
    }
}

/* ---- as SVG */

static void draw_edge(struct report *report, const struct graph_edge *edge)
{
    const struct graph_point *point = edge->point;
    report_addf(report, "<path class=\"edge\" d=\"M%d %d", point[0].x, point[0].y);
    for (size_t i = 1; i < edge->points; i++) {
        const struct graph_point *from = &point[i - 1];
        const struct graph_point *to = &point[i];
        int middle = (from->y + to->y) / 2;
        if (from->x == to->x) {
            report_addf(report, "V%d", to->y);
        } else {
            report_addf(report, "C%d %d %d %d %d %d", from->x, middle, to->x, middle, to->x, to->y);
        }
    }
    const struct graph_point *end = edge->is_back ? &point[0] : &point[edge->points - 1];
    int tail = edge->is_back ? end->y + 7 : end->y - 7;
    report_addf(report, "\"/><path class=\"tip\" d=\"M%d %dL%d %dL%d %dz\"/>\n", end->x, end->y, end->x - 4, tail,
                end->x + 4, tail);
}

static void draw_box(struct report *report, const struct graph_node *node, const struct box *box, const char *kind,
                     int radius)
{
    report_addf(report, "<g><rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>", kind, node->x,
                node->y, node->width, node->height, radius);
    for (size_t i = 0; i < box->lines; i++) {
        report_addf(report, "<text class=\"%s mid\" x=\"%d\" y=\"%d\">%s</text>", box->kind[i],
                    node->x + node->width / 2, node->y + PAD / 2 + LINE * (int)i + 12, buf_text(&box->line[i]));
    }
    report_add(report, "</g>\n");
}

/* Where a window that is too narrow for the drawing begins, in browsers that know scroll-initial-target: this run. */
static void add_start(const struct drawing *drawing)
{
    for (size_t i = 0; i < drawing->runs; i++) {
        const struct graph_node *node = &drawing->graph.node[i];
        if (drawing->chain->run[i].is_self) {
            report_addf(drawing->report, "<span class=\"start\" style=\"left:%dpx\"></span>\n",
                        node->x + node->width / 2 + MARGIN);
        }
    }
}

static void draw(struct drawing *drawing)
{
    struct report *report = drawing->report;
    const struct graph *graph = &drawing->graph;
    int width = graph->width + 2 * MARGIN;
    int height = graph->height + 2 * MARGIN;
    report_addf(report,
                "<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Graph of the lineage\">\n"
                "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"lineage-name lineage-text\" "
                "width=\"%d\" height=\"%d\" viewBox=\"%d %d %d %d\">\n"
                "<title id=\"lineage-name\">Graph of the lineage</title>\n"
                "<desc id=\"lineage-text\">Runs and the files between them, from what was there at first at the top to "
                "the last results at the bottom. The table below says the same.</desc>\n",
                width, height, -MARGIN, -MARGIN, width, height);
    for (size_t i = 0; i < graph->edges; i++) {
        draw_edge(report, &graph->edge[i]);
    }
    for (size_t i = 0; i < graph->nodes; i++) {
        bool is_run = i < drawing->runs;
        bool is_self = is_run && drawing->chain->run[i].is_self;
        draw_box(report, &graph->node[i], &drawing->box[i],
                 is_self  ? "run self"
                 : is_run ? "run"
                          : "file",
                 is_run ? 4 : 14);
    }
    report_add(report, "</svg>\n");
    add_start(drawing);
    report_add(report, "</div>\n<figcaption>Boxes are runs, rounded ones the files that they read and wrote; a "
                       "file is known by its content, not by its name.");
    if (drawing->runs < drawing->chain->runs) {
        report_addf(report, " Drawn are %zu of %zu; the others come before or beside them.", drawing->runs,
                    drawing->chain->runs);
    }
    report_add(report, "</figcaption>\n</figure>\n");
}

/* ---- the same as a table */

static void name_run(struct report *report, const struct chain_run *node)
{
    if (node->count > 1) {
        report_number_of(report, node->count, "run", "runs");
        report_add(report, " of ");
        html_text_begin(&report->page, path_base(catalog_word(node->run, 0)), NAME_COLUMNS);
    } else {
        html_code(&report->page, node->run->id, REPORT_NAME);
        report_add(report, node->is_self ? " (this run)" : "");
    }
}

static void add_row(struct report *report, const struct chain *chain, const struct chain_files *files)
{
    enum { SHOWN = 200, READERS_MOST = 10 };
    report_add(report, "<tr><td>");
    for (size_t i = 0; i < files->count && i < CHAIN_NAMES; i++) {
        report_add(report, i > 0 ? ", " : "");
        html_text_most(&report->page, name_of(files->name[i]), SHOWN);
    }
    if (files->count > CHAIN_NAMES) {
        report_add(report, " and ");
        html_count(&report->page, files->count - CHAIN_NAMES);
        report_add(report, " more");
    }
    report_add(report, "</td><td class=\"n\">");
    html_size(&report->page, files->bytes);
    report_add(report, "</td><td>");
    if (files->maker == LINEAGE_NONE) {
        report_add(report, "no recorded run");
    } else {
        name_run(report, &chain->run[files->maker]);
    }
    report_add(report, "</td><td>");
    for (size_t i = 0; i < files->readers && i < READERS_MOST; i++) {
        report_add(report, i > 0 ? ", " : "");
        name_run(report, &chain->run[files->reader[i]]);
    }
    if (files->readers > READERS_MOST) {
        report_addf(report, " and %zu more", files->readers - READERS_MOST);
    }
    report_add(report, "</td></tr>\n");
}

static void add_table(struct report *report, const struct chain *chain)
{
    static const char *const heads[] = {"Files", "#Size", "Made by", "Read by", NULL};
    report_add(report, "<details><summary>The lineage as a table</summary>\n");
    report_table_begin(report, "ids", "Which run made what, and which read it", heads);
    size_t begin = report->page.length;
    size_t i = 0;
    for (; i < chain->groups && report_has_room(report, begin, REPORT_LIST); i++) {
        add_row(report, chain, &chain->files[i]);
    }
    report_table_end(report);
    if (i < chain->groups) {
        report_addf(report, "<p class=\"note\">and %zu more rows</p>\n", chain->groups - i);
    }
    report_add(report, "</details>\n");
}

void report_chain(struct report *report, const struct chain *chain, size_t most)
{
    struct drawing drawing = {.report = report, .chain = chain};
    build(&drawing, most);
    graph_place_parts(&drawing.graph, WIDTH_MOST);
    draw(&drawing);
    add_table(report, chain);
    for (size_t i = 0; i < drawing.graph.nodes; i++) {
        for (size_t k = 0; k < LINES_MOST; k++) {
            buf_release(&drawing.box[i].line[k]);
        }
    }
    graph_release(&drawing.graph);
    free(drawing.box);
    free(drawing.file);
}
