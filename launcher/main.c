/* SPDX-License-Identifier: BSD-2-Clause
 * sciwrap: finds the command in the table, runs it, tells the error. The map of this folder (supply/ has its own):
 *
 * commands/  command (a row of the table, how options are read), table, help, tell (lines that fit a terminal),
 *            complete, complete_values (for shells),
 *            start (what run, exec and shell share),
 *            supply (the helper, for pull, pin, build and lock), supply_bundle (for bundles), pull, pin, build, bundle,
 *            cite, report,
 *            envs, runs, show, show_processes, records (what an ID or a file means), pins (its environment here),
 *            rerun, diff, comparison (how it is shown, by what measure), doctor, audit, whence, whence_tell, whence_dot
 *            submit, submit_words, submit_script, submit_hand, submit_task, submit_again: runs as jobs of Slurm
 *            runs_job, runs_job_show, rerun_job: their tasks      tasks, task_states, slurm_call: what became of them
 *            ps, whois, enter, stop: runs that are going on      running_show: how one is shown
 *            config (config_set: changes it), start_defaults (options of runs out of it), init: a folder as a project
 *            start_tree: the tree of an environment, brought when it is not there
 *            store: the table of store_list, store_verify, store_gc, store_du, store_file (export, import);
 *            store_words: what these and remove share
 * publish/   bundle, bundle_definition: what belongs into the bundle of a run      run_contents: of contents
 *            bundle_open: one that was unpacked
 *            cite, cite_environment: the facts of a run that a methods section needs      cite_data: as references
 *            cite_text, cite_programs, cite_circumstances, cite_say: as sentences      markup: text for LaTeX, Markdown
 *            report: the page of one run      report_project: of all      report_parts, report_html, report_style: how
 *            report_head, report_verdicts, report_files, report_lineage, report_processes, report_environment,
 *            report_walls, report_devices, report_again: its sections      report_processes_read: their record
 *            report_chain, report_chain_join, report_chain_draw: a lineage, drawn
 *            report_graph, report_graph_order, report_graph_pack: where the nodes of a graph are put
 *            packages, packages_owner, packages_tree: what Debian packages a tree holds, and who owns a file
 * audit/     audit: every wall of a run, tried      victims, servers: what is put up outside to be attacked
 *            spawn: the run among them      outside: what became of them      rows: what was found
 * probe/     sciwrap-probe, a program of its own that is started inside: probe, attempt, scene (what it is told)
 *            on_processes, on_init, on_files, on_tree, on_mounts, on_namespaces, on_nest, on_rights, on_calls,
 * on_settings, on_devices, on_network, on_sockets, on_exchange, on_terminal, on_sight, on_shared, on_limits: attempts
 * run/       setup: what an experiment is before it starts      planner: setup and facts to a plan
 *            options, facts: what the caller asked, what the host is
 *            devices, devices_place, devices_hash, devices_doc, devices_rerun, devices_seen: those of the host
 *            cdi, cdi_hook, cdi_find, gpu: how they are found      soname, sysfs: of libraries, of nodes
 *            variables, baseline, settings: the command's environment, the level of its code, what is held fixed
 *            mention, autobind: paths among the arguments, and what must be bound for them
 *            bind_source: where a path to be bound leads, and who may have led it there
 *            execute: carries out a setup and finds out what came of it
 *            scratch, layer: private folders, and what went with a writable layer
 *            inputs, streams: what a run is known to read; standard input, output and error
 *            observation: by which way it is found out what a run read and changed: by comparison, or by
 *            observer, observer_change, page, book, places, securing, workers: every call heard of, what it did
 *            findings_inputs, findings_outputs, names, processes, programs: what came of it
 *            starting: what the kernel opens to start a program      recording: how it was done
 *            seeding: random numbers that a seed determines
 *            pump, feed, drain, tally: pipes in and out, hashed in passing
 *            inventory, file_list: the work directory before and after; files as the manifest names them
 *            limits: what a run may use, and what came of it      job, job_end: the job of a batch system
 *            caller: what that, or a launcher of ranks, has told by variables
 *            sweep, sweep_fill, sweep_row: a table, and words filled from a row      task_set: which tasks of an array
 *            submission, submission_doc: what was handed to a batch system
 *            join, join_meet, join_gather, join_offer, join_step, join_settings, join_wire, join_doc: ranks that share
 *            a sandbox: how they meet, who may join, what is recorded of each
 *            circumstances, processor, leaks: what merely happened; what it ran on; what could not be pinned
 *            tree_changes: what was left out of a tree
 *            tree_check, verified: what of the environment is checked before; what was checked in all
 *            manifest, manifest_write, file_list_doc, reader, project: the record, and the folder .sciwrap
 *            begun: runs that have no record, and whether they go on
 *            catalog, catalog_entry, catalog_scan, catalog_cache, scan: what lists need to know of thousands of runs
 *            announcement, announcement_doc: what a launcher keeps so that its run is found
 *            running, host_processes: the runs that are going on, held against what the kernel says
 *            traces: recorded runs by the numbers that they had on the host
 *            lineage, lineage_pieces, same_experiment: which runs made a content, and which made what those read
 *            origin: the definition as it was
 *            objects: kept contents, by digest
 *            rerun, placing, placing_make, redirect: a run out of a manifest
 *            content: bytes found again by their digest      digest_cache: digests of large files, remembered
 *            compare, compare_contents, comparison_doc: two runs, output by output
 *            repeats, confirmation: many of them; how often a run was confirmed
 *            difference, machine: what was different before the start; a name for this machine
 *            verdict, verdict_text, verdict_gzip, verdict_bam, verdict_png, verdict_pdf: two files, by what they tell
 *            normal, tolerance, text_place, source, expand: what is no result; numbers; where; bytes, decompressed
 * env/       definition, definition_artifact, definition_find, words: envs/NAME.ini      device_name
 *            config, config_keys, config_edit: what a user and a site have set
 *            fix: the names of what is held fixed      image_settings: how an image wants to be used
 *            store, store_find, meta, changes, sharing, index, index_search: where unpacked trees lie, what is in them
 *            roots, root_file: who uses a tree      discard, garbage, stage_name: how it goes; leftovers
 *            contents, usage, blob_check: what lies in a store, its size, its bytes
 *            collect: what of it nobody needs
 *            verify, verify_way, verify_program, interpreter, verify_full: whether it is still what was unpacked
 *            verify_entry, verify_cache, checked: by content, or because nobody touched it since the last check
 *            bundle_list: what is in a bundle
 * sandbox/   plan: everything that is needed to start one process
 *            launch, launch_end, channel: the launcher's side
 *            init, payload: the first process inside, and the command's
 *            confine: what every process inside has lost      self_check, self_check_mounts, mount_list: whether it has
 *            view: what /proc and /sys tell of the host      scope, cores: Landlock; sibling threads kept free
 *            apart: work on foreign bytes in a process that can do nothing else
 *            root, mounts, mount_target, device, stdio, terminal, signals, network, identity: the steps between
 *            recorder, recorder_call, recorder_caller, recorder_path: the calls of a run, told before they happen
 *            join: several commands in one sandbox
 *            enter, enter_share, sealed: one more command in a run that is going on, by a program that stays what it is
 *            filter, filter_generate: the system-call filter, made at build time
 *            limits, limits_apply, limits_clock: what a run may use      cpus: which CPUs      ending: of its job
 *            cgroup, cgroup_places, cgroup_parent, cgroup_scope, cgroup_clone: its control group
 *            proc: its /proc
 *            host, host_check: what this kernel and user are allowed to do
 * base/      err, log, mem, buf, strlist, strmap, strset, text, quote, patterns, path, walk, fs, fs_tree, fs_root,
 *            whole, private, nameless, random, digest, base64, keyfile, keyrules, limits, units, lock, doc (JSON),
 *            progress, colour, columns (tables), fit (to a terminal), yaml, told (for a test of the messages) */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "commands/complete.h"
