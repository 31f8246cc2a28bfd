/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The same table of keys is read three times over: for what
 * holds always, and below `through` and `without` for what holds in a special
 * case.  Values stay texts, in the words of the reports, so that a trial is
 * compared by comparing texts; here they are only taken apart to find words
 * that nothing could ever produce.
 */
#include "lab/spec/expect.h"

#include "lab/base/num.h"
#include "lab/cause/cause.h"
#include "lab/flow/flow.h"
#include "lab/spec/name.h"
#include "lab/spec/workload.h"

#include <assert.h>
#include <string.h>

#define PASSES THROUGH_PASSES
#define ENDS   THROUGH_ENDS
#define BLOCKS THROUGH_BLOCKS
const struct through_info through_infos[] = {
#define THROUGH(id, name, kind, help) [THROUGH_##id] = { name, kind, help },
#include "lab/spec/through.def"
#undef THROUGH
};
static_assert(ARRAY_SIZE(through_infos) == THROUGHS, "one row each");

const char *const feature_names[] = {
#define FEATURE(id, name, how, what, help) [FEATURE_##id] = name,
#include "lab/spec/features.def"
#undef FEATURE
};
static_assert(ARRAY_SIZE(feature_names) == FEATURES, "one name each");

/* ---- reading ---- */

static const struct spec_field counters_fields[] = {
	{ "client", SPEC_MAP, .offset = 0,
	  .help = "of the client's node: name of the counter: growth" },
	{ "server", SPEC_MAP, .offset = sizeof(struct spec_list),
	  .help = "of the server's node" },
};
static const struct spec_table counters_table = {
	.what = "counters",
	.size = SIDES * sizeof(struct spec_list),
	.fields = counters_fields,
	.n_fields = ARRAY_SIZE(counters_fields),
};

#define TEXT(key)                                                         \
	SPEC_STRING, .offset = offsetof(struct expect, texts[key].text),  \
		     .at_offset = offsetof(struct expect, texts[key].at), \
		     .parse = name_check_line

/* Two tables begin with these. */
/* clang-format off */
#define EXPECT_FIELDS                                                         \
	{ "ending", TEXT(EXPECT_ENDING),                                      \
	  .help = "how connections end: `rstlab list endings`" },             \
	{ "rst", TEXT(EXPECT_RST),                                            \
	  .help = "who sends the first RST: client, server, middle, nobody" },\
	{ "form", TEXT(EXPECT_FORM), .help = "the form of that RST" },        \
	{ "client", TEXT(EXPECT_CLIENT),                                      \
	  .help = "what the client sees: ok, or a step and its error" },      \
	{ "server", TEXT(EXPECT_SERVER), .help = "what the server sees" },    \
	{ "cause", TEXT(EXPECT_CAUSE), .help = "why: `rstlab list causes`" },       \
	{ "counters", SPEC_STRUCT,                                            \
	  .offset = offsetof(struct expect, counters),                        \
	  .item = &counters_table,                                            \
	  .help = "what counters of the kernel grow by with each trial" },    \
	{ "states", SPEC_MAP, .offset = offsetof(struct expect, states),      \
	  .help = "states of both sockets at each hold, and after" },
/* clang-format on */

static const struct spec_field case_fields[] = {
	{ "skip", SPEC_STRING, .offset = offsetof(struct expect, skip),
	  .parse = name_check_line,
	  .help = "why the workload makes no sense there: it is not run" },
	EXPECT_FIELDS
};
static const struct spec_table case_table = {
	.what = "case",
	.size = sizeof(struct expect),
	.fields = case_fields,
	.n_fields = ARRAY_SIZE(case_fields),
};

static const struct spec_field through_fields[] = {
#define THROUGH(id, word, kind, text)                                        \
	{ word, SPEC_STRUCT, .offset = THROUGH_##id * sizeof(struct expect), \
	  .item = &case_table, .help = text },
#include "lab/spec/through.def"
#undef THROUGH
};
static const struct spec_table through_table = {
	.what = "through",
	.size = THROUGHS * sizeof(struct expect),
	.fields = through_fields,
	.n_fields = ARRAY_SIZE(through_fields),
};

