/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-error - what --json prints when there is nothing else to print. */
#ifndef LAB_REPORT_JSON_ERROR_H
#define LAB_REPORT_JSON_ERROR_H

#include "lab/base/err.h"

#include <stdio.h>

/* Print the document rstlab.error/1: one valid JSON document, also when memory
 * is short.  @exit_status is what the program will return. */
void report_json_error(FILE *out, const struct err *e, int exit_status);

#endif
