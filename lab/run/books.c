/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/books.h"

#include "lab/base/text.h"

#include <inttypes.h>

static bool has_address(const struct topology_node *node,
			const struct ip_addr *a)
{
	const struct interface *interfaces = node->interfaces.items;

	for (size_t i = 0; i < node->interfaces.n; i++) {
		const struct ip_prefix *p = interfaces[i].addresses.items;

		for (size_t j = 0; j < interfaces[i].addresses.n; j++)
			if (ip_addr_equal(&p[j].addr, a))
				return true;
	}
	return false;
}

/* A kernel that was listened to did not tell of it.  What a wish forged was
 * booked when it was sent, since not every kernel can be listened to. */
static bool is_denied(struct lab_node *node, const struct lab *lab,
		      const struct reset *r,
		      const struct evidence_source *evidence)
{
	if (!evidence_denies(evidence, lab, r))
		return false;
	if (!node->rst_forged) {
		node->rst_denied++;
		return true;
	}
	node->rst_forged--;
	return false;
}

/* A node's TCP sends under the node's addresses only.  An RST under another
 * was made by its packet filter, which no counter of TCP knows; so was one of
 * which a kernel that was listened to did not tell. */
static bool is_of_filter(const struct lab *lab, const struct reset *r,
			 const struct evidence_source *evidence)
{
	const struct sighting *first = &r->sightings[0];
	struct lab_node *node = &lab->nodes[first->point.node];

	if (r->emitter_node != first->point.node || first->direction == FLOW_IN)
		return false;
	if (first->direction == FLOW_OUT &&
	    !has_address(node->net->spec, &first->src.addr))
		return true;
	return is_denied(node, lab, r, evidence);
}

/* What the counters of its node will be compared with. */
static void note_form(struct lab *lab, const struct reset *r)
{
	struct lab_node *node;

	if (r->emitter_node == FLOW_NOBODY || reset_is_forwarded(r))
		return;
	node = &lab->nodes[r->emitter_node];
	node->rst_seen++;
	node->rst_decided += r->form == FORM_RSTACK;
}

void books_count(struct lab *lab, const struct connection *c,
		 const struct evidence_source *evidence)
{
	for (size_t i = 0; i < c->n_emitters; i++)
		if (c->emitters[i].node != FLOW_NOBODY)
			lab->nodes[c->emitters[i].node].rst_wire +=
				c->emitters[i].resets;
	for (size_t i = 0; i < c->n_resets && i < FLOW_RESETS_MAX; i++)
		note_form(lab, &c->resets[i]);
	for (size_t i = 0; i < c->n_resets && i < FLOW_RESETS_MAX; i++)
		if (is_of_filter(lab, &c->resets[i], evidence)) {
			lab->nodes[c->resets[i].emitter_node].rst_wire--;
			lab->nodes[c->resets[i].emitter_node].rst_foreign++;
		}
}

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
		return err_no_memory(e);

	/* counted before it is sent, and again when that fails:
	 * tcp_send_active_reset(), Linux 6.18 */
	sent = now.value[COUNTER_OUT_RSTS] -
	       node->before.value[COUNTER_OUT_RSTS] -
	       (now.value[COUNTER_ABORT_FAILED] -
		node->before.value[COUNTER_ABORT_FAILED]) -
	       (int64_t)node->rst_lost;
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
