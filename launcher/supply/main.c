/* SPDX-License-Identifier: BSD-2-Clause
 * sciwrap-env: finds the subcommand in the table (command_pull, command_pin, command_build, command_lock,
 * command_bundle; their options: command_line), runs it, tells the error.
 *
 *   pull      a definition to an unpacked, verified tree in the store
 *   pin       what a source is: pin_source: which kind of source a word means; pin_write: its definition
 *   mirror    places that have files by their digest; local: addresses of this host; offline: whether the network is
 *             asked
 *   fetch     items into the store, several at once: fetch_transfer: one item, from the first address that has the
 *             pinned bytes, by way of fetch_part, a file while it arrives; fetch_page: a short document into memory;
 *             both by fetch_visit: one address, with redirects and tries (fetch_retry) and the user's password
 *             (fetch_netrc); fetch_http: one question (libcurl is here and nowhere else); fetch_answer: its headers
 *   registry  images of a registry: registry_ref reads their names, registry_access logs in (registry_challenge: what
 *             the server wants; credentials, credentials_helper: what the user has; http_url: who may get it),
 *             registry_error tells what it said,
 *             registry_tags what there is instead
 *   unpack    an archive into an open directory, by unpack_work in a process of its own: unpack_input reads and hashes
 *             it, unpack_scan, unpack_pax, unpack_sparse and unpack_number check its framing, unpack_read lets
 *             libarchive read it, unpack_entry has the rules, unpack_listing knows what is there already
 *             (unpack_layers: what lower layers of an image put there), unpack_queue hands on, unpack_write writes,
 *             content_hash hashes, unpack_checked notes the state in which each file was left; unpack_limits: how
 *             much an archive may hold
 *   confined  work on foreign bytes in a process of its own; jail: shuts it in, with jail_landlock and jail_filter
 *   image     an image to a tree: image_choose from a name to the manifest of one platform, image_bring from there to
 *             its blobs, image_tree to the tree, image_keep to copies of them in the store;
 *             image_manifest, image_config: the JSON documents, read with image_doc; image_source: where blobs lie on
 *             this machine; image_archive, image_saved: in what `docker save` writes
 *   recipe    how an artifact is made (recipe_items: what it adds itself); lockfile: which package files that means
 *   build     a recipe and its lock to one tar: build_read reads packages at once, each with deb, into tree (names) and
 *             spool (contents); build_database adds dpkg's record; tarball writes them out;
 *             build_commands runs what the recipe runs inside; build_differ says how another artifact differs
 *   lock      what a recipe resolves to; apt runs the host's apt in a private root
 *   bundle    bundle_write and bundle_read: a run and all that it needs as one file, and back; bundle_plan: what
 *             sciwrap says belongs into it; bundle_member: its members, strictly; bundle_mark: its end
 *   store      store_export, store_import (store_import_read: the foreign bytes): one environment as a file, and back;
 *             store_file: what is in it; command_store: the two commands
 *   tar_header, zstream   the headers of a tar, always the same; a zstd stream
 *   sources   where Debian's archives can be read from here
 *   stage     a private folder of the store that is committed (stage_commit) whole or not at all */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "env/config.h"
#include "supply/supply.h"

static const struct supply_command *const commands[] = {
    &pull_command,         &pin_command,         &build_command,  &lock_command,
    &bundle_write_command, &bundle_read_command, &export_command, &import_command,
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(void)
{
    printf("usage: sciwrap-env COMMAND [ARG...]\n\nPrivate helper of sciwrap: use 'sciwrap COMMAND' instead.\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-12s %s\n               %s\n", commands[i]->name, commands[i]->synopsis, commands[i]->summary);
    }
}

static const struct supply_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int run_command(int argc, char **argv, struct err *err)
{
    if (argc < 2) {
        return err_set(err, ERR_USAGE, "no command given: see 'sciwrap-env --help'");
    }
    const struct supply_command *command = find_command(argv[1]);
    if (command == NULL) {
        return err_set(err, ERR_USAGE, "unknown command '%s': see 'sciwrap-env --help'", argv[1]);
    }
    /* What it says of files that it leaves out has been said by sciwrap, from the same files. */
    if (config_load(err) < 0) {
        return -1;
    }
    return command->run(argc - 1, argv + 1, err);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    /* Writing to a reader that went away is an error of that write, not the end of a half-made transfer. */
    signal(SIGPIPE, SIG_IGN);
    /* Files of the store are as their owner wants them, whatever umask a batch system starts us with. */
    umask(022);
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        print_help();
        return 0;
    }
    if (run_command(argc, argv, &err) < 0) {
        if (err.text[0] != '\0') { /* else it was reported to who asked */
            log_error("%s", err.text);
        }
        return err_exit_code(&err);
    }
    return 0;
}
