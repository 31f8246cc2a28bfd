/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/rules.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 128, PARTS_MAX = 32 };

/* What a match begins with.  .operands that follow belong to it, so that the
 * "tcp" of "meta l4proto tcp" begins none. */
static const struct head {
	const char *first, *second; /* second: NULL: any */
} heads[] = {
	{ "iifname", NULL },   { "oifname", NULL },   { "iif", NULL },
	{ "oif", NULL },       { "ip", NULL },	      { "ip6", NULL },
	{ "tcp", NULL },       { "udp", NULL },	      { "sctp", NULL },
	{ "icmp", NULL },      { "icmpv6", NULL },    { "th", NULL },
	{ "ct", "state" },     { "ct", "status" },    { "ct", "direction" },
	{ "ct", "original" },  { "meta", "l4proto" }, { "meta", "nfproto" },
	{ "meta", "pkttype" }, { "meta", "mark" },    { "fib", NULL },
};

/* From here on a rule does something, and order matters. */
static const char *const actions[] = {
	"accept", "drop",     "return",	    "jump",   "goto",	"dnat",
	"snat",	  "redirect", "masquerade", "reject", "queue",	"log",
	"limit",  "xt",	      "set",	    "add",    "update", "notrack",
	"numgen", "vmap",     "continue",   NULL,
};

static bool is_action(const char *const *words, size_t i)
{
	for (size_t k = 0; actions[k]; k++)
		if (!strcmp(words[i], actions[k]))
			return true;
	/* "meta mark set ..." */
	return !strcmp(words[i], "meta") && words[i + 1] && words[i + 2] &&
	       !strcmp(words[i + 2], "set");
}

static bool is_head(const char *const *words, size_t i)
{
	if (i && !strcmp(words[i - 1], "l4proto"))
		return false;
	for (size_t k = 0; k < ARRAY_SIZE(heads); k++)
		if (!strcmp(words[i], heads[k].first) &&
		    (!heads[k].second ||
		     (words[i + 1] && !strcmp(words[i + 1], heads[k].second))))
			return true;
	return false;
}

static void add_word(struct text *t, const char *word)
{
	if (t->n)
		text_add(t, " ");
	text_add(t, word);
}

/* Take out "counter [packets N bytes N]" and "comment "..."". */
static size_t without_talk(const char **words, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!strcmp(words[i], "counter")) {
			if (i + 4 < n && !strcmp(words[i + 1], "packets"))
				i += 4;
			else if (i + 4 == n - 1 &&
				 !strcmp(words[i + 1], "packets"))
				i = n - 1;
			continue;
		}
		if (!strcmp(words[i], "comment") || words[i][0] == '#')
			break; /* it stands last */
		words[kept++] = words[i];
	}
	words[kept] = NULL;
	return kept;
}

static int by_text(const void *a, const void *b)
{
	const struct text *x = a, *y = b;

	return strcmp(text_str(x), text_str(y));
}

/* Is it said by another match anyway? */
static bool is_needless(const char *part, const char *const *words)
{
	const char *protocol = part + strlen("meta l4proto ");

	if (strncmp(part, "meta l4proto ", strlen("meta l4proto ")) != 0)
		return false;
	for (size_t i = 1; words[i]; i++)
		if (!strcmp(words[i - 1], protocol) &&
		    (!strcmp(words[i], "dport") || !strcmp(words[i], "sport")))
			return true;
	return false;
}

