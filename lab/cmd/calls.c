/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/calls.h"

#include "lab/base/text.h"

#include <jansson.h>
#include <string.h>

/* [step, result, error or null, start, duration], and what the step names if it
 * names something; docs/result-format.md */
enum { STEP, RESULT, FAILURE, START, DURATION, FIELDS, NAMED = FIELDS };

static bool read_call(const json_t *j, int64_t begin_ns, struct call_made *ret)
{
	const char *step = json_string_value(json_array_get(j, STEP));
	const char *error = json_string_value(json_array_get(j, FAILURE));
	const char *named = json_string_value(json_array_get(j, NAMED));

	if (!step || json_array_size(j) < FIELDS)
		return true; /* of a newer form */
	ret->start_ns = begin_ns + json_integer_value(json_array_get(j, START));
	ret->end_ns =
		ret->start_ns + json_integer_value(json_array_get(j, DURATION));
	ret->result = json_integer_value(json_array_get(j, RESULT));
	ret->step = strdup(step);
	ret->error = error ? strdup(error) : NULL;
	ret->named = named ? strdup(named) : NULL;
	return ret->step && (!error || ret->error) && (!named || ret->named);
}

static bool read_side(const json_t *array, int side, int64_t begin_ns,
		      struct calls *list)
{
	struct call_made *more =
		reallocarray(list->items, list->n + json_array_size(array) + 1,
			     sizeof(*more));

	if (!more)
		return false;
	list->items = more;
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct call_made *c = &more[list->n++];

		*c = (struct call_made){ .side = side };
		if (!read_call(json_array_get(array, i), begin_ns, c))
			return false;
		list->n -= !c->step;
	}
	return true;
}

int calls_read(const struct stored_trial *t, struct calls *ret, struct err *e)
{
	own_calls struct calls list = { .n = 0 };
	bool good = true;

	for (int side = 0; good && side < SIDES; side++) {
		json_t *array = t->calls[side]
					? json_loads(t->calls[side], 0, NULL)
					: NULL;

		good = read_side(array, side, t->start_ns, &list);
		json_decref(array);
	}
	if (!good)
		return err_no_memory(e);
	*ret = list;
	list = (struct calls){ .n = 0 };
	return 0;
}

void calls_done(struct calls *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->items[i].step);
		free(c->items[i].error);
		free(c->items[i].named);
	}
	free(c->items);
	*c = (struct calls){ .n = 0 };
}

static bool begins_with(const struct call_made *c, const char *word)
{
	return !strncmp(c->step, word, strlen(word));
}

int64_t calls_time(const struct call_made *c)
{
	const bool waits = begins_with(c, "accept") || begins_with(c, "recv") ||
			   begins_with(c, "peek") || begins_with(c, "wait-") ||
			   begins_with(c, "hold");

	return waits || c->error ? c->end_ns : c->start_ns;
}

bool calls_is_inner(const struct call_made *c)
{
	return !strcmp(c->step, "sync") || !strcmp(c->step, "patience") ||
	       !strcmp(c->step, "wait-peer");
}

char *calls_text(const struct call_made *c)
{
	struct text t = { .s = NULL };

	text_add(&t, c->step);
	if (c->named)
		text_addf(&t, " %s", c->named);
	if (c->result > 0)
		text_addf(&t, " %lld", (long long)c->result);
	if (c->error)
		text_addf(&t, " %s", c->error);
	return t.s;
}

const struct call_made *calls_last(const struct calls *c, int side,
				   const char *step, int64_t time_ns)
{
	const struct call_made *last = NULL;

	for (size_t i = 0; i < c->n; i++)
		if (c->items[i].side == side &&
		    c->items[i].start_ns <= time_ns &&
		    !strcmp(c->items[i].step, step))
			last = &c->items[i];
	return last;
}

int64_t calls_read_bytes(const struct calls *c, int side)
{
	int64_t bytes = 0;
	unsigned connections = 0;
	bool any = false;

	for (size_t i = 0; i < c->n; i++) {
		const struct call_made *made = &c->items[i];

		if (made->side != side)
			continue;
		any = true;
		connections += !strcmp(made->step, "connect") ||
			       !strcmp(made->step, "accept");
		if (begins_with(made, "recv"))
			bytes += made->result;
	}
	return any && connections <= 1 ? bytes : -1;
}
