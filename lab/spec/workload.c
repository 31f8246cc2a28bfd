/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The file is read into lines of text that know where they
 * stand.  Each line becomes a step by its row in steps.def.  Then each script
 * is walked once with what its side holds (listener, connection), by the
 * table of rules below.
 */
#include "lab/spec/workload.h"

#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/spec/name.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

const struct step_info step_infos[STEP_COUNT] = {
#define NONE	 STEP_ARG_NONE
#define BYTES	 STEP_ARG_BYTES
#define SECONDS	 STEP_ARG_SECONDS
#define DURATION STEP_ARG_DURATION
#define WORD	 STEP_ARG_WORD
#define HOW	 STEP_ARG_HOW
#define FAULT	 STEP_ARG_FAULT
#define CLIENT	 STEP_CLIENT
#define SERVER	 STEP_SERVER
#define BOTH	 STEP_BOTH
#define STEP(id, name, argument, sides, help) \
	[STEP_##id] = { name, argument, sides, help },
#include "lab/spec/steps.def"
#undef STEP
#undef FAULT
};

const struct fault_info fault_infos[FAULT_COUNT] = {
#define NOTHING			     0
#define CONNECTED		     1
#define FAULT(id, name, needs, help) [FAULT_##id] = { name, needs, help },
#include "lab/spec/faults.def"
#undef FAULT
#undef CONNECTED
#undef NOTHING
};

/* The words of a step, cut out of its text. */
enum { WORD_BYTES = 64 };

struct line {
	char *text;
	struct spec_at at;
};

struct workload_file {
	struct workload workload;
	struct spec_at name_at, at[SIDES];
	struct spec_list lines[SIDES]; /* of struct line */
};

static const struct spec_field line_fields[] = {
	{ "step", SPEC_STRING, .offset = offsetof(struct line, text),
	  .at_offset = offsetof(struct line, at), .parse = name_check_line },
};
static const struct spec_table line_table = {
	.what = "step",
	.size = sizeof(struct line),
	.fields = line_fields,
	.n_fields = ARRAY_SIZE(line_fields),
};

static const char *const no_yes[] = { "no", "yes", NULL };

static const struct spec_field workload_fields[] = {
	{ "name", SPEC_STRING, .offset = offsetof(struct workload, name),
	  .at_offset = offsetof(struct workload_file, name_at), .required = 1,
	  .parse = name_check, .help = "the file's name without .yaml" },
	{ "summary", SPEC_STRING, .offset = offsetof(struct workload, summary),
	  .required = 1, .parse = name_check_line,
	  .help = "one line for the list" },
	{ "default", SPEC_CHOICE,
	  .offset = offsetof(struct workload, by_default), .choices = no_yes,
	  .help = "yes: part of a run that names no workload" },
	{ "states", SPEC_CHOICE, .offset = offsetof(struct workload, states),
	  .choices = no_yes,
	  .help = "yes: socket states are kept after each trial; a hold does "
		  "that too" },
	{ "client", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct workload_file, lines[SIDE_CLIENT]),
	  .at_offset = offsetof(struct workload_file, at[SIDE_CLIENT]),
	  .required = 1, .item = &line_table, .help = "steps of the client" },
	{ "server", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct workload_file, lines[SIDE_SERVER]),
	  .at_offset = offsetof(struct workload_file, at[SIDE_SERVER]),
	  .required = 1, .item = &line_table, .help = "steps of the server" },
	{ "deadline", SPEC_DURATION,
	  .offset = offsetof(struct workload, deadline_ns), .min = NS_PER_MS,
	  .max = 3600 * NS_PER_S, .help = "how long one trial may take" },
	{ "expect", SPEC_STRUCT, .offset = offsetof(struct workload, expects),
	  .at_offset = offsetof(struct workload, expects.at),
	  .item = &expects_table,
	  .help = "what must come of it, for `rstlab selftest`" },
};
static const struct workload_file workload_defaults = {
	.workload.deadline_ns = 2 * NS_PER_S,
};
static const struct spec_table workload_table = {
	.what = "workload",
	.size = sizeof(struct workload_file),
	.fields = workload_fields,
	.n_fields = ARRAY_SIZE(workload_fields),
	.defaults = &workload_defaults,
};
static_assert(offsetof(struct workload_file, workload) == 0,
	      "the rows give offsets in the workload");

