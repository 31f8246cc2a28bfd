/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/opt.h"

#include "lab/base/num.h"
#include "lab/base/text.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* OPTS_MAX: of one verb, with the common ones.  LONG_BASE: getopt's code of
 * the first row, above every letter. */
enum { OPTS_MAX = 32, LONG_BASE = 256 };

const struct opt opt_common[] = {
	{ .name = "help",
	  .letter = 'h',
	  .type = OPT_FLAG,
	  .help = "show this help; -h shows the short one" },
	{ .name = NULL },
};

/* The rows of a verb, and the same as getopt wants them. */
struct parser {
	const struct verb *verb;
	const struct opt *rows[OPTS_MAX];
	size_t n;
	struct option longs[OPTS_MAX + 1];
	char letters[2 * OPTS_MAX + 3];
};

static void add_row(struct parser *p, size_t *n_letters, const struct opt *o)
{
	p->rows[p->n] = o;
	p->longs[p->n] = (struct option){
		.name = o->name,
		.has_arg = o->arg ? required_argument : no_argument,
		.val = LONG_BASE + (int)p->n,
	};
	p->n++;
	if (!o->letter)
		return;
	p->letters[(*n_letters)++] = o->letter;
	if (o->arg)
		p->letters[(*n_letters)++] = ':';
}

static int parser_init(struct parser *p, const struct verb *v, struct err *e)
{
	const struct opt *const tables[] = { v->opts, opt_common };
	size_t n_letters = 0;

	*p = (struct parser){ .verb = v };
	if (v->stop_at_operand)
		p->letters[n_letters++] = '+';
	p->letters[n_letters++] = ':'; /* tell a missing value from unknown */
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		for (const struct opt *o = tables[i]; o && o->name; o++) {
			if (p->n == OPTS_MAX)
				return err_set(e, ERR_BUG, E2BIG,
					       "'%s' has over %d options",
					       v->name, OPTS_MAX);
			add_row(p, &n_letters, o);
		}
	}
	return 0;
}

void opt_join_words(struct text *t, const char *const *words)
{
	for (size_t i = 0; words[i]; i++) {
		if (i)
			text_add(t, words[i + 1] ? ", " : " or ");
		text_add(t, words[i]);
	}
}

static int store_choice(const struct opt *o, const char *arg, int *slot,
			struct err *e)
{
	const char *const *words = o->choices();
	own_text struct text list = { .s = NULL };
	const char *near;

	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], arg) != 0)
			continue;
		*slot = i;
		return 0;
	}
	opt_join_words(&list, words);
	near = text_nearest(arg, words);
	if (near)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--%s must be %s, not '%s' (did you mean '%s'?)",
			       o->name, text_str(&list), arg, near);
	return err_set(e, ERR_INPUT, EINVAL, "--%s must be %s, not '%s'",
		       o->name, text_str(&list), arg);
}

static int store_count(const struct opt *o, const char *arg, uint32_t *slot,
		       struct err *e)
{
	int64_t v;

	if (!num_parse(arg, o->min, o->max, &v))
		return err_set(e, ERR_INPUT, EINVAL,
			       "--%s must be a whole number from %" PRId64
			       " to %" PRId64 ", not '%s'",
			       o->name, o->min, o->max, arg);
	*slot = (uint32_t)v;
	return 0;
}

static int store_duration(const struct opt *o, const char *arg, int64_t *slot,
			  struct err *e)
{
	int64_t v;

	if (num_parse_duration(arg, &v) && v == 0)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--%s must be longer than 0, not '%s'", o->name,
			       arg);
	if (!num_parse_duration(arg, &v))
		return err_set(e, ERR_INPUT, EINVAL,
			       "--%s must be " NUM_DURATION_FORM ", not '%s'",
			       o->name, arg);
	*slot = v;
	return 0;
}

static int store_seed(const struct opt *o, const char *arg,
		      struct opt_seed *slot, struct err *e)
{
	const size_t digits = strspn(arg, "0123456789");
	unsigned long long v;

	errno = 0;
	v = strtoull(arg, NULL, 10);
	if (digits == 0 || arg[digits] || errno)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--%s must be a whole number from 0 to %" PRIu64
			       ", not '%s'",
			       o->name, UINT64_MAX, arg);
	*slot = (struct opt_seed){ .value = v, .given = true };
	return 0;
}

static int list_append(struct opt_list *l, const char *word, size_t length,
		       struct err *e)
{
	own_mem char *copy = strndup(word, length);
	char **items = realloc(l->items, (l->n + 1) * sizeof(*items));

	if (items)
		l->items = items;
	if (!copy || !items)
		return err_no_memory(e);
	l->items[l->n++] = take_ptr(&copy);
	return 0;
}

static int store_list(const struct opt *o, const char *arg,
		      struct opt_list *slot, struct err *e)
{
	for (const char *word = arg;; word++) {
		const size_t n = strcspn(word, ",");
		int r;

		if (n == 0)
			return err_set(e, ERR_INPUT, EINVAL,
				       "--%s has an empty name in '%s'",
				       o->name, arg);
		r = list_append(slot, word, n, e);
		if (r < 0)
			return r;
		word += n;
		if (!*word)
			return 0;
	}
}

