/* SPDX-License-Identifier: GPL-2.0-or-later */
/* programs-parts - what the playing of programs leaves for those who judge and
 * keep it.  For the parts of programs only. */
#ifndef LAB_RUN_PROGRAMS_PARTS_H
#define LAB_RUN_PROGRAMS_PARTS_H

#include "lab/base/clock.h"
#include "lab/run/program.h"
#include "lab/run/programs.h"

/* Trials that one client has without a pause, before they are analysed; and
 * for how long it goes on. */
enum { PROGRAMS_RUN = 32, PROGRAMS_ANSWER_BYTES = 64 };
#define PROGRAMS_RUN_NS (50 * NS_PER_MS)

/* A trial of the run that is over, and all that can be told of it: it went
 * well, both programs live on, and nobody printed more than the answer. */
struct past {
	struct probe_result results[SIDES];
	char answer[PROGRAMS_ANSWER_BYTES];
	size_t n;
};

struct programs {
	struct past past[PROGRAMS_RUN];
	size_t n_past; /* of the run; what is below is of its last trial */
	struct program sides[SIDES];
	struct text shown[SIDES]; /* the commands */
	/* the workload whose server runs, or NULL; one that several share is
	 * known by its name */
	const char *server_of;
	const char *client_of; /* whose client lives on, or NULL */
	/* of the last trial */
	struct probe_result results[SIDES]; /* only their times are used */
	bool timed_out;	     /* the client was still there at the deadline */
	bool stopped[SIDES]; /* ended by the lab */
	int64_t stopped_ns;  /* since when the lab ends them; 0: never */
	bool server_failed;  /* it never listened */
	bool clients_turn;   /* the client was started */
	bool with_server;    /* the workload has one */
	bool listened;	     /* it did when it was looked for */
	struct text why;
};

/* Who listens in the server's node? */
struct listeners {
	const struct ip_endpoint *wanted;
	bool found;
	struct ip_endpoint other; /* the last of the others; .port 0: none */
};
int programs_look(const struct lab *lab, struct listeners *ret, struct err *e);

/* Returns: 1: no program of the lab holds a connection of a trial, and then
 * @ret_listens says whether the server still listens; 0: one does. */
int programs_hold_nothing(const struct lab *lab, bool *ret_listens,
			  struct err *e);

/* Did the trial go so well that the client may be told of the next at once? */
bool programs_went_well(const struct programs *p);

/* Remember it so: needs programs_went_well(). */
void programs_remember(struct programs *p);

int programs_keep_past(const struct programs *p, size_t i, struct store *store,
		       int64_t trial, struct err *e);

/* The functions of the driver of that name. */
void programs_tell(const struct play *play, size_t i, int side,
		   int64_t begin_ns, struct text *app, struct text *calls);
enum outcome programs_judge(const struct play *play, size_t i,
			    const struct trial_facts *f, const char **ret_why);
int programs_keep(const struct play *play, size_t i, struct store *store,
		  int64_t trial, struct err *e);
void programs_remark(const struct play *play, size_t i, struct text *out);

#endif
