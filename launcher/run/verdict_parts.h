/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verdict_parts: what the parts of verdict.h call of each other. Each compares two sources from where they are to their
 * ends and fills *ret_result, whose verdict is one of identical, normalised, tolerated and different.
 */
#pragma once

#include "run/normal.h"
#include "run/source.h"
#include "run/verdict.h"

/* What is compared, beside the two sides. */
struct verdict_job {
    const struct verdict_file *then, *now;
    const char *name;
    const struct verdict_rules *rules;
};

/* Kinds of content, by the first bytes (of both: where they disagree it is VERDICT_BYTES). */
enum verdict_form { VERDICT_BYTES, VERDICT_TEXT, VERDICT_GZIP, VERDICT_BAM, VERDICT_PNG, VERDICT_PDF };

enum verdict_form verdict_form_of(struct source *then, struct source *now);

/* Byte by byte; where they differ the bytes there as hexadecimal. False when a source has a problem. */
bool verdict_bytes(struct source *then, struct source *now, struct verdict_result *ret_result);
bool verdict_text(struct source *then, struct source *now, const char *name, const struct verdict_rules *rules,
                  struct verdict_result *ret_result);
/* Whatever is in them, by verdict_form_of; gzip within gzip is bytes. */
bool verdict_content(struct source *then, struct source *now, const struct verdict_job *job,
                     struct verdict_result *ret_result);

/* False when they are not what their first bytes promise: compare them in another way. */
bool verdict_gzip(const struct verdict_job *job, struct verdict_result *ret_result);
bool verdict_bam(struct source *then, struct source *now, const struct verdict_job *job,
                 struct verdict_result *ret_result);
bool verdict_png(struct source *then, struct source *now, struct verdict_result *ret_result);
bool verdict_pdf(struct source *then, struct source *now, struct verdict_result *ret_result);

/* The piece of a line around `at`, escaped, with "..." where it is cut, into `to` of VERDICT_EXCERPT bytes. */
void verdict_excerpt(char to[VERDICT_EXCERPT], const char *line, size_t length, size_t at);
/* Makes `identical` to `normalised` for `reasons`; puts the reasons of a normalised result into its detail. */
void verdict_add_reasons(struct verdict_result *result, unsigned reasons);
/* The detail, or more of it, cut where it is full. */
void verdict_set_detail(struct verdict_result *result, const char *text);
void verdict_say(struct verdict_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
