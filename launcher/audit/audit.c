/* SPDX-License-Identifier: BSD-2-Clause
 * audit: a probe inside an environment tries every wall of a run. */
#include "audit/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "audit/outside.h"
#include "audit/spawn.h"
#include "audit/victims.h"
#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/doc.h"

/* /run is a tmpfs of ours in every run: no image has anything there that could be in the way. */
static const char probe_inside[] = "/run/sciwrap-probe";

/* One audit, as far as it has come. */
struct session {
    const struct audit *audit;
    char *probe; /* path of the program */
    struct victims victims;
    struct outside before;
    struct strlist scene; /* what the probe is told */
    struct strlist asked; /* options that open a wall on purpose */
    bool has_memory;      /* limits that the run may not survive */
    bool has_time;
};

static char *probe_path(struct err *err)
{
    auto_free char *self = fs_self_path();
    char *slash = self != NULL ? strrchr(self, '/') : NULL;
    if (slash == NULL) {
        err_set(err, ERR_HOST, "the place of this program is not known: is /proc mounted?");
        return NULL;
    }
    *slash = '\0';
    slash = strrchr(self, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    auto_free char *path = xasprintf("%s/libexec/sciwrap/sciwrap-probe", self);
    if (access(path, X_OK) < 0) {
        err_set_errno(err, ERR_NOT_FOUND, errno, "the probe '%s' cannot be started; install sciwrap again", path);
        return NULL;
    }
    return steal_ptr(&path);
}

/* `sciwrap exec OPTION... ENV PROBE`, with `mode` the options of this start. */
static void make_command(const struct session *session, const char *const *mode, struct strlist *words)
{
    const struct audit *audit = session->audit;
    strlist_add(words, "sciwrap");
    strlist_add(words, "exec");
    for (; *mode != NULL; mode++) {
        strlist_add(words, *mode);
    }
    strlist_add(words, "--no-auto-bind"); /* the words for the probe name places of the host */
    strlist_add(words, "--bind");
    strlist_addf(words, "%s:%s:ro", session->probe, probe_inside);
    for (size_t i = 0; i < audit->options->count; i++) {
        strlist_add(words, audit->options->item[i]);
    }
    strlist_add(words, audit->environment);
    strlist_add(words, probe_inside);
}

/* A mount of the plan through which the victims' folder can be seen, beside the work directory. */
static bool shows_folder(const struct session *session, const struct doc *plan)
{
    const struct doc *mounts = doc_get(plan, "mounts");
    for (size_t i = 0; i < doc_count(mounts); i++) {
        auto_free char *host = doc_get_text(doc_at(mounts, i), "host");
        if (host != NULL && path_is_under(session->victims.folder.path, host)) {
            return true;
        }
    }
    return false;
}

static void take_limits(struct session *session, const struct doc *limits)
{
    /* Names in the manifest, and those that the probe knows them by. */
    static const char *const names[][2] = {{"pids", "pids"},
                                           {"memory_bytes", "memory"},
                                           {"cpus", "cpus"},
                                           {"file_size_bytes", "file-size"},
                                           {"open_files", "open-files"}};
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (doc_get_number(limits, names[i][0], &value)) {
            strlist_addf(&session->scene, "%s=%" PRIu64, names[i][1], value);
            session->has_memory |= strcmp(names[i][1], "memory") == 0;
        }
    }
    auto_free char *time = doc_describe(doc_get(limits, "time_s")); /* may have a fraction */
    if (time != NULL) {
        time[strcspn(time, ".")] = '\0';
        strlist_addf(&session->scene, "time=%s", strcmp(time, "0") == 0 ? "1" : time);
        session->has_time = true;
    }
}

/* Devices that are let in on purpose, by their numbers. */
static void take_devices(struct session *session, const struct doc *devices)
{
    auto_release(buf) struct buf words = {0};
    for (size_t i = 0; i < doc_count(devices); i++) {
        uint64_t major = 0;
        uint64_t minor = 0;
        if (doc_get_number(doc_at(devices, i), "major", &major) &&
            doc_get_number(doc_at(devices, i), "minor", &minor)) {
            buf_addf(&words, "%s%" PRIu64 ":%" PRIu64, words.length > 0 ? "," : "devices=", major, minor);
        }
    }
    if (words.length > 0) {
        strlist_add(&session->scene, buf_text(&words));
    }
}

