/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of publish/report: text that becomes HTML, places of the nodes of a graph, processes out of a manifest. */
#include "publish/report_graph.h"
#include "publish/report_html.h"
#include "publish/report_processes.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *expected;
} texts[] = {
    {"plain", "plain"},
    {"<a href=\"x\">&'", "&lt;a href=&quot;x&quot;&gt;&amp;&#39;"},
    {"two\nlines\t\x1b[31m\x7f", "two\\nlines\\x09\\x1b[31m\\x7f"},
    {"\xff\xc3", "\\xff\\xc3"},
    {"caf\xc3\xa9 \xe2\x80\x93 \xe6\xbc\xa2 \xf0\x9f\xa7\xac",
     "caf\xc3\xa9 \xe2\x80\x93 \xe6\xbc\xa2 \xf0\x9f\xa7\xac"},
    {"a\xe2\x80\xaetxt.exe", "a\\u{202e}txt.exe"},
    {"\xef\xbf\xbf\xef\xbf\xbe", "\\xef\\xbf\\xbf\\xef\\xbf\\xbe"},
    {"\xe2\x80\xa8\xe2\x80\x8b\xef\xbb\xbf", "\\xe2\\x80\\xa8\\xe2\\x80\\x8b\\xef\\xbb\\xbf"},
    {"", ""},
};

START_TEST(text_means_nothing_to_html)
{
    auto_release(buf) struct buf page = {0};
    html_text(&page, texts[_i].text);
    ck_assert_str_eq(buf_text(&page), texts[_i].expected);
}
END_TEST

START_TEST(what_is_long_is_cut_at_a_character)
{
    auto_release(buf) struct buf page = {0};
    html_text_most(&page, "abc\xc3\xa9xyz", 4);
    ck_assert_str_eq(buf_text(&page), "abc\xe2\x80\xa6 [5 more bytes]");
    buf_clear(&page);
    html_text_most(&page, "abcd", 4);
    ck_assert_str_eq(buf_text(&page), "abcd");
    buf_clear(&page);
    html_text_end(&page, "results/sample_0001.bam", 10);
    ck_assert_str_eq(buf_text(&page), "\xe2\x80\xa6"
                                      "_0001.bam");
    buf_clear(&page);
    html_text_begin(&page, "results/sample_0001.bam", 10);
    ck_assert_str_eq(buf_text(&page), "results/s\xe2\x80\xa6");
    buf_clear(&page);
    html_text_begin(&page, "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", 5); /* two columns each */
    ck_assert_str_eq(buf_text(&page), "\xe6\xbc\xa2\xe6\xbc\xa2\xe2\x80\xa6");
    buf_clear(&page);
    html_text_begin(&page, "a\n\xe6\xbc\xa2", 5); /* "\n" takes two as it is shown */
    ck_assert_str_eq(buf_text(&page), "a\\n\xe6\xbc\xa2");
}
END_TEST

START_TEST(figures)
{
    auto_release(buf) struct buf page = {0};
    html_count(&page, 999);
    buf_add_text(&page, " ");
    html_count(&page, 1000);
    buf_add_text(&page, " ");
    html_count(&page, 1234567);
    ck_assert_str_eq(buf_text(&page), "999 1,000 1,234,567");
    buf_clear(&page);
    html_time(&page, "2026-11-24T11:24:39.123456789Z");
    ck_assert_str_eq(buf_text(&page), "<time datetime=\"2026-11-24T11:24:39Z\">2026-11-24 11:24:39 UTC</time>");
    buf_clear(&page);
    html_time(&page, "2026-11-24T11:24:39\"><script>Z");
    ck_assert_ptr_null(strstr(buf_text(&page), "<script>"));
}
END_TEST

static void expect_in_order(const struct graph *graph)
{
    for (size_t i = 0; i < graph->nodes; i++) {
        const struct graph_node *node = &graph->node[i];
        ck_assert_int_ge(node->x, 0);
        ck_assert_int_ge(node->y, 0);
        ck_assert_int_le(node->x + node->width, graph->width);
        ck_assert_int_le(node->y + node->height, graph->height);
        for (size_t k = i + 1; k < graph->nodes; k++) {
            const struct graph_node *other = &graph->node[k];
            bool apart = node->x + node->width <= other->x || other->x + other->width <= node->x ||
                         node->y + node->height <= other->y || other->y + other->height <= node->y;
            ck_assert_msg(apart, "nodes %zu and %zu lie on each other", i, k);
        }
    }
    for (size_t i = 0; i < graph->edges; i++) {
        const struct graph_edge *edge = &graph->edge[i];
        ck_assert_uint_ge(edge->points, 2);
        const struct graph_node *upper = &graph->node[edge->is_back ? edge->to : edge->from];
        const struct graph_node *lower = &graph->node[edge->is_back ? edge->from : edge->to];
        ck_assert_int_lt(upper->y + upper->height, lower->y);
        ck_assert_int_eq(edge->point[0].y, upper->y + upper->height);
        ck_assert_int_eq(edge->point[edge->points - 1].y, lower->y);
    }
}

START_TEST(a_chain_is_straight)
{
    struct graph graph = {0};
    for (int i = 0; i < 6; i++) {
        (void)graph_add_node(&graph, 40 + 20 * i, 30);
    }
    for (size_t i = 0; i + 1 < 6; i++) {
        graph_add_edge(&graph, i, i + 1);
    }
    graph_add_edge(&graph, 0, 1); /* a second time */
    graph_add_edge(&graph, 2, 2); /* to itself */
    ck_assert_uint_eq(graph.edges, 5);
    graph_place(&graph);
    expect_in_order(&graph);
    for (size_t i = 0; i < graph.edges; i++) {
        ck_assert_int_eq(graph.edge[i].point[0].x, graph.edge[i].point[1].x);
    }
    graph_release(&graph);
}
END_TEST

