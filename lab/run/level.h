/* SPDX-License-Identifier: GPL-2.0-or-later */
/* level - how much evidence a run gathers: measuring changes a race. */
#ifndef LAB_RUN_LEVEL_H
#define LAB_RUN_LEVEL_H

enum evidence_level {
	EVIDENCE_FULL,	 /* all that can be had */
	EVIDENCE_LIGHT,	 /* what costs a connection next to nothing */
	EVIDENCE_SILENT, /* the counters: nothing is captured */
	EVIDENCE_LEVELS
};

#endif
