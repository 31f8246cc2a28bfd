/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-error - what --json prints when there is nothing else to print. */
#ifndef LAB_REPORT_JSON_ERROR_H
#define LAB_REPORT_JSON_ERROR_H

#include "lab/base/err.h"

#include <stdio.h>

/**
 * report_json_error() - print the document rstlab.error/1
 * @details:	what to add to the message, lines that end in a newline; or NULL
 * @exit_status:	what the program will return
 *
 * One valid JSON document, also when memory is short.
 */
void report_json_error(FILE *out, const struct err *e, const char *details,
		       int exit_status);

#endif