/* ---- one step ---- */

static const char *parse_none(const char *text, int64_t *ret)
{
	(void)ret;
	return *text ? "nothing" : NULL;
}

static const char *parse_bytes(const char *text, int64_t *ret)
{
	static const struct {
		const char *suffix;
		int64_t factor;
	} units[] = { { "", 1 },
		      { "K", 1024 },
		      { "KiB", 1024 },
		      { "M", 1 << 20 },
		      { "MiB", 1 << 20 } };
	const size_t digits = strspn(text, "0123456789");
	char number[WORD_BYTES];
	int64_t v;

	(void)snprintf(number, sizeof(number), "%.*s", (int)digits, text);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(text + digits, units[i].suffix) &&
		    num_parse(number, 1, (64 << 20) / units[i].factor, &v)) {
			*ret = v * units[i].factor;
			return NULL;
		}
	return "a number of bytes from 1 to 64M, such as 17, 4K or 1M";
}

static const char *parse_seconds(const char *text, int64_t *ret)
{
	return num_parse(text, 0, 3600, ret)
		       ? NULL
		       : "a number of seconds from 0 to 3600";
}

static const char *parse_duration(const char *text, int64_t *ret)
{
	return num_parse_duration(text, ret) ? NULL : NUM_DURATION_FORM;
}

/* Which sync it is follows from the whole script. */
static const char *parse_word(const char *text, int64_t *ret)
{
	(void)ret;
	return *text ? name_check(text, NULL) : "a name";
}

static const char *parse_how(const char *text, int64_t *ret)
{
	static const char *const hows[] = {
		[SHUT_RD] = "rd",
		[SHUT_WR] = "wr",
		[SHUT_RDWR] = "rdwr",
	};

	for (size_t i = 0; i < ARRAY_SIZE(hows); i++)
		if (!strcmp(text, hows[i])) {
			*ret = (int64_t)i;
			return NULL;
		}
	return "rd, wr or rdwr";
}

static const char *parse_fault(const char *text, int64_t *ret)
{
	for (size_t i = 0; i < FAULT_COUNT; i++)
		if (!strcmp(text, fault_infos[i].name)) {
			*ret = (int64_t)i;
			return NULL;
		}
	return "a fault of `rstlab list faults`";
}

static const char *(*const parsers[])(const char *text, int64_t *ret) = {
	[STEP_ARG_NONE] = parse_none,
	[STEP_ARG_BYTES] = parse_bytes,
	[STEP_ARG_SECONDS] = parse_seconds,
	[STEP_ARG_DURATION] = parse_duration,
	[STEP_ARG_WORD] = parse_word,
	[STEP_ARG_HOW] = parse_how,
	[STEP_ARG_FAULT] = parse_fault,
};

/* One script while it is being checked. */
struct scribe {
	struct spec_diags *d;
	int side;
	const struct line *lines;
	size_t n_lines;
	const char *syncs[SCRIPT_STEPS_MAX]; /* argument, in a line's text */
	struct spec_at sync_at[SCRIPT_STEPS_MAX];
	const char *word[SCRIPT_STEPS_MAX]; /* sync or hold, of the table */
	size_t n_syncs;
	int64_t deadline_ns;
};

/* The word of @text at or after @from; *@ret_end is where it ends. */
static size_t word_at(const char *text, size_t from, size_t *ret_end)
{
	from += strspn(text + from, " \t");
	*ret_end = from + strcspn(text + from, " \t");
	return from;
}

static struct spec_at inside(const struct line *l, size_t offset)
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

