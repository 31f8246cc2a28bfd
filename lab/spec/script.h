/* SPDX-License-Identifier: GPL-2.0-or-later */
/* script - what client and server do, read from lines such as "send 64". */
#ifndef LAB_SPEC_SCRIPT_H
#define LAB_SPEC_SCRIPT_H

#include "lab/spec/spec.h"
#include "lab/spec/step.h"

struct script_line {
	char *text; /* NULL: was no text, and is reported */
	struct spec_at at;
};

/* The list of one side. */
struct script_source {
	const struct script_line *lines;
	size_t n;
	struct spec_at at; /* of the key; .line 0: there is none */
};

/**
 * scripts_read() - make scripts of the lists of both sides, by side
 * @deadline_ns:	of a trial: no step may wait longer
 *
 * Checked, and reported to @d: what workload_load() says of scripts.
 */
void scripts_read(const struct script_source *sources, int64_t deadline_ns,
		  struct script *ret, struct spec_diags *d);

#endif
