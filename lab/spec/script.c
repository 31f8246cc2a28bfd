/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Each line becomes a step by its row in steps.def.  Each script
 * is walked once with what its side holds (listener, connection), which the
 * rows say of every step.
 */
#include "lab/spec/script.h"

#include "lab/base/num.h"
#include "lab/base/own.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The words of a step, cut out of its text. */
enum { WORD_BYTES = 64 };

/* One script while it is being checked. */
struct scribe {
	struct spec_diags *d;
	int side;
	const struct script_line *lines;
	size_t n_lines;
	const char *syncs[SCRIPT_STEPS_MAX]; /* argument, in a line's text */
	struct spec_at sync_at[SCRIPT_STEPS_MAX];
	const char *word[SCRIPT_STEPS_MAX]; /* sync or hold, of the table */
	size_t n_syncs;
	int64_t deadline_ns;
	const char *last; /* name of the step before */
};

/* The word of @text at or after @from; *@ret_end is where it ends. */
static size_t word_at(const char *text, size_t from, size_t *ret_end)
{
	from += strspn(text + from, " \t");
	*ret_end = from + strcspn(text + from, " \t");
	return from;
}

static struct spec_at inside(const struct script_line *l, size_t offset)
{
	struct spec_at at = l->at;

	at.column += (unsigned)offset;
	return at;
}

static void refuse_verb(const struct scribe *s, struct spec_at at,
			const char *verb)
{
	const char *known[STEP_COUNT + 1] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < STEP_COUNT; i++)
		if (step_infos[i].sides & (1 << s->side))
			known[n++] = step_infos[i].name;
	spec_error_word(s->d, at, verb, known, "unknown step '%s'", verb);
}

static int verb_named(const char *verb)
{
	int id = 0;

	while (id < STEP_COUNT && strcmp(step_infos[id].name, verb) != 0)
		id++;
	return id;
}

static bool parse_verb(const struct scribe *s, const struct script_line *l,
		       size_t from, size_t end, struct step *ret)
{
	char verb[WORD_BYTES];
	int id;

	(void)snprintf(verb, sizeof(verb), "%.*s", (int)(end - from),
		       l->text + from);
	id = verb_named(verb);
	if (id == STEP_COUNT) {
		refuse_verb(s, inside(l, from), verb);
		return false;
	}
	if (!(step_infos[id].sides & (1 << s->side))) {
		spec_error(s->d, inside(l, from), "the %s has no step '%s'",
			   side_names[s->side], verb);
		return false;
	}
	ret->id = (uint8_t)id;
	return true;
}

/* Of which all names are known. */
static const char *const named[] = {
	[STEP_ARG_FAULT] = "fault",
	[STEP_ARG_FRAME] = "frame",
	[STEP_ARG_SEGMENT] = "segment",
	[STEP_ARG_SYSCTL] = NULL, /* has a value, too */
};

static void refuse_name(const struct scribe *s, struct spec_at at,
			enum step_argument argument, const char *word)
{
	const char *known[STEP_NAMES_MAX + 1] = { NULL };

	for (size_t i = 0; i < STEP_NAMES_MAX; i++) {
		known[i] = step_argument_name(argument, i);
		if (!known[i])
			break;
	}
	spec_error_word(s->d, at, word, known, "unknown %s '%s'",
			named[argument], word);
}

static bool parse_argument(const struct scribe *s, const struct script_line *l,
			   size_t from, size_t end, struct step *ret)
{
	const struct step_info *info = &step_infos[ret->id];
	char word[WORD_BYTES + 1];
	const char *form;

	(void)snprintf(word, sizeof(word), "%.*s", (int)(end - from),
		       l->text + from);
	form = step_parse(info->argument, word, &ret->number);
	if (form && *word && named[info->argument])
		refuse_name(s, inside(l, from), info->argument, word);
	else if (form && *word)
		spec_error(s->d, inside(l, from), "%s takes %s, not '%s'",
			   info->name, form, word);
	else if (form)
		spec_error(s->d, inside(l, end), "%s needs %s", info->name,
			   form);
	return !form;
}

/* Make a step of one line; false, and reported, when it is none. */
static bool parse_line(const struct scribe *s, const struct script_line *l,
		       struct step *ret, size_t *ret_argument)
{
	size_t end, from = word_at(l->text, 0, &end), last;