/* What the run is going to be, by its own plan: options and the definition's settings are both in it. */
static void take_plan(struct session *session, const struct doc *top)
{
    struct strlist *asked = &session->asked;
    const struct doc *experiment = doc_get(top, "experiment");
    const struct doc *settings = doc_get(experiment, "settings");
    auto_free char *network = doc_get_text(settings, "network");
    if (network != NULL && strcmp(network, "host") == 0) {
        strlist_add(asked, "--network");
    }
    if (doc_get_bool(settings, "writable")) {
        strlist_add(asked, "--writable");
    }
    if (doc_get_bool(settings, "nested_namespaces")) {
        strlist_add(asked, "--nest");
    }
    if (shows_folder(session, doc_get(top, "plan"))) {
        strlist_add(asked, "--bind");
    }
    struct buf words = {0};
    for (size_t i = 0; i < asked->count; i++) {
        buf_addf(&words, "%s%s", i > 0 ? "," : "asked=", asked->item[i]);
    }
    if (asked->count > 0) {
        strlist_add(&session->scene, buf_text(&words));
    }
    take_limits(session, doc_get(experiment, "limits"));
    take_devices(session, doc_get(doc_get(top, "plan"), "devices"));
    buf_release(&words);
}

static int read_plan(struct session *session, struct err *err)
{
    static const char *const mode[] = {"--dry-run", "--quiet", NULL};
    int status = 0;
    struct strlist words = {0};
    struct buf text = {0};
    make_command(session, mode, &words);
    int result = spawn(&session->victims, VICTIMS_TERMINAL, &words, "/proc/self/exe", &status, &text, err);
    strlist_release(&words);
    if (result == 0 && status != 0) {
        result = err_set(err, ERR_HOST, "the run to be audited cannot be planned; see the line above");
    }
    if (result == 0) {
        struct doc *top = doc_parse("plan", buf_text(&text), text.length, err);
        result = top == NULL ? -1 : 0;
        take_plan(session, top);
        doc_free(top);
    }
    buf_release(&text);
    return result;
}

/* Recorded, as runs usually are: the recorder is part of what surrounds them. The record itself goes with the folder.
 */
static void make_run(const struct session *session, const char *only, struct strlist *words)
{
    const struct strlist *control = session->audit->control;
    auto_free char *manifest = xasprintf("%s/manifest.json", session->victims.folder.path);
    /* What there is to be said of the walls is said once, by the first run. */
    const char *const mode[] = {"--no-record", "--manifest", manifest, only != NULL ? "--quiet" : NULL, NULL};
    for (size_t i = 0; control != NULL && i < control->count; i++) {
        strlist_add(words, control->item[i]);
    }
    if (control != NULL) {
        strlist_add(words, session->probe);
        strlist_add(words, "control=1");
    } else {
        make_command(session, mode, words);
    }
    for (size_t i = 0; i < session->scene.count; i++) {
        strlist_add(words, session->scene.item[i]);
    }
    if (only != NULL) {
        strlist_addf(words, "only=%s", only);
    }
}

static void remove_manifest(const struct session *session)
{
    unlinkat(session->victims.folder.fd, "manifest.json", 0);
}

static int run_probe(struct session *session, const char *only, enum victims_input input, struct rows *rows,
                     bool *ret_whole, int *ret_status, struct err *err)
{
    struct strlist words = {0};
    struct buf answer = {0};
    make_run(session, only, &words);
    const char *program = session->audit->control != NULL ? words.item[0] : "/proc/self/exe";
    int result = spawn(&session->victims, input, &words, program, ret_status, &answer, err);
    if (result == 0) {
        result = rows_parse(rows, buf_text(&answer), answer.length, ret_whole, err);
    }
    remove_manifest(session);
    buf_release(&answer);
    strlist_release(&words);
    return result;
}

