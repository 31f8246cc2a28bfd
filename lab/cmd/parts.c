/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/parts.h"

#include "lab/base/num.h"
#include "lab/spec/quantity.h"

#include <string.h>

const struct topology_node *parts_node(const struct topology *t, size_t i)
{
	return (const struct topology_node *)t->nodes.items + i;
}

const struct interface *parts_interface(const struct topology *t, struct part p)
{
	const struct spec_list *list = &parts_node(t, p.node)->interfaces;

	return (const struct interface *)list->items + p.interface;
}

bool parts_next(const struct topology *t, struct part *p)
{
	p->interface++; /* from SIZE_MAX to 0 at the beginning */
	while (p->node < t->nodes.n) {
		if (p->interface < parts_node(t, p->node)->interfaces.n)
			return true;
		p->node++;
		p->interface = 0;
	}
	return false;
}

bool parts_is_before(struct part a, struct part b)
{
	return a.node != b.node ? a.node < b.node : a.interface < b.interface;
}

bool parts_peer(const struct topology *t, struct part p, struct part *ret)
{
	const struct interface *mine = parts_interface(t, p);

	for (struct part at = PARTS_BEGIN; mine->link && parts_next(t, &at);) {
		const struct interface *x = parts_interface(t, at);

		if (x == mine || !x->link || strcmp(x->link, mine->link) != 0)
			continue;
		*ret = at;
		return true;
	}
	return false;
}

bool parts_find_in(const struct topology *t, size_t node, const char *name,
		   struct part *ret)
{
	for (struct part at = { .node = node, .interface = SIZE_MAX };
	     parts_next(t, &at) && at.node == node;) {
		if (strcmp(parts_interface(t, at)->name, name) != 0)
			continue;
		*ret = at;
		return true;
	}
	return false;
}

bool parts_find(const struct topology *t, const char *name, struct part *ret)
{
	for (size_t i = 0; i < t->nodes.n; i++) {
		const char *node = parts_node(t, i)->name;
		const size_t n = strlen(node);

		if (!strncmp(name, node, n) && name[n] == ':')
			return parts_find_in(t, i, name + n + 1, ret);
	}
	return false;
}

const struct link *parts_link(const struct topology *t, const char *link)
{
	const struct link *l = link ? topology_link(t, link) : NULL;

	return l && l->kind != LINK_VETH ? l : NULL;
}

/* --- words ---------------------------------------------------------------- */

static void add_word(struct text *out, size_t from, const char *word,
		     const char *value)
{
	text_addf(out, "%s%s %s", out->n > from ? ", " : "", word, value);
}

static void add_burst(struct text *out, size_t from, const struct impairment *m)
{
	char begin[QUANTITY_TEXT_MAX], end[QUANTITY_TEXT_MAX],
		loss[QUANTITY_TEXT_MAX], all[3 * QUANTITY_TEXT_MAX + 32];

	if (!m->bad_ppm)
		return;
	(void)snprintf(all, sizeof(all), "%s in bursts (begin %s, end %s)",
		       quantity_share_text(m->bad_loss_ppm, loss),
		       quantity_share_text(m->bad_ppm, begin),
		       quantity_share_text(m->good_ppm, end));
	add_word(out, from, "loss", all);
}

/* "delay 2ms, loss 0.5%", or "as they come". */
static void add_impairment(struct text *out, const struct impairment *m)
{
	const struct {
		const char *word;
		int64_t ns;
	} times[] = { { "delay", m->delay_ns }, { "jitter", m->jitter_ns } };
	const struct {
		const char *word;
		uint32_t ppm;
	} shares[] = { { "loss", m->loss_ppm },
		       { "duplicate", m->duplicate_ppm },
		       { "reorder", m->reorder_ppm } };
	const size_t from = out->n;
	char buf[QUANTITY_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		if (times[i].ns)
			add_word(out, from, times[i].word,
				 num_duration_text(times[i].ns, buf));
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++)
		if (shares[i].ppm)
			add_word(out, from, shares[i].word,
				 quantity_share_text(shares[i].ppm, buf));
	add_burst(out, from, m);
	if (m->rate_bps)
		add_word(out, from, "rate",
			 quantity_rate_text(m->rate_bps, buf));
	if (out->n == from)
		text_add(out, "as they come");
}

void parts_add_link(struct text *out, const struct link *l)
{
	static const struct impairment none;

	text_add(out, link_kind_names[l->kind]);
	if (!memcmp(&l->there, &none, sizeof(none)) &&
	    !memcmp(&l->back, &none, sizeof(none)))
		return;
	text_add(out, ", ");
	if (!memcmp(&l->there, &l->back, sizeof(l->there))) {
		add_impairment(out, &l->there);
		return;
	}
	text_add(out, "there ");
	add_impairment(out, &l->there);
	text_add(out, ", back ");
	add_impairment(out, &l->back);
}

static void add_way(struct text *out, const struct ip_endpoint *from,
		    const struct ip_endpoint *to)
{
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX];

	text_addf(out, "%s to %s", ip_endpoint_text(from, a),
		  ip_endpoint_text(to, b));
}

void parts_add_process(struct text *out, const struct process *p)
{
	const struct forward *forwards = p->forwards.items;

	text_addf(out, "%s ", process_kind_names[p->kind]);
	if (p->kind == PROCESS_RELAY) {
		add_way(out, &p->listen, &p->connect);
		return;
	}
	text_addf(out, "for %s", p->guest);
	for (size_t i = 0; i < p->forwards.n; i++) {
		text_add(out, ", ");
		add_way(out, &forwards[i].listen, &forwards[i].connect);
	}
	if (p->restrict_)
		text_add(out, ", restricted");
}

void parts_add_endpoints(struct text *out, const struct ip_endpoint *ep,
			 const struct ip_endpoint *ep6)
{
	char buf[IP_TEXT_MAX];

	text_add(out, ip_endpoint_text(ep, buf));
	if (ep6->addr.family)
		text_addf(out, " or %s", ip_endpoint_text(ep6, buf));
}
