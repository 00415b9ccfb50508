/* SPDX-License-Identifier: BSD-2-Clause
 * cite_circumstances: the sentences of publish/cite_text about the command, its files, and where it ran. */
#include <inttypes.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/text.h"
#include "base/units.h"
#include "publish/cite_say.h"
#include "publish/cite_text.h"

static void say(struct cite_text *text, const char *words)
{
    buf_add_text(&text->buf, words);
}

/* In the plain text nothing else shows where a command begins and ends. */
static void say_command(struct cite_text *text, const char *command)
{
    const char *quote = text->markup == MARKUP_TEXT ? "\"" : "";
    say(text, quote);
    markup_code(&text->buf, text->markup, command);
    say(text, quote);
}

/* An option about a seed, as "--seed 42" or "--random-seed=7": what follows it belongs to it. */
static bool is_seed_option(const char *word)
{
    size_t name = strcspn(word, "=");
    const char *seed = strcasestr(word, "seed");
    return word[0] == '-' && seed != NULL && (size_t)(seed - word) < name;
}

static void say_seeds(struct cite_text *text)
{
    const struct setup *setup = &text->cite->manifest.setup;
    bool said = false;
    for (char *const *word = strlist_items(&setup->argv); *word != NULL; word++) {
        if (!is_seed_option(*word)) {
            continue;
        }
        const char *value = strchr(*word, '=') == NULL ? word[1] : NULL;
        auto_free char *both = value != NULL ? xasprintf("%s %s", *word, value) : xstrdup(*word);
        say(text, said ? ", " : " Its arguments set a seed: ");
        markup_code(&text->buf, text->markup, both);
        said = true;
    }
    say(text, said ? "." : "");
    if (setup->has_seed) {
        buf_addf(&text->buf,
                 " The random numbers of the system came from a stream that the seed %" PRIu64 " determines.",
                 setup->seed);
    }
}

void cite_text_command(struct cite_text *text)
{
    const struct cite *cite = text->cite;
    const struct manifest_exit *end = &cite->manifest.exit;
    auto_free char *command = cite_say_command(cite);
    say(text, "The command was ");
    say_command(text, command);
    for (size_t i = 0; i < cite->variables.count; i++) {
        say(text, i == 0 ? ", with " : cite_text_comma(i, cite->variables.count));
        auto_release(buf) struct buf assignment = {0};
        quote_word(&assignment, cite->variables.item[i]);
        markup_code(&text->buf, text->markup, buf_text(&assignment));
    }
    if (cite->variables.count > 0) {
        say(text, " in its environment variables");
    }
    say(text, ".");
    say_seeds(text);
    if (end->signal != 0) {
        buf_addf(&text->buf, " It was ended by signal %d.", end->signal);
    } else if (end->code != 0) {
        buf_addf(&text->buf, " It ended with exit status %d.", end->code);
    }
    say(text, " ");
}

void cite_text_files(struct cite_text *text)
{
    size_t count[2] = {0, 0};
    uint64_t bytes[2] = {0, 0};
    struct catalog_file file;
    const char *at = text->cite->run.files;
    while (catalog_file_next(&text->cite->run, &at, &file)) {
        if (cite_text_is_listed(&file)) {
            count[file.is_output]++;
            bytes[file.is_output] += file.size;
        }
    }
    static const char *const verbs[] = {"It read ", " and wrote "};
    for (size_t i = 0; i < 2; i++) {
        char size[16];
        say(text, verbs[i]);
        if (count[i] == 0) {
            say(text, "no file");
        } else {
            buf_addf(&text->buf, "%zu file%s (%s)", count[i], count[i] == 1 ? "" : "s", units_size(size, bytes[i]));
        }
    }
    say(text, count[0] + count[1] > 0 ? "; their SHA-256 digests are listed below. " : ". ");
}

static void say_variable(struct cite_text *text, const char *name, const char *words)
{
    const char *value = strlist_value(strlist_items(&text->cite->manifest.setup.variables), name);
    if (value != NULL) {
        say(text, words);
        markup_plain(&text->buf, text->markup, value);
    }
}

static void say_namespaces(struct cite_text *text)
{
    static const char *const names[][2] = {{"user", "user"},     {"mnt", "mount"}, {"pid", "PID"},
                                           {"ipc", "IPC"},       {"uts", "UTS"},   {"net", "network"},
                                           {"cgroup", "cgroup"}, {"time", "time"}};
    const struct doc *namespaces = doc_get(doc_get(text->cite->doc, "circumstances"), "namespaces");
    const char *own[sizeof(names) / sizeof(names[0])];
    size_t count = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (doc_get(namespaces, names[i][0]) != NULL) {
            own[count++] = names[i][1];
        }
    }
    for (size_t i = 0; i < count; i++) {
        say(text, i == 0 ? ", in " : cite_text_comma(i, count));
        say(text, own[i]);
    }
    say(text, count == 0 ? "" : count == 1 ? " namespace of its own" : " namespaces of its own");
}