static int by_word(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "related,established", in whichever order. */
static void add_states(struct text *t, const char *states)
{
	const char *items[PARTS_MAX];
	own_mem char *copy = strdup(states);
	char *rest = copy, *item;
	size_t n = 0;

	while (n < PARTS_MAX && rest && (item = strsep(&rest, ",")) != NULL)
		items[n++] = item;
	qsort(items, n, sizeof(items[0]), by_word);
	for (size_t i = 0; i < n; i++)
		text_addf(t, "%s%s", i ? "," : " ", items[i]);
	t->failed |= !copy;
}

/* Docker's DNS server in a container listens at ports of its own choice.
 * Source: moby libnetwork/resolver.go, 127.0.0.11 */
#define DNS_ADDRESS "127.0.0.11"

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

static bool is_dns_port(const char *const *words, size_t i, const char *rule)
{
	return i && is_number(words[i]) && !strcmp(words[i - 1], "sport") &&
	       strstr(rule, "saddr " DNS_ADDRESS " ");
}

static void add_operand(struct text *t, const char *const *words, size_t i,
			const char *rule)
{
	const char *port = words[i] + strlen(DNS_ADDRESS ":");

	if (i > 1 && !strcmp(words[i - 2], "ct") &&
	    !strcmp(words[i - 1], "state"))
		add_states(t, words[i]);
	else if (is_dns_port(words, i, rule))
		add_word(t, "DNS");
	else if (!strncmp(words[i], DNS_ADDRESS ":", strlen(DNS_ADDRESS ":")) &&
		 is_number(port))
		add_word(t, DNS_ADDRESS ":DNS");
	else
		add_word(t, words[i]);
}

static size_t split(char *line, const char **words)
{
	size_t n = 0;
	char *rest = line, *word;

	while (n < WORDS_MAX && (word = strsep(&rest, " \t")) != NULL)
		if (*word)
			words[n++] = word;
	words[n] = NULL;
	return n;
}

void rules_normal(const char *rule, struct text *out)
{
	const char *words[WORDS_MAX + 1];
	struct text parts[PARTS_MAX] = { 0 };
	own_mem char *copy = strdup(rule);
	size_t n, n_parts = 0, i;

	if (!copy) {
		out->failed = true;
		return;
	}
	n = without_talk(words, split(copy, words));
	for (i = 0; i < n && !is_action(words, i); i++) {
		if ((is_head(words, i) || !n_parts) && n_parts < PARTS_MAX)
			n_parts++;
		add_operand(&parts[n_parts - 1], words, i, rule);
	}
	qsort(parts, n_parts, sizeof(parts[0]), by_text);
	for (size_t k = 0; k < n_parts; k++) {
		if (!is_needless(text_str(&parts[k]), words))
			add_word(out, text_str(&parts[k]));
		out->failed |= parts[k].failed;
		text_done(&parts[k]);
	}
	for (; i < n; i++)
		add_operand(out, words, i, rule);
}

/* --- the listing ---------------------------------------------------------- */

/* Source: nft(8), "standard priority names" */
static const struct {
	const char *name, *number;
} priorities[] = {
	{ "raw", "-300" }, { "mangle", "-150" }, { "dstnat", "-100" },
	{ "filter", "0" }, { "security", "50" }, { "srcnat", "100" },
};

struct reader {
	struct facts *facts;
	const char *node;
	struct text table, chain; /* "ip nat", "ip nat DOCKER" */
	size_t in_chain;	  /* facts of the chain so far */
};

static void add_fact(struct reader *r, const char *text)
{
	own_text struct text key = { .s = NULL };

	text_addf(&key, "%s: %s", text_str(&r->chain), text);
	if (key.failed)
		r->facts->failed = true;
	else
		facts_add(r->facts, FACT_RULES, r->node, text_str(&key), "");
	r->in_chain++;
}

/* "type nat hook prerouting priority dstnat; policy accept;" */
static void add_hook(struct reader *r, char *line)
{
	const char *words[WORDS_MAX + 1];
	own_text struct text t = { .s = NULL };
	size_t n;

	for (char *p = line; *p; p++)
		if (*p == ';')
			*p = ' ';
	n = split(line, words);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; i && k < ARRAY_SIZE(priorities); k++)
			if (!strcmp(words[i - 1], "priority") &&
			    !strcmp(words[i], priorities[k].name))
				words[i] = priorities[k].number;
		add_word(&t, words[i]);
	}
	add_fact(r, text_str(&t));
}

static void begin_block(struct reader *r, const char *kind, const char *name)
{
	r->chain.n = 0;
	r->in_chain = 0;
	text_addf(&r->chain, "%s %s%s%s", text_str(&r->table),
		  strcmp(kind, "chain") != 0 ? kind : "",
		  strcmp(kind, "chain") != 0 ? " " : "", name);
}

static void end_block(struct reader *r)
{
	if (r->chain.n && !r->in_chain)
		add_fact(r, "(empty)");
	if (r->chain.n)
		r->chain.n = 0;
	else
		r->table.n = 0;
}

static void read_line(struct reader *r, char *line)
{
	char first[16] = "", second[128] = "", third[128] = "";
	own_text struct text t = { .s = NULL };

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return;
	(void)sscanf(line, "%15s %127s %127s", first, second, third);
	if (!strcmp(first, "table")) {
		r->table.n = 0;
		text_addf(&r->table, "%s %s", second, third);
	} else if (!strcmp(first, "}")) {
		end_block(r);
	} else if (!r->chain.n) {
		begin_block(r, first, second);
	} else if (!strcmp(first, "type") && !strcmp(third, "hook")) {
		add_hook(r, line);
	} else {
		rules_normal(line, &t);
		add_fact(r, text_str(&t));
	}
}

void rules_to_facts(const char *listing, const char *node, struct facts *f)
{
	struct reader r = { .facts = f, .node = node };
	own_mem char *copy = strdup(listing);
	char *rest = copy, *line;

	if (!copy)
		f->failed = true;
	while (rest && (line = strsep(&rest, "\n")) != NULL)
		read_line(&r, line);
	f->failed |= r.table.failed || r.chain.failed;
	text_done(&r.table);
	text_done(&r.chain);
}
