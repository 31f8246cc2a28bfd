/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The texts that the trials of a cell showed are gathered, each
 * once, with the number of the first trial that showed it.  A text that the
 * workload does not expect is a difference, and names that trial.
 */
#include "lab/run/selftest.h"

#include "lab/run/skip.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

const char *const selftest_verdict_names[] = {
	[SELFTEST_PASSED] = "passed",
	[SELFTEST_DIFFERS] = "differs",
	[SELFTEST_SKIPPED] = "skipped",
	[SELFTEST_UNJUDGED] = "unjudged",
};
static_assert(ARRAY_SIZE(selftest_verdict_names) == SELFTEST_VERDICTS,
	      "one name each");

static int no_memory(struct err *e)
{
	return err_set(e, ERR_SYSTEM, ENOMEM, "out of memory");
}

/* Room for one more item of @size; NULL: out of memory. */
static void *one_more(void *items_slot, size_t *n, size_t size)
{
	void **items = items_slot;
	char *grown = reallocarray(*items, *n + 1, size);

	if (!grown)
		return NULL;
	*items = grown;
	memset(grown + *n * size, 0, size);
	return grown + (*n)++ * size;
}

/* ---- the cells ---- */

/* The name of what blocks the way, if the workload says nothing about it. */
static const char *blocked_by(const struct topology *t,
			      const struct workload *w)
{
	for (int i = 0; i < THROUGHS; i++)
		if (t->through & 1U << i &&
		    through_infos[i].kind == THROUGH_BLOCKS &&
		    !expects_mention(&w->expects, i))
			return through_infos[i].name;
	return NULL;
}

static int init_cell(struct selftest_cell *c, const struct topology *t,
		     const struct workload *w, uint32_t lacks)
{
	const struct expect_case where = { .through = t->through,
					   .lacks = lacks };
	const char *blocked = blocked_by(t, w);

	c->topology = t;
	c->workload = w;
	c->expect = expects_resolve(&w->expects, &where);
	if (!blocked && !c->expect.skip)
		return 0;
	c->verdict = SELFTEST_SKIPPED;
	return blocked ? asprintf(&c->reason, "nothing gets through: %s",
				  blocked)
		       : asprintf(&c->reason, "%s", c->expect.skip);
}

int selftest_init(struct selftest *s, const struct topology *topologies,
		  size_t n_topologies, const struct workload *workloads,
		  size_t n_workloads, uint32_t lacks)
{
	*s = (struct selftest){ .n_cells = n_topologies * n_workloads };
	s->cells = calloc(s->n_cells + 1, sizeof(*s->cells));
	s->left_out = calloc(s->n_cells + 1, sizeof(*s->left_out));
	if (!s->cells || !s->left_out)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_cells; i++) {
		const int r =
			init_cell(&s->cells[i], &topologies[i / n_workloads],
				  &workloads[i % n_workloads], lacks);

		if (r < 0)
			return -ENOMEM;
		s->left_out[i] = s->cells[i].verdict == SELFTEST_SKIPPED;
	}
	return 0;
}

static void free_seen(struct selftest_seen_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].text);
	free(list->items);
}

static void cell_done(struct selftest_cell *c)
{
	for (size_t i = 0; i < EXPECT_TEXTS; i++)
		free_seen(&c->seen[i]);
	for (size_t i = 0; i < c->n_states; i++) {
		free(c->states[i].point);
		free_seen(&c->states[i].seen);
	}
	for (size_t i = 0; i < c->n_growths; i++) {
		free(c->growths[i].node);
		free(c->growths[i].counter);
	}
	for (size_t i = 0; i < c->n_differences; i++) {
		free(c->differences[i].what);
		free(c->differences[i].expected);
		free(c->differences[i].seen);
	}
	free(c->states);
	free(c->growths);
	free(c->differences);
	free(c->reason);
}

void selftest_done(struct selftest *s)
{
	for (size_t i = 0; s->cells && i < s->n_cells; i++)
		cell_done(&s->cells[i]);
	free(s->cells);
	free(s->left_out);
	*s = (struct selftest){ .cells = NULL };
}

/* ---- what was seen ---- */

static int add_seen(struct selftest_seen_list *list, const char *text,
		    uint32_t trial, struct err *e)
{
	struct selftest_seen *seen;

	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->items[i].text, text)) {
			list->items[i].trials++;
			return 0;
		}
	seen = one_more(&list->items, &list->n, sizeof(*seen));
	if (!seen)
		return no_memory(e);
	seen->trials = 1;
	seen->first = trial;
	seen->text = strdup(text);
	return seen->text ? 0 : no_memory(e);
}

/* Did the step fail because there is no such thing here? */
static bool says_no_room(const char *seen)
{
	static const char *const errors[] = { "EOPNOTSUPP", "EPROTONOSUPPORT",
					      "ENOPROTOOPT" };
	const char *error = strrchr(seen, ' ');

	for (size_t i = 0; error && i < ARRAY_SIZE(errors); i++)
		if (!strcmp(error + 1, errors[i]))
			return true;
	return false;
}

