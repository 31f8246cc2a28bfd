/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts - what is true of a network, as lines of text that can be compared.
 * Pure.
 *
 * A fact is said of a node, and has a key and a value: of "host", that
 * "docker0 mtu" is "1500".  A rule is a key alone: "ip nat DOCKER: RULE".  Two
 * networks are compared after both were brought into one normal form: names
 * and addresses that differ by chance are replaced.
 */
#ifndef LAB_FIDELITY_FACTS_H
#define LAB_FIDELITY_FACTS_H

#include <stdbool.h>
#include <stddef.h>

enum fact_group {
	FACT_LINKS,
	FACT_ADDRESSES,
	FACT_ROUTES,
	FACT_OFFLOADS,
	FACT_SYSCTLS,
	FACT_RULES,
	FACT_GROUPS
};
extern const char *const fact_group_names[];

struct fact {
	enum fact_group group;
	char *node, *key, *value; /* value: "" for rules */
};

/* Zeroed is empty.  A failed allocation is remembered in .failed. */
struct facts {
	struct fact *items; /* rules of a chain stand in their order */
	size_t n, cap;
	bool failed;
};

void facts_add(struct facts *f, enum fact_group group, const char *node,
	       const char *key, const char *value);
void facts_done(struct facts *f);

/* A word of one network that stands for @to of the other. */
struct rename {
	const char *from, *to;
	bool rules_only; /* a port number may mean anything elsewhere */
};

/* Replace whole words: of addresses, names and numbers. */
void facts_rename(struct facts *f, const struct rename *renames, size_t n);

struct difference {
	enum fact_group group;
	const char *node, *key; /* borrowed from the facts */
	/* borrowed; NULL: there is no such fact on that side */
	const char *lab, *real;
	bool order; /* rules: here at another place of their chain; .lab and
		     * .real are the rule before it, or "" */
};

struct differences {
	struct difference *items;
	size_t n;
	size_t compared[FACT_GROUPS]; /* facts that either side has */
};

/**
 * facts_compare() - what is not the same
 * @lab:	borrowed while @ret is used, as is @real
 * @ret:	by group; release .items
 *
 * A rule counts as often as it stands there.
 *
 * Returns: 0 or -ENOMEM
 */
int facts_compare(const struct facts *lab, const struct facts *real,
		  struct differences *ret);

#endif
