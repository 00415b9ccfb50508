/* SPDX-License-Identifier: BSD-2-Clause
 * cite_data: what a run used, as entries for a list of references. */
#include "publish/cite_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/units.h"
#include "publish/cite_say.h"

/* One entry, before it has a form. A text may be NULL: then it is left out. */
struct reference {
    char *key;        /* of letters that both forms allow */
    const char *type; /* of CSL */
    char *title;
    char *version;
    char *note;
    char *doi;
    char *author;
    bool has_date;
    unsigned date[3];
};

enum { REFERENCES_MOST = 64 };

struct references {
    struct reference item[REFERENCES_MOST];
    size_t count;
};

/* NULL when there are too many: who executed programs of 60 packages does not list them as references. */
static struct reference *add(struct references *references, const char *type, const char *kind, const char *name)
{
    if (references->count == REFERENCES_MOST) {
        return NULL;
    }
    struct reference *reference = &references->item[references->count++];
    *reference =
        (struct reference){.type = type, .key = xasprintf("sciwrap-%s%s%s", kind, name[0] != '\0' ? "-" : "", name)};
    return reference;
}

static void add_run(const struct cite *cite, struct references *references)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&cite->digest, hex);
    struct reference *run =
        add(references, "document", "run", cite->manifest.id[0] != '\0' ? cite->manifest.id : "record");
    auto_free char *command = cite_say_command(cite);
    run->title = xasprintf("Record of the run %s: %s", cite->manifest.id, command);
    run->note = xasprintf("sciwrap manifest, sha256 %s%s%s", hex, cite->orcid != NULL ? "; run by ORCID " : "",
                          cite->orcid != NULL ? cite->orcid : "");
    run->author = cite->author != NULL ? xstrdup(cite->author) : NULL;
    run->has_date = cite_say_ymd(cite->manifest.started, run->date);
}

static void add_sciwrap(const struct cite *cite, struct references *references)
{
    struct reference *tool = add(references, "software", "sciwrap", "");
    free(tool->key);
    tool->key = xstrdup("sciwrap");
    tool->title = xstrdup("sciwrap: pinned environments, recorded and repeatable runs");
    tool->version = cite_say_circumstance(cite, (const char *[]){"sciwrap", "version", NULL});
}

static void add_environment(const struct cite *cite, struct references *references)
{
    const struct setup_environment *environment = &cite->manifest.setup.environment;
    bool described = cite->definition.name != NULL && cite->definition.description[0] != '\0';
    char hex[DIGEST_HEX + 1];
    char size[16];
    struct buf note = {0};
    digest_to_hex(&environment->artifact, hex);
    struct reference *reference = add(references, "software", "env", environment->name);
    reference->title =
        described ? xasprintf("%s: %s", environment->name, cite->definition.description) : xstrdup(environment->name);
    buf_addf(&note, "Root file system, sha256 %s", hex);
    if (environment->size > 0) {
        buf_addf(&note, ", %s", units_size(size, environment->size));
    }
    if (cite->packages.count > 0) {
        buf_add_text(&note, ", ");
        cite_say_packages(cite, MARKUP_TEXT, &note);
    }
    reference->note = buf_take(&note);
    reference->has_date = cite_say_ymd(cite->snapshot, reference->date);
}

/* Each package once. */
static void add_packages(const struct cite *cite, struct references *references)
{
    for (size_t i = 0; i < cite->programs; i++) {
        const struct package *package = cite->program[i].package;
        bool again = package == NULL;
        for (size_t k = 0; k < i; k++) {
            again = again || cite->program[k].package == package;
        }
        struct reference *reference = again ? NULL : add(references, "software", "pkg", package->name);
        if (reference != NULL) {
            reference->title = xstrdup(package->name);
            reference->version = xstrdup(package->version);
            reference->note = cite->distribution != NULL ? xasprintf("Debian package, %s", cite->distribution)
                                                         : xstrdup("Debian package");
        }
    }
}

/* What a definition asks to be cited is one text; only its DOI can be told apart without guessing. */
static void add_citation(const struct cite *cite, struct references *references)
{
    const char *citation = cite->definition.name != NULL ? cite->definition.citation : "";
    struct reference *reference =
        citation[0] != '\0' ? add(references, "article", "ref", cite->manifest.setup.environment.name) : NULL;
    if (reference != NULL) {
        reference->title = xstrdup(citation);
        reference->doi = cite_say_doi(citation);
    }
}

