/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/check.h"

#include "lab/base/num.h"

struct end {
	const struct interface *interface;
	const char *node;
};

/* Collect the ends of @link: how many there are, and the first two. */
static size_t ends_of(const struct check *c, const char *link,
		      struct end ret[2])
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_nodes; i++) {
		const struct interface *list = interfaces_of(&c->nodes[i]);

		for (size_t k = 0; k < c->nodes[i].interfaces.n; k++) {
			if (!same(list[k].link, link))
				continue;
			if (n < 2)
				ret[n] = (struct end){ &list[k],
						       c->nodes[i].name };
			n++;
		}
	}
	return n;
}

/* The name of a link with one end, such as the other end may have meant. */
static void report_single(const struct check *c, const struct interface *in)
{
	const char *known[SPEC_ENTRIES_MAX + 1];
	struct end ends[2];
	size_t n = 0;

	for (size_t i = 0; i < c->n_nodes; i++) {
		const struct interface *list = interfaces_of(&c->nodes[i]);

		for (size_t k = 0; k < c->nodes[i].interfaces.n; k++)
			if (list[k].link && !same(list[k].link, in->link) &&
			    n < SPEC_ENTRIES_MAX &&
			    ends_of(c, list[k].link, ends) == 1)
				known[n++] = list[k].link;
	}
	known[n] = NULL;
	spec_error_word(c->d, in->link_at, in->link, known,
			"link '%s' has one end; two interfaces must name it",
			in->link);
}

/* The two ends may stand in other files. */
static void report_third(const struct check *c, const struct interface *in,
			 struct spec_at first, struct spec_at second)
{
	const char *here = in->link_at.path;

	if (same(first.path, here) && same(second.path, here))
		spec_error(c->d, in->link_at,
			   "link '%s' has two ends already (lines %u and %u)",
			   in->link, first.line, second.line);
	else
		spec_error(c->d, in->link_at,
			   "link '%s' has two ends already (%s:%u and %s:%u)",
			   in->link, first.path ?: "?", first.line,
			   second.path ?: "?", second.line);
}

void check_link_of(const struct check *c, const struct interface *in)
{
	struct end ends[2];
	size_t n;

	if (!in->link) {
		if (in->kind == INTERFACE_VETH && in->name && !in->link_at.line)
			spec_error(c->d, in->name_at, "veth '%s' needs a link",
				   in->name);
		return;
	}
	n = ends_of(c, in->link, ends);
	if (n == 1 && !c->holes)
		report_single(c, in);
	if (n > 2 && in != ends[0].interface && in != ends[1].interface)
		report_third(c, in, ends[0].interface->link_at,
			     ends[1].interface->link_at);
}

/* ---- entries of their own ---- */

static void check_named(const struct check *c, const struct link *l)
{
	const char *known[SPEC_ENTRIES_MAX + 1];
	struct end ends[2];
	size_t n = 0;

	if (c->holes || ends_of(c, l->name, ends))
		return;
	for (size_t i = 0; i < c->n_nodes; i++) {
		const struct interface *list = interfaces_of(&c->nodes[i]);

		for (size_t k = 0; k < c->nodes[i].interfaces.n; k++)
			if (list[k].link && n < SPEC_ENTRIES_MAX)
				known[n++] = list[k].link;
	}
	known[n] = NULL;
	spec_error_word(c->d, l->name_at, l->name, known,
			"no interface names link '%s'", l->name);
}

static void check_direction(const struct check *c, const struct link *l,
			    const struct impairment *i)
{
	char jitter[32], delay[32];

	if (i->jitter_ns > i->delay_ns)
		spec_error(c->d, l->name_at,
			   "link '%s': jitter %s is more than delay %s",
			   l->name, num_duration_text(i->jitter_ns, jitter),
			   num_duration_text(i->delay_ns, delay));
	if (i->reorder_ppm && !i->delay_ns && !i->rate_bps)
		spec_error(c->d, l->name_at,
			   "link '%s': reorder needs delay or rate, else no "
			   "frame waits that another could overtake",
			   l->name);
	if (i->bad_ppm && !i->good_ppm)
		spec_error(c->d, l->name_at,
			   "link '%s': burst-loss needs end, else the first "
			   "burst never ends",
			   l->name);
	if (!i->bad_ppm && i->good_ppm)
		spec_error(c->d, l->name_at,
			   "link '%s': burst-loss needs begin", l->name);
}

/* What the kernel's netem, or tc(8), does not take. */
static void check_netem(const struct check *c, const struct link *l,
			const struct impairment *i)
{
	char jitter[32];

	if (i->jitter_ns > IMPAIRMENT_NETEM_JITTER_MAX_NS)
		spec_error(
			c->d, l->name_at,
			"link '%s': jitter %s is too much for netem; at most "
			"2.147s, or kind wire",
			l->name, num_duration_text(i->jitter_ns, jitter));
	if (i->reorder_ppm && i->rate_bps && !i->delay_ns)
		spec_error(c->d, l->name_at,
			   "link '%s': reorder needs delay in netem", l->name);
}

static void check_way(const struct check *c, const struct link *l,
		      const struct impairment *i)
{
	check_direction(c, l, i);
	if (l->kind == LINK_NETEM)
		check_netem(c, l, i);
}

static void check_entry(const struct check *c, const struct link *l)
{
	static const struct impairment none = { .delay_ns = 0 };

	check_named(c, l);
	if (l->kind == LINK_VETH &&
	    (memcmp(&l->there, &none, sizeof(none)) != 0 ||
	     memcmp(&l->back, &none, sizeof(none)) != 0))
		spec_error(c->d, l->name_at,
			   "link '%s': only a wire or netem delays or loses "
			   "frames",
			   l->name);
	if (l->kind == LINK_VETH)
		return;
	check_way(c, l, &l->there);
	if (memcmp(&l->there, &l->back, sizeof(l->there)) != 0)
		check_way(c, l, &l->back);
}

void check_links(const struct check *c)
{
	const struct link *links = c->t->links.items;

	for (size_t i = 0; i < c->t->links.n; i++) {
		const struct link *l = &links[i];

		if (!l->name)
			continue;
		if (topology_link(c->t, l->name) == l)
			check_entry(c, l);
		else
			spec_error(c->d, l->name_at,
				   "link '%s' a second time (first in line %u)",
				   l->name,
				   topology_link(c->t, l->name)->name_at.line);
	}
}
