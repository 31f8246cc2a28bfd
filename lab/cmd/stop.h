/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop - Ctrl-C ends a run after its block; once more ends it at once. */
#ifndef LAB_CMD_STOP_H
#define LAB_CMD_STOP_H

#include <signal.h>

/* Non-zero once the user asked for the end. */
extern volatile sig_atomic_t stop_wanted;

/* Watch SIGINT, SIGTERM and SIGHUP, except those that are ignored. */
void stop_watch(void);

/* From here on they end the program again. */
void stop_unwatch(void);

#endif