static bool parse_verb(const struct scribe *s, const struct line *l,
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

static void refuse_fault(const struct scribe *s, struct spec_at at,
			 const char *word)
{
	const char *known[FAULT_COUNT + 1] = { NULL };

	for (size_t i = 0; i < FAULT_COUNT; i++)
		known[i] = fault_infos[i].name;
	spec_error_word(s->d, at, word, known, "unknown fault '%s'", word);
}

static bool parse_argument(const struct scribe *s, const struct line *l,
			   size_t from, size_t end, struct step *ret)
{
	const struct step_info *info = &step_infos[ret->id];
	char word[WORD_BYTES + 1];
	const char *form;

	(void)snprintf(word, sizeof(word), "%.*s", (int)(end - from),
		       l->text + from);
	form = parsers[info->argument](word, &ret->number);
	if (form && *word && info->argument == STEP_ARG_FAULT)
		refuse_fault(s, inside(l, from), word);
	else if (form && *word)
		spec_error(s->d, inside(l, from), "%s takes %s, not '%s'",
			   info->name, form, word);
	else if (form)
		spec_error(s->d, inside(l, end), "%s needs %s", info->name,
			   form);
	return !form;
}

/* Make a step of one line; false, and reported, when it is none. */
static bool parse_line(const struct scribe *s, const struct line *l,
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
	KILLED = 16,
	WAITED = 32, /* for the end of the other side */
};

/* The state that a step needs, must not find, and leaves. */
static const struct rule {
	int needs, refuses, adds, removes;
} rules[STEP_COUNT] = {
	[STEP_LISTEN] = { .refuses = LISTENED, .adds = LISTENER | LISTENED },
	[STEP_LISTEN_FULL] = { .refuses = LISTENED,
			       .adds = LISTENER | LISTENED },
	[STEP_ACCEPT] = { .needs = LISTENER,
			  .refuses = CONNECTED,
			  .adds = CONNECTION | CONNECTED },
	[STEP_CONNECT] = { .refuses = CONNECTED,
			   .adds = CONNECTION | CONNECTED },
	[STEP_SEND] = { .needs = CONNECTION },
	[STEP_SEND_UNTIL_ERROR] = { .needs = CONNECTION },
	[STEP_RECV] = { .needs = CONNECTION },
	[STEP_RECV_EOF] = { .needs = CONNECTION },
	[STEP_WAIT_READABLE] = { .needs = CONNECTION },
	[STEP_WAIT_ACKED] = { .needs = CONNECTION },
	[STEP_SHUTDOWN] = { .needs = CONNECTION },
	[STEP_LINGER] = { .needs = CONNECTION },
	[STEP_CLOSE] = { .needs = CONNECTION, .removes = CONNECTION },
	[STEP_CLOSE_LISTENER] = { .needs = LISTENER, .removes = LISTENER },
	[STEP_KILL] = { .adds = KILLED },
	[STEP_WAIT_PEER] = { .adds = WAITED },
};

static const struct {
	int bit;
	const char *lacks, *has;
} reasons[] = {
	{ LISTENER, "there is no listener here", "" },
	{ CONNECTION, "there is no open connection here", "" },
	{ LISTENED, "", "a script listens once" },
	{ CONNECTED, "", "a script has one connection" },
};

static void check_rule(const struct scribe *s, const struct line *l,
		       const struct step *step, int *state)
{
	const struct rule *r = &rules[step->id];
	const char *name = step_infos[step->id].name;

	if (*state & (KILLED | WAITED)) {
		spec_error(s->d, l->at, "nothing can follow %s",
			   *state & KILLED ? "kill" : "wait-peer");
		*state &= ~(KILLED | WAITED); /* once is enough */
		return;
	}
	if (step->id == STEP_FAULT && !(*state & CONNECTION) &&
	    fault_infos[step->number].needs_connection)
		spec_error(s->d, l->at,
			   "fault %s: there is no open connection here",
			   fault_infos[step->number].name);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		const int bit = reasons[i].bit;

		if (r->needs & bit && !(*state & bit))
			spec_error(s->d, l->at, "%s: %s", name,
				   reasons[i].lacks);
		if (r->refuses & bit && *state & bit)
			spec_error(s->d, l->at, "%s: %s", name, reasons[i].has);
	}
	*state = (*state | r->adds) & ~r->removes;
}

