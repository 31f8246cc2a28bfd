/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  No spinning before the sleep: the scheduler often puts the
 * two sides on one processor, since each wakes the other, and a side that
 * spins there keeps the other from what it is waited for (measured with 2
 * processors: 30 us of it halve the rate of trials).
 */
#include "probes/sock/pace.h"

#include "lab/base/clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int pace_init(struct pace *p, int shared_fd, int side)
{
	struct stat st;
	void *mem;

	if (fstat(shared_fd, &st) < 0)
		return -errno;
	if ((size_t)st.st_size < sizeof(struct probe_shared))
		return -EINVAL;
	mem = mmap(NULL, sizeof(struct probe_shared), PROT_READ | PROT_WRITE,
		   MAP_SHARED, shared_fd, 0);
	if (mem == MAP_FAILED)
		return -errno;
	*p = (struct pace){ .shared = mem, .side = side };
	return 0;
}

static uint64_t progress_of(uint32_t number, uint32_t point)
{
	return (uint64_t)number * PROGRESS_TRIAL + point;
}

static uint64_t peer_progress(const struct pace *p)
{
	return atomic_load(&p->shared->progress[!p->side]);
}

void pace_reach(struct pace *p, uint32_t number, uint32_t point)
{
	_Atomic uint32_t *wake = &p->shared->wake[p->side];

	atomic_store(&p->shared->progress[p->side], progress_of(number, point));
	atomic_fetch_add(wake, 1);
	if (atomic_load(&p->shared->waiting[!p->side]))
		(void)syscall(SYS_futex, wake, FUTEX_WAKE, INT_MAX, NULL, NULL,
			      0);
}

bool pace_reached(const struct pace *p, uint32_t number, uint32_t point)
{
	return peer_progress(p) >= progress_of(number, point);
}

bool pace_peer_done(const struct pace *p, uint32_t number)
{
	return pace_reached(p, number, PROGRESS_DONE);
}

bool pace_wait(struct pace *p, uint32_t number, uint32_t point,
	       int64_t deadline_ns)
{
	_Atomic uint32_t *wake = &p->shared->wake[!p->side];
	_Atomic uint32_t *waiting = &p->shared->waiting[p->side];
	const uint64_t wanted = progress_of(number, point);
	const struct timespec until = { .tv_sec = deadline_ns / NS_PER_S,
					.tv_nsec = deadline_ns % NS_PER_S };
	bool reached, expired = false;

	if (peer_progress(p) >= wanted)
		return true;
	/* Said before the last look: the other side stores its progress
	 * first and looks here afterwards. */
	atomic_store(waiting, 1);
	for (;;) {
		const uint32_t seen = atomic_load(wake);

		reached = peer_progress(p) >= wanted;
		/* FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time */
		if (reached || expired)
			break;
		expired = syscall(SYS_futex, wake, FUTEX_WAIT_BITSET, seen,
				  &until, NULL, FUTEX_BITSET_MATCH_ANY) < 0 &&
			  errno == ETIMEDOUT;
	}
	atomic_store(waiting, 0);
	return reached;
}
