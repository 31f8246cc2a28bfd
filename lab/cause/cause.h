/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cause - the reasons for which a connection is reset, and how sure one can
 * be of one.
 */
#ifndef LAB_CAUSE_CAUSE_H
#define LAB_CAUSE_CAUSE_H

enum cause {
#define CAUSE(id, name, sentence, help, change) CAUSE_##id,
#include "lab/cause/causes.def"
#undef CAUSE
	CAUSES
};

struct cause_info {
	const char *name;     /* "close-unread" */
	const char *sentence; /* what happened */
	const char *help;     /* how the kernel comes to it, and where */
	const char *change;   /* what would prevent it */
};
extern const struct cause_info cause_infos[CAUSES];

enum confidence {
	CONFIDENCE_UNKNOWN,
	CONFIDENCE_LIKELY,  /* the wire looks so, and little else does */
	CONFIDENCE_STRONG,  /* two independent sources agree */
	CONFIDENCE_CERTAIN, /* the kernel said so */
	CONFIDENCES
};
extern const char *const confidence_names[CONFIDENCES];

#endif
