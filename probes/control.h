/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control - how the lab holds a program that is part of a topology: a relay, a
 * wire or a user-mode network.
 *
 * The program has its settings as arguments, standard input from /dev/null,
 * and descriptors from 3 on: a SOCK_SEQPACKET control socket, then its taps.
 * It sends one byte when it is ready, and ends when the socket closes.  What
 * keeps it from getting ready it sends as a sentence instead; what ends it
 * later is a line on standard error.  Its exit status tells who has to act, as
 * err_exit_status() says.
 */
#ifndef PROBES_CONTROL_H
#define PROBES_CONTROL_H

#include "lab/base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONTROL_FD = 3, CONTROL_TAP_FD = 4 };

int control_ready(struct err *e);

/* After the socket turned readable: did the lab close it?  A message is taken
 * and means what the program likes. */
bool control_closed(void);

/**
 * control_tap() - check and prepare the tap device @fd
 * @ret_header:	bytes before each of its frames: a struct virtio_net_hdr or 0
 *
 * Errors:	ERR_BUG when it is none without packet information
 */
int control_tap(int fd, size_t *ret_header, struct err *e);

/* The end of main(): says @e where @r is negative.  Returns: the exit status.
 */
int control_end(const char *program, int r, const struct err *e);

#endif
