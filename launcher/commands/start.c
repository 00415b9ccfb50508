/* SPDX-License-Identifier: BSD-2-Clause
 * start: what run, exec and shell share: from the words of the command line to a run and its record. */
#include "commands/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "commands/start_defaults.h"
#include "commands/supply.h"
#include "env/image_settings.h"
#include "run/autobind.h"
#include "run/baseline.h"
#include "run/begun.h"
#include "run/execute.h"
#include "run/inputs.h"
#include "run/join.h"
#include "run/limits.h"
#include "run/options.h"
#include "run/planner.h"
#include "run/processor.h"

const struct command_option start_options[] = {
    {"bind", 0, "SRC[:DST][:ro|rw]", "show a file or folder of the host (read-only)"},
    {"input", 0, "PATH", "record PATH as an input, and show it (repeatable)"},
    {"env", 0, "NAME=VALUE", "set a variable for the command (repeatable)"},
    {"workdir", 0, "PATH", "where the current directory is inside (/workspace)"},
    {"network", 0, "none|host", "no network, or the host's"},
    {"device", 0, "NAME|none", "let a device of the host in, as nvidia.com/gpu=0"},
    {"gpu", 0, NULL, "every GPU of the host, with its driver's libraries"},
    {"cdi-dir", 0, "DIR", "look for CDI specifications of devices in DIR too"},
    {"no-fix", 0, "NAME[,NAME...]", "let the host's own through: hostname, tz, ...; all"},
    {"cpu-baseline", 0, "v2|v3|v4|none", "code of that x86-64 level on every processor"},
    {"seed", 0, "N", "random numbers of the kernel determined by N"},
    {"pids", 0, "N", "at most N processes and threads"},
    {"memory", 0, "SIZE", "at most SIZE of memory, as in 512M or 4G"},
    {"cpus", 0, "N", "N CPUs, and as many threads"},
    {"time", 0, "T", "end the run after T seconds; 90m, 2h, 1d"},
    {"file-size", 0, "SIZE", "no file grows beyond SIZE"},
    {"open-files", 0, "N", "at most N open files in a process"},
    {"nest", 0, NULL, "let programs inside make namespaces of their own"},
    {"private-cores", 0, NULL, "keep others off the sibling threads of its CPUs"},
    {"writable", 0, NULL, "a writable layer over the root, gone at the end"},
    {"join", 0, "auto|no|NAME[:N]", "ranks that share one sandbox and record (auto)"},
    {"no-auto-bind", 0, NULL, "do not show folders of paths among the arguments"},
    {"manifest", 0, "FILE", "write a copy of the manifest to FILE"},
    {"keep-limit", 0, "SIZE", "keep contents for a rerun up to SIZE each (1 GiB)"},
    {"verify", 0, "used|full|off", "check used files of the environment, all, or none"},
    {"offline", 0, NULL, "ask nothing from the network for the environment"},
    {"no-record", 0, NULL, "leave no record of this run"},
    {"dry-run", 0, NULL, "print the plan and start nothing"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

/* One run, as far as it has come. */
struct session {
    const struct command *command;
    enum start_kind kind;
    struct run_options options;
    const char *env; /* as it was named */
    struct definition def;
    struct store_tree tree;
    struct verify *verify; /* NULL when nothing is to be checked */
    struct facts facts;
    struct strlist words; /* of the command line after ENV */
    size_t first_word;    /* where they begin in the setup's argv */
    struct project project;
    struct begun begun;
    struct manifest manifest;
    struct join_offer offer;  /* of a rank */
    struct join_group *group; /* the ranks, in the process that leads them; else NULL */
};

static void read_flag(struct run_options *options, const char *name)
{
    options->writable |= strcmp(name, "writable") == 0;
    options->nested |= strcmp(name, "nest") == 0;
    options->private_cores |= strcmp(name, "private-cores") == 0;
    options->no_auto_bind |= strcmp(name, "no-auto-bind") == 0;
    options->no_record |= strcmp(name, "no-record") == 0;
    options->dry_run |= strcmp(name, "dry-run") == 0;
}

static int read_option(void *into, const char *name, const char *value, struct err *err)
{
    struct session *session = into;
    struct run_options *options = &session->options;
    const char *cwd = session->facts.workdir;
    if (strcmp(name, "bind") == 0) {
        return options_add_bind(options, cwd, value, err);
    }
    if (strcmp(name, "input") == 0) {
        return options_add_input(options, cwd, value, err);
    }
    if (strcmp(name, "env") == 0) {
        return options_add_variable(options, value, err);
    }
    if (strcmp(name, "workdir") == 0) {
        return options_set_workdir(options, value, err);
    }
    if (strcmp(name, "network") == 0) {
        return options_set_network(options, value, err);
    }
    if (strcmp(name, "device") == 0 || strcmp(name, "gpu") == 0) {
        return options_add_device(options, value, err);
    }
    if (strcmp(name, "cdi-dir") == 0) {
        return options_add_cdi_folder(options, cwd, value, err);
    }
    if (strcmp(name, "no-fix") == 0) {
        return options_add_no_fix(options, value, err);
    }
    if (strcmp(name, "cpu-baseline") == 0) {
        return options_set_cpu_baseline(options, value, err);
    }
    if (strcmp(name, "seed") == 0) {
        return options_set_seed(options, value, err);
    }
    if (strcmp(name, "keep-limit") == 0) {
        return options_set_keep_limit(options, value, err);
    }
    if (strcmp(name, "verify") == 0) {
        return options_set_verify(options, value, err);
    }
    if (strcmp(name, "join") == 0) {
        return join_wish_parse(&options->join, value, err);
    }
    enum limit limit;
    if (limit_from_name(name, &limit)) {
        return options_set_limit(options, limit, value, err);
    }
    if (strcmp(name, "manifest") == 0) {
        free(options->manifest);
        options->manifest = path_normal(cwd, value);
    }
    read_flag(options, name);
    if (strcmp(name, "offline") == 0) {
        supply_go_offline();
    }
    (void)option_is_level(name);
    return 0;
}

/* Options, ENV and the words after it. */
static int read_line(struct session *session, int argc, char **argv, struct err *err)
{
    int option;
    struct option_reader reader = option_reader_of(session->command, argc, argv);
    if (start_defaults(read_option, session, err) < 0) {
        return -1;
    }
    while ((option = option_next(&reader, err)) >= 0) {
        if (read_option(session, session->command->options[option].name, reader.value, err) < 0) {
            return -1;
        }
    }
    if (option == OPTION_ERROR || start_default_binds(&session->options, session->facts.workdir, err) < 0) {
        return -1;
    }
    if (reader.at >= argc) {
        return command_usage_error(session->command, err, COMMAND_NO_ENVIRONMENT);
    }
    session->env = argv[reader.at];
    for (int i = reader.at + 1; i < argc; i++) {
        strlist_add(&session->words, argv[i]);
    }
    if (session->kind == START_EXEC && session->words.count == 0) {
        return command_usage_error(session->command, err, "no command named after the environment");
    }
    if (session->kind == START_SHELL && session->words.count > 0) {
        return command_usage_error(session->command, err, "takes no command; use 'sciwrap exec' for one");
    }
    return 0;
}

static int make_argv(struct session *session, int rootfs_fd, struct strlist *argv, struct err *err)
{
    if (session->kind == START_RUN) {
        if (session->def.command.count == 0) {
            return err_set(err, ERR_USAGE, "environment '%s' has no command of its own; use 'sciwrap exec %s CMD'",
                           session->def.name, session->def.name);
        }
        for (size_t i = 0; i < session->def.command.count; i++) {
            strlist_add(argv, session->def.command.item[i]);
        }
    } else if (session->kind == START_SHELL) {
        strlist_add(argv, fs_exists_in_root(rootfs_fd, "/bin/bash") ? "/bin/bash" : "/bin/sh");
    }
    const struct strlist *own = &session->def.arguments;
    for (size_t i = 0; session->kind == START_RUN && session->words.count == 0 && i < own->count; i++) {
        strlist_add(argv, own->item[i]);
    }
    session->first_word = argv->count;
    for (size_t i = 0; i < session->words.count; i++) {
        strlist_add(argv, session->words.item[i]);
    }
    return 0;
}

static int make_setup(struct session *session, struct err *err)
{
    struct strlist argv = {0};
    struct strlist notes = {0};
    struct setup *setup = &session->manifest.setup;
    auto_fd int rootfs_fd = open(session->tree.rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (rootfs_fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s'", session->tree.rootfs);
    }
    int result = make_argv(session, rootfs_fd, &argv, err);
    options_devices(&session->options, &session->def, &setup->devices.asked);
    if (result == 0) {
        result = devices_find(&setup->devices, &session->options.cdi_folders, rootfs_fd, &notes, err);
    }
    if (result == 0) {
        result = planner_setup(&session->def, &session->tree, &session->options, &session->facts, &argv, setup, err);
    }
    if (result == 0 && setup->cpu_baseline > 0) {
        result = baseline_check(setup->cpu_baseline, processor_level(), err);
    }
    if (result == 0) {
        autobind_inputs(setup, &session->facts, &session->options.inputs);
        if (!session->options.no_auto_bind) {
            autobind_arguments(setup, &session->facts, rootfs_fd, session->first_word, &notes);
        }
    }
    for (size_t i = 0; i < notes.count; i++) {
        log_info("%s", notes.item[i]);
    }
    strlist_release(&notes);
    strlist_release(&argv);
    return result;
}

static void hide_records(struct session *session)
{
    facts_hide_records_of(&session->facts, session->facts.workdir);
    for (size_t i = 0; i < session->manifest.setup.binds.count; i++) {
        facts_hide_records_of(&session->facts, session->manifest.setup.binds.item[i].source);
    }
    if (session->project.path != NULL && !strlist_has(&session->facts.hidden, session->project.path)) {
        strlist_add(&session->facts.hidden, session->project.path);
    }
}

static int print_plan(struct session *session)
{
    struct plan plan = {0};
    if (session->manifest.setup.network == NETWORK_HOST) {
        facts_need_network(&session->facts);
    }
    hide_records(session);
    planner_build(&session->manifest.setup, &session->facts, session->tree.rootfs, "/private", &plan);
    auto_free char *text = manifest_format_plan(&session->manifest.setup, &plan);
    fputs(text, stdout);
    plan_release(&plan);
    return 0;
}

static int write_manifest(struct session *session, struct err *err)
{
    auto_free char *text = manifest_format(&session->manifest);
    if (session->project.path != NULL && begun_record(&session->begun, text, err) < 0) {
        return -1;
    }
    if (session->options.manifest != NULL) {
        const char *name = path_base(session->options.manifest);
        auto_free char *folder = xstrndup(session->options.manifest, (size_t)(name - session->options.manifest));
        auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "--manifest '%s'", session->options.manifest);
        }
        return fs_write_atomic(fd, name, 0666, text, strlen(text), err);
    }
    return 0;
}

/* A record is begun before anything runs: a work directory in which none can be kept is told of now, not after hours.
 */
static int begin_record(struct session *session, struct err *err)
{
    bool observe = !session->options.no_record || session->options.manifest != NULL;
    if (!session->options.no_record) {
        if (project_open(&session->project, session->facts.workdir, err) < 0 ||
            begun_start(&session->begun, &session->project, &session->manifest.setup, &session->facts.job,
                        session->manifest.id, err) < 0) {
            return -1;
        }
    }
    hide_records(session);
    if (session->group == NULL) {
        streams_look(session->manifest.stream, &session->manifest.setup, &session->facts);
    }
    if (observe && inputs_gather(&session->manifest.setup, &session->facts, &session->options.inputs,
                                 session->first_word, &session->manifest.inputs, err) < 0) {
        return -1;
    }
    if (session->group != NULL) {
        return join_streams(session->group, &session->manifest.setup, &session->facts, session->manifest.stream,
                            &session->manifest.inputs, err);
    }
    return observe ? streams_add_input(session->manifest.stream, &session->manifest.inputs, err) : 0;
}

static int open_verify(struct session *session, struct err *err)
{
    enum verify_level level = session->options.has_verify ? session->options.verify : session->def.verify;
    session->manifest.recording.verified.level = level;
    if (level != VERIFY_OFF) {
        session->verify = verify_open(&session->tree, session->env, err);
    }
    return level == VERIFY_OFF || session->verify != NULL ? 0 : -1;
}

/* What was found spoiled while the command ran: its results are there, and are worth nothing. */
static int judge_environment(struct session *session, struct err *err)
{
    struct verify_counts counts = {0};
    if (session->verify != NULL) {
        verify_counts(session->verify, &counts);
    }
    return counts.spoiled > 0 ? verify_complain(session->verify, err) : 0;
}

/* What the limits came to, when the run has ended: a line before could get into a redirected standard error. */
static void tell_limits(const struct manifest *manifest)
{
    const struct launch_result *launch = &manifest->circumstances.launch;
    auto_release(strlist) struct strlist hits = {0};
    limits_tell_hit(launch, &hits);
    for (size_t i = 0; i < hits.count; i++) {
        log_error("%s", hits.item[i]);
    }
    if (launch->limits != NULL && log_get_level() >= LOG_VERBOSE) {
        struct doc *held = limits_held_doc(launch->limits);
        auto_free char *text = limits_describe(&manifest->setup.limits, held);
        log_debug("limits: %s", text);
        doc_free(held);
    }
}

static int perform(struct session *session, int *exit_code, struct err *err)
{
    bool launched = false;
    bool observe = !session->options.no_record || session->options.manifest != NULL;
    struct execution execution = {
        .facts = &session->facts, .rootfs = session->tree.rootfs, .group = session->group, .observe = observe};
    int result = open_verify(session, err);
    execution.verify = session->verify;
    if (result == 0) {
        result = begin_record(session, err);
    }
    execution.project = session->project.path;
    execution.keep_limit = session->options.has_keep_limit ? session->options.keep_limit : EXECUTION_KEEP_LIMIT;
    if (result == 0) {
        result = execute(&execution, &session->manifest, &launched, err);
    }
    if (launched && observe) {
        struct err unwritten = {0};
        if (write_manifest(session, &unwritten) < 0 && result == 0) {
            *err = unwritten;
            result = -1;
        }
    } else if (session->project.path != NULL) {
        begun_drop(&session->begun, &session->project, session->manifest.id);
    }
    for (size_t i = 0; i < execution.notes.count; i++) {
        log_info("%s", execution.notes.item[i]);
    }
    strlist_release(&execution.notes);
    tell_limits(&session->manifest);
    launch_finish(&session->manifest.circumstances.launch);
    *exit_code = session->manifest.exit.code;
    if (session->verify != NULL) {
        verify_save(session->verify);
    }
    return result == 0 ? judge_environment(session, err) : result;
}

/* As one of several ranks. In the process that leads them, which is a new one, it does not return. */
static int perform_joined(struct session *session, int *exit_code, struct err *err)
{
    struct setup *setup = &session->manifest.setup;
    join_offer_fill(&session->offer, setup, &session->options, &session->facts, session->tree.rootfs);
    if (join_meet(&session->offer, &session->group, exit_code, err) < 0) {
        return -1;
    }
    if (session->group == NULL) {
        return 0;
    }
    struct err wrong = {0};
    join_take_over(session->group, setup);
    join_conclude(session->group, perform(session, exit_code, &wrong), &wrong);
}

static void release_session(struct session *session)
{
    run_options_release(&session->options);
    join_offer_release(&session->offer);
    definition_release(&session->def);
    verify_close(session->verify);
    store_tree_release(&session->tree);
    facts_release(&session->facts);
    strlist_release(&session->words);
    begun_close(&session->begun);
    project_close(&session->project);
    manifest_release(&session->manifest);
}

static int start(struct session *session, int argc, char **argv, int *exit_code, struct err *err)
{
    if (facts_gather(&session->facts, err) < 0 || read_line(session, argc, argv, err) < 0 ||
        definition_find(&session->def, session->env, err) < 0) {
        return -1;
    }
    log_debug("definition '%s'", session->def.path);
    if (start_find_tree(session->env, &session->def.sha256, &session->tree, err) < 0 ||
        image_settings_apply_tree(&session->tree, &session->def, err) < 0) {
        return -1;
    }
    log_debug("root file system '%s'", session->tree.rootfs);
    bool alone = session->kind == START_SHELL || session->options.dry_run;
    int rank = alone ? 0 : join_offer_find(&session->offer, &session->options, &session->facts, &session->def, err);
    if (rank < 0 || make_setup(session, err) < 0) {
        return -1;
    }
    if (session->options.dry_run) {
        return print_plan(session);
    }
    return rank > 0 ? perform_joined(session, exit_code, err) : perform(session, exit_code, err);
}

int start_run(const struct command *command, enum start_kind kind, int argc, char **argv, int *exit_code,
              struct err *err)
{
    struct session session = {.command = command, .kind = kind, .tree.fd = -1, .project.runs_fd = -1, .begun.fd = -1};
    int result = start(&session, argc, argv, exit_code, err);
    release_session(&session);
    return result;
}
