/* SPDX-License-Identifier: BSD-2-Clause
 *
 * submission_doc: the files submission.json and N.json of a submission (run/submission.h), as JSON and back.
 */
#pragma once

#include "base/doc.h"
#include "run/submission.h"

struct doc *submission_doc(const struct submission *submission);
/* Into an empty submission; ERR_INVALID, with `name`, when a member is not what it must be. */
int submission_read(struct submission *submission, const char *name, const struct doc *doc, struct err *err);

struct doc *submission_job_doc(const struct submission_job *job);
int submission_job_read(struct submission_job *job, const char *name, const struct doc *doc, struct err *err);
void submission_job_release(struct submission_job *job);
