/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The client's script is played on the stack of the process,
 * the server's on one of its own.  A step that would have to wait says what
 * for and hands over to the other side; what that does is mostly what was
 * waited for, so the step just tries again when its turn comes.  Only when
 * neither side got any further does the thread sleep, until one of the two
 * waits is over.
 */
#include "probes/sock/duet.h"

#include "lab/base/clock.h"
#include "probes/sock/play.h"

#include <errno.h>
#include <ucontext.h>

enum { STACK_BYTES = 256 * 1024 };

struct duet {
	struct run *runs[SIDES];
	ucontext_t contexts[SIDES];
	bool over[SIDES];
	unsigned idle; /* turns in a row that led nowhere */
	bool made;     /* the server's context */
	_Alignas(16) char stack[STACK_BYTES];
};

static struct duet duet;

static const struct pollfd nothing = { .fd = -1 };

/* What swapcontext(3) does, without the warning that AddressSanitizer has for
 * it: the first return of getcontext(3) goes on to the other side, the second
 * comes from there. */
static void hand_over(struct duet *d, int side)
{
	volatile bool back = false;

	(void)getcontext(&d->contexts[side]);
	if (back)
		return;
	back = true;
	(void)setcontext(&d->contexts[!side]);
}

/* Until one of the sides has what it waits for, or its time is over. */
static void sleep_for_both(struct duet *d)
{
	struct pollfd p[SIDES] = { { .fd = -1 }, { .fd = -1 } };
	int64_t until_ns = INT64_MAX, left;

	for (int side = 0; side < SIDES; side++) {
		if (d->over[side])
			continue;
		p[side] = d->runs[side]->wait;
		if (d->runs[side]->wait_until_ns < until_ns)
			until_ns = d->runs[side]->wait_until_ns;
	}
	left = until_ns - clock_now_ns();
	if (left > 0)
		(void)ppoll(p, SIDES,
			    &(struct timespec){ .tv_sec = left / NS_PER_S,
						.tv_nsec = left % NS_PER_S },
			    NULL);
}

/* Has it got any further since it was asked last? */
static bool got_on(struct run *r)
{
	const bool same = r->seen_calls == r->result->n_calls &&
			  r->seen_moved == r->moved;

	r->seen_calls = r->result->n_calls;
	r->seen_moved = r->moved;
	return !same;
}

void duet_wait(struct run *r, const struct pollfd *p, int64_t until_ns)
{
	struct duet *d = r->duet;
	const int side = r->player->side;

	r->wait = *p;
	r->wait_until_ns = until_ns;
	d->idle = got_on(r) ? 0 : d->idle + 1;
	if (d->over[!side] || d->idle >= SIDES) {
		sleep_for_both(d);
		d->idle = 0;
	}
	if (!d->over[!side])
		hand_over(d, side);
}

void duet_pass(struct run *r)
{
	struct duet *d = r->duet;

	r->wait = nothing;
	r->wait_until_ns = 0;
	d->idle = 0;
	if (!d->over[!r->player->side])
		hand_over(d, r->player->side);
}

static void finish(struct duet *d, int side)
{
	play_script(d->runs[side]);
	d->over[side] = true;
	d->idle = 0;
}

/* Plays one script after the other; each call of duet_play() gives it one. */
static void play_server(void)
{
	for (;;) {
		finish(&duet, SIDE_SERVER);
		hand_over(&duet, SIDE_SERVER);
	}
}

static int make_context(struct duet *d)
{
	ucontext_t *c = &d->contexts[SIDE_SERVER];

	if (getcontext(c) < 0)
		return errno;
	c->uc_stack.ss_sp = d->stack;
	c->uc_stack.ss_size = sizeof(d->stack);
	makecontext(c, play_server, 0);
	d->made = true;
	return 0;
}

int duet_play(struct run *runs[SIDES])
{
	struct duet *d = &duet;
	const int error = d->made ? 0 : make_context(d);

	if (error)
		return error;
	d->idle = 0;
	for (int side = 0; side < SIDES; side++) {
		d->runs[side] = runs[side];
		d->over[side] = false;
		runs[side]->duet = d;
	}
	hand_over(d, SIDE_CLIENT);
	while (!runs[SIDE_SERVER]->ready)
		duet_wait(runs[SIDE_CLIENT], &nothing, INT64_MAX);
	finish(d, SIDE_CLIENT);
	if (!d->over[SIDE_SERVER])
		hand_over(d, SIDE_CLIENT);
	return 0;
}
