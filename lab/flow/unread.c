/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/unread.h"

static bool touches(struct stream_range a, struct stream_range b)
{
	return a.from < b.to && b.from < a.to;
}

/* The first of @names that ends behind @position. */
static size_t first_behind(const struct named_range *names, size_t n,
			   uint64_t position)
{
	size_t low = 0, high = n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (names[middle].range.to <= position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t unread_find(const struct named_range *names, size_t n,
		   struct stream_range r, size_t *ret_first)
{
	const size_t first = first_behind(names, n, r.from);
	size_t end = first;

	while (end < n && touches(names[end].range, r))
		end++;
	*ret_first = first;
	return end - first;
}

static void add_comma(struct text *t, size_t before)
{
	if (t->n > before)
		text_add(t, ", ");
}

static void add_nameless(struct text *t, size_t before, uint64_t from,
			 uint64_t to)
{
	if (from >= to)
		return;
	add_comma(t, before);
	text_addf(t, "%llu bytes of no known frame",
		  (unsigned long long)(to - from));
}

static void add_one(struct text *t, const struct named_range *name,
		    struct stream_range r)
{
	const uint64_t whole = name->range.to - name->range.from;
	const uint64_t from =
		r.from > name->range.from ? r.from : name->range.from;
	const uint64_t to = r.to < name->range.to ? r.to : name->range.to;

	if (to - from == whole)
		text_addf(t, "%s %llu bytes", name->name,
			  (unsigned long long)whole);
	else
		text_addf(t, "%llu of %llu bytes of %s",
			  (unsigned long long)(to - from),
			  (unsigned long long)whole, name->name);
}

void unread_add_name(struct text *t, const struct named_range *names, size_t n,
		     struct stream_range r)
{
	const size_t before = t->n;
	uint64_t at = r.from;
	size_t first = 0;
	const size_t end = unread_find(names, n, r, &first) + first;

	for (size_t i = first; i < end; i++) {
		add_nameless(t, before, at, names[i].range.from);
		add_comma(t, before);
		add_one(t, &names[i], r);
		at = names[i].range.to;
	}
	add_nameless(t, before, at, r.to);
}
