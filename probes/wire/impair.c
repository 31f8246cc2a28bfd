/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/wire/impair.h"

#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/base/own.h"

#include <string.h>

enum { PPM = 1000000, QUEUE_MAX = 1000000 };

#define DELAY_MAX (3600 * NS_PER_S)
/* More is no limit, and bits times a second must not overflow. */
#define RATE_MAX INT64_C(1000000000000)

#define FIELD(key, member, max)                                            \
	{                                                                  \
		key, offsetof(struct impair_settings, member),             \
			sizeof(((struct impair_settings *)0)->member), max \
	}
static const struct {
	const char *key;
	size_t offset, bytes;
	int64_t max;
} fields[] = {
	FIELD("delay_ns", impairment.delay_ns, DELAY_MAX),
	FIELD("jitter_ns", impairment.jitter_ns, DELAY_MAX),
	FIELD("loss_ppm", impairment.loss_ppm, PPM),
	FIELD("bad_ppm", impairment.bad_ppm, PPM),
	FIELD("good_ppm", impairment.good_ppm, PPM),
	FIELD("bad_loss_ppm", impairment.bad_loss_ppm, PPM),
	FIELD("duplicate_ppm", impairment.duplicate_ppm, PPM),
	FIELD("reorder_ppm", impairment.reorder_ppm, PPM),
	FIELD("rate_bps", impairment.rate_bps, RATE_MAX),
	FIELD("queue", queue, QUEUE_MAX),
};

static void store(struct impair_settings *s, size_t field, int64_t v)
{
	const uint32_t v32 = (uint32_t)v;
	char *at = (char *)s + fields[field].offset;

	if (fields[field].bytes == sizeof(v32))
		memcpy(at, &v32, sizeof(v32));
	else
		memcpy(at, &v, sizeof(v));
}

bool impair_parse(const char *text, struct impair_settings *s)
{
	const char *value = strchr(text, '=');
	const size_t n = value ? (size_t)(value - text) : 0;
	int64_t v;

	for (size_t i = 0; value && i < ARRAY_SIZE(fields); i++) {
		if (strlen(fields[i].key) != n ||
		    strncmp(fields[i].key, text, n) != 0)
			continue;
		if (!num_parse(value + 1, 0, fields[i].max, &v))
			return false;
		store(s, i, v);
		return true;
	}
	return false;
}

void impair_init(struct impair *i, const struct impairment *settings,
		 uint64_t seed)
{
	*i = (struct impair){ .settings = *settings, .rng = { seed } };
}

bool impair_is_plain(const struct impairment *s)
{
	return !s->delay_ns && !s->jitter_ns && !s->loss_ppm &&
	       !(s->bad_ppm && s->bad_loss_ppm) && !s->duplicate_ppm &&
	       !s->reorder_ppm && !s->rate_bps;
}

static bool happens(struct impair *i, uint32_t ppm)
{
	return rng_below(&i->rng, PPM) < ppm;
}

static bool is_lost(struct impair *i)
{
	const struct impairment *s = &i->settings;

	if (happens(i, i->bad ? s->good_ppm : s->bad_ppm))
		i->bad = !i->bad;
	return happens(i, i->bad ? s->bad_loss_ppm : s->loss_ppm);
}

/* Every frame draws the same numbers, also for what is switched off: so one
 * setting changes nothing that another decided. */
struct impair_decision impair_next(struct impair *i)
{
	const struct impairment *s = &i->settings;
	struct impair_decision d = { .delay_ns = s->delay_ns - s->jitter_ns };

	d.lost = is_lost(i);
	d.duplicate = happens(i, s->duplicate_ppm);
	d.reorder = happens(i, s->reorder_ppm);
	d.delay_ns +=
		(int64_t)rng_below(&i->rng, 2 * (uint64_t)s->jitter_ns + 1);
	if (d.delay_ns < 0)
		d.delay_ns = 0;
	return d;
}

int64_t impair_line_ns(const struct impair *i, size_t bytes)
{
	const int64_t rate = (int64_t)i->settings.rate_bps;

	return rate ? (int64_t)bytes * 8 * NS_PER_S / rate : 0;
}