static void gather(const struct cite *cite, struct references *references)
{
    add_run(cite, references);
    add_sciwrap(cite, references);
    add_environment(cite, references);
    add_citation(cite, references);
    add_packages(cite, references);
}

static void release(struct references *references)
{
    for (size_t i = 0; i < references->count; i++) {
        free(references->item[i].key);
        free(references->item[i].title);
        free(references->item[i].version);
        free(references->item[i].note);
        free(references->item[i].doi);
        free(references->item[i].author);
    }
}

/* Within double braces a style changes no letter to lower case. */
static void bibtex_field(struct buf *text, const char *name, const char *value, bool is_title)
{
    if (value != NULL) {
        buf_addf(text, ",\n  %s = {%s", name, is_title ? "{" : "");
        markup_plain(text, MARKUP_LATEX, value);
        buf_addf(text, "}%s", is_title ? "}" : "");
    }
}

static void bibtex_entry(struct buf *text, const struct reference *reference)
{
    static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};
    auto_free char *note = NULL;
    if (reference->version != NULL) {
        note = xasprintf("Version %s%s%s", reference->version, reference->note != NULL ? ". " : "",
                         reference->note != NULL ? reference->note : "");
    }
    buf_addf(text, "@misc{%s", reference->key);
    bibtex_field(text, "author", reference->author, false);
    bibtex_field(text, "title", reference->title, true);
    bibtex_field(text, "note", note != NULL ? note : reference->note, false);
    if (reference->has_date) {
        buf_addf(text, ",\n  year = {%u},\n  month = %s", reference->date[0], months[reference->date[1] - 1]);
    }
    bibtex_field(text, "doi", reference->doi, false);
    bibtex_field(text, "key", reference->key, false); /* what to sort by where no author is known */
    buf_add_text(text, "\n}\n");
}

char *cite_data_bibtex(const struct cite *cite)
{
    struct references *references = xcalloc(1, sizeof(*references));
    struct buf text = {0};
    gather(cite, references);
    for (size_t i = 0; i < references->count; i++) {
        buf_add_text(&text, i > 0 ? "\n" : "");
        bibtex_entry(&text, &references->item[i]);
    }
    release(references);
    free(references);
    return buf_take(&text);
}

static struct doc *csl_date(const unsigned date[3])
{
    struct doc *object = doc_object();
    struct doc *parts = doc_array();
    struct doc *numbers = doc_array();
    for (int i = 0; i < 3; i++) {
        doc_append_number(numbers, date[i]);
    }
    doc_append(parts, numbers);
    doc_put(object, "date-parts", parts);
    return object;
}

/* A reader of CSL knows no {"base64"}: bytes that are no text are made visible. */
static void csl_text(struct doc *object, const char *key, const char *value)
{
    auto_release(buf) struct buf shown = {0};
    if (value != NULL) {
        quote_escape(&shown, value);
        doc_put_text(object, key, buf_text(&shown));
    }
}

/* Which part of a name is the family's nobody can tell: CSL takes it as it stands. */
static void csl_author(struct doc *object, const char *name)
{
    if (name != NULL) {
        struct doc *authors = doc_array();
        struct doc *author = doc_object();
        csl_text(author, "literal", name);
        doc_append(authors, author);
        doc_put(object, "author", authors);
    }
}

char *cite_data_csl(const struct cite *cite)
{
    struct references *references = xcalloc(1, sizeof(*references));
    struct doc *array = doc_array();
    gather(cite, references);
    for (size_t i = 0; i < references->count; i++) {
        const struct reference *reference = &references->item[i];
        struct doc *object = doc_object();
        doc_put_text(object, "id", reference->key);
        doc_put_text(object, "type", reference->type);
        csl_author(object, reference->author);
        csl_text(object, "title", reference->title);
        csl_text(object, "version", reference->version);
        csl_text(object, "note", reference->note);
        if (reference->has_date) {
            doc_put(object, "issued", csl_date(reference->date));
        }
        csl_text(object, "DOI", reference->doi);
        doc_append(array, object);
    }
    char *text = doc_print(array);
    doc_free(array);
    release(references);
    free(references);
    return text;
}
