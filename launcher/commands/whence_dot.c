/* SPDX-License-Identifier: BSD-2-Clause
 * whence_dot: the lineage of a file as DOT (graphviz.org, "DOT Language"). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/quote.h"
#include "commands/whence_tell.h"

enum { LABEL_MOST = 60, SHORT_HEX = 12 };

/* The inside of a "..." string: a label shows escapes, and takes "\l" for the end of a line that is flush left. */
static void add_label(struct buf *dot, const char *text)
{
    auto_release(buf) struct buf shown = {0};
    quote_escape(&shown, text);
    size_t length = shown.length;
    bool cut = length > LABEL_MOST;
    for (length = cut ? LABEL_MOST : length; cut && ((unsigned char)shown.bytes[length] & 0xc0) == 0x80;) {
        length--; /* not within a character */
    }
    for (size_t i = 0; i < length; i++) {
        bool special = shown.bytes[i] == '"' || shown.bytes[i] == '\\';
        buf_addf(dot, "%s%c", special ? "\\" : "", shown.bytes[i]);
    }
    buf_addf(dot, "%s\\l", cut ? "..." : "");
}

static void add_command(struct buf *dot, const struct catalog_run *run)
{
    auto_release(buf) struct buf line = {0};
    const char *word = run->command;
    for (uint64_t i = 0; i < run->words; i++) {
        buf_add_text(&line, i > 0 ? " " : "");
        quote_word(&line, word);
        word += strlen(word) + 1;
    }
    add_label(dot, buf_text(&line));
}

static void add_run(struct buf *dot, const struct lineage_run *told)
{
    buf_addf(dot, "  \"run %s\" [shape=box, label=\"%s\\l", told->run->id, told->run->id);
    add_label(dot, told->run->environment);
    add_command(dot, told->run);
    if (told->confirmed_by.count > 0) {
        buf_addf(dot, "confirmed %zu times\\l", told->confirmed_by.count);
    }
    buf_add_text(dot, "\"];\n");
}

/* One content: drawn once, under the name by which it is met first. */
struct node {
    const struct digest *digest;
    const char *name;
    size_t maker; /* LINEAGE_NONE: nobody here */
};

struct nodes {
    struct node *item;
    size_t count;
};

static int compare_nodes(const void *a, const void *b)
{
    const struct node *first = a;
    const struct node *second = b;
    int order = memcmp(first->digest, second->digest, sizeof(*first->digest));
    /* A content has one maker in a chain, unless some readers were there before it: the known one first. */
    return order != 0 ? order : (first->maker > second->maker) - (first->maker < second->maker);
}

static void add_contents(struct buf *dot, struct nodes *nodes)
{
    qsort(nodes->item, nodes->count, sizeof(*nodes->item), compare_nodes);
    for (size_t i = 0; i < nodes->count; i++) {
        char hex[DIGEST_HEX + 1];
        if (i > 0 && digest_equal(nodes->item[i].digest, nodes->item[i - 1].digest)) {
            continue;
        }
        digest_to_hex(nodes->item[i].digest, hex);
        buf_addf(dot, "  \"sha256 %s\" [shape=note, label=\"", hex);
        add_label(dot, nodes->item[i].name);
        buf_addf(dot, "%.*s\\l\"];\n", SHORT_HEX, hex);
    }
}

static void add_arrow(struct buf *dot, const struct digest *digest, const char *id, bool is_made)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    if (is_made) {
        buf_addf(dot, "  \"run %s\" -> \"sha256 %s\";\n", id, hex);
    } else {
        buf_addf(dot, "  \"sha256 %s\" -> \"run %s\";\n", hex, id);
    }
}

static void add_node(struct nodes *nodes, const struct digest *digest, const char *name, size_t maker)
{
    nodes->item[nodes->count++] = (struct node){.digest = digest, .name = name, .maker = maker};
}

static size_t count_nodes(const struct lineage *lineage)
{
    size_t count = lineage->asked + 1;
    for (size_t i = 0; i < lineage->count; i++) {
        count += lineage->run[i].inputs;
    }
    return count;
}

static void gather_nodes(const struct whence *whence, struct nodes *nodes)
{
    const struct lineage *lineage = whence->lineage;
    nodes->item = xcalloc(count_nodes(lineage), sizeof(*nodes->item));
    if (!lineage->in_pieces) {
        add_node(nodes, &whence->question->digest, whence->name, lineage->asked > 0 ? 0 : LINEAGE_NONE);
    }
    for (size_t i = 0; i < lineage->asked && lineage->in_pieces; i++) {
        add_node(nodes, lineage->run[i].made.digest, lineage->run[i].made.path, i);
    }
    for (size_t i = 0; i < lineage->count; i++) {
        for (size_t k = 0; k < lineage->run[i].inputs; k++) {
            const struct lineage_input *input = &lineage->run[i].input[k];
            add_node(nodes, input->file.digest, input->file.path, input->maker);
        }
    }
}

void whence_tell_dot(const struct whence *whence)
{
    const struct lineage *lineage = whence->lineage;
    struct nodes nodes = {0};
    auto_release(buf) struct buf dot = {0};
    buf_add_text(&dot, "digraph whence {\n  node [fontname=\"monospace\"];\n");
    gather_nodes(whence, &nodes);
    add_contents(&dot, &nodes);
    for (size_t i = 0; i < lineage->count; i++) {
        add_run(&dot, &lineage->run[i]);
    }
    for (size_t i = 0; i < nodes.count; i++) {
        const struct node *node = &nodes.item[i];
        bool again = i > 0 && digest_equal(node->digest, nodes.item[i - 1].digest) && node->maker == node[-1].maker;
        if (node->maker != LINEAGE_NONE && !again) {
            add_arrow(&dot, node->digest, lineage->run[node->maker].run->id, true);
        }
    }
    for (size_t i = 0; i < lineage->count; i++) {
        for (size_t k = 0; k < lineage->run[i].inputs; k++) {
            add_arrow(&dot, lineage->run[i].input[k].file.digest, lineage->run[i].run->id, false);
        }
    }
    buf_add_text(&dot, "}\n");
    fputs(buf_text(&dot), stdout);
    free(nodes.item);
}
