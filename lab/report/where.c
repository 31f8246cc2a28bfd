/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/where.h"

#include <inttypes.h>
#include <string.h>

/* "host-veth", or "host-veth (mtu=9000)": a count follows. */
static void add_place(struct text *t, const struct matrix_row *row)
{
	const char *params = text_str(&row->label) + strlen(row->topology);

	text_add(t, row->topology);
	if (*params)
		text_addf(t, " (%s)", params + 1);
}

static bool same_everywhere(const struct matrix *m, const uint64_t *counts)
{
	for (size_t i = 1; i < m->n; i++)
		if (counts[i] != counts[0])
			return false;
	return counts[0] > 0;
}

void where_add(struct text *t, const struct summary *s, const struct matrix *m,
	       const uint64_t *counts)
{
	const size_t before = t->n;

	if (m->n > 1 && same_everywhere(m, counts)) {
		if (m->n == 2)
			text_add(t, "both");
		else
			text_addf(t, "all %zu", m->n);
		text_addf(t, " %s, %" PRIu64 " each",
			  m->n > s->n_topologies ? "variants" : "topologies",
			  counts[0]);
		return;
	}
	for (size_t i = 0; i < m->n; i++) {
		if (!counts[i])
			continue;
		text_add(t, t->n > before ? ", " : "");
		add_place(t, &m->rows[i]);
		text_addf(t, "=%" PRIu64, counts[i]);
	}
}