	if (!parse_verb(s, l, from, end, ret))
		return false;
	from = word_at(l->text, end, &end);
	if (!parse_argument(s, l, from, end, ret))
		return false;
	*ret_argument = from;
	last = word_at(l->text, end, &end);
	if (l->text[last])
		spec_error(s->d, inside(l, last),
			   "one argument is enough, '%.60s' is left over",
			   l->text + last);
	return !l->text[last];
}

/* ---- a script as a whole ---- */

/* What a side holds, as bits. */
enum {
	LISTENER = 1, /* open */
	LISTENED = 2, /* had one */
	CONNECTION = 4,
	CONNECTED = 8, /* had one */
	ENDED = 16,
	WAITED = 32, /* for the end of the other side */
};

static const int needs[] = {
	[STEP_NEEDS_NOTHING] = 0,
	[STEP_NEEDS_LISTENER] = LISTENER,
	[STEP_NEEDS_CONNECTION] = CONNECTION,
};
static_assert(ARRAY_SIZE(needs) == STEP_NEEDS_COUNT, "one state per need");

/* The state that a step must not find, and leaves. */
static const struct rule {
	int refuses, adds, removes;
} rules[] = {
	[STEP_STAYS] = { .adds = 0 },
	[STEP_LISTENS] = { .refuses = LISTENED, .adds = LISTENER | LISTENED },
	[STEP_UNLISTENS] = { .removes = LISTENER },
	[STEP_CONNECTS] = { .refuses = CONNECTED,
			    .adds = CONNECTION | CONNECTED },
	[STEP_ACCEPTS] = { .refuses = CONNECTION,
			   .adds = CONNECTION | CONNECTED },
	[STEP_REDIALS] = { .refuses = CONNECTION,
			   .adds = CONNECTION | CONNECTED },
	[STEP_CLOSES] = { .removes = CONNECTION },
	[STEP_ENDS] = { .adds = ENDED },
	[STEP_AWAITS] = { .adds = ENDED | WAITED },
};
static_assert(ARRAY_SIZE(rules) == STEP_DOES_COUNT, "one rule per deed");

static const struct {
	int bit;
	const char *lacks, *has;
} reasons[] = {
	{ LISTENER, "there is no listener here", "" },
	{ CONNECTION, "there is no open connection here",
	  "a script has one connection at a time" },
	{ LISTENED, "", "a script listens once" },
	{ CONNECTED, "", "a script has one connection" },
};

static void check_rule(const struct scribe *s, const struct script_line *l,
		       const struct step *step, int *state)
{
	const struct step_info *info = &step_infos[step->id];
	const struct rule *r = &rules[info->does];

	if (*state & ENDED) {
		spec_error(s->d, l->at, "nothing can follow %s", s->last);
		*state &= ~(ENDED | WAITED); /* once is enough */
		return;
	}
	if (step->id == STEP_FAULT && !(*state & CONNECTION) &&
	    fault_infos[step->number].needs_connection)
		spec_error(s->d, l->at,
			   "fault %s: there is no open connection here",
			   fault_infos[step->number].name);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		const int bit = reasons[i].bit;

		if (needs[info->needs] & bit && !(*state & bit))
			spec_error(s->d, l->at, "%s: %s", info->name,
				   reasons[i].lacks);
		if (r->refuses & bit && *state & bit)
			spec_error(s->d, l->at, "%s: %s", info->name,
				   reasons[i].has);
	}
	*state = (*state | r->adds) & ~r->removes;
}

static void note_sync(struct scribe *s, const struct script_line *l,
		      struct step *step, size_t argument)
{
	char *name = l->text + argument;

	name[strcspn(name, " \t")] = '\0';
	for (size_t i = 0; i < s->n_syncs; i++)
		if (!strcmp(s->syncs[i], name))
			spec_error(s->d, inside(l, argument),
				   "%s '%s' a second time (first in line %u)",
				   step_infos[step->id].name, name,
				   s->sync_at[i].line);
	step->number = (int64_t)s->n_syncs;
	s->syncs[s->n_syncs] = name;
	s->word[s->n_syncs] = step_infos[step->id].name;
	s->sync_at[s->n_syncs++] = inside(l, argument);
}

