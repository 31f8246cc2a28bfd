/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample-run - a directory of its own and a small run in it. */
#ifndef TESTS_UNIT_SAMPLE_RUN_H
#define TESTS_UNIT_SAMPLE_RUN_H

#include "lab/store/store.h"
#include "lab/store/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct sample {
	char dir[32], path[48]; /* path: of run.db */
	struct store *store;
	struct err e;
};

static inline int sample_setup(void **state)
{
	struct sample *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	(void)strcpy(s->dir, "/tmp/rstlab-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	(void)snprintf(s->path, sizeof(s->path), "%s/run.db", s->dir);
	*state = s;
	return 0;
}

/* SQLite may have left its log beside the file. */
static inline int sample_teardown(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm",
						"-journal" };
	struct sample *s = *state;
	char path[64];

	store_close(s->store);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", s->path,
			       suffixes[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(s->dir), 0);
	free(s);
	return 0;
}

#define SAMPLE_CASE(f) \
	cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

/* The call succeeds, or its error is shown. */
#define SAMPLE_OK(s, call)                           \
	do {                                         \
		(s)->e = (struct err){ .code = 0 };  \
		if ((call) < 0)                      \
			fail_msg("%s", (s)->e.text); \
	} while (0)

static inline const char *sample_node(const void *arg, uint16_t node)
{
	static const char *const names[] = { "client", "router", "server" };

	(void)arg;
	return names[node];
}

static inline const char *sample_interface(const void *arg, struct flow_point p)
{
	(void)arg;
	return p.interface == 1 ? "lo" : "eth0";
}

static const struct store_names sample_names = {
	.node = sample_node,
	.interface = sample_interface,
	.client_node = 0,
	.server_node = 2,
};

/* Open a store with a run of two topologies and two workloads in it. */
static inline void sample_begin(struct sample *s)
{
	const struct store_run run = {
		.id = "20261121-074512-7341",
		.tool = "rstlab 0.1.0",
		.kernel = "6.18.0",
		.command = "rstlab run -n 2",
		.started = "2026-11-21T07:45:12Z",
		.environment = "{\"cpus\": 2}",
		.seed = UINT64_MAX,
		.trials_per_cell = 2,
		.blocks = 1,
	};
	const struct store_place router = { "nat", NULL, "router" };

	SAMPLE_OK(s, store_create(&s->store, s->path, &s->e));
	SAMPLE_OK(s, store_put_run(s->store, &run, &s->e));
	SAMPLE_OK(s, store_put_topology(s->store, "wire", "nodes: []", &s->e));
	SAMPLE_OK(s, store_put_topology(s->store, "nat", "nodes: []", &s->e));
	SAMPLE_OK(s, store_put_workload(s->store, "unread-close", "client: []",
					&s->e));
	SAMPLE_OK(s,
		  store_put_workload(s->store, "linger0", "client: []", &s->e));
	SAMPLE_OK(s, store_put_cell(s->store, 0, "wire", "unread-close", NULL,
				    &s->e));
	SAMPLE_OK(s,
		  store_put_cell(s->store, 1, "wire", "linger0", "{}", &s->e));
	SAMPLE_OK(s, store_put_cell(s->store, 2, "nat", "unread-close", "{}",
				    &s->e));
	SAMPLE_OK(s, store_put_cell(s->store, 3, "nat", "linger0",
				    "{\"mtu\": 1400}", &s->e));
	SAMPLE_OK(s, store_put_sysctl(s->store, &router, "net.ipv4.ip_forward",
				      "1", &s->e));
}

static inline struct store_trial sample_trial(uint32_t cell, uint32_t trial,
					      enum outcome outcome)
{
	return (struct store_trial){
		.cell = cell,
		.number = trial,
		.position = cell,
		.start_ns = 1000 * trial,
		.duration_ns = 500,
		.outcome = outcome,
		.app = { "ok", "ok" },
	};
}

static inline struct ip_endpoint sample_endpoint(const char *t)
{
	struct ip_endpoint ep = { .port = 0 };

	assert_true(ip_endpoint_parse(t, &ep));
	return ep;
}

