/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A key of a link holds for both directions, the same key below
 * `there` or `back` for one.  What was said where is kept apart until all
 * files are read, and only then put together.
 */
#include "lab/spec/name.h"
#include "lab/spec/quantity.h"
#include "lab/spec/topology-tables.h"
#include "lab/spec/topology.h"

const char *const link_kind_names[] = { "veth", "wire", "netem", NULL };

enum { PPM = 1000000 };

static const struct spec_field burst_fields[] = {
	{ "begin", SPEC_CUSTOM, .offset = offsetof(struct impairment, bad_ppm),
	  .parse = quantity_parse_share,
	  .help = "share of frames with which a burst begins" },
	{ "end", SPEC_CUSTOM, .offset = offsetof(struct impairment, good_ppm),
	  .parse = quantity_parse_share,
	  .help = "share of the frames of a burst that end it" },
	{ "loss", SPEC_CUSTOM,
	  .offset = offsetof(struct impairment, bad_loss_ppm),
	  .parse = quantity_parse_share,
	  .help = "share of the frames of a burst that are lost" },
};
static const struct spec_table burst_table = {
	.what = "burst-loss",
	.size = sizeof(struct impairment),
	.fields = burst_fields,
	.n_fields = ARRAY_SIZE(burst_fields),
};

static const struct spec_field impairment_fields[] = {
	{ "delay", SPEC_CUSTOM, .offset = offsetof(struct impairment, delay_ns),
	  .parse = quantity_parse_delay, .help = "how long a frame takes" },
	{ "jitter", SPEC_CUSTOM,
	  .offset = offsetof(struct impairment, jitter_ns),
	  .parse = quantity_parse_delay,
	  .help = "how far the delay of a frame may be off" },
	{ "loss", SPEC_CUSTOM, .offset = offsetof(struct impairment, loss_ppm),
	  .parse = quantity_parse_share, .help = "share of frames lost" },
	{ "burst-loss", SPEC_STRUCT, .item = &burst_table,
	  .help = "loss in bursts" },
	{ "duplicate", SPEC_CUSTOM,
	  .offset = offsetof(struct impairment, duplicate_ppm),
	  .parse = quantity_parse_share,
	  .help = "share of frames that arrive twice" },
	{ "reorder", SPEC_CUSTOM,
	  .offset = offsetof(struct impairment, reorder_ppm),
	  .parse = quantity_parse_share,
	  .help = "share of frames that overtake those that wait" },
	{ "rate", SPEC_CUSTOM, .offset = offsetof(struct impairment, rate_bps),
	  .parse = quantity_parse_rate, .help = "bits per second" },
};
const struct spec_table topology_impairment_table = {
	.what = "direction",
	.size = sizeof(struct impairment),
	.fields = impairment_fields,
	.n_fields = ARRAY_SIZE(impairment_fields),
};

/* The same keys once more, for both directions. */
#define BOTH(member) \
	(offsetof(struct link, said_both) + offsetof(struct impairment, member))

static const struct spec_field link_fields[] = {
	{ "name", SPEC_STRING, .offset = offsetof(struct link, name),
	  .at_offset = offsetof(struct link, name_at), .required = 1,
	  .parse = name_check, .help = "the link that interfaces name" },
	{ "kind", SPEC_CHOICE, .offset = offsetof(struct link, kind),
	  .required = 1, .choices = link_kind_names,
	  .help = "veth, wire or netem" },
	{ "delay", SPEC_CUSTOM, .offset = BOTH(delay_ns),
	  .parse = quantity_parse_delay, .help = "how long a frame takes" },
	{ "jitter", SPEC_CUSTOM, .offset = BOTH(jitter_ns),
	  .parse = quantity_parse_delay,
	  .help = "how far the delay of a frame may be off" },
	{ "loss", SPEC_CUSTOM, .offset = BOTH(loss_ppm),
	  .parse = quantity_parse_share, .help = "share of frames lost" },
	{ "burst-loss", SPEC_STRUCT, .offset = offsetof(struct link, said_both),
	  .item = &burst_table, .help = "loss in bursts" },
	{ "duplicate", SPEC_CUSTOM, .offset = BOTH(duplicate_ppm),
	  .parse = quantity_parse_share,
	  .help = "share of frames that arrive twice" },
	{ "reorder", SPEC_CUSTOM, .offset = BOTH(reorder_ppm),
	  .parse = quantity_parse_share,
	  .help = "share of frames that overtake those that wait" },
	{ "rate", SPEC_CUSTOM, .offset = BOTH(rate_bps),
	  .parse = quantity_parse_rate, .help = "bits per second" },
	{ "there", SPEC_STRUCT, .offset = offsetof(struct link, said_there),
	  .item = &topology_impairment_table,
	  .help = "from the interface that stands first" },
	{ "back", SPEC_STRUCT, .offset = offsetof(struct link, said_back),
	  .item = &topology_impairment_table,
	  .help = "towards the interface that stands first" },
};

/* What no file says. */
#define UNSAID                                                           \
	{                                                                \
		.delay_ns = -1, .jitter_ns = -1, .loss_ppm = UINT32_MAX, \
		.bad_ppm = UINT32_MAX, .good_ppm = UINT32_MAX,           \
		.bad_loss_ppm = UINT32_MAX, .duplicate_ppm = UINT32_MAX, \
		.reorder_ppm = UINT32_MAX, .rate_bps = UINT64_MAX,       \
	}
static const struct impairment unsaid = UNSAID;
static const struct link link_defaults = {
	.said_both = UNSAID,
	.said_there = UNSAID,
	.said_back = UNSAID,
};
const struct spec_table topology_link_table = {
	.what = "link",
	.size = sizeof(struct link),
	.fields = link_fields,
	.n_fields = ARRAY_SIZE(link_fields),
	.defaults = &link_defaults,
};

#define TAKE(to, from, member)                         \
	do {                                           \
		if ((from)->member != unsaid.member)   \
			(to)->member = (from)->member; \
	} while (0)

static void take(struct impairment *to, const struct impairment *from)
{
	TAKE(to, from, delay_ns);
	TAKE(to, from, jitter_ns);
	TAKE(to, from, loss_ppm);
	TAKE(to, from, bad_ppm);
	TAKE(to, from, good_ppm);
	TAKE(to, from, bad_loss_ppm);
	TAKE(to, from, duplicate_ppm);
	TAKE(to, from, reorder_ppm);
	TAKE(to, from, rate_bps);
}

/* A burst loses everything unless said otherwise. */
static struct impairment put_together(const struct impairment *both,
				      const struct impairment *one)
{
	struct impairment r = { .bad_loss_ppm = PPM };

	take(&r, both);
	take(&r, one);
	if (!r.bad_ppm)
		r.bad_loss_ppm = 0;
	return r;
}

void link_complete(struct link *l)
{
	l->there = put_together(&l->said_both, &l->said_there);
	l->back = put_together(&l->said_both, &l->said_back);
}
