/* SPDX-License-Identifier: BSD-2-Clause
 * whois: which run a process or a namespace of this host belongs to, now or in the records. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/running_show.h"
#include "commands/tell.h"
#include "run/traces.h"

/* PIDs end here on every Linux (PID_MAX_LIMIT, proc(5)), and namespaces are numbered from far above. */
enum { PID_MOST = 4194304 };

static const struct command_option options[] = {
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

struct question {
    uint64_t number;
    bool is_namespace;
    bool json;
    struct running_list list;
    const struct host_process *process; /* of the number, when there is one and it is seen */
    struct trace_list traces;
    size_t searched;
};

/* Why the run is an answer, in a word; NULL: it is none. */
static const char *relation(const struct question *question, const struct running *run)
{
    static const char *const names[LAUNCH_NAMESPACES] = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup"};
    if (!question->is_namespace) {
        bool member = question->process != NULL && running_of(&question->list, question->process) == run;
        return member ? "process" : NULL;
    }
    if (question->number == run->pid_namespace) {
        return "pid";
    }
    for (int i = 0; i < LAUNCH_NAMESPACES; i++) {
        if (run->facts.namespace[i] == question->number) {
            return names[i];
        }
    }
    return NULL;
}

static void print_headline(const struct question *question, const struct running *run, const char *what)
{
    auto_release(buf) struct buf environment = {0};
    quote_escape(&environment, run->facts.environment);
    if (question->is_namespace) {
        printf("%" PRIu64 " is the %s namespace of run %s in %s\n", question->number, what, run->facts.id,
               buf_text(&environment));
    } else if (question->process->pid == run->launcher.pid) {
        printf("process %" PRIu64 " is the launcher of run %s in %s\n", question->number, run->facts.id,
               buf_text(&environment));
    } else {
        printf("process %" PRIu64 " is process %d of run %s in %s\n", question->number,
               running_inner_pid(run, question->process), run->facts.id, buf_text(&environment));
    }
}

static void print_running(const struct question *question, const struct running *run, const char *what)
{
    print_headline(question, run, what);
    running_print(run);
    running_print_processes(&question->list, run, question->is_namespace ? 0 : (pid_t)question->number);
}

static struct doc *answer_doc(const struct question *question, const struct running *run, const char *what)
{
    struct doc *object = running_doc(run);
    if (question->is_namespace) {
        doc_put_text(object, "namespace", what);
    } else if (question->process->pid != run->launcher.pid) {
        doc_put_number(object, "pid", (uint64_t)running_inner_pid(run, question->process));
    }
    doc_put(object, "processes", running_processes_doc(&question->list, run));
    return object;
}

static void print_trace(const struct trace *trace)
{
    auto_free char *boot = trace->boot_id != NULL ? xasprintf(", boot %s", trace->boot_id) : xstrdup("");
    auto_free char *times =
        xasprintf("%s to %s", trace->started != NULL ? trace->started : "?", trace->ended != NULL ? trace->ended : "?");
    auto_free char *host =
        xasprintf("%s%s", trace->host != NULL ? trace->host : "?", trace->this_boot ? ", since its last start" : boot);
    auto_release(buf) struct buf environment = {0};
    auto_release(buf) struct buf what = {0};
    quote_escape(&environment, trace->environment != NULL ? trace->environment : "?");
    quote_escape(&what, trace->what);
    printf("was %s %s of run %s in %s\n", trace->inner_pid > 0 ? "process" : "the",
           trace->inner_pid > 0 ? buf_text(&what) + strlen("PID ") : buf_text(&what),
           trace->id != NULL && project_is_id(trace->id) ? trace->id : "?", buf_text(&environment));
    tell_command("  command", &trace->command);
    tell_field("  ran", times);
    tell_field("  on", host);
    tell_field("  record", trace->path);
}

static size_t answer(const struct question *question)
{
    size_t answers = question->traces.count;
    struct doc *running = doc_array();
    for (size_t i = 0; i < question->list.count; i++) {
        const struct running *run = &question->list.item[i];
        const char *what = relation(question, run);
        if (what == NULL) {
            continue;
        }
        if (question->json) {
            doc_append(running, answer_doc(question, run, what));
        } else {
            printf("%s", answers++ > question->traces.count ? "\n" : "");
            print_running(question, run, what);
            continue;
        }
        answers++;
    }
    if (question->json) {
        struct doc *top = doc_object();
        doc_put_number(top, "number", question->number);
        doc_put_text(top, "kind", question->is_namespace ? "namespace" : "process");
        doc_put(top, "running", running);
        doc_put(top, "finished", traces_doc(&question->traces));
        tell_json(top);
        return answers;
    }
    doc_free(running);
    for (size_t i = 0; i < question->traces.count; i++) {
        printf("%s%" PRIu64 " ", i > 0 || answers > question->traces.count ? "\n" : "", question->number);
        print_trace(&question->traces.item[i]);
    }
    return answers;
}

static int search(struct question *question, char **folders, int count, struct err *err)
{
    static char here[] = ".";
    char *nearest[] = {here};
    bool named = count > 0;
    struct err none = {0};
    for (int i = 0; i < (named ? count : 1); i++) {
        if (traces_find(&question->traces, named ? folders[i] : nearest[i], question->number, question->is_namespace,
                        &question->searched, &none) < 0) {
            if (named) {
                *err = none;
                return -1;
            }
            log_debug("%s", none.text);
        }
    }
    traces_sort(&question->traces);
    return 0;
}

static int complain(const struct question *question, struct err *err)
{
    const char *kind = question->is_namespace ? "namespace" : "process";
    if (question->process == NULL) {
        return err_set(err, ERR_NOT_FOUND,
                       "no run that is going on%s has a %s %" PRIu64 ", and none of the %zu records searched; name "
                       "other folders with records: sciwrap whois %" PRIu64 " FOLDER...",
                       geteuid() != 0 ? " (of yours)" : "", kind, question->number, question->searched,
                       question->number);
    }
    return err_set(err, ERR_NOT_FOUND,
                   "process %" PRIu64 " (%s) belongs to no run%s, and none of the %zu records searched has that number",
                   question->number, question->process->name, geteuid() != 0 ? " of yours" : "", question->searched);
}

static int read_line(struct option_reader *reader, struct question *question, struct err *err)
{
    int option;
    while ((option = option_next(reader, err)) >= 0) {
        question->json |= !option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader->at >= reader->argc) {
        return command_usage_error(&whois_command, err, "no number named");
    }
    const char *word = reader->argv[reader->at++];
    /* As ls and readlink show it: pid:[4026531836]. */
    const char *bracket = strchr(word, '[');
    auto_free char *digits = bracket != NULL ? xstrndup(bracket + 1, strcspn(bracket + 1, "]")) : xstrdup(word);
    if (!text_to_u64(digits, 1, UINT32_MAX, &question->number)) {
        return err_set(err, ERR_USAGE,
                       "'%s' is neither a PID nor the number of a namespace; see 'sciwrap whois --help'", word);
    }
    question->is_namespace = question->number > PID_MOST;
    return 0;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    struct question question = {0};
    struct option_reader reader = option_reader_of(&whois_command, argc, argv);
    *exit_code = 0;
    int result = read_line(&reader, &question, err);
    if (result == 0) {
        result = running_read(&question.list, err);
    }
    if (result == 0 && !question.is_namespace) {
        question.process = host_processes_find(&question.list.processes, (pid_t)question.number);
    }
    if (result == 0) {
        result = search(&question, argv + reader.at, argc - reader.at, err);
    }
    if (result == 0 && answer(&question) == 0) {
        result = complain(&question, err);
    }
    traces_release(&question.traces);
    running_release(&question.list);
    return result;
}

const struct command whois_command = {
    .name = "whois",
    .synopsis = "[OPTION...] PID|NAMESPACE-NUMBER [FOLDER...]",
    .summary = "tell which run a process or namespace belongs to",
    .options = options,
    .more = "The number is one of this host: a PID as ps(1) shows it, or the number of a\n"
            "namespace as in audit logs and /proc/PID/ns. Runs that have ended are found in\n"
            "the records of this project, or of each FOLDER. Numbers are used again: there\n"
            "can be several answers, the youngest first, with their times.\n",
    .run = run,
};
