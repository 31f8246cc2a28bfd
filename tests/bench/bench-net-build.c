/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-net-build - how long does it take to build a topology?
 *
 *   bench-net-build [FILE [N]]	N builds (100) of one
 *				(topologies/docker-publish.yaml)
 *   bench-net-build all FILE...	all of them side by side
 *   bench-net-build nodes N	N generated nodes, in pairs with a link
 *
 * Prints the median, least and most after a warm-up.  All are kept until the
 * end: the kernel takes a bridge down for some 20 ms, holding the lock that
 * the next build would wait for.
 */
#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/net/net.h"
#include "lab/spec/topology.h"

#include <sched.h>
#include <string.h>
#include <sys/mount.h>

enum { WARM_UP = 5, ROUNDS = 10, BUILDS_MAX = 1000, NODES_MAX = 4000 };

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double ms(int64_t ns)
{
	return (double)ns / NS_PER_MS;
}

/* The nets of all rounds, to be freed at the end. */
struct nets {
	struct net **items;
	size_t n, cap;
};

static int keep(struct nets *nets, struct net *net)
{
	if (nets->n == nets->cap) {
		const size_t cap = nets->cap ? 2 * nets->cap : 64;
		struct net **items =
			reallocarray(nets->items, cap, sizeof(net));

		if (!items)
			return -1;
		nets->items = items;
		nets->cap = cap;
	}
	nets->items[nets->n++] = net;
	return 0;
}

static void nets_done(struct nets *nets)
{
	for (size_t i = 0; i < nets->n; i++)
		net_free(nets->items[i]);
	free(nets->items);
}
#define own_nets OWN(nets_done)

static int build_all(const struct topology *t, size_t n, struct nets *nets)
{
	struct err e = { .code = 0 };

	for (size_t i = 0; i < n; i++) {
		struct net *net;

		if (net_build(&t[i], &net, &e) < 0) {
			(void)fprintf(stderr, "%s\n", e.text);
			return -1;
		}
		if (keep(nets, net) < 0)
			return -1;
	}
	return 0;
}

/* Build the @n topologies @rounds times, after @warm_up. */
static int measure(const char *what, const struct topology *t, size_t n,
		   size_t warm_up, size_t rounds)
{
	static int64_t took_ns[WARM_UP + BUILDS_MAX];
	own_nets struct nets nets = { .n = 0 };
	int64_t *ns = took_ns + warm_up;
	size_t nodes = 0;

	for (size_t i = 0; i < warm_up + rounds; i++) {
		const int64_t begin_ns = clock_now_ns();

		if (build_all(t, n, &nets) < 0)
			return 1;
		took_ns[i] = clock_now_ns() - begin_ns;
	}
	for (size_t i = 0; i < n; i++)
		nodes += t[i].nodes.n;
	qsort(ns, rounds, sizeof(*ns), compare);
	(void)printf("net_build %s, %zu nodes, n=%zu: median %.2f ms, "
		     "least %.2f, most %.2f\n",
		     what, nodes, rounds, ms(ns[rounds / 2]), ms(ns[0]),
		     ms(ns[rounds - 1]));
	return 0;
}

static int load(struct topology *t, const char *file)
{
	own_diags struct spec_diags d = { .errors = 0 };
	struct err e = { .code = 0 };

	if (topology_load(t, file, &d, &e) == 0)
		return 0;
	(void)fprintf(stderr, "%s%s\n", text_str(&d.text), e.text);
	return -1;
}

static int measure_files(char **files, size_t n)
{
	struct topology *t = calloc(n, sizeof(*t));
	char what[64];
	size_t loaded = 0;
	int r = 2;

	if (!t)
		return 2;
	while (loaded < n && load(&t[loaded], files[loaded]) == 0)
		loaded++;
	(void)snprintf(what, sizeof(what), "of %zu topologies", n);
	if (loaded == n)
		r = measure(what, t, n, 1, ROUNDS);
	for (size_t i = 0; i < n; i++)
		topology_done(&t[i]);
	free(t);
	return r;
}

/* Two nodes and a link, as every mirror has them. */
static const char pair[] =
	"name: pair\nsummary: s\nmirrors: m\nclient: a\nserver: b\n"
	"connect: 192.0.2.2:8080\nlisten: 192.0.2.2:8080\nnodes:\n"
	"  - name: a\n"
	"    kind: host\n"
	"    interfaces:\n"
	"      - {name: eth0, link: ab, addresses: [192.0.2.1/24]}\n"
	"  - name: b\n"
	"    kind: host\n"
	"    interfaces:\n"
	"      - {name: eth0, link: ab, addresses: [192.0.2.2/24]}\n";

static int measure_nodes(size_t n)
{
	char dir[] = "/tmp/bench-XXXXXX", path[64];
	own_topology struct topology t = { .path = NULL };
	struct topology *copies = calloc(n / 2, sizeof(*copies));
	FILE *f;
	int r = -1;

	if (!copies || !mkdtemp(dir))
		return 2;
	(void)snprintf(path, sizeof(path), "%s/pair.yaml", dir);
	f = fopen(path, "we");
	if (f && fputs(pair, f) >= 0 && fclose(f) == 0)
		r = load(&t, path);
	(void)unlink(path);
	(void)rmdir(dir);
	for (size_t i = 0; i < n / 2; i++)
		copies[i] = t; /* borrowed: only read */
	r = r < 0 ? 2 : measure("of generated pairs", copies, n / 2, 0, 1);
	free(copies);
	return r;
}

static int measure_file(const char *file, size_t n)
{
	own_topology struct topology t = { .path = NULL };

	return load(&t, file) < 0 ? 2 : measure(t.name, &t, 1, WARM_UP, n);
}

/* A home of our own, which an ordinary user may come back to, and as in a run
 * a /proc of our own: what other namespaces left in that of the machine makes
 * each look for a sysctl longer. */
static int live_apart(void)
{
	const int user = geteuid() ? CLONE_NEWUSER : 0;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS | user) < 0)
		return -1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		(void)mount("proc", "/proc", "proc", 0, NULL);
	return 0;
}

int main(int argc, char **argv)
{
	const char *file =
		argc > 1 ? argv[1] : "topologies/docker-publish.yaml";
	int64_t n = 100;

	if (live_apart() < 0) {
		perror("private namespaces");
		return 3;
	}
	if (argc > 2 && !strcmp(argv[1], "all"))
		return measure_files(argv + 2, (size_t)argc - 2);
	if (argc == 3 && !strcmp(argv[1], "nodes") &&
	    num_parse(argv[2], 2, NODES_MAX, &n))
		return measure_nodes((size_t)n);
	if (argc < 3 || num_parse(argv[2], 1, BUILDS_MAX, &n))
		return measure_file(file, (size_t)n);
	(void)fprintf(stderr, "usage: %s [FILE [N] | all FILE... | nodes N]\n",
		      argv[0]);
	return 2;
}
