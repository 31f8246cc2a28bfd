/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cause - the reasons for which a connection is reset, and how sure one can
 * be of one.
 */
#ifndef LAB_CAUSE_CAUSE_H
#define LAB_CAUSE_CAUSE_H

enum cause {
#define CAUSE(id, ...) CAUSE_##id,
#include "lab/cause/causes.def"
#undef CAUSE
	CAUSES
};

/* Texts of .sentence, .is_not and .change end a line: no full stop. */
struct cause_info {
	const char *name;     /* "close-unread" */
	const char *sentence; /* what happened */
	const char *help;     /* how the kernel comes to it */
	const char *shows;    /* by what it is known */
	const char *is_not;   /* what it is easily taken for */
	const char *change;   /* what would prevent it */
	const char *reasons;  /* what the kernel calls it */
	const char *counters; /* which count it, in the sender's namespace */
	const char *source;   /* RFC and section, function and its file */
};
extern const struct cause_info cause_infos[CAUSES];

/* Returns: CAUSES when there is none of that name. */
enum cause cause_named(const char *name);

/* What ends a connection, or is taken for its end, without a reset. */
struct cause_silence {
	const char *what, *why;
};
extern const struct cause_silence cause_silences[]; /* .what NULL ends it */

enum confidence {
	CONFIDENCE_UNKNOWN,
	CONFIDENCE_LIKELY,  /* the wire looks so, and little else does */
	CONFIDENCE_STRONG,  /* two independent sources agree */
	CONFIDENCE_CERTAIN, /* the kernel said so */
	CONFIDENCES
};
extern const char *const confidence_names[CONFIDENCES];

#endif
