/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/selftest-parts.h"

#include "lab/run/skip.h"

#include <inttypes.h>
#include <string.h>

/* ---- differences ---- */

/* Takes over @d, whose texts may be NULL: out of memory. */
static int add_difference(struct selftest_cell *c,
			  const struct selftest_difference *d, struct err *e)
{
	struct selftest_difference *mine = selftest_one_more(
		&c->differences, &c->n_differences, sizeof(*c->differences));

	if (!mine) {
		free(d->what);
		free(d->expected);
		free(d->seen);
		return err_no_memory(e);
	}
	*mine = *d;
	return mine->what && mine->expected && mine->seen ? 0
							  : err_no_memory(e);
}

/* Every text of @list that is none of the alternatives. */
static int compare_list(struct selftest_cell *c, const char *what,
			const char *expected,
			const struct selftest_seen_list *list, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->n; i++) {
		const struct selftest_seen *seen = &list->items[i];
		struct selftest_difference d;

		if (expect_allows(expected, seen->text))
			continue;
		d = (struct selftest_difference){
			.what = strdup(what),
			.expected = strdup(expected),
			.seen = strdup(seen->text),
			.trials = seen->trials,
			.first = seen->first,
		};

		r = add_difference(c, &d, e);
	}
	return r;
}

static int compare_texts(struct selftest_cell *c, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < EXPECT_TEXTS; i++)
		if (c->expect.texts[i].text)
			r = compare_list(c, expect_text_names[i],
					 c->expect.texts[i].text, &c->seen[i],
					 e);
	return r;
}

static int compare_states(struct selftest_cell *c, struct err *e)
{
	const struct spec_pair *pairs = c->expect.states.items;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->expect.states.n; i++) {
		const struct selftest_states *s =
			selftest_states_at(c, pairs[i].key);
		char what[128];

		(void)snprintf(what, sizeof(what), "states at %s",
			       pairs[i].key);
		if (!strcmp(pairs[i].key, "after"))
			(void)snprintf(what, sizeof(what), "states after");
		if (s)
			r = compare_list(c, what, pairs[i].value, &s->seen, e);
	}
	return r;
}

/* What a counter may grow by. */
struct growth {
	int64_t least, most;
	bool named;
};

/* Add what @list says that @counter grows by with each trial. */
static void add_named(struct growth *g, const struct spec_list *list,
		      const char *counter)
{
	const struct spec_pair *pairs = list->items;

	for (size_t i = 0; i < list->n; i++) {
		int64_t least, most;

		if (strcmp(pairs[i].key, counter) != 0 ||
		    !expect_growth(pairs[i].value, &least, &most))
			continue;
		g->named = true;
		g->least += least;
		g->most += most;
	}
}

static const char *node_of(const struct topology *t, int side)
{
	return side == SIDE_CLIENT ? t->client : t->server;
}

static int64_t grown(const struct selftest_cell *c, const char *node,
		     const char *counter)
{
	for (size_t i = 0; i < c->n_growths; i++)
		if (!strcmp(c->growths[i].node, node) &&
		    !strcmp(c->growths[i].counter, counter))
			return c->growths[i].value;
	return 0;
}

static const char *const counters[] = {
#define COUNTER(id, file, name) name,
#include "lab/spec/counters.def"
#undef COUNTER
};

/* Of this family all are compared when one is named. */
static bool is_family(const char *counter)
{
	return !strncmp(counter, "TCPAbortOn", strlen("TCPAbortOn"));
}

static int counter_differs(struct selftest_cell *c, const char *node,
			   const char *counter, const struct growth *g,
			   struct err *e)
{
	struct selftest_difference d = { .trials = c->trials, .first = 1 };

	if (asprintf(&d.what, "%s of node %s", counter, node) < 0)
		d.what = NULL;
	if ((g->least == g->most
		     ? asprintf(&d.expected, "%" PRId64, g->least)
		     : asprintf(&d.expected, "%" PRId64 " to %" PRId64,
				g->least, g->most)) < 0)
		d.expected = NULL;
	if (asprintf(&d.seen, "%" PRId64, grown(c, node, counter)) < 0)
		d.seen = NULL;
	return add_difference(c, &d, e);
}

