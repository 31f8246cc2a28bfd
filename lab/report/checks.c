/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/checks.h"

#include <inttypes.h>
#include <string.h>

/* Returns: how many were added. */
static size_t add_sources(struct text *t, const struct summary *s,
			  const char *state)
{
	size_t n = 0;

	for (size_t i = 0; i < s->checks.n_sources; i++) {
		const struct check_source *x = &s->checks.sources[i];

		if (strcmp(x->state, state) != 0)
			continue;
		text_addf(t, "%s%s", n++ ? ", " : "", x->name);
		if (x->why && strcmp(state, "off") != 0)
			text_addf(t, " (%s)", x->why);
	}
	return n;
}

void checks_add_sources(struct text *t, const struct summary *s)
{
	own_text struct text missing = { .s = NULL };

	(void)add_sources(t, s, "used");
	if (add_sources(&missing, s, "missing"))
		text_addf(t, "; missing: %s", text_str(&missing));
}

void checks_add_mismatches(struct text *t, const struct summary *s)
{
	const struct checks *c = &s->checks;
	const struct check_mismatch *first = c->mismatches;

	for (size_t i = 0; i < c->n_mismatches && c->n_marked && first->why;
	     i++)
		first = &c->mismatches[i];
	if (!c->n_mismatches)
		return;
	text_addf(t,
		  "%zu %s of blocks and nodes did not agree, %zu without a "
		  "known reason; the first: block %" PRIu64 ", %s of %s: %s: "
		  "%" PRId64 " and %" PRId64 "%s%s",
		  c->n_mismatches,
		  c->n_mismatches == 1 ? "comparison" : "comparisons",
		  c->n_marked, first->block, first->node, first->topology,
		  first->what, first->expected, first->seen,
		  first->why ? ": " : "", first->why ?: "");
}