/* From the client through a NAT to the server, closed by FINs. */
static inline struct connection sample_connection(void)
{
	const struct ip_endpoint client = sample_endpoint("10.0.0.2:40000");
	const struct ip_endpoint server = sample_endpoint("10.0.0.1:80");
	const struct ip_endpoint inner = sample_endpoint("172.17.0.2:8080");

	return (struct connection){
		.client = client,
		.server = server,
		.start_ns = 1000,
		.end_ns = 1400,
		.packets = 10,
		.bytes = { 64, 128 },
		.ending = ENDING_FIN_BOTH,
		.judged = true,
		.zeek_state = "SF",
		.zeek_history = "ShADadFf",
		.completeness = 31,
		.n_legs = 2,
		.legs = { { .point = { 0, 2 },
			    .client = client,
			    .server = server,
			    .first_ns = 1000,
			    .packets = 10 },
			  { .point = { 2, 2 },
			    .client = client,
			    .server = inner,
			    .first_ns = 1025,
			    .packets = 10 } },
	};
}

/* The same, but the server resets it; one RST, seen at two points. */
static inline struct connection sample_reset(void)
{
	struct connection c = sample_connection();

	c.ending = ENDING_RSTACK;
	c.phase = PHASE_DATA;
	(void)strcpy(c.zeek_state, "RSTR");
	(void)strcpy(c.zeek_history, "ShADr");
	c.completeness = 47;
	c.n_resets = 1;
	c.resets[0] = (struct reset){
		.time_ns = 1300,
		.side = SIDE_SERVER,
		.form = FORM_RSTACK,
		.phase = PHASE_DATA,
		.emitter_node = 2,
		.seq = 4000000000,
		.ack = 1001,
		.window = 510,
		.flags = TCP_FLAG_RST | TCP_FLAG_ACK,
		.ttl = 64,
		.n_sightings = 2,
		.sightings = { { .point = { 2, 2 },
				 .direction = FLOW_OUT,
				 .time_ns = 1300,
				 .src = c.legs[1].server,
				 .dst = c.client },
			       { .point = { 0, 2 },
				 .direction = FLOW_IN,
				 .time_ns = 1310,
				 .src = c.server,
				 .dst = c.client } },
	};
	return c;
}

static inline int sample_try_connection(struct sample *s, int64_t trial,
					uint32_t cell,
					const struct connection *c,
					const struct store_names *names)
{
	const struct verdict verdict = { .cause = CAUSE_CLOSE_UNREAD,
					 .confidence = CONFIDENCE_STRONG,
					 .unread = 17,
					 .late = -1 };
	const struct store_connection of = {
		.trial = trial,
		.cell = cell,
		.connection = c,
		.verdict = connection_was_reset(c) ? &verdict : NULL,
	};

	return store_put_connection(s->store, &of, names, &s->e);
}

/* A trial of one connection. */
static inline void sample_put(struct sample *s, const struct store_trial *t,
			      const struct connection *c)
{
	int64_t id;

	id = store_put_trial(s->store, t, &s->e);
	SAMPLE_OK(s, id);
	SAMPLE_OK(s, sample_try_connection(s, id, t->cell, c, &sample_names));
}

static inline void sample_finish(struct sample *s, bool complete)
{
	const struct store_end end = {
		.complete = complete,
		.ended = "2026-11-21T07:45:13Z",
		.stopped = complete ? NULL : "interrupted",
		.packets = 100,
		.dropped = 0,
	};

	SAMPLE_OK(s, store_finish(s->store, &end, &s->e));
	store_close(take_ptr(&s->store));
}

/* The cell of that topology and workload without parameters, or NULL. */
static inline const struct summary_cell *
sample_cell(const struct summary *m, const char *topology, const char *workload)
{
	for (size_t i = 0; i < m->n_cells; i++)
		if (!strcmp(m->cells[i].topology, topology) &&
		    !strcmp(m->cells[i].workload, workload) &&
		    !strcmp(m->cells[i].params, "{}"))
			return &m->cells[i];
	return NULL;
}

#endif
