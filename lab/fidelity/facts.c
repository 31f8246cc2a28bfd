/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/facts.h"

#include "lab/base/grow.h"
#include "lab/base/text.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

const char *const fact_group_names[] = {
	[FACT_LINKS] = "links",	    [FACT_ADDRESSES] = "addresses",
	[FACT_ROUTES] = "routes",   [FACT_OFFLOADS] = "offloads",
	[FACT_SYSCTLS] = "sysctls", [FACT_RULES] = "rules",
	[FACT_GROUPS] = NULL,
};
static_assert(ARRAY_SIZE(fact_group_names) == FACT_GROUPS + 1,
	      "a name for each group");

static void fact_done(struct fact *f)
{
	free(f->node);
	free(f->key);
	free(f->value);
}

void facts_add(struct facts *f, enum fact_group group, const char *node,
	       const char *key, const char *value)
{
	struct fact one = { group, strdup(node), strdup(key), strdup(value) };

	if (!one.node || !one.key || !one.value ||
	    !GROW(f->items, f->n, f->cap)) {
		fact_done(&one);
		f->failed = true;
		return;
	}
	f->items[f->n++] = one;
}

void facts_done(struct facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		fact_done(&f->items[i]);
	free(f->items);
	*f = (struct facts){ .items = NULL };
}

/* --- renaming ------------------------------------------------------------- */

/* Does a word go on with @c?  A dot belongs to addresses, and to keys, whose
 * parts are words as well: it goes on when what stands around it are digits. */
static bool goes_on(const char *word, size_t n, const char *at)
{
	const char next = at[n];

	if (next == '.' && isdigit((unsigned char)word[n - 1]))
		return isdigit((unsigned char)at[n + 1]);
	return isalnum((unsigned char)next) || next == '_' || next == '-';
}

static bool began_before(const char *begin, const char *at)
{
	char before;

	if (at == begin)
		return false;
	before = at[-1];
	if (before == '.' && isdigit((unsigned char)*at))
		return at - 1 > begin && isdigit((unsigned char)at[-2]);
	return isalnum((unsigned char)before) || before == '_' || before == '-';
}

static const struct rename *rename_at(const struct rename *renames, size_t n,
				      const char *begin, const char *at,
				      bool rule)
{
	for (size_t i = 0; i < n; i++) {
		const size_t length = strlen(renames[i].from);

		if ((renames[i].rules_only && !rule) || !length ||
		    strncmp(at, renames[i].from, length) != 0)
			continue;
		if (!goes_on(renames[i].from, length, at) &&
		    !began_before(begin, at))
			return &renames[i];
	}
	return NULL;
}

/* All in one pass, so that what was put in is not replaced again. */
static void rename_text(char **text, const struct rename *renames, size_t n,
			bool rule, bool *failed)
{
	own_text struct text out = { .s = NULL };
	const char *p = *text;

	while (*p) {
		const struct rename *r = rename_at(renames, n, *text, p, rule);

		if (r) {
			text_add(&out, r->to);
			p += strlen(r->from);
		} else {
			text_addf(&out, "%c", *p++);
		}
	}
	if (out.failed) {
		*failed = true;
		return;
	}
	if (!out.s)
		return;
	free(*text);
	*text = take_ptr(&out.s);
}

void facts_rename(struct facts *f, const struct rename *renames, size_t n)
{
	for (size_t i = 0; i < f->n; i++) {
		struct fact *x = &f->items[i];
		const bool rule = x->group == FACT_RULES;

		rename_text(&x->key, renames, n, rule, &f->failed);
		rename_text(&x->value, renames, n, rule, &f->failed);
	}
}

/* --- comparing ------------------------------------------------------------ */

/* A fact, and which of the same on the other side stands for it. */
struct paired {
	const struct fact *fact;
	const struct paired *other; /* NULL: there is none */
	size_t place;		    /* in the list of its side */
};

static bool same_subject(const struct fact *a, const struct fact *b)
{
	return a->group == b->group && !strcmp(a->node, b->node) &&
	       !strcmp(a->key, b->key);
}

static void pair_all(struct paired *a, size_t n_a, struct paired *b, size_t n_b)
{
	for (size_t i = 0; i < n_a; i++)
		for (size_t j = 0; !a[i].other && j < n_b; j++) {
			if (b[j].other || !same_subject(a[i].fact, b[j].fact))
				continue;
			a[i].other = &b[j];
			b[j].other = &a[i];
		}
}

static struct paired *paired_new(const struct facts *f)
{
	struct paired *p = calloc(f->n + 1, sizeof(*p));

	for (size_t i = 0; p && i < f->n; i++)
		p[i] = (struct paired){ .fact = &f->items[i], .place = i };
	return p;
}

static size_t chain_length(const struct fact *f)
{
	const char *end = strstr(f->key, ": ");

	return end ? (size_t)(end - f->key) : strlen(f->key);
}

static bool same_chain(const struct fact *a, const struct fact *b)
{
	const size_t n = chain_length(a);

	return a->group == FACT_RULES && b->group == FACT_RULES &&
	       !strcmp(a->node, b->node) && n == chain_length(b) &&
	       !strncmp(a->key, b->key, n);
}

/* The nearest rule before @p in its chain that both sides have. */
static const struct paired *before(const struct paired *all,
				   const struct paired *p)
{
	for (size_t i = p->place; i-- > 0;)
		if (all[i].other && same_chain(all[i].fact, p->fact))
			return &all[i];
	return NULL;
}

static void add_difference(struct differences *d, struct difference one)
{
	d->items[d->n++] = one;
}

static const char *rule_of(const struct paired *p)
{
	return p ? p->fact->key : "";
}

static void compare_order(const struct paired *lab, const struct paired *real,
			  const struct paired *p, struct differences *d)
{
	const struct paired *a = before(lab, p), *b = before(real, p->other);

	if (p->fact->group != FACT_RULES || !strcmp(rule_of(a), rule_of(b)))
		return;
	add_difference(d, (struct difference){ .group = FACT_RULES,
					       .node = p->fact->node,
					       .key = p->fact->key,
					       .lab = rule_of(a),
					       .real = rule_of(b),
					       .order = true });
}

static void compare_group(enum fact_group group, const struct facts *lab,
			  const struct facts *real, struct paired *a,
			  struct paired *b, struct differences *d)
{
	for (size_t i = 0; i < lab->n; i++) {
		const struct fact *x = a[i].fact;
		const char *other = a[i].other ? a[i].other->fact->value : NULL;

		if (x->group != group)
			continue;
		d->compared[group]++;
		if (other && !strcmp(x->value, other))
			compare_order(a, b, &a[i], d);
		else
			add_difference(d, (struct difference){ group, x->node,
							       x->key, x->value,
							       other, false });
	}
	for (size_t i = 0; i < real->n; i++) {
		const struct fact *x = b[i].fact;

		if (x->group != group || b[i].other)
			continue;
		d->compared[group]++;
		add_difference(d, (struct difference){ group, x->node, x->key,
						       NULL, x->value, false });
	}
}

int facts_compare(const struct facts *lab, const struct facts *real,
		  struct differences *ret)
{
	own_mem struct paired *a = paired_new(lab), *b = paired_new(real);

	*ret = (struct differences){ .n = 0 };
	ret->items = calloc(lab->n + real->n + 1, sizeof(*ret->items));
	if (!a || !b || !ret->items) {
		free(take_ptr(&ret->items));
		return -ENOMEM;
	}
	pair_all(a, lab->n, b, real->n);
	for (int g = 0; g < FACT_GROUPS; g++)
		compare_group((enum fact_group)g, lab, real, a, b, ret);
	return 0;
}
