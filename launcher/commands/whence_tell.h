/* SPDX-License-Identifier: BSD-2-Clause
 *
 * whence_tell: the lineage of a file, for people, for programs and for graphviz, on standard output.
 */
#pragma once

#include "run/lineage.h"

struct whence {
    const char *name; /* of the file, as the person gave it */
    const struct lineage_question *question;
    const struct lineage *lineage;
};

void whence_tell_text(const struct whence *whence);
void whence_tell_json(const struct whence *whence);
/* The graph as DOT: boxes are runs, notes are contents, arrows go from what is read to what is made. */
void whence_tell_dot(const struct whence *whence);