void cite_text_isolation(struct cite_text *text)
{
    const struct setup *setup = &text->cite->manifest.setup;
    const struct doc *settings = doc_get(doc_get(text->cite->doc, "experiment"), "settings");
    if (setup->network == NETWORK_NONE) {
        say(text, "It ran without access to a network");
    } else {
        say(text, "It ran with access to the network of the host");
    }
    say_namespaces(text);
    if (doc_get(settings, "address_randomisation") != NULL) {
        say(text, doc_get_bool(settings, "address_randomisation") ? ", with address-space randomisation"
                                                                  : ", without address-space randomisation");
    }
    say_variable(text, "LC_ALL", ", in the locale ");
    say_variable(text, "TZ", ", in the time zone ");
    if (setup->cpus > 0 && !fix_is_in(setup->no_fix, FIX_THREADS)) {
        buf_addf(&text->buf, ", with libraries told to use %" PRIu64 " thread%s", setup->cpus,
                 setup->cpus == 1 ? "" : "s");
    }
    if (setup->cpu_baseline > 0) {
        buf_addf(&text->buf, " and code for x86-64-v%u", setup->cpu_baseline);
    }
    say(text, ". ");
}

/* "Linux 6.1.0" of "Linux 6.1.0 #1 SMP ...". */
static void say_kernel(struct cite_text *text, const char *kernel)
{
    size_t first = strcspn(kernel, " ");
    size_t length = kernel[first] == ' ' ? first + 1 + strcspn(kernel + first + 1, " ") : first;
    auto_free char *name = xstrndup(kernel, length);
    say(text, ", ");
    markup_plain(&text->buf, text->markup, name);
}

static void say_resources(struct cite_text *text)
{
    const struct doc *used = doc_get(doc_get(text->cite->doc, "circumstances"), "resources");
    uint64_t user = 0;
    uint64_t system = 0;
    uint64_t memory = 0;
    char size[16];
    if (doc_get_number(used, "user_us", &user) && doc_get_number(used, "system_us", &system)) {
        buf_addf(&text->buf, ", %.3f s of processor time", ((double)user + (double)system) / 1e6);
    }
    if (doc_get_number(used, "max_rss_bytes", &memory)) {
        buf_addf(&text->buf, " and at most %s of memory", units_size(size, memory));
    }
    say(text, ". ");
}

void cite_text_host(struct cite_text *text)
{
    const struct cite *cite = text->cite;
    const struct doc *host = doc_get(doc_get(cite->doc, "circumstances"), "host");
    const struct doc *cpu = doc_get(host, "cpu");
    auto_free char *model = doc_get_text(cpu, "model");
    auto_free char *level = doc_get_text(cpu, "level");
    auto_free char *kernel = doc_get_text(host, "kernel");
    uint64_t cpus = 0;
    uint64_t memory = 0;
    char size[16];
    say(text, "On the host (");
    markup_plain(&text->buf, text->markup, model != NULL ? model : "a processor of unknown model");
    if (level != NULL) {
        say(text, ", ");
        markup_plain(&text->buf, text->markup, level);
    }
    if (doc_get_number(cpu, "count", &cpus) && cpus > 0) {
        buf_addf(&text->buf, ", %" PRIu64 " CPU%s", cpus, cpus == 1 ? "" : "s");
    }
    if (doc_get_number(host, "memory_bytes", &memory)) {
        buf_addf(&text->buf, ", %s of memory", units_size(size, memory));
    }
    if (kernel != NULL) {
        say_kernel(text, kernel);
    }
    buf_addf(&text->buf, ") it took %.3f s", (double)cite->manifest.elapsed_ns / 1e9);
    say_resources(text);
}

void cite_text_reruns(struct cite_text *text)
{
    const struct cite_reruns *reruns = &text->cite->reruns;
    bool said = false;
    if (reruns->runs == 0) {
        return;
    }
    if (reruns->runs == 1) {
        say(text, "It was run again once");
    } else {
        buf_addf(&text->buf, "It was run again %zu times", reruns->runs);
    }
    if (reruns->machines > 1) {
        buf_addf(&text->buf, ", on %zu machines", reruns->machines);
    }
    buf_addf(&text->buf, ": of %zu output%s compared ", reruns->outputs, reruns->outputs == 1 ? "" : "s");
    for (int verdict = 0; verdict < VERDICTS; verdict++) {
        size_t count = reruns->counts[verdict];
        if (count > 0) {
            buf_addf(&text->buf, "%s%zu %s %s", said ? ", " : "", count, count == 1 ? "was" : "were",
                     verdict == VERDICT_IDENTICAL ? "identical byte for byte" : verdict_title((enum verdict)verdict));
            said = true;
        }
    }
    say(text, said ? "" : "none was there");
    if (reruns->other_exits > 0) {
        buf_addf(&text->buf, "; %zu time%s it ended in another way", reruns->other_exits,
                 reruns->other_exits == 1 ? "" : "s");
    }
    say(text, ". ");
}
