/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/tally.h"

#include <string.h>

static bool is_alike(const struct tally_sender *a, const struct tally_sender *b)
{
	return a->emitter == b->emitter && a->form == b->form &&
	       a->phase == b->phase && a->ending == b->ending &&
	       a->cause == b->cause && a->confidence == b->confidence;
}

/* The kinds that a connection can be of are fewer than there is room for. */
static void add_sender(struct tally *t, const struct connection *c,
		       const struct judgement *j)
{
	const struct reset *r = connection_first_reset(c);
	const struct tally_sender s = {
		.emitter = j->emitter,
		.form = r->form,
		.phase = r->phase,
		.ending = c->ending,
		.cause = j->verdict.cause,
		.confidence = j->verdict.confidence,
	};
	size_t i = 0;

	while (i < t->n_senders && !is_alike(&t->senders[i], &s))
		i++;
	if (i == TALLY_SENDERS_MAX)
		i--;
	if (i == t->n_senders)
		t->senders[t->n_senders++] = s;
	t->senders[i].connections++;
	t->senders[i].echoes += c->n_resets - 1;
}

bool tally_is_sane(const struct tally *t)
{
	if (t->n_senders > TALLY_SENDERS_MAX || t->first_ns < 0 ||
	    t->last_ns < 0)
		return false;
	for (size_t i = 0; i < t->n_senders; i++) {
		const struct tally_sender *s = &t->senders[i];

		if ((unsigned)s->emitter >= EMITTERS ||
		    (unsigned)s->form >= FORMS ||
		    (unsigned)s->phase >= PHASES ||
		    (unsigned)s->ending >= ENDINGS ||
		    (unsigned)s->cause >= CAUSES ||
		    (unsigned)s->confidence >= CONFIDENCES)
			return false;
	}
	return true;
}

void tally_add(struct tally *t, const struct connection *c,
	       const struct judgement *j)
{
	if (!t->connections++ || c->start_ns < t->first_ns)
		t->first_ns = c->start_ns;
	if (c->end_ns > t->last_ns)
		t->last_ns = c->end_ns;
	t->outcomes[j->outcome]++;
	t->endings[c->ending]++;
	t->reasons[j->reason]++;
	if (!j->was_reset)
		return;
	t->resets++;
	t->emitters[j->emitter]++;
	add_sender(t, c, j);
}
