/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outcome - what became of a trial, in one word.  lab/run judges it, lab/store
 * keeps it, lab/report counts it.
 */
#ifndef LAB_BASE_OUTCOME_H
#define LAB_BASE_OUTCOME_H

enum outcome {
	OUTCOME_CLEAN,	 /* no connection of the trial was reset */
	OUTCOME_RESET,	 /* one was */
	OUTCOME_OTHER,	 /* failed without an RST: timeout, ICMP, ... */
	OUTCOME_INVALID, /* the measurement broke, not the network */
	OUTCOMES
};
extern const char *const outcome_names[OUTCOMES];

#endif
