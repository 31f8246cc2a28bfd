/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  One thread waits in ppoll(2) for frames, for the next frame
 * that is due, and for the lab.  Frames pass as they are, with the struct
 * virtio_net_hdr before them, so that checksums and segments that were left to
 * the device stay left to it.
 *
 * A wake-up comes late by the time that a processor needs to leave its sleep:
 * the median was 33 us on a virtual machine, much of a short delay.  So the
 * wire sleeps until a little before a frame is due and spins for the rest,
 * which left 12 us.  It spins only for a frame that is nearly due, never while
 * idle.
 */
#include "probes/wire/wire.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"
#include "probes/control.h"
#include "probes/wire/line.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum {
	FRAMES_PER_LOOK = 64,
	/* more than the largest: a GSO frame of 64 KiB and its headers */
	FRAME_MAX = 128 << 10,
};

/* How long before a frame is due it stops sleeping. */
#define SPIN_NS (30 * NS_PER_US)

struct wire {
	int taps[WIRE_DIRECTIONS];
	struct line lines[WIRE_DIRECTIONS]; /* from the tap of that place */
};

/* Returns: false when the device is gone. */
static bool read_frames(int tap, struct line *l)
{
	static uint8_t buf[FRAME_MAX];

	for (int i = 0; i < FRAMES_PER_LOOK; i++) {
		const ssize_t n = read(tap, buf, sizeof(buf));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if ((size_t)n > l->header)
			line_take(l, buf, (size_t)n);
	}
	return true;
}

/* Returns: when the next frame is due, or INT64_MAX. */
static int64_t let_out(struct wire *w)
{
	const int64_t now_ns = clock_now_ns();
	int64_t next_ns = INT64_MAX;

	for (int i = 0; i < WIRE_DIRECTIONS; i++) {
		const int64_t due_ns = line_let_out(&w->lines[i], now_ns);

		if (due_ns < next_ns)
			next_ns = due_ns;
	}
	return next_ns;
}

/* What ppoll(2) is given: NULL to sleep until something comes. */
static const struct timespec *timeout_until(int64_t due_ns,
					    struct timespec *buf)
{
	int64_t left_ns;

	if (due_ns == INT64_MAX)
		return NULL;
	left_ns = due_ns - clock_now_ns() - SPIN_NS;
	if (left_ns < 0)
		left_ns = 0;
	*buf = (struct timespec){ .tv_sec = left_ns / NS_PER_S,
				  .tv_nsec = left_ns % NS_PER_S };
	return buf;
}

static int answer(const struct wire *w, struct err *e)
{
	struct wire_counts counts[WIRE_DIRECTIONS];

	for (int i = 0; i < WIRE_DIRECTIONS; i++)
		counts[i] = w->lines[i].counts;
	if (send(CONTROL_FD, counts, sizeof(counts),
		 MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	    errno != EPIPE && errno != EAGAIN)
		return err_errno(e, "answer the lab");
	return 0;
}

static int carry(struct wire *w, struct err *e)
{
	struct pollfd fds[] = { { CONTROL_FD, POLLIN, 0 },
				{ w->taps[WIRE_THERE], POLLIN, 0 },
				{ w->taps[WIRE_BACK], POLLIN, 0 } };
	int result = 0;

	while (result == 0) {
		struct timespec buf;

		if (ppoll(fds, ARRAY_SIZE(fds), timeout_until(let_out(w), &buf),
			  NULL) < 0) {
			if (errno != EINTR)
				return err_errno(e, "wait for frames");
			continue;
		}
		for (int i = 0; i < WIRE_DIRECTIONS; i++)
			if (fds[1 + i].revents &&
			    !read_frames(w->taps[i], &w->lines[i]))
				fds[1 + i].fd = -1; /* its namespace ended */
		if (fds[0].revents && control_closed())
			return 0;
		if (fds[0].revents)
			result = answer(w, e);
	}
	return result;
}

int wire_run(const struct wire_settings *s, struct err *e)
{
	struct rng rng = { s->seed };
	struct wire w;
	size_t headers[WIRE_DIRECTIONS] = { 0 };
	int r = 0;

	/* the default lets every timer be late by 50 us */
	(void)prctl(PR_SET_TIMERSLACK, 1);
	for (int i = 0; r == 0 && i < WIRE_DIRECTIONS; i++) {
		w.taps[i] = CONTROL_TAP_FD + i;
		r = control_tap(w.taps[i], &headers[i], e);
	}
	if (r < 0)
		return r;
	if (headers[WIRE_THERE] != headers[WIRE_BACK])
		return err_set(e, ERR_BUG, EINVAL,
			       "the tap devices have headers of %zu and %zu "
			       "bytes",
			       headers[WIRE_THERE], headers[WIRE_BACK]);
	for (int i = 0; i < WIRE_DIRECTIONS; i++)
		line_init(&w.lines[i], w.taps[!i], headers[i], &s->impair[i],
			  rng_next(&rng));
	r = control_ready(e);
	if (r == 0)
		r = carry(&w, e);
	for (int i = 0; i < WIRE_DIRECTIONS; i++)
		line_done(&w.lines[i]);
	return r;
}