/* The measurement of the trial broke: it shows nothing. */
static int add_invalid(struct selftest_cell *c, const struct fact_trial *t,
		       struct err *e)
{
	c->invalid++;
	if (c->reason)
		return 0;
	c->reason = strdup(t->why ?: "");
	return c->reason ? 0 : no_memory(e);
}

/* Without a connection there is nothing to capture; but that is because a step
 * before it cannot be done here. */
static bool lacks_something(const struct fact_trial *t)
{
	for (int side = 0; side < SIDES; side++)
		if (t->app[side] && says_no_room(t->app[side]))
			return true;
	return false;
}

static struct selftest_cell *cell_of(struct selftest *s, uint32_t cell)
{
	return cell < s->n_cells ? &s->cells[cell] : NULL;
}

static int lost_cell(uint32_t cell, struct err *e)
{
	return err_set(e, ERR_BUG, EINVAL, "cell %" PRIu32 " was not planned",
		       cell);
}

/* Not knowing is no mistake: what the wire shows may not be enough. */
static const char *known_causes(const struct fact_trial *t)
{
	const bool unknown = t->causes && strstr(t->causes, "unknown");

	return unknown ? NULL : t->causes;
}

int selftest_add_trial(struct selftest *s, const struct fact_trial *t,
		       struct err *e)
{
	const char *const texts[EXPECT_TEXTS] = {
		[EXPECT_ENDING] = t->endings ?: "none",
		[EXPECT_RST] = t->senders ?: "nobody",
		[EXPECT_FORM] = t->forms ?: "none",
		[EXPECT_CLIENT] = t->app[SIDE_CLIENT],
		[EXPECT_SERVER] = t->app[SIDE_SERVER],
		[EXPECT_CAUSE] = known_causes(t),
	};
	struct selftest_cell *c = cell_of(s, t->cell);
	int r = 0;

	if (!c)
		return lost_cell(t->cell, e);
	c->trials++;
	if (t->outcome == OUTCOME_INVALID && !lacks_something(t))
		return add_invalid(c, t, e);
	for (size_t i = 0; r == 0 && i < EXPECT_TEXTS; i++)
		if (texts[i])
			r = add_seen(&c->seen[i], texts[i], t->number, e);
	return r;
}

static struct selftest_states *states_at(struct selftest_cell *c,
					 const char *point)
{
	for (size_t i = 0; i < c->n_states; i++)
		if (!strcmp(c->states[i].point, point))
			return &c->states[i];
	return NULL;
}

int selftest_add_states(struct selftest *s, const struct fact_states *f,
			struct err *e)
{
	struct selftest_cell *c = cell_of(s, f->cell);
	struct selftest_states *mine;
	char pair[128];

	if (!c)
		return lost_cell(f->cell, e);
	mine = states_at(c, f->point);
	if (!mine) {
		mine = one_more(&c->states, &c->n_states, sizeof(*mine));
		if (!mine || !(mine->point = strdup(f->point)))
			return no_memory(e);
	}
	(void)snprintf(pair, sizeof(pair), "%s/%s", f->state[SIDE_CLIENT],
		       f->state[SIDE_SERVER]);
	return add_seen(&mine->seen, pair, f->number, e);
}

int selftest_add_growth(struct selftest *s, const struct store_growth *g,
			struct err *e)
{
	struct selftest_cell *c = cell_of(s, g->cell);
	struct selftest_growth *mine;

	if (!c)
		return lost_cell(g->cell, e);
	for (size_t i = 0; i < c->n_growths; i++)
		if (!strcmp(c->growths[i].node, g->node) &&
		    !strcmp(c->growths[i].counter, g->counter)) {
			c->growths[i].value += g->growth;
			return 0;
		}
	mine = one_more(&c->growths, &c->n_growths, sizeof(*mine));
	if (!mine)
		return no_memory(e);
	mine->value = g->growth;
	mine->node = strdup(g->node);
	mine->counter = strdup(g->counter);
	return mine->node && mine->counter ? 0 : no_memory(e);
}

/* ---- differences ---- */

/* Takes over @d, whose texts may be NULL: out of memory. */
static int add_difference(struct selftest_cell *c,
			  const struct selftest_difference *d, struct err *e)
{
	struct selftest_difference *mine = one_more(
		&c->differences, &c->n_differences, sizeof(*c->differences));

	if (!mine) {
		free(d->what);
		free(d->expected);
		free(d->seen);
		return no_memory(e);
	}
	*mine = *d;
	return mine->what && mine->expected && mine->seen ? 0 : no_memory(e);
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
		const struct selftest_states *s = states_at(c, pairs[i].key);
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
		if (!says_no_room(list->items[i].text) ||
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
	return c->reason ? 0 : no_memory(e);
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
		return c->reason ? 0 : no_memory(e);
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