static void note_sync(struct scribe *s, const struct line *l, struct step *step,
		      size_t argument)
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

static void check_duration(const struct scribe *s, const struct line *l,
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
	return state | rules[step->id].adds;
}

/* Returns: what the side holds at the end. */
static int read_script(struct scribe *s, struct script *ret)
{
	int state = 0;

	for (size_t i = 0; i < s->n_lines; i++) {
		const struct line *l = &s->lines[i];
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

static void check_file(struct workload_file *f, struct spec_diags *d)
{
	struct scribe scribes[SIDES] = { { .d = d }, { .d = d } };
	const unsigned before = d->errors;
	struct workload *w = &f->workload;
	int state[SIDES];

	if (w->name && !name_is_of_file(w->name, d->path))
		spec_error(d, f->name_at,
			   "name '%s' must be the file's name without .yaml",
			   w->name);
	for (int side = 0; side < SIDES; side++) {
		scribes[side].side = side;
		scribes[side].lines = f->lines[side].items;
		scribes[side].n_lines = f->lines[side].n;
		scribes[side].deadline_ns = w->deadline_ns;
		state[side] = read_script(&scribes[side], &w->scripts[side]);
	}
	expects_check(&w->expects, d);
	if (d->errors == before && f->at[SIDE_CLIENT].line &&
	    !(state[SIDE_CLIENT] & CONNECTED))
		spec_error(d, f->at[SIDE_CLIENT], "the client needs a connect");
	if (d->errors == before &&
	    state[SIDE_CLIENT] & state[SIDE_SERVER] & WAITED)
		spec_error(d, f->at[SIDE_SERVER],
			   "both sides end with wait-peer: neither would end");
	if (d->errors == before)
		compare_syncs(d, &scribes[SIDE_CLIENT], &scribes[SIDE_SERVER]);
}

/* Hand the texts of the steps over to the workload, without the places. */
static int keep_texts(struct workload_file *f, struct err *e)
{
	for (int side = 0; side < SIDES; side++) {
		struct spec_list *to = &f->workload.steps_text[side];
		struct line *lines = f->lines[side].items;

		if (!f->lines[side].n)
			continue;
		to->items = calloc(f->lines[side].n, sizeof(char *));
		if (!to->items)
			return err_errno(e, "keep the steps");
		for (; to->n < f->lines[side].n; to->n++)
			((char **)to->items)[to->n] =
				take_ptr(&lines[to->n].text);
	}
	return 0;
}

static int load(struct workload_file *f, const char *path, struct spec_diags *d,
		struct err *e)
{
	const unsigned before = d->errors;
	own_mem char *source = NULL;
	int r = spec_load(path, &workload_table, f, d, &source, e);

	if (!source)
		return r; /* nothing was read */
	check_file(f, d);
	d->source = NULL;
	if (d->errors > before)
		return spec_refuse(path, d->errors - before, e);
	if (r < 0)
		return r;
	f->workload.path = strdup(path);
	return f->workload.path ? keep_texts(f, e)
				: err_errno(e, "read %s", path);
}

int workload_load(struct workload *w, const char *path, struct spec_diags *d,
		  struct err *e)
{
	struct workload_file f = { .workload = { .path = NULL } };
	int r = load(&f, path, d, e);

	if (r < 0) {
		workload_done(&f.workload);
		memset(&f.workload, 0, sizeof(f.workload));
	}
	*w = f.workload;
	memset(&f.workload, 0, sizeof(f.workload));
	spec_done(&workload_table, &f);
	return r;
}

void workload_done(struct workload *w)
{
	for (int side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < w->steps_text[side].n; i++)
			free(((char **)w->steps_text[side].items)[i]);
		free(w->steps_text[side].items);
	}
	spec_done(&expects_table, &w->expects);
	free(w->path);
	free(w->name);
	free(w->summary);
	*w = (struct workload){ .path = NULL };
}
