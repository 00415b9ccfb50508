/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cite_data: what a run used, as entries for a list of references: the run itself, sciwrap, the environment, the
 * Debian packages of the programs that were executed, and what the environment's definition asks to be cited.
 */
#pragma once

#include "publish/cite.h"

/* BibTeX: @misc with title, note, year, month, doi and key, which every style takes. Caller frees. */
char *cite_data_bibtex(const struct cite *cite);
/* CSL-JSON (citationstyles.org, schema csl-data): an array. Caller frees. */
char *cite_data_csl(const struct cite *cite);