static const struct spec_field without_fields[] = {
#define FEATURE(id, word, how, what, text)                                   \
	{ word, SPEC_STRUCT, .offset = FEATURE_##id * sizeof(struct expect), \
	  .item = &case_table, .help = text },
#include "lab/spec/features.def"
#undef FEATURE
};
static const struct spec_table without_table = {
	.what = "without",
	.size = FEATURES * sizeof(struct expect),
	.fields = without_fields,
	.n_fields = ARRAY_SIZE(without_fields),
};

static const struct spec_field expects_fields[] = {
	{ "through", SPEC_STRUCT, .offset = offsetof(struct expects, through),
	  .item = &through_table,
	  .help = "what is different where that lies in between" },
	{ "without", SPEC_STRUCT, .offset = offsetof(struct expects, without),
	  .item = &without_table,
	  .help = "what is different on a kernel that lacks that" },
	{ "probe", SPEC_STRING, .offset = offsetof(struct expects, probe),
	  .parse = name_check,
	  .help = "name of the behaviour, when kernels differ in it" },
	EXPECT_FIELDS
};
const struct spec_table expects_table = {
	.what = "expect",
	.size = sizeof(struct expects),
	.fields = expects_fields,
	.n_fields = ARRAY_SIZE(expects_fields),
};
static_assert(offsetof(struct expects, always) == 0,
	      "the rows of a case give offsets in it");

/* ---- the words of a value ---- */

enum { WORD_BYTES = 64, WORDS_MAX = 64 };

static const char either[] = " or ", both[] = " + ", any[] = "any";

/* One value while it is taken apart. */
struct value {
	const char *key;
	const struct expect_value *in;
	struct spec_diags *d;
};

static struct spec_at inside(const struct value *v, size_t offset)
{
	struct spec_at at = v->in->at;

	at.column += (unsigned)offset;
	return at;
}

static bool is_one_of(const char *word, const char *const *known)
{
	while (*known && strcmp(*known, word) != 0)
		known++;
	return *known != NULL;
}

/* The names that a key takes, but for what programs see. */
static void names_of(enum expect_text key, const char *known[WORDS_MAX])
{
	size_t n = 0;

	if (key == EXPECT_ENDING)
		for (size_t i = 0; i < ENDINGS; i++)
			known[n++] = ending_infos[i].name;
	if (key == EXPECT_FORM)
		for (size_t i = 0; i < FORMS; i++)
			known[n++] = reset_form_names[i];
	if (key == EXPECT_RST) {
		for (size_t i = 0; i < EMITTERS; i++)
			known[n++] = emitter_names[i];
		known[n++] = "nobody";
	}
	if (key == EXPECT_CAUSE)
		for (size_t i = 0; i < CAUSES; i++)
			known[n++] = cause_infos[i].name;
	known[n] = NULL;
}

static bool is_error(const char *word)
{
	const char *name;

	for (int i = 1; (name = strerrorname_np(i)) || i < EHWPOISON; i++)
		if (name && !strcmp(name, word))
			return true;
	return !strcmp(word, "timeout") || !strcmp(word, "SIGPIPE");
}

static bool is_step(const char *word, size_t n)
{
	for (size_t i = 0; i < STEP_COUNT; i++)
		if (!strncmp(step_infos[i].name, word, n) &&
		    !step_infos[i].name[n])
			return true;
	return false;
}

/* "ok", "killed", "left alone", or a step and its error. */
static void check_seen(const struct value *v, const char *word, size_t at)
{
	static const char *const whole[] = { "ok", "killed", "left alone",
					     NULL };
	const size_t n = strcspn(word, " ");

	if (is_one_of(word, whole))
		return;
	if (!word[n])
		spec_error_word(v->d, inside(v, at), word, whole,
				"%s: '%s' is nothing that a program can see",
				v->key, word);
	else if (!is_step(word, n))
		spec_error(v->d, inside(v, at), "%s: '%.*s' is no step", v->key,
			   (int)n, word);
	else if (!is_error(word + n + 1))
		spec_error(v->d, inside(v, at + n + 1),
			   "%s: '%s' is neither timeout nor the name of an "
			   "error, such as ECONNRESET",
			   v->key, word + n + 1);
}

