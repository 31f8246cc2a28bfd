/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/tally-parts.h"

#include <string.h>

/* Room for @more items behind the @n of @items; zeroed. */
static void *extend(void *items, size_t n, size_t more, size_t size)
{
	char *all = reallocarray(items, n + more + 1, size);

	if (all)
		memset(all + n * size, 0, (more + 1) * size);
	return all;
}

#define EXTEND(items, n, more)                                         \
	({                                                             \
		void *all_ = extend(items, n, more, sizeof(*(items))); \
		if (all_)                                              \
			(items) = all_;                                \
		all_ != NULL;                                          \
	})

static void copy_counts(struct count_list *to, const struct count_list *from,
			bool *lacking)
{
	to->items = calloc(from->n + 1, sizeof(*to->items));
	*lacking |= !to->items;
	for (size_t i = 0; to->items && i < from->n; i++)
		to->items[to->n++] =
			(struct count){ tally_copy(from->items[i].name,
						   lacking),
					from->items[i].n };
}

static void copy_causes(struct summary_cell *to,
			const struct summary_cell *from, bool *lacking)
{
	to->causes = calloc(from->n_causes + 1, sizeof(*to->causes));
	*lacking |= !to->causes;
	for (size_t i = 0; to->causes && i < from->n_causes; i++)
		to->causes[to->n_causes++] = (struct cause_count){
			tally_copy(from->causes[i].cause, lacking),
			tally_copy(from->causes[i].confidence, lacking),
			from->causes[i].connections,
		};
}

static void copy_cell(struct summary_cell *to, const struct summary_cell *from,
		      uint64_t id, bool *lacking)
{
	*to = *from;
	to->id = id;
	to->topology = tally_copy(from->topology, lacking);
	to->workload = tally_copy(from->workload, lacking);
	to->params = tally_copy(from->params, lacking);
	to->endings = (struct count_list){ .n = 0 };
	to->causes = NULL;
	to->n_causes = 0;
	to->app[0] = to->app[1] = (struct count_list){ .n = 0 };
	to->views = (struct views){ .n_seen = 0 };
	copy_counts(&to->endings, &from->endings, lacking);
	copy_causes(to, from, lacking);
	for (size_t side = 0; side < SIDES; side++)
		copy_counts(&to->app[side], &from->app[side], lacking);
}

static void copy_sender(struct summary_sender *to,
			const struct summary_sender *from, bool *lacking)
{
	*to = (struct summary_sender){
		.topology = tally_copy(from->topology, lacking),
		.params = tally_copy(from->params, lacking),
		.emitter = tally_copy(from->emitter, lacking),
		.node = tally_copy(from->node, lacking),
		.form = tally_copy(from->form, lacking),
		.phase = tally_copy(from->phase, lacking),
		.ending = tally_copy(from->ending, lacking),
		.cause = tally_copy(from->cause, lacking),
		.confidence = tally_copy(from->confidence, lacking),
		.connections = from->connections,
		.echoes = from->echoes,
	};
}

static bool has_name(char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static void add_names(char ***names, size_t *n, char *const *more,
		      size_t n_more, bool *lacking)
{
	if (!EXTEND(*names, *n, n_more)) {
		*lacking = true;
		return;
	}
	for (size_t i = 0; i < n_more && !*lacking; i++)
		if (!has_name(*names, *n, more[i]))
			(*names)[(*n)++] = tally_copy(more[i], lacking);
}

int tally_stand_beside(struct summary *s, const struct summary *other,
		       struct err *e)
{
	bool lacking = false;

	if (has_name(other->topologies, other->n_topologies, s->topologies[0]))
		return err_set(e, ERR_INPUT, EEXIST,
			       "--beside: run %s has a topology '%s' already; "
			       "name this one otherwise with --as",
			       other->id, s->topologies[0]);
	if (!EXTEND(s->cells, s->n_cells, other->n_cells) ||
	    !EXTEND(s->senders, s->n_senders, other->n_senders))
		return err_no_memory(e);
	for (size_t i = 0; i < other->n_cells; i++, s->n_cells++)
		copy_cell(&s->cells[s->n_cells], &other->cells[i], s->n_cells,
			  &lacking);
	for (size_t i = 0; i < other->n_senders; i++)
		copy_sender(&s->senders[s->n_senders++], &other->senders[i],
			    &lacking);
	add_names(&s->topologies, &s->n_topologies, other->topologies,
		  other->n_topologies, &lacking);
	add_names(&s->workloads, &s->n_workloads, other->workloads,
		  other->n_workloads, &lacking);
	s->n_variants += other->n_variants;
	s->trials += other->trials;
	s->invalid += other->invalid;
	return lacking ? err_no_memory(e) : 0;
}

/* --- distance --------------------------------------------------------------
 */

enum { KINDS = CAUSES + 1, CLEAN = CAUSES };

/* Connections by cause, and those without an RST. */
struct mix {
	double counts[KINDS], total;
};

static void add_to_mix(struct mix *m, size_t kind, uint64_t n)
{
	m->counts[kind] += (double)n;
	m->total += (double)n;
}

static void add_cell(struct mix *m, const struct summary_cell *c)
{
	add_to_mix(m, CLEAN, c->outcomes[OUTCOME_CLEAN]);
	for (size_t i = 0; i < c->n_causes; i++) {
		size_t cause = 0;

		while (cause < CAUSES &&
		       strcmp(cause_infos[cause].name, c->causes[i].cause) != 0)
			cause++;
		add_to_mix(m, cause < CAUSES ? cause : CAUSE_UNKNOWN,
			   c->causes[i].connections);
	}
}

/* Half of the sum of the differences of all shares. */
static double distance(const struct mix *a, const struct mix *b)
{
	double sum = 0;

	for (size_t i = 0; i < KINDS; i++) {
		const double d =
			a->counts[i] / a->total - b->counts[i] / b->total;

		sum += d < 0 ? -d : d;
	}
	return sum / 2;
}

static struct mix mix_of(const struct summary *s, const char *topology,
			 const char *workload)
{
	struct mix m = { .total = 0 };

	for (size_t i = 0; i < s->n_cells; i++)
		if (!strcmp(s->cells[i].topology, topology) &&
		    (!workload || !strcmp(s->cells[i].workload, workload)))
			add_cell(&m, &s->cells[i]);
	return m;
}

/* Shares are fractions of small numbers: less than this is none. */
#define SAME 1e-9

static void compare(struct tally_nearest *n, const char *topology, double d)
{
	if (n->n && d > n->distance + SAME)
		return;
	if (n->n && d < n->distance - SAME)
		n->n = 0;
	if (!n->n)
		n->distance = d;
	if (n->n < TALLY_NEAREST_MAX)
		n->topologies[n->n] = topology;
	n->n++;
}

void tally_nearest(const struct summary *s, const struct summary *other,
		   struct tally_nearest *ret)
{
	const char *workload = s->cells[0].workload;
	struct mix mine = { .total = 0 };

	*ret = (struct tally_nearest){ .n = 0 };
	if (!has_name(other->workloads, other->n_workloads, workload))
		workload = NULL;
	add_cell(&mine, &s->cells[0]);
	for (size_t i = 0; mine.total && i < other->n_topologies; i++) {
		const struct mix m =
			mix_of(other, other->topologies[i], workload);

		if (m.total)
			compare(ret, other->topologies[i], distance(&mine, &m));
	}
}
