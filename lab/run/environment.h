/* SPDX-License-Identifier: GPL-2.0-or-later */
/* environment - the machine a run was made on, so that two runs can be told
 * apart later. */
#ifndef LAB_RUN_ENVIRONMENT_H
#define LAB_RUN_ENVIRONMENT_H

#include "lab/base/err.h"
#include "lab/base/text.h"

#include <stdint.h>

/* "Linux 6.18.44 x86_64" */
int environment_kernel(struct text *out, struct err *e);

/* "x86_64, AMD EPYC, 2 processors" */
void environment_hardware(struct text *out);

/* A JSON object; what cannot be read is absent, never guessed.
 * @capture_clock_ns: from monotonic times to those of the capture files; NULL:
 * there are none
 * @runtimes: JSON object, of versions by workload; NULL: of none
 * @plan: JSON object, what a named plan says; NULL: there is none */
int environment_json(const int64_t *capture_clock_ns, const char *runtimes,
		     const char *plan, struct text *out, struct err *e);

/* Now, in UTC, as RFC 3339 says: "2026-01-31T07:45:12Z".  @buf: 32 bytes. */
const char *environment_now(char *buf);

#endif
