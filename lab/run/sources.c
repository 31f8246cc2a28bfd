/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/sources.h"

#include "lab/base/own.h"
#include "lab/run/driver.h"

#include <assert.h>
#include <inttypes.h>

static const struct {
	const char *name;
	enum evidence_level least;
} rows[] = {
#define SOURCE(id, name, least, what) \
	[SOURCE_##id] = { name, EVIDENCE_##least },
#include "lab/run/sources.def"
#undef SOURCE
};
static_assert(ARRAY_SIZE(rows) == SOURCES, "a row for each source");

static bool is_wanted(enum source s, enum evidence_level level)
{
	return level <= rows[s].least;
}

/* A run can do without what this machine does not have. */
static int note(struct sources *s, enum source which, int r, struct err *e)
{
	if (r < 0 && e->class != ERR_HOST)
		return r;
	s->used[which] = r == 0;
	s->why[which] = r < 0 ? *e : (struct err){ .code = 0 };
	*e = (struct err){ .code = 0 };
	return 0;
}

typedef int (*open_fn)(struct lab *lab, struct err *e);

static int open_each(const struct sources *s, open_fn open, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n_labs; i++)
		r = open(&s->labs[i], e);
	return r;
}

/* Does any program give an account of its calls?  Scripts do, what was only
 * started does not. */
static bool has_accounts(const struct lab_options *o)
{
	for (size_t i = 0; i < o->n_workloads; i++)
		if (driver_of(&o->workloads[i])->account)
			return true;
	return false;
}

int sources_open(struct sources *s, struct evidence_source **ret_evidence,
		 struct err *e)
{
	int r = 0;

	s->used[SOURCE_COUNTERS] = true;
	s->used[SOURCE_CALLS] = has_accounts(s->options);
	s->used[SOURCE_WIRE] = is_wanted(SOURCE_WIRE, s->level);
	if (is_wanted(SOURCE_KERNEL, s->level))
		r = note(s, SOURCE_KERNEL,
			 evidence_open(ret_evidence, s->labs, s->n_labs, e), e);
	if (r == 0 && is_wanted(SOURCE_TRACKING, s->level))
		r = note(s, SOURCE_TRACKING, open_each(s, tracks_open, e), e);
	if (r == 0 && is_wanted(SOURCE_FILTER, s->level))
		r = note(s, SOURCE_FILTER, open_each(s, filtered_open, e), e);
	/* they say what the kernel's events say, and cost more */
	s->used[SOURCE_DESTROYED] = is_wanted(SOURCE_DESTROYED, s->level) &&
				    !s->used[SOURCE_KERNEL];
	return r;
}

static uint64_t lost_in_all(const struct sources *s,
			    uint64_t (*lost)(const struct lab *lab))
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n_labs; i++)
		sum += lost(&s->labs[i]);
	return sum;
}

/* The kernel counts its events; of others it says only that it was too much. */
static void explain_loss(const struct sources *s, enum source which,
			 const struct evidence_source *evidence,
			 struct text *out)
{
	const uint64_t events =
		which == SOURCE_KERNEL ? evidence_lost(evidence) : 0;
	const uint64_t times =
		which == SOURCE_DESTROYED  ? lost_in_all(s, deaths_lost)
		: which == SOURCE_TRACKING ? lost_in_all(s, tracks_lost)
					   : 0;

	if (events)
		text_addf(out, "%" PRIu64 " events were lost", events);
	if (times)
		text_addf(out, "some were lost, %" PRIu64 " %s", times,
			  times == 1 ? "time" : "times");
}

static const char *why_not(const struct sources *s, enum source which)
{
	if (s->why[which].code)
		return s->why[which].text;
	if (!is_wanted(which, s->level))
		return "not asked for (--evidence)";
	return which == SOURCE_CALLS ? "no workload is a script"
				     : "kernel-events say the same";
}

int sources_store(const struct sources *s,
		  const struct evidence_source *evidence, struct store *store,
		  struct err *e)
{
	int r = 0;

	for (int i = 0; r == 0 && i < SOURCES; i++) {
		own_text struct text why = { .s = NULL };

		if (s->used[i])
			explain_loss(s, i, evidence, &why);
		else
			text_add(&why, why_not(s, i));
		r = store_put_source(
			store,
			&(struct store_source){
				.name = rows[i].name,
				.state = s->used[i]	  ? "used"
					 : s->why[i].code ? "missing"
							  : "off",
				.why = why.n ? text_str(&why) : NULL,
			},
			e);
	}
	return r;
}
