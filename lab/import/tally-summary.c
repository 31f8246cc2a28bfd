/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/tally-parts.h"

#include <string.h>

static int by_count(const void *a, const void *b)
{
	const struct count *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void fill_endings(struct count_list *list, const struct tally *t,
			 bool *lacking)
{
	list->items = calloc(ENDINGS, sizeof(*list->items));
	*lacking |= !list->items;
	for (size_t i = 0; list->items && i < ENDINGS; i++)
		if (t->endings[i])
			list->items[list->n++] = (struct count){
				tally_copy(ending_infos[i].name, lacking),
				t->endings[i],
			};
	if (!*lacking)
		qsort(list->items, list->n, sizeof(*list->items), by_count);
}

static int by_connections(const void *a, const void *b)
{
	const struct cause_count *x = a, *y = b;

	return (x->connections < y->connections) -
	       (x->connections > y->connections);
}

static void add_cause(struct summary_cell *c, const struct tally_sender *s,
		      bool *lacking)
{
	const char *cause = cause_infos[s->cause].name;
	const char *confidence = confidence_names[s->confidence];
	size_t i = 0;

	while (i < c->n_causes && !*lacking &&
	       (strcmp(c->causes[i].cause, cause) != 0 ||
		strcmp(c->causes[i].confidence, confidence) != 0))
		i++;
	if (i == c->n_causes)
		c->causes[c->n_causes++] =
			(struct cause_count){ tally_copy(cause, lacking),
					      tally_copy(confidence, lacking),
					      0 };
	c->causes[i].connections += s->connections;
}

static void fill_causes(struct summary_cell *c, const struct tally *t,
			bool *lacking)
{
	c->causes = calloc(t->n_senders + 1, sizeof(*c->causes));
	*lacking |= !c->causes;
	for (size_t i = 0; !*lacking && i < t->n_senders; i++)
		add_cause(c, &t->senders[i], lacking);
	if (!*lacking)
		qsort(c->causes, c->n_causes, sizeof(*c->causes),
		      by_connections);
}

static void fill_cell(struct summary_cell *c, const struct tally *t,
		      const struct tally_names *names, bool *lacking)
{
	c->topology = tally_copy(names->topology, lacking);
	c->workload = tally_copy(names->workload, lacking);
	c->params = tally_copy("{}", lacking);
	c->imported = true;
	c->trials = c->connections = t->connections;
	c->resets = t->resets;
	memcpy(c->outcomes, t->outcomes, sizeof(c->outcomes));
	memcpy(c->emitters, t->emitters, sizeof(c->emitters));
	c->judged = t->outcomes[OUTCOME_CLEAN] + t->outcomes[OUTCOME_RESET];
	c->rate = c->judged ? (double)t->outcomes[OUTCOME_RESET] /
				      (double)c->judged
			    : 0;
	c->interval = wilson_95(t->outcomes[OUTCOME_RESET], c->judged);
	fill_endings(&c->endings, t, lacking);
	fill_causes(c, t, lacking);
}

static int by_sender_connections(const void *a, const void *b)
{
	const struct summary_sender *x = a, *y = b;

	return (x->connections < y->connections) -
	       (x->connections > y->connections);
}

static void fill_senders(struct summary *s, const struct tally *t,
			 const struct tally_names *names, bool *lacking)
{
	s->senders = calloc(t->n_senders + 1, sizeof(*s->senders));
	*lacking |= !s->senders;
	for (size_t i = 0; s->senders && i < t->n_senders; i++) {
		const struct tally_sender *from = &t->senders[i];

		s->senders[s->n_senders++] = (struct summary_sender){
			.topology = tally_copy(names->topology, lacking),
			.params = tally_copy("{}", lacking),
			.emitter = tally_copy(emitter_names[from->emitter],
					      lacking),
			.node = tally_copy(names->node, lacking),
			.form = tally_copy(reset_form_names[from->form],
					   lacking),
			.phase = tally_copy(phase_names[from->phase], lacking),
			.ending = tally_copy(ending_infos[from->ending].name,
					     lacking),
			.cause = tally_copy(cause_infos[from->cause].name,
					    lacking),
			.confidence = tally_copy(
				confidence_names[from->confidence], lacking),
			.connections = from->connections,
			.echoes = from->echoes,
		};
	}
	if (!*lacking)
		qsort(s->senders, s->n_senders, sizeof(*s->senders),
		      by_sender_connections);
}

static char **one_name(const char *name, bool *lacking)
{
	char **names = calloc(1, sizeof(*names));

	*lacking |= !names;
	if (names)
		names[0] = tally_copy(name, lacking);
	return names;
}

int tally_summary(const struct tally *t, const struct tally_names *names,
		  struct summary **ret, struct err *e)
{
	own_summary struct summary *s = calloc(1, sizeof(*s));
	bool lacking = false;

	if (s)
		s->cells = calloc(1, sizeof(*s->cells));
	if (!s || !s->cells)
		return err_no_memory(e);
	s->n_cells = s->n_topologies = s->n_workloads = s->n_variants = 1;
	s->id = tally_copy(names->id, &lacking);
	s->tool = tally_copy(names->tool, &lacking);
	s->kernel = tally_copy(names->kernel, &lacking);
	s->command = tally_copy(names->command, &lacking);
	s->started = tally_copy(names->started, &lacking);
	s->environment = tally_copy("{}", &lacking);
	s->topologies = one_name(names->topology, &lacking);
	s->workloads = one_name(names->workload, &lacking);
	s->complete = true;
	s->trials = t->connections;
	s->invalid = t->outcomes[OUTCOME_INVALID];
	s->duration_ns = t->last_ns - t->first_ns;
	fill_cell(s->cells, t, names, &lacking);
	fill_senders(s, t, names, &lacking);
	if (lacking)
		return err_no_memory(e);
	*ret = take_ptr(&s);
	return 0;
}
