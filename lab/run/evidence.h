/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * evidence - what is known of the resets of a run besides the wire: what the
 * kernel told, kept by lab until its batch is analysed, and what the programs
 * told of themselves.
 */
#ifndef LAB_RUN_EVIDENCE_H
#define LAB_RUN_EVIDENCE_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/cause/rule.h"
#include "lab/run/lab.h"
#include "lab/run/match.h"

struct evidence_source;

/**
 * evidence_open() - begin to listen to the kernel
 * @labs:	borrowed; all that will be listened to
 *
 * Errors:	ERR_HOST: it cannot be had here; a run goes on without
 * Needs:	root in the initial namespaces
 */
int evidence_open(struct evidence_source **ret, const struct lab *labs,
		  size_t n, struct err *e);
void evidence_close(struct evidence_source *s);
OWN_DEFINE(evidence, struct evidence_source, evidence_close)
#define own_evidence OWN(own_evidence_release)

/* Take what the kernel told since the last call. */
int evidence_take(struct evidence_source *s, struct err *e);

/* What was told of @lab and is analysed may go. */
void evidence_forget(struct evidence_source *s, const struct lab *lab);

/* What the kernel told of a node since evidence_open(). */
struct evidence_sent {
	uint64_t resets;
	uint64_t on_close; /* for TCP_ABORT_ON_CLOSE, as the counter has it */
};
struct evidence_sent evidence_sent(const struct evidence_source *s,
				   const struct lab *lab, uint16_t node);

/* Was every event heard, and none of them that of @r?  Between
 * evidence_take() and evidence_forget(). */
bool evidence_denies(const struct evidence_source *s, const struct lab *lab,
		     const struct reset *r);

/* Events that nobody took in time: then silence of the kernel proves nothing.
 */
uint64_t evidence_lost(const struct evidence_source *s);

/* A connection, with what its two sides told; NULL: a side that is no program,
 * or one that tells nothing. */
struct evidence_case {
	const struct connection *connection;
	uint16_t client_node, server_node; /* as for reset_emitter() */
	const struct evidence_program *programs[SIDES];
};

/**
 * evidence_judge() - why was the connection reset?
 * @s:		NULL: nobody listens to the kernel
 * @ret:	is written when it was
 *
 * Returns: was it?
 */
bool evidence_judge(const struct evidence_source *s, struct lab *lab,
		    const struct evidence_case *c, struct verdict *ret);

/**
 * evidence_account() - what a script's own calls say
 * @script:	the side's, whose calls @r has
 */
struct evidence_program evidence_account(const struct script *script,
					 const struct probe_result *r);

#endif