static int store(const struct opt *o, const char *arg, void *options,
		 struct err *e)
{
	void *slot = (char *)options + o->offset;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)slot = true;
		return 0;
	case OPT_STRING:
		if (!*arg)
			return err_set(e, ERR_INPUT, EINVAL,
				       "--%s needs a value", o->name);
		*(const char **)slot = arg;
		return 0;
	case OPT_LIST:
		return store_list(o, arg, slot, e);
	case OPT_COUNT:
		return store_count(o, arg, slot, e);
	case OPT_SEED:
		return store_seed(o, arg, slot, e);
	case OPT_DURATION:
		return store_duration(o, arg, slot, e);
	case OPT_CHOICE:
		return store_choice(o, arg, slot, e);
	}
	return err_set(e, ERR_BUG, EINVAL, "--%s: bad option table", o->name);
}

/* @typed is "--name" or "--name=value" and @n its length without the value. */
static int unknown_long(const struct parser *p, const char *typed, size_t n,
			struct err *e)
{
	const char *names[OPTS_MAX + 1] = { NULL };
	own_mem char *word = strndup(typed + 2, n - 2);
	const char *near;

	for (size_t i = 0; i < p->n; i++)
		names[i] = p->rows[i]->name;
	near = word ? text_nearest(word, names) : NULL;
	if (near)
		return err_set(e, ERR_INPUT, EINVAL,
			       "no option '--%s' (did you mean '--%s'?)", word,
			       near);
	return err_set(e, ERR_INPUT, EINVAL, "no option '%.*s'", (int)n, typed);
}

/* getopt answered '?': find out what it did not like. */
static int refused(const struct parser *p, const char *typed, struct err *e)
{
	if (optopt >= LONG_BASE)
		return err_set(e, ERR_INPUT, EINVAL, "--%s takes no value",
			       p->rows[optopt - LONG_BASE]->name);
	if (optopt)
		return err_set(e, ERR_INPUT, EINVAL, "no option '-%c'", optopt);
	return unknown_long(p, typed, strcspn(typed, "="), e);
}

static const struct opt *row_of(const struct parser *p, int got)
{
	if (got >= LONG_BASE)
		return p->rows[got - LONG_BASE];
	for (size_t i = 0; i < p->n; i++)
		if (p->rows[i]->letter == got)
			return p->rows[i];
	return NULL;
}

/* The argument that getopt has just taken an option from. */
static const char *typed_option(char **argv)
{
	const int before = optind - 1;

	return before > 1 && argv[before] == optarg ? argv[before - 1]
						    : argv[before];
}

static bool is_help(const struct opt *o)
{
	return o == &opt_common[0];
}

/* Returns: as opt_parse(). */
static int take_option(const struct parser *p, int got, char **argv,
		       void *options, struct err *e)
{
	const char *typed = typed_option(argv);
	const int code = got == ':' ? optopt : got;
	const struct opt *o;

	if (got == '?')
		return refused(p, typed, e);
	o = row_of(p, code);
	if (!o)
		return err_set(e, ERR_BUG, EINVAL, "'%s': bad option table",
			       typed);
	if (code >= LONG_BASE && strcspn(typed, "=") != strlen(o->name) + 2)
		return unknown_long(p, typed, strcspn(typed, "="), e);
	if (got == ':')
		return err_set(e, ERR_INPUT, EINVAL, "--%s needs a value",
			       o->name);
	if (is_help(o))
		return got == 'h' ? OPT_ASKED_SHORT_HELP : OPT_ASKED_HELP;
	return store(o, optarg, options, e);
}

static bool has_option(const struct verb *v, const char *name)
{
	for (const struct opt *o = v->opts; o && o->name; o++)
		if (!strcmp(o->name, name))
			return true;
	return false;
}

static int check_operands(const struct verb *v, const struct call *c,
			  struct err *e)
{
	if (c->n_operands < v->min_operands)
		return err_set(e, ERR_INPUT, EINVAL, "%s", v->missing);
	if (c->n_operands > v->max_operands)
		return err_set(e, ERR_INPUT, EINVAL,
			       "'%s' does not know what to do with '%s'%s",
			       v->name, c->operands[v->max_operands],
			       has_option(v, "topology")
				       ? ": topologies are named with -t, "
					 "workloads with -w"
				       : "");
	return OPT_PARSED;
}

int opt_parse(const struct verb *v, int argc, char **argv, void *options,
	      struct call *ret, struct err *e)
{
	struct parser p;
	int got, r;

	r = parser_init(&p, v, e);
	if (r < 0)
		return r;
	opterr = 0;
	optind = 0;
	optopt = 0;
	while ((got = getopt_long(argc, argv, p.letters, p.longs, NULL)) !=
	       -1) {
		r = take_option(&p, got, argv, options, e);
		if (r != 0)
			return r;
		optopt = 0;
	}
	ret->options = options;
	ret->operands = argv + optind;
	ret->n_operands = (size_t)(argc - optind);
	return check_operands(v, ret, e);
}

void opt_done(const struct verb *v, void *options)
{
	for (const struct opt *o = v->opts; o && o->name; o++) {
		struct opt_list *l;

		if (o->type != OPT_LIST)
			continue;
		l = (struct opt_list *)((char *)options + o->offset);
		for (size_t i = 0; i < l->n; i++)
			free(l->items[i]);
		free(l->items);
		*l = (struct opt_list){ .items = NULL };
	}
}
