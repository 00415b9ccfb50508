/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_style: how the pages of a report look: the text of their one style sheet.
 *
 * Fonts are those of the system: the page fetches nothing. Colours are variables, once for light and once for dark
 * (prefers-color-scheme); tests/cli/report.bats computes the contrast of each pair that stands on each other and wants
 * WCAG 2.1 AA: 4.5 for text, 3 for what is drawn. No colour says anything that a word does not say.
 */
#pragma once

#include "base/buf.h"

void report_style(struct buf *page);
