/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket-list - the sockets of a trial over time, as ss -ant lists them. */
#ifndef LAB_CMD_SOCKET_LIST_H
#define LAB_CMD_SOCKET_LIST_H

#include "lab/base/text.h"
#include "lab/store/trial.h"

/**
 * socket_list_add() - point by point, with a title; nothing where the run has
 *                     not looked at the sockets of the trial
 * @dir:	of the run
 * @since_ns:	times count from it
 */
int socket_list_add(struct text *out, const char *dir,
		    const struct stored_trial *t, int64_t since_ns,
		    struct err *e);

#endif
