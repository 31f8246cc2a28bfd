/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request - from a command line to what a run needs. */
#ifndef LAB_CMD_REQUEST_H
#define LAB_CMD_REQUEST_H

#include "lab/base/text.h"
#include "lab/cmd/verb.h"

/* The command line, as a shell reads it back. */
void request_command(struct text *t, char *const *argv);

/* The seed that was given, or a random one. */
int request_seed(const struct opt_seed *wanted, uint64_t *ret, struct err *e);

/* NULL-terminated, as catalog_find() wants it; "*" for an empty list.  Freed
 * by the caller; NULL: out of memory. */
const char **request_words(const struct opt_list *l);

/* The names of all reports, in the order of reports[]: for --format. */
const char *const *request_formats(void);

/* Where the probes are.  One that is missing is told before anything begins,
 * together with the way out. */
int request_probes(char **ret_dir, struct err *e);

#endif
