/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input - a file or a pipe that is read until it ends or is to end.  Private to
 * lab/capture. */
#ifndef LAB_CAPTURE_INPUT_H
#define LAB_CAPTURE_INPUT_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct input {
	int fd; /* borrowed */
	/* NULL, or not 0 as of when nothing more is wanted; a handler of
	 * signals may set it */
	const volatile sig_atomic_t *stop;
};

/* As read(), which no signal interrupts.  It ends as at the end of a file once
 * *@in->stop is not 0, also where a pipe gives nothing. */
ssize_t input_read(const struct input *in, void *to, size_t n);

#endif