static void check_word(const struct value *v, enum expect_text key,
		       const char *word, size_t at)
{
	const char *known[WORDS_MAX];

	if (key == EXPECT_CLIENT || key == EXPECT_SERVER) {
		check_seen(v, word, at);
		return;
	}
	names_of(key, known);
	if (!is_one_of(word, known))
		spec_error_word(v->d, inside(v, at), word, known,
				"%s: there is no '%s'", v->key, word);
}

/* Where the next separator stands, or the end. */
static size_t piece_end(const char *text, size_t from, size_t *ret_next)
{
	const char *a = strstr(text + from, either),
		   *b = strstr(text + from, both);
	const char *first = !a || (b && b < a) ? b : a;

	if (!first) {
		*ret_next = strlen(text);
		return *ret_next;
	}
	*ret_next = (size_t)(first - text) +
		    (first == a ? sizeof(either) : sizeof(both)) - 1;
	return (size_t)(first - text);
}

static void check_value(const struct value *v, enum expect_text key)
{
	const char *text = v->in->text;
	size_t at = 0, next, end;

	if (!text || !strcmp(text, any))
		return;
	do {
		char word[WORD_BYTES];

		end = piece_end(text, at, &next);
		(void)snprintf(word, sizeof(word), "%.*s", (int)(end - at),
			       text + at);
		check_word(v, key, word, at);
		at = next;
	} while (end != next);
}

/* ---- counters and states ---- */

static const char *const counter_names[] = {
#define COUNTER(id, file, name) name,
#include "lab/spec/counters.def"
#undef COUNTER
	NULL
};

bool expect_growth(const char *value, int64_t *ret_least, int64_t *ret_most)
{
	const char *rest = strstr(value, either);
	char first[24];

	(void)snprintf(first, sizeof(first), "%.*s",
		       rest ? (int)(rest - value) : (int)strlen(value), value);
	if (!num_parse(first, 0, INT32_MAX, ret_least))
		return false;
	*ret_most = *ret_least;
	return !rest || num_parse(rest + sizeof(either) - 1, *ret_least,
				  INT32_MAX, ret_most);
}

static void check_counters(const struct spec_list *list, struct spec_diags *d)
{
	const struct spec_pair *pairs = list->items;

	for (size_t i = 0; i < list->n; i++) {
		int64_t least, most;

		if (!is_one_of(pairs[i].key, counter_names))
			spec_error_word(d, pairs[i].at, pairs[i].key,
					counter_names, "unknown counter '%s'",
					pairs[i].key);
		if (!expect_growth(pairs[i].value, &least, &most))
			spec_error(d, pairs[i].at,
				   "%s: how many a trial, such as 1 or '0 or "
				   "1', not '%.60s'",
				   pairs[i].key, pairs[i].value);
	}
}