static int status_number(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A limit that the run itself may not survive is tried in a run of its own: its end is the answer then. */
static int try_limit(struct session *session, const char *name, const char *text, struct rows *rows, struct err *err)
{
    bool whole = false;
    int status = 0;
    if (run_probe(session, name, VICTIMS_TERMINAL, rows, &whole, &status, err) < 0) {
        return -1;
    }
    if (!whole) {
        auto_free char *detail = xasprintf("the run was ended, status %d", status_number(status));
        row_set(rows_add(rows, "limits", name, text), ROWS_HELD, "limit", detail);
    }
    return 0;
}

static void leave_limit(const char *name, const char *text, struct rows *rows)
{
    auto_free char *detail = xasprintf("none was asked for; --%s sets it", name);
    row_set(rows_add(rows, "limits", name, text), ROWS_NOT, "", detail);
}

/* A probe that could hardly try anything has shown nothing. */
static int check_tried(const struct rows *rows, struct err *err)
{
    for (size_t i = 0; 2 * rows_count(rows, ROWS_NOT) > rows->count && i < rows->count; i++) {
        if (strcmp(rows->item[i].outcome, ROWS_NOT) == 0) {
            return err_set(err, ERR_HOST, "%zu of %zu attempts could not be made, the first for this reason: %s",
                           rows_count(rows, ROWS_NOT), rows->count, rows->item[i].detail);
        }
    }
    return 0;
}

static int try_limits(struct session *session, struct rows *rows, struct err *err)
{
    static const char memory[] = "use more memory than allowed";
    static const char time[] = "run longer than allowed";
    if (!session->has_memory) {
        leave_limit("memory", memory, rows);
    } else if (try_limit(session, "memory", memory, rows, err) < 0) {
        return -1;
    }
    if (!session->has_time) {
        leave_limit("time", time, rows);
        return 0;
    }
    return try_limit(session, "time", time, rows, err);
}

/* One run for each kind of standard input. */
static int try_all(struct session *session, struct rows *rows, struct err *err)
{
    static const char *const groups[] = {
        [VICTIMS_TERMINAL] = NULL, [VICTIMS_FILE] = "input-file", [VICTIMS_FOLDER] = "input-folder"};
    for (enum victims_input input = VICTIMS_TERMINAL; input <= VICTIMS_FOLDER; input++) {
        bool whole = false;
        int status = 0;
        if (run_probe(session, groups[input], input, rows, &whole, &status, err) < 0) {
            return -1;
        }
        if (!whole && rows->count == 0 && session->audit->control == NULL) {
            return err_set(err, ERR_HOST, "the probe could not be started; see the line above");
        }
        if (!whole) {
            return err_set(err, ERR_HOST,
                           "the probe did not come to its end: it stopped after %zu attempts with status %d",
                           rows->count, status_number(status));
        }
    }
    return check_tried(rows, err) < 0 ? -1 : try_limits(session, rows, err);
}

static int perform(struct session *session, struct rows *rows, struct err *err)
{
    if (victims_make(&session->victims, err) < 0 || (session->audit->control == NULL && read_plan(session, err) < 0)) {
        return -1;
    }
    victims_describe(&session->victims, &session->scene);
    outside_look(&session->before, &session->victims, session->probe);
    if (try_all(session, rows, err) < 0) {
        return -1;
    }
    outside_compare(&session->before, &session->victims, &session->asked, rows);
    return 0;
}

int audit_perform(const struct audit *audit, struct rows *ret_rows, struct err *err)
{
    struct session session = {.audit = audit, .victims = VICTIMS_NONE};
    session.probe = probe_path(err);
    if (session.probe == NULL) {
        return -1;
    }
    struct rows rows = {0};
    int result = perform(&session, &rows, err);
    if (result == 0) {
        *ret_rows = rows;
    } else {
        rows_release(&rows);
    }
    victims_release(&session.victims);
    strlist_release(&session.scene);
    strlist_release(&session.asked);
    free(session.probe);
    return result;
}
