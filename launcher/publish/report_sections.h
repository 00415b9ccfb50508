/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_sections: the sections of the page of one run, each a function that appends it. publish/report.c has their
 * order.
 */
#pragma once

#include "publish/report_parts.h"

void report_head(struct report *report);        /* the title, and the facts at a glance: report_head.c */
void report_what(struct report *report);        /* the command and what was around it: report_head.c */
void report_verdicts(struct report *report);    /* reruns, and what a rerun came to: report_verdicts.c */
void report_files(struct report *report);       /* inputs and outputs: report_files.c */
void report_lineage(struct report *report);     /* report_lineage.c */
void report_processes(struct report *report);   /* their tree over time: report_processes.c */
void report_environment(struct report *report); /* digests, programs, packages, definition: report_environment.c */
void report_settings(struct report *report);    /* what was held fixed: report_walls.c, as the next three */
void report_walls(struct report *report);
void report_leaks(struct report *report);
void report_machine(struct report *report);
void report_again(struct report *report); /* how to run it again: report_again.c, as the next */
void report_cite(struct report *report);

/* A part of the walls: nothing when there was no device. */
void report_devices(struct report *report);

/* "identical" and so on, with a mark; a word that is no verdict of this version as it is. */
void report_verdict(struct report *report, const char *name);