START_TEST(edges_that_can_do_not_cross)
{
    /* Two ladders, their rungs given in the wrong order. */
    struct graph graph = {0};
    for (int i = 0; i < 8; i++) {
        (void)graph_add_node(&graph, 50, 20);
    }
    for (size_t i = 0; i < 4; i++) {
        graph_add_edge(&graph, i, 7 - i);
    }
    graph_place(&graph);
    expect_in_order(&graph);
    for (size_t i = 0; i < graph.edges; i++) {
        for (size_t k = i + 1; k < graph.edges; k++) {
            bool left = graph.edge[i].point[0].x < graph.edge[k].point[0].x;
            ck_assert(left == (graph.edge[i].point[1].x < graph.edge[k].point[1].x));
        }
    }
    graph_release(&graph);
}
END_TEST

START_TEST(circles_end)
{
    struct graph graph = {0};
    for (int i = 0; i < 4; i++) {
        (void)graph_add_node(&graph, 50, 20);
    }
    graph_add_edge(&graph, 0, 1);
    graph_add_edge(&graph, 1, 2);
    graph_add_edge(&graph, 2, 0);
    graph_add_edge(&graph, 1, 0);
    graph_add_edge(&graph, 3, 1);
    graph_place(&graph);
    expect_in_order(&graph);
    graph_release(&graph);
}
END_TEST

/* A generator of its own: the same graphs everywhere. */
static size_t draw_lot(uint64_t *state, size_t below)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(*state >> 33) % below;
}

START_TEST(many_graphs)
{
    uint64_t state = (uint64_t)_i;
    struct graph graph = {0};
    struct graph again = {0};
    size_t nodes = 1 + draw_lot(&state, _i % 20 == 0 ? GRAPH_NODES_MOST : 30);
    for (size_t i = 0; i < nodes; i++) {
        int width = 20 + (int)draw_lot(&state, 200);
        int height = 20 + (int)draw_lot(&state, 60);
        (void)graph_add_node(&graph, width, height);
        (void)graph_add_node(&again, width, height);
    }
    for (size_t i = 0; i < 2 * nodes; i++) {
        size_t from = draw_lot(&state, nodes);
        size_t to = draw_lot(&state, nodes);
        graph_add_edge(&graph, from, to);
        graph_add_edge(&again, from, to);
    }
    graph_place_parts(&graph, 900);
    graph_place_parts(&again, 900);
    expect_in_order(&graph);
    ck_assert_mem_eq(graph.node, again.node, nodes * sizeof(*graph.node));
    graph_release(&graph);
    graph_release(&again);
}
END_TEST

static struct doc *parse(const char *text)
{
    struct err err = {0};
    struct doc *doc = doc_parse("test", text, strlen(text), &err);
    ck_assert_msg(doc != NULL, "%s", err.text);
    return doc;
}

START_TEST(processes_stand_behind_their_parents)
{
    struct told_processes told;
    struct doc *doc = parse(
        "{\"p\":[{\"pid\":2,\"parent\":1,\"started_ns\":0,\"elapsed_ns\":50,\"user_us\":7,\"system_us\":2,"
        "\"programs\":[{\"path\":\"/bin/sh\",\"argv\":[\"/bin/sh\",\"-c\"]},{\"path\":\"/bin/x\",\"argv\":[\"x\",\"a "
        "b\"]}]},"
        "{\"pid\":3,\"parent\":2,\"started_ns\":5},{\"pid\":4,\"parent\":2,\"started_ns\":6,\"elapsed_ns\":100},"
        "{\"pid\":5,\"parent\":3},{\"pid\":9,\"parent\":9},{\"pid\":6,\"parent\":7},{\"pid\":7,\"parent\":6}]}");
    told_processes_read(doc_get(doc, "p"), 20, &told);
    static const uint64_t order[] = {2, 3, 5, 4, 9, 6, 7};
    static const int depths[] = {0, 1, 2, 1, 0, 0, 1};
    ck_assert_uint_eq(told.count, 7);
    for (size_t i = 0; i < 7; i++) {
        ck_assert_uint_eq(told.item[i].pid, order[i]);
        ck_assert_int_eq(told.item[i].depth, depths[i]);
    }
    ck_assert_uint_eq(told.end_ns, 106);
    ck_assert_uint_eq(told.most_cpu, 9);
    ck_assert(!told.item[1].has_ended);
    char *words = told_process_words(&told.item[0]);
    ck_assert_str_eq(words, "sh \xe2\x86\x92 x 'a b'");
    free(words);
    words = told_process_words(&told.item[1]);
    ck_assert_str_eq(words, "(a copy of its parent)");
    free(words);
    told_processes_release(&told);
    doc_free(doc);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_set_timeout(tests, 60); /* the largest graphs, with sanitizers, on a busy machine */
    tcase_add_loop_test(tests, text_means_nothing_to_html, 0, sizeof(texts) / sizeof(texts[0]));
    tcase_add_test(tests, what_is_long_is_cut_at_a_character);
    tcase_add_test(tests, figures);
    tcase_add_test(tests, a_chain_is_straight);
    tcase_add_test(tests, edges_that_can_do_not_cross);
    tcase_add_test(tests, circles_end);
    tcase_add_loop_test(tests, many_graphs, 0, 60);
    tcase_add_test(tests, processes_stand_behind_their_parents);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
