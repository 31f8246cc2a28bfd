/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/inside.h"
#include "lab/cmd/kind.h"
#include "lab/cmd/plans.h"
#include "lab/cmd/selection.h"
#include "lab/cmd/verb.h"
#include "lab/net/net.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct check_options {
	bool build, quiet;
};

static const struct opt check_opts[] = {
	{ .name = "build",
	  .letter = 'b',
	  .type = OPT_FLAG,
	  .offset = offsetof(struct check_options, build),
	  .help = "also build each topology's network, in private namespaces, "
		  "to hear what the kernel and nft refuse" },
	{ .name = "quiet",
	  .letter = 'q',
	  .type = OPT_FLAG,
	  .offset = offsetof(struct check_options, quiet),
	  .help = "say nothing about files that are right" },
	{ .name = NULL },
};

static const struct example check_examples[] = {
	{ "rstlab check my-lab.yaml", "every mistake of one file" },
	{ "rstlab check --build my-lab.yaml",
	  "the same, and what only the kernel and nft find" },
	{ .command = NULL },
};

/* "3 nodes", "1 node" */
static void print_count(const char *before, size_t n, const char *what)
{
	printf("%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

/* The kernel and nft say what they refuse. */
static int build(const struct topology *t, struct err *e)
{
	own_net struct net *net = NULL;

	return net_build(t, &net, e);
}

static int check_topology(const char *path, const struct check_options *o,
			  struct err *e)
{
	own_topology struct topology t = { .name = NULL };
	const struct topology_node *nodes;
	size_t interfaces = 0;
	int r = selection_read_topology(&t, path, e);

	if (r == 0 && o->build)
		r = build(&t, e);
	if (r < 0 || o->quiet)
		return r;
	nodes = t.nodes.items;
	for (size_t i = 0; i < t.nodes.n; i++)
		interfaces += nodes[i].interfaces.n;
	printf("%s: ok, topology", path);
	print_count(", ", t.nodes.n, "node");
	print_count(", ", interfaces, "interface");
	if (o->build)
		printf(", built");
	putchar('\n');
	return 0;
}

static int check_workload(const char *path, bool quiet, struct err *e)
{
	own_workload struct workload w = { .name = NULL };
	int r = selection_read_workload(&w, path, e);

	if (r < 0 || quiet)
		return r;
	printf("%s: ok, workload", path);
	if (exec_given(&w.exec)) {
		printf(", own programs");
	} else {
		print_count(", ", w.scripts[SIDE_CLIENT].n_steps,
			    "client step");
		print_count(", ", w.scripts[SIDE_SERVER].n_steps,
			    "server step");
	}
	putchar('\n');
	return 0;
}

static int check_plan(const char *path, bool quiet, struct err *e)
{
	own_named_plan struct named_plan p = { .name = NULL };
	const int r = plans_read(&p, path, e);

	if (r < 0 || quiet)
		return r;
	printf("%s: ok, plan", path);
	print_count(", ", p.published.n, "published result");
	putchar('\n');
	return 0;
}

/* `check host` for the file of that name: only `run` and `show` look for it. */
static bool is_no_path(const char *path)
{
	return !strchr(path, '/') && !strchr(path, '.') &&
	       access(path, F_OK) < 0 && errno == ENOENT;
}

static int check_file(const char *path, const struct check_options *o,
		      struct err *e)
{
	if (is_no_path(path))
		return err_set(e, ERR_INPUT, ENOENT,
			       "no file '%s': check takes files, by their "
			       "path, such as ./%s.yaml",
			       path, path);
	switch (kind_of(path)) {
	case KIND_WORKLOAD:
		return check_workload(path, o->quiet, e);
	case KIND_PLAN:
		return check_plan(path, o->quiet, e);
	case KIND_TOPOLOGY:
	case KIND_BROKEN: /* the reader says what is wrong, and where */
		return check_topology(path, o, e);
	case KIND_UNKNOWN:
		break;
	}
	return err_set(e, ERR_INPUT, EINVAL,
		       "%s: neither a topology, which has 'nodes', nor a "
		       "plan, which has 'topologies' and 'workloads', nor a "
		       "workload, which has a list of steps for 'client' and "
		       "one for 'server', or 'exec'",
		       path);
}

/* All of them, each with what is wrong.  Returns: the exit status. */
static int check_files(const struct call *c)
{
	int status = 0;

	for (size_t i = 0; i < c->n_operands; i++) {
		struct err e = { .code = 0 };
		int own;

		if (check_file(c->operands[i], c->options, &e) == 0)
			continue;
		(void)fflush(stdout);
		fprintf(stderr, "rstlab: %s\n", e.text);
		own = err_exit_status(&e);
		if (own > status)
			status = own;
	}
	(void)fflush(stdout);
	return status;
}

struct inner {
	const struct call *call;
};

static int check_inside(void *arg, struct err *e)
{
	const struct inner *in = arg;

	(void)e;
	return check_files(in->call);
}

static int check_run(const struct call *c, struct err *e)
{
	const struct check_options *o = c->options;
	struct inner in = { c };

	return o->build ? inside_run(check_inside, &in, e) : check_files(c);
}

const struct verb verb_check = {
	.name = "check",
	.operands = "FILE...",
	.summary =
		"find the mistakes in files of topologies, workloads and plans",
	.about = "Every mistake is reported with file, line and column, not "
		 "only the first. What a file is shows by its content: a "
		 "topology has `nodes`, a workload has lists of steps for "
		 "`client` and `server` or `exec`, a plan has `topologies` "
		 "and `workloads`. The exit status is 2 when any file "
		 "has a mistake. With --build it is 3 when this machine "
		 "cannot build one.",
	.examples = check_examples,
	.opts = check_opts,
	.options_size = sizeof(struct check_options),
	.min_operands = 1,
	.max_operands = 1000000,
	.missing = "name the files to check",
	.words = WORDS_FILES,
	.run = check_run,
};
