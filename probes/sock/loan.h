/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loan - sockets of the server's namespace for the process of the client.
 *
 * A socket belongs to the namespace in which it was made, whoever uses it, and
 * what a listener accepts belongs to the listener's.  So the process of the
 * client can play the server too when the server's process makes its sockets.
 */
#ifndef PROBES_SOCK_LOAN_H
#define PROBES_SOCK_LOAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAN_SOCKETS = 16 };

/* What the client's process has, unused. */
struct loan {
	int family; /* AF_INET or AF_INET6, as .sockets */
	int sockets[LOAN_SOCKETS];
	size_t n;
};

/* A TCP socket, new, as socket(2) would make it there, that does not block.
 * Returns: the descriptor, or a negative errno; -ETIMEDOUT after the deadline
 */
int loan_take(struct loan *l, int family, int64_t deadline_ns);

/* Tell the server's process that trial @number, the last of a row that was
 * played here, is over. */
void loan_end(uint32_t number);

/* In the server's process: hand out sockets until loan_end(@number).
 * Returns: false when the time was over before. */
bool loan_serve(uint32_t number, int64_t until_ns);

#endif
