/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/kind.h"
#include "lab/cmd/selection.h"
#include "lab/cmd/verb.h"

struct check_options {
	bool quiet;
};

static const struct opt check_opts[] = {
	{ .name = "quiet",
	  .letter = 'q',
	  .type = OPT_FLAG,
	  .offset = offsetof(struct check_options, quiet),
	  .help = "say nothing about files that are right" },
	{ .name = NULL },
};

static const struct example check_examples[] = {
	{ "rstlab check my-lab.yaml", "every mistake of one file" },
	{ .command = NULL },
};

/* "3 nodes", "1 node" */
static void print_count(const char *before, size_t n, const char *what)
{
	printf("%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

static int check_topology(const char *path, bool quiet, struct err *e)
{
	own_topology struct topology t = { .name = NULL };
	const struct topology_node *nodes;
	size_t interfaces = 0;
	int r = selection_read_topology(&t, path, e);

	if (r < 0 || quiet)
		return r;
	nodes = t.nodes.items;
	for (size_t i = 0; i < t.nodes.n; i++)
		interfaces += nodes[i].interfaces.n;
	printf("%s: ok, topology", path);
	print_count(", ", t.nodes.n, "node");
	print_count(", ", interfaces, "interface");
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
	print_count(", ", w.scripts[SIDE_CLIENT].n_steps, "client step");
	print_count(", ", w.scripts[SIDE_SERVER].n_steps, "server step");
	putchar('\n');
	return 0;
}

static int check_file(const char *path, bool quiet, struct err *e)
{
	switch (kind_of(path)) {
	case KIND_WORKLOAD:
		return check_workload(path, quiet, e);
	case KIND_TOPOLOGY:
	case KIND_BROKEN: /* the reader says what is wrong, and where */
		return check_topology(path, quiet, e);
	case KIND_UNKNOWN:
		break;
	}
	return err_set(e, ERR_INPUT, EINVAL,
		       "%s: neither a topology, which has 'nodes', nor a "
		       "workload, which has a list of steps for 'client' and "
		       "one for 'server'",
		       path);
}

static int check_run(const struct call *c, struct err *e)
{
	const struct check_options *o = c->options;
	int status = 0;

	for (size_t i = 0; i < c->n_operands; i++) {
		int own;

		e->code = 0;
		if (check_file(c->operands[i], o->quiet, e) == 0)
			continue;
		(void)fflush(stdout);
		fprintf(stderr, "rstlab: %s\n", e->text);
		own = err_exit_status(e);
		if (own > status)
			status = own;
	}
	return status;
}

const struct verb verb_check = {
	.name = "check",
	.operands = "FILE...",
	.summary = "find the mistakes in topology and workload files",
	.about = "Every mistake is reported with file, line and column, not "
		 "only the first. What a file is shows by its content: a "
		 "topology has `nodes`, a workload has lists of steps for "
		 "`client` and `server`. The exit status is 2 when any file "
		 "has a mistake.",
	.examples = check_examples,
	.opts = check_opts,
	.options_size = sizeof(struct check_options),
	.min_operands = 1,
	.max_operands = 1000000,
	.missing = "name the files to check",
	.words = WORDS_FILES,
	.run = check_run,
};
