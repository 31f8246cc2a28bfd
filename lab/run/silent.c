/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/silent.h"

#include "lab/base/clock.h"

#include <time.h>

/* A segment under way is over by then, or will be sent again. */
#define LIMIT_NS (500 * NS_PER_MS)
#define AGAIN_NS (100 * NS_PER_US)

static int read_all(struct lab *lab, int64_t *ret, struct err *e)
{
	*ret = 0;
	for (size_t i = 0; i < lab->n_nodes; i++) {
		struct counters now;
		const int r = counters_read(lab->nodes[i].counters, &now, e);

		if (r < 0)
			return r;
		*ret += now.value[COUNTER_OUT_RSTS];
	}
	return 0;
}

static int count_lively(struct lab *lab, uint32_t *ret, struct err *e)
{
	*ret = 0;
	for (size_t i = 0; i < lab->n_nodes; i++) {
		struct sockdiag_census census;
		int r;

		if (!lab->nodes[i].has_program)
			continue;
		r = sockdiag_count(lab->nodes[i].sockdiag, &census, e);
		if (r < 0)
			return r;
		*ret += census.lively;
	}
	return 0;
}

static int settle(struct lab *lab, struct err *e)
{
	const struct timespec pause = { .tv_nsec = AGAIN_NS };
	const int64_t until_ns =
		clock_now_ns() + LIMIT_NS + 2 * lab->silence_ns;
	uint32_t lively;
	int r;

	while ((r = count_lively(lab, &lively, e)) == 0 && lively > 0 &&
	       clock_now_ns() < until_ns)
		(void)nanosleep(&pause, NULL);
	return r;
}

int silent_begin(struct lab *lab, struct err *e)
{
	return read_all(lab, &lab->rst_before, e);
}

int silent_end(struct lab *lab, struct trial_facts *ret, struct err *e)
{
	int64_t now;
	int r = settle(lab, e);

	if (r == 0)
		r = read_all(lab, &now, e);
	if (r < 0)
		return r;
	ret->counted = true;
	ret->resets = (unsigned)(now - lab->rst_before);
	return 0;
}
