/* SPDX-License-Identifier: GPL-2.0-or-later */
/* programs-parts - what the playing of programs leaves for those who judge and
 * keep it.  For the parts of programs only. */
#ifndef LAB_RUN_PROGRAMS_PARTS_H
#define LAB_RUN_PROGRAMS_PARTS_H

#include "lab/run/program.h"
#include "lab/run/programs.h"

struct programs {
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
	bool listened;	     /* it did at the end of the last trial */
	struct text why;
};

/* The functions of the driver of that name. */
void programs_tell(const struct play *play, size_t i, int side,
		   int64_t begin_ns, struct text *app, struct text *calls);
enum outcome programs_judge(const struct play *play, size_t i,
			    const struct trial_facts *f, const char **ret_why);
int programs_keep(const struct play *play, size_t i, struct store *store,
		  int64_t trial, struct err *e);
void programs_remark(const struct play *play, size_t i, struct text *out);

#endif
