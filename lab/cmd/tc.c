/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: tc-netem(8), iproute2 6.1 */
#include "lab/cmd/tc.h"

#include "lab/net/rtnl-qdisc.h"
#include "lab/spec/quantity.h"

#include <inttypes.h>

/* tc knows no minutes. */
static void add_time(struct text *out, int64_t ns)
{
	static const struct {
		const char *suffix;
		int64_t ns;
	} units[] = {
		{ "s", 1000000000 },
		{ "ms", 1000000 },
		{ "us", 1000 },
		{ "ns", 1 },
	};
	size_t i = 0;

	while (ns % units[i].ns)
		i++;
	text_addf(out, " %" PRId64 "%s", ns / units[i].ns, units[i].suffix);
}

static void add_share(struct text *out, const char *word, uint32_t ppm)
{
	char buf[QUANTITY_TEXT_MAX];

	text_addf(out, "%s %s", word, quantity_share_text(ppm, buf));
}

static void add_loss(struct text *out, const struct impairment *m)
{
	if (m->bad_ppm) {
		add_share(out, " loss gemodel", m->bad_ppm);
		add_share(out, "", m->good_ppm);
		add_share(out, "", m->bad_loss_ppm);
		add_share(out, "", m->loss_ppm);
	} else if (m->loss_ppm) {
		add_share(out, " loss", m->loss_ppm);
	}
}

void tc_add_netem(struct text *out, const struct impairment *m)
{
	char buf[QUANTITY_TEXT_MAX];

	text_addf(out, "netem limit %d", RTNL_NETEM_LIMIT);
	if (m->delay_ns) {
		text_add(out, " delay");
		add_time(out, m->delay_ns);
	}
	if (m->jitter_ns)
		add_time(out, m->jitter_ns);
	add_loss(out, m);
	if (m->duplicate_ppm)
		add_share(out, " duplicate", m->duplicate_ppm);
	if (m->reorder_ppm)
		add_share(out, " reorder", m->reorder_ppm);
	if (m->rate_bps)
		text_addf(out, " rate %s",
			  quantity_rate_text(m->rate_bps, buf));
}
