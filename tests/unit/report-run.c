/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/report-run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LIST(array)                      \
	{                                \
		array, ARRAY_SIZE(array) \
	}

static char host[] = "host-veth", bridge[] = "docker-bridge";
static char publish[] = "docker-publish";
static char clean[] = "clean-close-client", unread[] = "unread-close";
static char late[] = "late-data";
static char no_params[] = "{}", stopped[] = "interrupted";
static char id[] = "20261121-074512-7341", tool[] = "rstlab 0.1.0";
static char kernel[] = "Linux 6.18.44 x86_64";

static struct count fin_both[] = { { T("fin-both"), 50 } };
static struct count rstack[] = { { T("rstack"), 50 } };
static struct count mixed[] = { { T("fin-both"), 46 },
				{ T("rst-after-peer-fin"), 4 } };
static struct count ok[] = { { T("ok"), 50 } };
static struct count reset_seen[] = { { T("recv ECONNRESET"), 46 },
				     { T("ok"), 4 } };

#define NEVER                                                               \
	.params = no_params, .trials = 50, .connections = 50, .judged = 50, \
	.rate = 0.0, .interval = { 0.0, 0.0713475991 },                     \
	.outcomes = { [OUTCOME_CLEAN] = 50 }, .endings = LIST(fin_both),    \
	.app = { LIST(ok), LIST(ok) }
#define ALWAYS                                                              \
	.params = no_params, .trials = 50, .connections = 50, .resets = 50, \
	.judged = 50, .rate = 1.0, .interval = { 0.9286524009, 1.0 },       \
	.outcomes = { [OUTCOME_RESET] = 50 },                               \
	.emitters = { [EMITTER_CLIENT] = 50 }, .endings = LIST(rstack),     \
	.app = { LIST(ok), LIST(reset_seen) }

static struct summary_cell cells[] = {
	{ .topology = host, .workload = clean, NEVER },
	{ .topology = host, .workload = unread, ALWAYS },
	{ .topology = host, .workload = late, NEVER },
	{ .topology = bridge, .workload = clean, NEVER },
	{ .topology = bridge, .workload = unread, ALWAYS },
	/* a deadline passed in two trials, the capture broke in one */
	{ .topology = bridge,
	  .workload = late,
	  .params = no_params,
	  .trials = 50,
	  .connections = 50,
	  .resets = 4,
	  .judged = 47,
	  .rate = 4.0 / 47,
	  .interval = { 0.0335743062, 0.1994161303 },
	  .outcomes = { 43, 4, 2, 1 },
	  .emitters = { [EMITTER_SERVER] = 2, [EMITTER_MIDDLE] = 2 },
	  .endings = LIST(mixed),
	  .app = { LIST(ok), LIST(ok) } },
	/* no measurement was good */
	{ .topology = publish,
	  .workload = clean,
	  .params = no_params,
	  .trials = 50,
	  .connections = 50,
	  .rate = 0.0,
	  .interval = { 0.0, 1.0 },
	  .outcomes = { [OUTCOME_INVALID] = 50 },
	  .endings = LIST(fin_both),
	  .app = { LIST(ok), LIST(ok) } },
	{ .topology = publish, .workload = unread, ALWAYS },
};

static struct summary_sender senders[] = {
	{ host, no_params, T("client"), T("host"), T("rst-ack"), T("data"),
	  T("rstack"), T("close-unread"), T("certain"), 50, 0 },
	{ bridge, no_params, T("client"), T("client"), T("rst-ack"), T("data"),
	  T("rstack"), T("close-unread"), T("certain"), 50, 0 },
	{ bridge, no_params, T("middle"), T("host"), T("rst"), T("closing"),
	  T("rst-after-peer-fin"), T("nat-lost"), T("likely"), 1, 0 },
	{ bridge, no_params, T("middle"), T("router"), T("rst"), T("closing"),
	  T("rst-after-peer-fin"), T("nat-lost"), T("likely"), 1, 0 },
	{ bridge, no_params, T("server"), T("server"), T("rst"), T("closing"),
	  T("rst-after-peer-fin"), T("unknown"), T("unknown"), 2, 2 },
	{ publish, no_params, T("client"), T("remote"), T("rst-ack"), T("data"),
	  T("rstack"), T("close-unread"), T("certain"), 50, 0 },
};

static struct summary_books books[] = {
	{ host, no_params, T("host"), 50, 50, 0, no_params },
	{ bridge, no_params, T("client"), 50, 50, 0, no_params },
	{ bridge, no_params, T("host"), 1, 1, 0, no_params },
	{ bridge, no_params, T("router"), 1, 1, 0, no_params },
	{ bridge, no_params, T("server"), 4, 4, 0, no_params },
	{ publish, no_params, T("remote"), 50, 50, 0, no_params },
};

/* A rule dropped two resets, a firewall's reject sent three. */
static struct summary_books unequal[] = {
	{ host, no_params, T("host"), 50, 50, 0, no_params },
	{ bridge, no_params, T("client"), 50, 52, 0, no_params },
	{ publish, no_params, T("host"), 4, 1, 0, no_params },
};

static char *topologies[] = { host, bridge, publish };
static char *workloads[] = { clean, unread, late };

struct summary a_run(void)
{
	return (struct summary){
		.id = id,
		.tool = tool,
		.kernel = kernel,
		.seed = 7341,
		.complete = true,
		.balanced = true,
		.packets = 3921,
		.trials = 400,
		.invalid = 51,
		.cells = cells,
		.n_cells = ARRAY_SIZE(cells),
		.senders = senders,
		.n_senders = ARRAY_SIZE(senders),
		.books = books,
		.n_books = ARRAY_SIZE(books),
		.topologies = topologies,
		.n_topologies = ARRAY_SIZE(topologies),
		.workloads = workloads,
		.n_workloads = ARRAY_SIZE(workloads),
		.n_variants = ARRAY_SIZE(topologies),
	};
}

struct summary a_bad_run(void)
{
	struct summary s = a_run();

	s.complete = false;
	s.stopped = stopped;
	s.balanced = false;
	s.dropped = 17;
	s.books = unequal;
	s.n_books = ARRAY_SIZE(unequal);
	return s;
}

char *written_by(const char *name, const struct summary *s,
		 const struct report_options *o)
{
	const struct report *report = report_named(name);
	struct err e = { .code = 0 };
	char *got = NULL;
	size_t bytes;
	FILE *f;

	assert_non_null(report);
	f = open_memstream(&got, &bytes);
	assert_non_null(f);
	if (report->write(s, o, f, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(fclose(f), 0);
	return got;
}
