/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/sources.h"

#include "lab/base/own.h"

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

static int open_each(struct lab *labs, size_t n, open_fn open, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = open(&labs[i], e);
	return r;
}

int sources_open(struct sources *s, struct lab *labs, size_t n,
		 enum evidence_level level,
		 struct evidence_source **ret_evidence, struct err *e)
{
	int r = 0;

	s->used[SOURCE_COUNTERS] = s->used[SOURCE_CALLS] = true;
	s->used[SOURCE_WIRE] = is_wanted(SOURCE_WIRE, level);
	if (is_wanted(SOURCE_KERNEL, level))
		r = note(s, SOURCE_KERNEL,
			 evidence_open(ret_evidence, labs, n, e), e);
	if (r == 0 && is_wanted(SOURCE_TRACKING, level))
		r = note(s, SOURCE_TRACKING, open_each(labs, n, tracks_open, e),
			 e);
	if (r == 0 && is_wanted(SOURCE_FILTER, level))
		r = note(s, SOURCE_FILTER, open_each(labs, n, filtered_open, e),
			 e);
	/* they say what the kernel's events say, and cost more */
	s->used[SOURCE_DESTROYED] =
		is_wanted(SOURCE_DESTROYED, level) && !s->used[SOURCE_KERNEL];
	return r;
}

static void explain(const struct sources *s, enum source which,
		    enum evidence_level level, uint64_t lost, struct text *out)
{
	if (s->used[which] && which == SOURCE_KERNEL && lost)
		text_addf(out, "%" PRIu64 " events were lost", lost);
	else if (s->why[which].code)
		text_add(out, s->why[which].text);
	else if (!is_wanted(which, level))
		text_add(out, "not asked for (--evidence)");
	else if (!s->used[which])
		text_add(out, "kernel-events say the same");
}

int sources_store(const struct sources *s, enum evidence_level level,
		  const struct evidence_source *evidence, struct store *store,
		  struct err *e)
{
	int r = 0;

	for (int i = 0; r == 0 && i < SOURCES; i++) {
		own_text struct text why = { .s = NULL };

		explain(s, i, level, evidence_lost(evidence), &why);
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
