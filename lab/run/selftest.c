/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The texts that the trials of a cell showed are gathered, each
 * once, with the number of the first trial that showed it.  A text that the
 * workload does not expect is a difference, and names that trial
 * (selftest-judge.c).
 */
#include "lab/run/selftest-parts.h"

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

void *selftest_one_more(void *items_slot, size_t *n, size_t size)
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

int selftest_leave_out(struct selftest *s, const struct topology *t,
		       const char *why)
{
	for (size_t i = 0; i < s->n_cells; i++) {
		struct selftest_cell *c = &s->cells[i];

		if (c->topology != t || c->verdict == SELFTEST_SKIPPED)
			continue;
		c->reason = strdup(why);
		if (!c->reason)
			return -ENOMEM;
		c->verdict = SELFTEST_SKIPPED;
		s->left_out[i] = true;
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
	seen = selftest_one_more(&list->items, &list->n, sizeof(*seen));
	if (!seen)
		return err_no_memory(e);
	seen->trials = 1;
	seen->first = trial;
	seen->text = strdup(text);
	return seen->text ? 0 : err_no_memory(e);
}

/* The measurement of the trial broke: it shows nothing. */
static int add_invalid(struct selftest_cell *c, const struct fact_trial *t,
		       struct err *e)
{
	c->invalid++;
	if (c->reason)
		return 0;
	c->reason = strdup(t->why ?: "");
	return c->reason ? 0 : err_no_memory(e);
}

/* Without a connection there is nothing to capture; but that is because a step
 * before it cannot be done here. */
static bool lacks_something(const struct fact_trial *t)
{
	for (int side = 0; side < SIDES; side++)
		if (t->app[side] && skip_says_no_room(t->app[side]))
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

struct selftest_states *selftest_states_at(struct selftest_cell *c,
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
	mine = selftest_states_at(c, f->point);
	if (!mine) {
		mine = selftest_one_more(&c->states, &c->n_states,
					 sizeof(*mine));
		if (!mine || !(mine->point = strdup(f->point)))
			return err_no_memory(e);
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
	mine = selftest_one_more(&c->growths, &c->n_growths, sizeof(*mine));
	if (!mine)
		return err_no_memory(e);
	mine->value = g->growth;
	mine->node = strdup(g->node);
	mine->counter = strdup(g->counter);
	return mine->node && mine->counter ? 0 : err_no_memory(e);
}
