/* SPDX-License-Identifier: BSD-2-Clause
 * cite_programs: the sentence of publish/cite_text about the programs that were executed and their environment. */
#include <string.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/text.h"
#include "base/units.h"
#include "publish/cite_say.h"
#include "publish/cite_text.h"

enum { GROUPS_MOST = 12 };

static void say(struct cite_text *text, const char *words)
{
    buf_add_text(&text->buf, words);
}

/* Programs of one package stand together; one without a package stands alone. */
static bool same_group(const struct cite_program *a, const struct cite_program *b)
{
    return a->package != NULL && a->package == b->package;
}

static bool is_first_of_group(const struct cite *cite, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        if (same_group(&cite->program[i], &cite->program[number])) {
            return false;
        }
    }
    return true;
}

static void say_origin(struct cite_text *text, const struct cite_program *program)
{
    const struct package *named = packages_find(&text->cite->packages, path_base(program->path));
    if (program->package != NULL) {
        say(text, " (Debian package ");
        markup_plain(&text->buf, text->markup, program->package->name);
        say(text, " ");
        markup_plain(&text->buf, text->markup, program->package->version);
        say(text, ")");
    } else if (!program->in_tree) {
        say(text, " (a file of the host");
        say(text, program->digest != NULL ? ", " : ")");
    } else if (named != NULL) {
        /* Who put the file there is not recorded; that this package is installed is. */
        say(text, " (the environment has the Debian package ");
        markup_plain(&text->buf, text->markup, named->name);
        say(text, " ");
        markup_plain(&text->buf, text->markup, named->version);
        say(text, ")");
    } else if (program->digest != NULL) {
        say(text, " (");
    }
    if (program->package == NULL && program->digest != NULL && (!program->in_tree || named == NULL)) {
        cite_text_short_digest(text, program->digest);
        say(text, ")");
    }
}

static void say_group(struct cite_text *text, size_t first)
{
    const struct cite *cite = text->cite;
    size_t count = 0;
    size_t said = 0;
    for (size_t i = first; i < cite->programs; i++) {
        count += i == first || same_group(&cite->program[first], &cite->program[i]);
    }
    for (size_t i = first; i < cite->programs; i++) {
        if (i == first || same_group(&cite->program[first], &cite->program[i])) {
            say(text, cite_text_comma(said++, count));
            markup_plain(&text->buf, text->markup, path_base(cite->program[i].path));
        }
    }
    say_origin(text, &cite->program[first]);
}

/* Groups have commas of their own. */
static const char *separator(size_t i, size_t count)
{
    return i == 0 ? "" : count == 2 ? " and " : i + 1 == count ? "; and " : "; ";
}

static void say_executed(struct cite_text *text)
{
    const struct cite *cite = text->cite;
    size_t groups = 0;
    size_t said = 0;
    for (size_t i = 0; i < cite->programs; i++) {
        groups += is_first_of_group(cite, i);
    }
    if (cite->programs == 0) {
        say(text, "The command ");
        markup_plain(&text->buf, text->markup, cite->manifest.setup.argv.item[0]);
        say(text, " was executed");
        return;
    }
    size_t shown = groups > GROUPS_MOST ? GROUPS_MOST + 1 : groups;
    say(text, cite->programs == 1 ? "The program " : "The programs ");
    for (size_t i = 0; i < cite->programs && said < shown; i++) {
        if (is_first_of_group(cite, i)) {
            say(text, separator(said, shown));
            if (said++ == GROUPS_MOST) {
                buf_addf(&text->buf, "those of %zu more packages or files", groups - GROUPS_MOST);
            } else {
                say_group(text, i);
            }
        }
    }
    say(text, cite->programs == 1 ? " was executed" : " were executed");
}

static void say_environment(struct cite_text *text)
{
    const struct cite *cite = text->cite;
    const struct setup_environment *environment = &cite->manifest.setup.environment;
    char date[32];
    char size[16];
    auto_free char *version = cite_say_circumstance(cite, (const char *[]){"sciwrap", "version", NULL});
    if (cite_say_date(cite->manifest.started, date)) {
        buf_addf(&text->buf, " on %s (UTC)", date);
    }
    say(text, " by sciwrap");
    if (version != NULL) {
        say(text, " ");
        markup_plain(&text->buf, text->markup, version);
    }
    say(text, " in the environment ");
    markup_plain(&text->buf, text->markup, environment->name);
    if (cite->definition.name != NULL && cite->definition.description[0] != '\0') {
        say(text, " (");
        markup_plain(&text->buf, text->markup, cite->definition.description);
        say(text, ")");
    }
    say(text, ", a root file system");
    if (cite->packages.count > 0) {
        say(text, " of ");
        cite_say_packages(cite, text->markup, &text->buf);
    }
    say(text, ", pinned by ");
    cite_text_short_digest(text, &environment->artifact);
    if (environment->size > 0) {
        buf_addf(&text->buf, " (%s)", units_size(size, environment->size));
    }
    say(text, ". ");
}

void cite_text_programs(struct cite_text *text)
{
    say_executed(text);
    say_environment(text);
}