#include "commands/help.h"
#include "commands/table.h"
#include "env/config.h"
#include "sandbox/sealed.h"

static int complain_unknown(const char *word, struct err *err)
{
    static const char *const known[] = {"--help", "--version", NULL};
    char meant[TEXT_MEANT];
    if (text_meant(meant, word, known)) {
        return err_set(err, ERR_USAGE, "unknown option '%s'%s", word, meant);
    }
    return err_set(err, ERR_USAGE, "unknown option '%s'; options stand behind the command, see 'sciwrap --help'", word);
}

/* Whoever is not asked about a file that they rely on would look for long why it has no effect. */
static void tell_ignored(const struct config_file *file)
{
    if (file->ignored != NULL) {
        log_warn("'%s' is left out: %s", file->path, file->ignored);
    }
}

static int dispatch(int argc, char **argv, int *exit_code, struct err *err)
{
    const char *word = argc > 1 ? argv[1] : "--help";
    *exit_code = 0;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        help_print();
        return argc > 1 ? 0 : err_set(err, ERR_USAGE, "no command given");
    }
    if (strcmp(word, "--version") == 0) {
        printf("sciwrap %s\n", SCIWRAP_VERSION);
        return 0;
    }
    if (strcmp(word, "help") == 0) {
        return help_open(argc - 1, argv + 1, err);
    }
    if (strcmp(word, "complete") == 0) { /* of a shell's, by completions/ */
        struct err ignored = {0};
        log_set_level(LOG_QUIET);
        (void)config_load(&ignored);
        return complete_run(argc - 1, argv + 1);
    }
    if (word[0] == '-') {
        return complain_unknown(word, err);
    }
    const struct command *command = command_find(word, err);
    if (command != NULL && argc > 2 && strcmp(argv[2], "--help") == 0) { /* also when a config file is broken */
        help_print_command(command);
        return 0;
    }
    if (command == NULL || config_load(err) < 0) {
        return -1;
    }
    tell_ignored(&config_loaded()->site);
    tell_ignored(&config_loaded()->user);
    return command->run(argc - 1, argv + 1, exit_code, err);
}

/* A missing standard descriptor would be the number of the first file that is opened here, and the command would write
 * into it. */
static int open_standard(struct err *err)
{
    for (;;) {
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "open '/dev/null'");
        }
        if (fd > STDERR_FILENO) {
            close(fd);
            return 0;
        }
        (void)fcntl(fd, F_SETFD, 0);
    }
}

int main(int argc, char **argv)
{
    struct err err = {0};
    int exit_code = 0;
    /* With rights that the caller does not have, every option of this program would be a hole. */
    if (getauxval(AT_SECURE) != 0 || getuid() != geteuid() || getgid() != getegid()) {
        log_error("refuses to run set-uid, set-gid or with file capabilities; it needs none of them");
        return 125;
    }
    if (!sealed_is_in_place()) {
        log_error("refuses to be executed by '/proc/self/exe' inside of a run");
        return 125;
    }
    int result = open_standard(&err) < 0 ? -1 : dispatch(argc, argv, &exit_code, &err);
    if (fflush(stdout) != 0 && result == 0) {
        result = err_set_errno(&err, ERR_SYSTEM, errno, "write to standard output");
    }
    if (result < 0 && err.kind != ERR_NONE) { /* without one --help was shown */
        log_error("%s", err.text);
        return err_exit_code(&err);
    }
    return result < 0 ? 0 : exit_code;
}
