/* SPDX-License-Identifier: GPL-2.0-or-later */
/* markdown-text - any text, so that Markdown shows it as it is. */
#ifndef LAB_REPORT_MARKDOWN_TEXT_H
#define LAB_REPORT_MARKDOWN_TEXT_H

#include "lab/base/text.h"

/* Add @s, on one line, with a backslash before what Markdown would take. */
void markdown_add_plain(struct text *t, const char *s);

#endif
