/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read - one document -> a struct, perhaps over another's.  Private to spec/.
 */
#ifndef LAB_SPEC_READ_H
#define LAB_SPEC_READ_H

#include "lab/spec/spec.h"

#include <stdbool.h>
#include <yaml.h>

struct reader {
	struct spec_diags *d;
	yaml_document_t *doc;
	const char *path; /* for places: of the file, or NULL */
	bool no_memory;
};

/* What became of each field of a table. */
struct seen {
	unsigned line[SPEC_FIELDS_MAX]; /* of the key; 0: none yet */
	bool meant[SPEC_FIELDS_MAX];	/* an unknown key looks like it */
};

/* Read the keys of @node into @out, over what is there. */
void read_keys(struct reader *rd, const struct spec_table *table,
	       const yaml_node_t *node, void *out, struct seen *seen);

/* Report the required keys that were not @seen. */
void read_missing(struct reader *rd, const struct spec_table *table,
		  struct spec_at at, const struct seen *seen);

/* Where the text of @node begins. */
struct spec_at read_at(const struct reader *rd, const yaml_node_t *node);

#endif
