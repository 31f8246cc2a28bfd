/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/behaviour.h"

#include "lab/base/text.h"
#include "lab/stat/wilson.h"

#include <stdio.h>
#include <string.h>

static uint32_t count_of(const struct seen *s, const char *text)
{
	for (uint32_t i = 0; i < s->kinds; i++)
		if (!strcmp(s->counts[i].text, text))
			return s->counts[i].n;
	return 0;
}

static struct seen_count *place_for(struct seen *s, const char *text)
{
	struct seen_count *c;

	for (uint32_t i = 0; i < s->kinds; i++)
		if (!strcmp(s->counts[i].text, text))
			return &s->counts[i];
	if (s->kinds == SEEN_MAX) {
		c = &s->counts[SEEN_MAX - 1];
		(void)snprintf(c->text, sizeof(c->text), "other");
		return c;
	}
	c = &s->counts[s->kinds++];
	(void)snprintf(c->text, sizeof(c->text), "%s", text);
	return c;
}

/* Keeps the most frequent first. */
void seen_add(struct seen *s, const char *text)
{
	char cut[SEEN_TEXT_MAX];
	struct seen_count *c;

	(void)snprintf(cut, sizeof(cut), "%s", text);
	c = place_for(s, cut);
	c->n++;
	s->trials++;
	for (; c > s->counts && c[-1].n < c->n; c--) {
		const struct seen_count less = c[-1];

		c[-1] = *c;
		*c = less;
	}
}

void seen_text(const struct seen *s, struct text *out)
{
	for (uint32_t i = 0; i < s->kinds; i++)
		text_addf(out, "%s%s x%u", i ? ", " : "", s->counts[i].text,
			  s->counts[i].n);
	if (!s->kinds)
		text_add(out, "nothing");
}

static bool share_differs(const struct seen *a, const struct seen *b,
			  const char *text)
{
	const struct interval x = wilson_95(count_of(a, text), a->trials);
	const struct interval y = wilson_95(count_of(b, text), b->trials);

	return x.low > y.high || y.low > x.high;
}

bool seen_differ(const struct seen *a, const struct seen *b)
{
	for (uint32_t i = 0; i < a->kinds; i++)
		if (share_differs(a, b, a->counts[i].text))
			return true;
	for (uint32_t i = 0; i < b->kinds; i++)
		if (share_differs(a, b, b->counts[i].text))
			return true;
	return false;
}

bool behaviour_differs(const struct behaviour *a, const struct behaviour *b)
{
	for (int side = 0; side < SIDES; side++)
		if (seen_differ(&a->sides[side], &b->sides[side]))
			return true;
	return false;
}
