/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/capture/input.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* How late a wish to end may be seen that came just before the waiting. */
enum { STOP_LOOK_MS = 100 };

/* Returns: false: it is to end.  Where there is nothing to wait for, as in a
 * file or after a failure, read() says what there is. */
static bool await(const struct input *in)
{
	struct pollfd wait = { .fd = in->fd, .events = POLLIN };
	int ready = 0;

	while (!*in->stop && ready == 0) {
		ready = poll(&wait, 1, STOP_LOOK_MS);
		if (ready < 0 && errno == EINTR)
			ready = 0;
	}
	return !*in->stop;
}

ssize_t input_read(const struct input *in, void *to, size_t n)
{
	ssize_t got;

	do {
		if (in->stop && !await(in))
			return 0;
		got = read(in->fd, to, n);
	} while (got < 0 && errno == EINTR);
	return got;
}
