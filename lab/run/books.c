/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/books.h"

#include "lab/base/text.h"

#include <inttypes.h>

static int close_node(const struct lab *lab, const struct lab_node *node,
		      struct store *store, bool *ret_balanced, struct err *e)
{
	own_text struct text json = { .s = NULL };
	struct counters now;
	int64_t sent;
	int r;

	r = counters_read(node->counters, &now, e);
	if (r < 0)
		return r;
	text_add(&json, "{");
	for (int i = 0; i < COUNTERS; i++)
		text_addf(&json, "%s\"%s\": %" PRId64, i ? ", " : "",
			  counter_name(i),
			  now.value[i] - node->before.value[i]);
	text_add(&json, "}");
	if (json.failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "books");

	sent = now.value[COUNTER_OUT_RSTS] -
	       node->before.value[COUNTER_OUT_RSTS];
	if (sent != (int64_t)node->rst_wire)
		*ret_balanced = false;
	return store_put_books(
		store,
		&(struct store_books){
			.place = { lab->topology->name, lab->topology->params,
				   node->net->spec->name },
			.rst_wire = (int64_t)node->rst_wire,
			.rst_counted = sent,
			.rst_foreign = (int64_t)node->rst_foreign,
			.counters = json.s,
		},
		e);
}

int books_close(const struct lab *lab, struct store *store, bool *ret_balanced,
		struct err *e)
{
	for (size_t i = 0; i < lab->n_nodes; i++) {
		int r = close_node(lab, &lab->nodes[i], store, ret_balanced, e);

		if (r < 0)
			return err_add(e, "books of %s", lab->topology->name);
	}
	return 0;
}
