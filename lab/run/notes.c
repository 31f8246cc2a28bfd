/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/notes.h"

#include "lab/base/grow.h"

/* A text and what has to be freed. */
struct kept {
	struct note_text text;
	char *human, *machine;
};

struct note {
	int64_t time_ns;
	struct flow_point at;
	const struct note_text *text;
};

static int by_place(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->at.node != y->at.node)
		return x->at.node < y->at.node ? -1 : 1;
	return (x->at.interface > y->at.interface) -
	       (x->at.interface < y->at.interface);
}

/* Keep the two texts; NULL without memory, and they are freed then. */
static const struct note_text *keep(struct notes *list, char *human,
				    char *machine)
{
	struct kept *t = malloc(sizeof(*t));

	if (!t || !GROW(list->texts, list->n_texts, list->texts_cap) ||
	    !human || !machine) {
		free(human);
		free(machine);
		free(t);
		return NULL;
	}
	*t = (struct kept){ { human, machine }, human, machine };
	list->texts[list->n_texts++] = t;
	return &t->text;
}

int notes_add(struct notes *list, const struct reset *r, char *human,
	      char *machine, struct err *e)
{
	const struct note_text *text = keep(list, human, machine);

	if (!text)
		return err_no_memory(e);
	for (size_t i = 0; i < r->n_sightings && i < FLOW_SIGHTINGS_MAX; i++) {
		if (!GROW(list->items, list->n, list->cap))
			return err_no_memory(e);
		list->items[list->n++] = (struct note){
			.time_ns = r->sightings[i].time_ns,
			.at = r->sightings[i].point,
			.text = text,
		};
	}
	list->sorted = false;
	return 0;
}

const struct note_text *notes_find(struct notes *list, struct flow_point at,
				   int64_t time_ns)
{
	const struct note key = { .time_ns = time_ns, .at = at };
	const struct note *found;

	if (!list->n)
		return NULL;
	if (!list->sorted)
		qsort(list->items, list->n, sizeof(*list->items), by_place);
	list->sorted = true;
	found = bsearch(&key, list->items, list->n, sizeof(*list->items),
			by_place);
	return found ? found->text : NULL;
}

void notes_clear(struct notes *list)
{
	for (size_t i = 0; i < list->n_texts; i++) {
		free(list->texts[i]->human);
		free(list->texts[i]->machine);
		free(list->texts[i]);
	}
	free(list->texts);
	free(list->items);
	*list = (struct notes){ .n = 0 };
}
