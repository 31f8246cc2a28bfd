/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tally - imported connections -> the summary that every report prints. */
#ifndef LAB_IMPORT_TALLY_H
#define LAB_IMPORT_TALLY_H

#include "lab/import/judge.h"
#include "lab/store/summary.h"

enum { TALLY_SENDERS_MAX = 512 };

/* First RSTs that are alike. */
struct tally_sender {
	enum emitter emitter;
	enum reset_form form;
	enum phase phase;
	enum ending ending;
	enum cause cause;
	enum confidence confidence;
	uint64_t connections, echoes;
};

struct tally {
	uint64_t connections, outcomes[OUTCOMES], resets;
	uint64_t endings[ENDINGS], emitters[EMITTERS];
	int64_t first_ns, last_ns; /* of any segment */
	struct tally_sender senders[TALLY_SENDERS_MAX];
	size_t n_senders;
	uint64_t reasons[REASONS]; /* REASON_NONE: those in the rate */
};

/* Is this a tally?  It came from a process that nobody trusts. */
bool tally_is_sane(const struct tally *t);

void tally_add(struct tally *t, const struct connection *c,
	       const struct judgement *j);

/* What stands in a summary besides the counts. */
struct tally_names {
	const char *id, *tool, *kernel, *command, *started;
	const char *topology, *workload, *node;
};

/* A summary with one cell.  Errors: out of memory. */
int tally_summary(const struct tally *t, const struct tally_names *names,
		  struct summary **ret, struct err *e);

/* Add the cells of @other, and who sent its RSTs, behind those of @s. */
int tally_stand_beside(struct summary *s, const struct summary *other,
		       struct err *e);

enum { TALLY_NEAREST_MAX = 4 };

struct tally_nearest {
	/* those with the least distance, in the order of their run; none:
	 * there is nothing to compare with */
	const char *topologies[TALLY_NEAREST_MAX];
	size_t n; /* may be more than there is room for */
	double distance;
};

/**
 * tally_nearest() - whose resets have the most similar causes?
 * @s:		its first cell is compared with the topologies of the others;
 *		with those of its own workload if there are any
 * @ret:	.distance 0: the same shares of clean connections and causes;
 *		1: none in common (the total variation distance).  Names are
 *		those of @other
 */
void tally_nearest(const struct summary *s, const struct summary *other,
		   struct tally_nearest *ret);

#endif
