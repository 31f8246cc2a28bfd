/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run-lab TOPOLOGY.yaml WORKLOAD.yaml TRIALS DIR LIBEXEC capture|silent - do a
 * run into DIR and print its trials per second, from the first report of
 * progress to the last: building the lab and ending are not in it.
 */
#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/run/privilege.h"
#include "lab/run/run.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum { ARGUMENTS = 6, TRIALS_MAX = 1000000 };

struct bench {
	struct topology topology;
	struct workload workload;
	struct run_request request;
	int64_t first_ns, last_ns;
	uint64_t first, last; /* trials done then */
	bool begun;
};

static void note_progress(const struct run_progress *p, void *arg)
{
	struct bench *b = arg;
	const int64_t now = clock_now_ns();

	if (!b->begun) {
		b->begun = true;
		b->first = p->done;
		b->first_ns = now;
	}
	b->last = p->done;
	b->last_ns = now;
}

static int fail(const struct err *e)
{
	fprintf(stderr, "run-lab: %s\n", e->text);
	return err_exit_status(e);
}

static int body(void *arg)
{
	static const volatile sig_atomic_t stop;
	struct bench *b = arg;
	const struct run_events events = { .progress = note_progress,
					   .arg = b };
	struct run_verdict v;
	struct err e = { .code = 0 };
	int64_t per_s;

	if (run_execute(&b->request, &events, &stop, &v, &e) < 0)
		return fail(&e);
	if (b->last_ns <= b->first_ns) {
		(void)err_set(&e, ERR_INPUT, EINVAL, "too few trials");
		return fail(&e);
	}
	per_s = (int64_t)(b->last - b->first) * NS_PER_S /
		(b->last_ns - b->first_ns);
	printf("%" PRId64 "\n", per_s);
	return fflush(stdout) ? 7 : 0;
}

static int load(struct bench *b, char **argv, struct err *e)
{
	own_diags struct spec_diags d = { .errors = 0 };
	int64_t trials;
	int r = topology_load(&b->topology, argv[0], &d, e);

	if (r == 0)
		r = workload_load(&b->workload, argv[1], &d, e);
	if (r < 0)
		return r;
	if (!num_parse(argv[2], 1, TRIALS_MAX, &trials))
		return err_set(e, ERR_INPUT, EINVAL, "'%s' trials", argv[2]);
	if (mkdir(argv[3], 0700) < 0)
		return err_errno(e, "make '%s'", argv[3]);
	b->request = (struct run_request){
		.topologies = &b->topology,
		.n_topologies = 1,
		.workloads = &b->workload,
		.n_workloads = 1,
		.trials = (uint32_t)trials,
		.seed = 7341,
		.dir = argv[3],
		.id = "bench",
		.command = "run-lab",
		.libexec = argv[4],
		.no_capture = strcmp(argv[5], "silent") == 0,
		.no_files = true,
	};
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = { .begun = false };
	struct err e = { .code = 0 };
	int r;

	if (argc != ARGUMENTS + 1) {
		fprintf(stderr,
			"usage: %s TOPOLOGY WORKLOAD TRIALS DIR LIBEXEC "
			"capture|silent\n",
			argv[0]);
		return 2;
	}
	r = load(&b, argv + 1, &e);
	if (r == 0)
		r = privilege_run(body, &b, &e);
	topology_done(&b.topology);
	workload_done(&b.workload);
	return r < 0 ? fail(&e) : r;
}