static bool is_state(const char *word, size_t n)
{
	/* as ss prints them; - is no socket at all */
	static const char *const states[] = {
		"ESTAB",      "SYN-SENT",  "SYN-RECV",	 "FIN-WAIT-1",
		"FIN-WAIT-2", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK",
		"LISTEN",     "CLOSING",   "-",
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (!strncmp(states[i], word, n) && !states[i][n])
			return true;
	return false;
}

static bool is_pair_of_states(const char *text)
{
	size_t n = strcspn(text, "/");

	if (!text[n] || !is_state(text, n))
		return false;
	text += n + 1;
	n = strcspn(text, " ");
	if (!is_state(text, n))
		return false;
	text += n;
	return !*text || (!strncmp(text, either, sizeof(either) - 1) &&
			  is_pair_of_states(text + sizeof(either) - 1));
}

static void check_states(const struct spec_list *list, struct spec_diags *d)
{
	const struct spec_pair *pairs = list->items;

	for (size_t i = 0; i < list->n; i++)
		if (!is_pair_of_states(pairs[i].value))
			spec_error(d, pairs[i].at,
				   "%s: the states of client and server as ss "
				   "has them, such as FIN-WAIT-2/CLOSE-WAIT or "
				   "TIME-WAIT/-, not '%.60s'",
				   pairs[i].key, pairs[i].value);
}

static void check_case(const struct expect *x, struct spec_diags *d)
{
	for (size_t i = 0; i < EXPECT_TEXTS; i++) {
		const struct value v = { expect_text_names[i], &x->texts[i],
					 d };

		check_value(&v, i);
	}
	for (size_t i = 0; i < SIDES; i++)
		check_counters(&x->counters[i], d);
	check_states(&x->states, d);
}

const char *const expect_text_names[] = {
	[EXPECT_ENDING] = "ending", [EXPECT_RST] = "rst",
	[EXPECT_FORM] = "form",	    [EXPECT_CLIENT] = "client",
	[EXPECT_SERVER] = "server", [EXPECT_CAUSE] = "cause",
};
static_assert(ARRAY_SIZE(expect_text_names) == EXPECT_TEXTS, "one name each");

void expects_check(const struct expects *x, struct spec_diags *d)
{
	check_case(&x->always, d);
	for (size_t i = 0; i < THROUGHS; i++)
		check_case(&x->through[i], d);
	for (size_t i = 0; i < FEATURES; i++)
		check_case(&x->without[i], d);
}

/* ---- using it ---- */

/* Form and cause are those of an RST: who names another sender means another
 * RST. */
static void replace(struct expect *to, const struct expect *by)
{
	if (by->texts[EXPECT_RST].text) {
		to->texts[EXPECT_FORM].text = NULL;
		to->texts[EXPECT_CAUSE].text = NULL;
	}
	for (size_t i = 0; i < EXPECT_TEXTS; i++)
		if (by->texts[i].text)
			to->texts[i] = by->texts[i];
	for (size_t i = 0; i < SIDES; i++)
		if (by->counters[i].n)
			to->counters[i] = by->counters[i];
	if (by->states.n)
		to->states = by->states;
	if (by->skip)
		to->skip = by->skip;
}

static void forget_sockets(struct expect *x)
{
	for (size_t i = 0; i < SIDES; i++)
		x->counters[i] = (struct spec_list){ .n = 0 };
	x->states = (struct spec_list){ .n = 0 };
}

struct expect expects_resolve(const struct expects *x,
			      const struct expect_case *c)
{
	struct expect r = x->always;
	bool ended = false;

	for (size_t i = 0; i < FEATURES; i++)
		if (c->lacks & 1U << i)
			replace(&r, &x->without[i]);
	for (size_t i = 0; i < THROUGHS; i++) {
		if (!(c->through & 1U << i))
			continue;
		if (through_infos[i].kind == THROUGH_ENDS && !ended) {
			forget_sockets(&r);
			ended = true;
		}
		replace(&r, &x->through[i]);
	}
	return r;
}

static bool says_something(const struct expect *x)
{
	for (size_t i = 0; i < EXPECT_TEXTS; i++)
		if (x->texts[i].text)
			return true;
	return x->skip || x->states.n || x->counters[SIDE_CLIENT].n ||
	       x->counters[SIDE_SERVER].n;
}

bool expects_mention(const struct expects *x, enum through t)
{
	return says_something(&x->through[t]);
}

bool expect_allows(const char *expected, const char *seen)
{
	const size_t n = strlen(seen);

	if (!strcmp(expected, any))
		return true;
	for (;;) {
		const char *end = strstr(expected, either);
		const size_t length =
			end ? (size_t)(end - expected) : strlen(expected);

		if (length == n && !strncmp(expected, seen, n))
			return true;
		if (!end)
			return false;
		expected = end + sizeof(either) - 1;
	}
}

static bool add_through(const char *word, size_t n, uint32_t *bits)
{
	for (size_t i = 0; i < THROUGHS; i++)
		if (!strncmp(through_infos[i].name, word, n) &&
		    !through_infos[i].name[n]) {
			*bits |= 1U << i;
			return true;
		}
	return false;
}

const char *through_parse(const char *text, void *ret_bits)
{
	uint32_t bits = 0;

	while (strcmp(text, "nothing") != 0) {
		const char *end = strstr(text, both);
		const size_t n = end ? (size_t)(end - text) : strlen(text);

		if (!add_through(text, n, &bits))
			return "nothing or some of "
#define THROUGH(id, name, kind, help) name ", "
#include "lab/spec/through.def"
#undef THROUGH
			       "with ' + ' between them";
		if (!end)
			break;
		text = end + sizeof(both) - 1;
	}
	*(uint32_t *)ret_bits = bits;
	return NULL;
}
