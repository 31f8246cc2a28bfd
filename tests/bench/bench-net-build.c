/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-net-build [FILE [N]] - how long does it take to build a topology?
 *
 * Prints the median, least and most of N builds (100) of FILE
 * (topologies/docker-publish.yaml) after a warm-up.  All are kept until the
 * end: the kernel takes a bridge down for some 20 ms, holding the lock that
 * the next build would wait for.
 */
#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/net/net.h"
#include "lab/spec/topology.h"

#include <sched.h>

enum { WARM_UP = 5, BUILDS_MAX = 1000 };

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int build(const struct topology *t, size_t n, struct net **nets,
		 int64_t *took_ns)
{
	struct err e = { .code = 0 };

	for (size_t i = 0; i < n; i++) {
		const int64_t begin_ns = clock_now_ns();

		if (net_build(t, &nets[i], &e) < 0) {
			(void)fprintf(stderr, "%s\n", e.text);
			return -1;
		}
		took_ns[i] = clock_now_ns() - begin_ns;
	}
	return 0;
}

static double ms(int64_t ns)
{
	return (double)ns / NS_PER_MS;
}

static int measure(const struct topology *t, size_t n)
{
	static struct net *nets[WARM_UP + BUILDS_MAX];
	static int64_t took_ns[WARM_UP + BUILDS_MAX];
	const int r = build(t, WARM_UP + n, nets, took_ns);
	int64_t *ns = took_ns + WARM_UP;

	for (size_t i = 0; i < WARM_UP + n; i++)
		net_free(nets[i]);
	if (r < 0)
		return 1;
	qsort(ns, n, sizeof(*ns), compare);
	(void)printf("net_build %s, %zu nodes, n=%zu: median %.2f ms, "
		     "least %.2f, most %.2f\n",
		     t->name, t->nodes.n, n, ms(ns[n / 2]), ms(ns[0]),
		     ms(ns[n - 1]));
	return 0;
}

int main(int argc, char **argv)
{
	const char *file =
		argc > 1 ? argv[1] : "topologies/docker-publish.yaml";
	own_topology struct topology t = { .path = NULL };
	own_diags struct spec_diags d = { .errors = 0 };
	struct err e = { .code = 0 };
	int64_t n = 100;

	if (argc > 2 && !num_parse(argv[2], 1, BUILDS_MAX, &n)) {
		(void)fprintf(stderr, "usage: %s [FILE [N]], N to %d\n",
			      argv[0], BUILDS_MAX);
		return 2;
	}
	if (topology_load(&t, file, &d, &e) < 0) {
		(void)fprintf(stderr, "%s%s\n", text_str(&d.text), e.text);
		return 2;
	}
	/* a home of our own, which an ordinary user may come back to */
	if (unshare(CLONE_NEWNET | (geteuid() ? CLONE_NEWUSER : 0)) < 0) {
		perror("private namespaces");
		return 3;
	}
	return measure(&t, (size_t)n);
}