/* Did a trial leave a connection behind that can still send? */
static bool leaves_something(const struct selftest_cell *c)
{
	static const char *const unfinished[] = { "half-closed", "established",
						  "midstream" };
	const struct selftest_seen_list *endings = &c->seen[EXPECT_ENDING];
	const struct selftest_seen_list *senders = &c->seen[EXPECT_RST];

	for (size_t i = 0; i < endings->n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(unfinished); k++)
			if (strstr(endings->items[i].text, unfinished[k]))
				return true;
	/* an RST from the middle need not reach both ends */
	for (size_t i = 0; i < senders->n; i++)
		if (strstr(senders->items[i].text, "middle"))
			return true;
	return false;
}

/* What comes late moves the counters of another cell: there more is no
 * difference. */
static void note_leftovers(struct selftest *s)
{
	for (size_t i = 0; i < s->n_cells; i++)
		for (size_t k = 0; k < s->n_cells; k++)
			if (s->cells[i].topology == s->cells[k].topology &&
			    leaves_something(&s->cells[k]))
				s->cells[i].more_may_grow = true;
}

/* One node, for one side or, where they share it, for both. */
static int compare_node(struct selftest_cell *c, int side, bool shared,
			struct err *e)
{
	const char *node = node_of(c->topology, side);
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(counters); i++) {
		const int64_t seen = grown(c, node, counters[i]);
		struct growth g = { .named = is_family(counters[i]) };

		add_named(&g, &c->expect.counters[side], counters[i]);
		if (shared)
			add_named(&g, &c->expect.counters[side_other(side)],
				  counters[i]);
		g.least *= c->trials;
		g.most *= c->trials;
		if (g.named &&
		    (seen < g.least || (seen > g.most && !c->more_may_grow)))
			r = counter_differs(c, node, counters[i], &g, e);
	}
	return r;
}

static int compare_counters(struct selftest_cell *c, struct err *e)
{
	const bool shared = !strcmp(c->topology->client, c->topology->server);
	int r;

	/* nobody knows how far a trial got that broke */
	if (c->invalid || (!c->expect.counters[SIDE_CLIENT].n &&
			   !c->expect.counters[SIDE_SERVER].n))
		return 0;
	r = compare_node(c, SIDE_CLIENT, shared, e);
	if (r == 0 && !shared)
		r = compare_node(c, SIDE_SERVER, shared, e);
	return r;
}

/* ---- what cannot be done here ---- */

/* All trials of a side say so, and none was expected to. */
static bool no_room(const struct selftest_cell *c, int side)
{
	const enum expect_text key =
		side == SIDE_CLIENT ? EXPECT_CLIENT : EXPECT_SERVER;
	const struct selftest_seen_list *list = &c->seen[key];
	const char *expected = c->expect.texts[key].text;

	for (size_t i = 0; i < list->n; i++)
		if (!skip_says_no_room(list->items[i].text) ||
		    (expected && expect_allows(expected, list->items[i].text)))
			return false;
	return list->n > 0;
}

static int skip(struct selftest_cell *c, int side, struct err *e)
{
	const enum expect_text key =
		side == SIDE_CLIENT ? EXPECT_CLIENT : EXPECT_SERVER;

	free(c->reason);
	c->reason = skip_reason(&c->workload->scripts[side], side,
				c->seen[key].items[0].text);
	c->verdict = SELFTEST_SKIPPED;
	return c->reason ? 0 : err_no_memory(e);
}

/* ---- the verdict ---- */

static int judge(struct selftest_cell *c, struct err *e)
{
	int r = 0;

	if (c->verdict == SELFTEST_SKIPPED)
		return 0;
	if (c->trials == c->invalid) {
		c->verdict = SELFTEST_UNJUDGED;
		if (!c->reason)
			c->reason = strdup("it was not run");
		return c->reason ? 0 : err_no_memory(e);
	}
	for (int side = 0; side < SIDES; side++)
		if (no_room(c, side))
			return skip(c, side, e);
	r = compare_texts(c, e);
	if (r == 0)
		r = compare_states(c, e);
	if (r == 0)
		r = compare_counters(c, e);
	c->verdict = c->n_differences ? SELFTEST_DIFFERS : SELFTEST_PASSED;
	return r;
}

int selftest_judge(struct selftest *s, struct err *e)
{
	note_leftovers(s);
	for (size_t i = 0; i < s->n_cells; i++) {
		const int r = judge(&s->cells[i], e);

		if (r < 0)
			return r;
		s->totals[s->cells[i].verdict]++;
	}
	return 0;
}
