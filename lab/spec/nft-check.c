/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  An include directive of nft would read any file of the
 * machine, so it is looked for here, with the eyes of nft's own scanner: a
 * comment goes from # to the end of its line, a string from one quotation mark
 * to the next, over lines as well, and over pieces, which are one ruleset.  A
 * mark without a counterpart is refused, because nft goes on reading behind
 * it.
 *
 * Source: nftables 1.0.6, src/scanner.l
 */
#include "lab/spec/check.h"

struct scan {
	const struct nft_piece *piece;
	const char *p;		/* in its text */
	struct spec_at at;	/* of p */
	bool quoted;		/* inside a string ... */
	struct spec_at open_at; /* ... which begins here */
};

static void scan_step(struct scan *s)
{
	if (*s->p++ != '\n') {
		s->at.column++;
		return;
	}
	s->at.line++;
	s->at.column = s->piece->at.column;
}

/* nft lets _ and . begin a word as well; it does no harm to look behind. */
static bool begins_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool goes_on(char c)
{
	return begins_word(c) || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-' || c == '.' || c == '/';
}

/* At the beginning of a word. */
static void scan_word(const struct check *c, struct scan *s)
{
	const char *const word = s->p;
	const struct spec_at at = s->at;

	while (goes_on(*s->p))
		scan_step(s);
	if (s->p - word == (ptrdiff_t)strlen("include") &&
	    !strncmp(word, "include", strlen("include")))
		spec_error(c->d, at,
			   "nft's include would read a file of this machine: "
			   "write its rules here, or include a topology");
}

static void scan_comment(struct scan *s)
{
	while (*s->p && *s->p != '\n')
		scan_step(s);
}

static void scan_one(const struct check *c, struct scan *s)
{
	if (*s->p == '"') {
		s->quoted = !s->quoted;
		s->open_at = s->at;
		scan_step(s);
	} else if (s->quoted) {
		scan_step(s);
	} else if (*s->p == '#') {
		scan_comment(s);
	} else if (begins_word(*s->p)) {
		scan_word(c, s);
	} else {
		scan_step(s);
	}
}

void check_nft(const struct check *c, const struct topology_node *n)
{
	const struct nft_piece *pieces = n->nft.items;
	struct scan s = { .quoted = false };

	for (size_t i = 0; i < n->nft.n; i++) {
		if (!pieces[i].text)
			continue;
		s.piece = &pieces[i];
		s.p = pieces[i].text;
		s.at = pieces[i].at;
		while (*s.p)
			scan_one(c, &s);
	}
	if (s.quoted)
		spec_error(c->d, s.open_at,
			   "a quotation mark that is not closed");
}
