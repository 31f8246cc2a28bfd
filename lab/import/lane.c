/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/lane.h"

#include <pthread.h>
#include <signal.h>

/* A sender that has found the ring full goes on when half of it is free, and a
 * taker that has found it empty when half of it is sent: waking a thread costs
 * as much as some hundred segments. */
enum { BUNDLES = 8, BUNDLES_RESUME = BUNDLES / 2 };

struct lane {
	lane_fn fn;
	void *arg;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under .lock */
	bool ready, ended, failed;
	size_t sent, taken; /* ever */
	struct err error;
	/* the sender's, or the taker's if sent */
	struct bundle bundles[BUNDLES];
};

static void wait_for_change(struct lane *l)
{
	(void)pthread_cond_wait(&l->changed, &l->lock);
}

static void tell_change(struct lane *l)
{
	(void)pthread_cond_signal(&l->changed);
}

/* --- the taker -------------------------------------------------------------
 */

/* The oldest that was sent, or NULL: none will come. */
static const struct bundle *receive(struct lane *l)
{
	const struct bundle *b = NULL;

	(void)pthread_mutex_lock(&l->lock);
	if (l->sent == l->taken)
		while (l->sent - l->taken < BUNDLES_RESUME && !l->ended)
			wait_for_change(l);
	if (l->sent != l->taken)
		b = &l->bundles[l->taken % BUNDLES];
	(void)pthread_mutex_unlock(&l->lock);
	return b;
}

static void give_back(struct lane *l, int result, const struct err *e)
{
	(void)pthread_mutex_lock(&l->lock);
	l->taken++;
	if (result < 0) {
		l->failed = true;
		l->error = *e;
	}
	if (l->failed || l->sent - l->taken == BUNDLES_RESUME)
		tell_change(l);
	(void)pthread_mutex_unlock(&l->lock);
}

static void *run(void *arg)
{
	struct lane *l = arg;
	const struct bundle *b;
	struct err e = { .code = 0 };
	int r = 0;

	(void)pthread_mutex_lock(&l->lock);
	l->ready = true;
	tell_change(l);
	(void)pthread_mutex_unlock(&l->lock);
	while (r == 0 && (b = receive(l))) {
		r = l->fn(b, l->arg, &e);
		give_back(l, r, &e);
	}
	return NULL;
}

/* --- the sender ------------------------------------------------------------
 */

/* Signals are for the thread that reads. */
static int start(struct lane *l)
{
	sigset_t all, old;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&l->thread, NULL, run, l);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

static void await_ready(struct lane *l)
{
	(void)pthread_mutex_lock(&l->lock);
	while (!l->ready)
		wait_for_change(l);
	(void)pthread_mutex_unlock(&l->lock);
}

int lane_new(struct lane **ret, struct err *e)
{
	own_lane struct lane *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return err_set(e, ERR_SYSTEM, ENOMEM, "out of memory");
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_cond_init(&l->changed, NULL);
	r = start(l);
	if (r)
		return err_set(e, ERR_SYSTEM, r, "start a thread: %s",
			       strerror(r));
	l->started = true;
	await_ready(l);
	*ret = take_ptr(&l);
	return 0;
}

void lane_begin(struct lane *l, lane_fn fn, void *arg)
{
	l->fn = fn;
	l->arg = arg;
}

struct bundle *lane_next(struct lane *l)
{
	struct bundle *b = NULL;

	(void)pthread_mutex_lock(&l->lock);
	if (l->sent - l->taken == BUNDLES)
		while (l->sent - l->taken > BUNDLES_RESUME && !l->failed)
			wait_for_change(l);
	if (!l->failed)
		b = &l->bundles[l->sent % BUNDLES];
	(void)pthread_mutex_unlock(&l->lock);
	return b;
}

void lane_send(struct lane *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->sent++;
	if (l->sent - l->taken == BUNDLES_RESUME)
		tell_change(l);
	(void)pthread_mutex_unlock(&l->lock);
}

int lane_end(struct lane *l, struct err *e)
{
	if (!l->started)
		return 0;
	(void)pthread_mutex_lock(&l->lock);
	l->ended = true;
	tell_change(l);
	(void)pthread_mutex_unlock(&l->lock);
	(void)pthread_join(l->thread, NULL);
	l->started = false;
	if (!l->failed)
		return 0;
	*e = l->error;
	return -e->code;
}

void lane_free(struct lane *l)
{
	struct err e;

	if (!l)
		return;
	(void)lane_end(l, &e);
	(void)pthread_cond_destroy(&l->changed);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}
