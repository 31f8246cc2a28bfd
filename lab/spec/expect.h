/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expect - what the `expect:` of a workload says: how its connections must
 * end, who sends the RST, and what the two programs must see.
 */
#ifndef LAB_SPEC_EXPECT_H
#define LAB_SPEC_EXPECT_H

#include "lab/base/side.h"
#include "lab/spec/spec.h"

#include <stdbool.h>

/* What lies between client and server: rows of through.def. */
enum through {
#define THROUGH(id, name, kind, help) THROUGH_##id,
#include "lab/spec/through.def"
#undef THROUGH
	THROUGHS
};

enum through_kind { THROUGH_PASSES, THROUGH_ENDS, THROUGH_BLOCKS };

struct through_info {
	const char *name;
	enum through_kind kind;
	const char *help;
};
extern const struct through_info through_infos[THROUGHS];

/* In which kernels differ: rows of features.def. */
enum feature {
#define FEATURE(id, name, how, what, help) FEATURE_##id,
#include "lab/spec/features.def"
#undef FEATURE
	FEATURES
};
extern const char *const feature_names[FEATURES];

/*
 * Each is one of several, "A or B".  Of the connections of a trial, in the
 * order of their SYNs, the parts stand with " + " between them.
 */
enum expect_text {
	EXPECT_ENDING, /* "rstack", "fin-both + rstack" */
	EXPECT_RST,    /* who sent the first RST of each that was reset:
			* "client", "nobody" */
	EXPECT_FORM,   /* of these RSTs: "rst-ack" */
	EXPECT_CLIENT, /* what the client saw: "ok", "recv ECONNRESET" */
	EXPECT_SERVER,
	EXPECT_CAUSE, /* "close-unread"; one that is not known passes */
	EXPECT_TEXTS
};
extern const char *const expect_text_names[EXPECT_TEXTS]; /* the keys */

struct expect_value {
	char *text; /* NULL: anything will do */
	struct spec_at at;
};

struct expect {
	struct expect_value texts[EXPECT_TEXTS];
	/* of struct spec_pair: what a counter of that side's node grows by
	 * with each trial */
	struct spec_list counters[SIDES];
	/* of struct spec_pair: where -> "FIN-WAIT-2/CLOSE-WAIT" */
	struct spec_list states;
	char *skip; /* why nothing can come of it, or NULL */
};

struct expects {
	struct expect always;
	struct expect through[THROUGHS];
	struct expect without[FEATURES];
	char *probe;	   /* name in the probe vector, or NULL */
	struct spec_at at; /* all zero: the workload expects nothing */
};
extern const struct spec_table expects_table;

/* Report what no run could fulfil. */
void expects_check(const struct expects *x, struct spec_diags *d);

/* The circumstances in which something is expected; bits 1 << n. */
struct expect_case {
	uint32_t through; /* enum through */
	uint32_t lacks;	  /* enum feature */
};

/**
 * expects_resolve() - what holds in a case
 *
 * What stands under `through` and `without` replaces what holds always, key by
 * key, in the order of the tables.  Where connections end on the way, counters
 * and states hold only when they stand there.
 *
 * Returns: a struct that borrows from @x
 */
struct expect expects_resolve(const struct expects *x,
			      const struct expect_case *c);

/* Does the workload say something of its own about @t? */
bool expects_mention(const struct expects *x, enum through t);

/* Is @seen one of the alternatives of @expected? */
bool expect_allows(const char *expected, const char *seen);

/* "1", or "0 or 1": what a counter grows by with a trial, from @ret_least to
 * @ret_most.  Returns: is it that? */
bool expect_growth(const char *value, int64_t *ret_least, int64_t *ret_most);

/**
 * through_parse() - "dnat", "usernet-out + masquerade", "nothing"
 * @ret_bits:	uint32_t; fits spec_field.parse
 * Returns: NULL, or what it must be
 */
const char *through_parse(const char *text, void *ret_bits);

#endif