static void check_duration(const struct scribe *s, const struct script_line *l,
			   const struct step *step)
{
	char deadline[32];

	if (step->number >= s->deadline_ns)
		spec_error(s->d, l->at, "this %s passes the deadline of %s",
			   step_infos[step->id].name,
			   num_duration_text(s->deadline_ns, deadline));
}

/* The state after a line that is no step: its followers are not to blame. */
static int pretend(const struct step *step, int state)
{
	if (step->id == STEP_COUNT)
		return state | LISTENER | CONNECTION;
	return state | rules[step_infos[step->id].does].adds;
}

/* Returns: what the side holds at the end. */
static int read_script(struct scribe *s, struct script *ret)
{
	int state = 0;

	for (size_t i = 0; i < s->n_lines; i++) {
		const struct script_line *l = &s->lines[i];
		struct step step = { .id = STEP_COUNT };
		size_t argument;

		if (i == SCRIPT_STEPS_MAX) {
			spec_error(s->d, l->at, "a script has at most %d steps",
				   SCRIPT_STEPS_MAX);
			break;
		}
		if (!l->text || !parse_line(s, l, &step, &argument)) {
			state = pretend(&step, state);
			continue;
		}
		check_rule(s, l, &step, &state);
		s->last = step_infos[step.id].name;
		if (step.id == STEP_SYNC || step.id == STEP_HOLD)
			note_sync(s, l, &step, argument);
		if (step_infos[step.id].argument == STEP_ARG_DURATION)
			check_duration(s, l, &step);
		ret->steps[ret->n_steps++] = step;
	}
	return state;
}

static bool same_sync(const struct scribe *a, const struct scribe *b, size_t i)
{
	return !strcmp(a->syncs[i], b->syncs[i]) && a->word[i] == b->word[i];
}

/* Report the first difference; the rest would be its echo. */
static void compare_syncs(struct spec_diags *d, const struct scribe *a,
			  const struct scribe *b)
{
	for (size_t i = 0; i < a->n_syncs || i < b->n_syncs; i++) {
		const struct scribe *has = i < b->n_syncs ? b : a;
		const struct scribe *other = has == b ? a : b;

		if (i < other->n_syncs && same_sync(a, b, i))
			continue;
		if (i < other->n_syncs)
			spec_error(d, has->sync_at[i],
				   "%s '%s' meets %s '%s' of the %s: "
				   "neither would go on",
				   has->word[i], has->syncs[i], other->word[i],
				   other->syncs[i], side_names[other->side]);
		else
			spec_error(d, has->sync_at[i],
				   "%s '%s' is not in the script of the %s",
				   has->word[i], has->syncs[i],
				   side_names[other->side]);
		return;
	}
}

/* It takes the port of the connection before. */
static void check_redials(struct spec_diags *d, const struct scribe *s,
			  const struct script *client)
{
	for (size_t i = 0; i < client->n_steps && d->errors == 0; i++) {
		const enum step_does does =
			step_infos[client->steps[i].id].does;

		if (does == STEP_CONNECTS)
			return;
		if (does == STEP_REDIALS)
			spec_error(d, s->lines[i].at,
				   "redial: there was no connect before");
	}
}

void scripts_read(const struct script_source *sources, int64_t deadline_ns,
		  struct script *ret, struct spec_diags *d)
{
	struct scribe scribes[SIDES] = { { .d = d }, { .d = d } };
	const unsigned before = d->errors;
	int state[SIDES];

	for (int side = 0; side < SIDES; side++) {
		scribes[side].side = side;
		scribes[side].lines = sources[side].lines;
		scribes[side].n_lines = sources[side].n;
		scribes[side].deadline_ns = deadline_ns;
		state[side] = read_script(&scribes[side], &ret[side]);
	}
	check_redials(d, &scribes[SIDE_CLIENT], &ret[SIDE_CLIENT]);
	if (d->errors == before && sources[SIDE_CLIENT].at.line &&
	    !(state[SIDE_CLIENT] & CONNECTED))
		spec_error(d, sources[SIDE_CLIENT].at,
			   "the client needs a connect");
	if (d->errors == before &&
	    state[SIDE_CLIENT] & state[SIDE_SERVER] & WAITED)
		spec_error(d, sources[SIDE_SERVER].at,
			   "both sides end with wait-peer: neither would end");
	if (d->errors == before)
		compare_syncs(d, &scribes[SIDE_CLIENT], &scribes[SIDE_SERVER]);
}
