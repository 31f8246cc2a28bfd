/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run says of the sources of its evidence. */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/run/lab.h"
#include "lab/run/sources.h"
#include "tests/netns/loopback.h"
#include "tests/unit/store-answer.h"

/* More than there is room for, which is 8 MiB at most. */
enum { TOO_MANY = 20000 };

static int ignore(const struct sockdiag_socket *s, void *arg)
{
	(void)s;
	(void)arg;
	return 0;
}

/* Sockets are destroyed, and nobody takes what is told of them. */
static void overflow(struct dying *d)
{
	const int64_t until_ns = clock_now_ns() + 30 * NS_PER_S;
	struct err e = { .code = 0 };

	while (!dying_lost(d)) {
		assert_true(clock_now_ns() < until_ns);
		for (int i = 0; i < TOO_MANY; i++)
			assert_int_equal(close(loopback_socket(AF_INET)), 0);
		assert_done(dying_take(d, ignore, NULL, &e), &e);
	}
}

static void store_sources(struct sample *s, const struct sources *sources)
{
	sample_begin(s);
	SAMPLE_OK(s, sources_store(sources, NULL, s->store, &s->e));
	SAMPLE_OK(s, store_finish(s->store, &(struct store_end){ .ended = "" },
				  &s->e));
}

static void it_is_told_how_often_sockets_were_lost(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct lab_node node = { .net = NULL };
	struct lab lab = { .nodes = &node, .n_nodes = 1 };
	struct sources sources = { .labs = &lab, .n_labs = 1 };
	struct err e = { .code = 0 };
	char want[64];
	void *state;

	assert_done(dying_open(&node.dying, netns, &e), &e);
	if (dying_listen(node.dying, true, &e) > 0)
		netns_skip("the kernel does not tell of destroyed sockets");
	assert_done(netns_enter(&visit, netns, &e), &e);
	overflow(node.dying);

	sources.used[SOURCE_DESTROYED] = true;
	sample_setup(&state);
	store_sources(state, &sources);
	(void)snprintf(want, sizeof(want), "used|some were lost, %d %s",
		       (int)deaths_lost(&lab),
		       deaths_lost(&lab) == 1 ? "time" : "times");
	assert_answer(state,
		      "SELECT state, why FROM source"
		      " WHERE name = 'destroyed-sockets'",
		      want);
	sample_teardown(&state);
	dying_close(node.dying);
}

static void what_was_heard_in_full_has_no_reason(void)
{
	struct lab_node node = { .net = NULL };
	struct lab lab = { .nodes = &node, .n_nodes = 1 };
	struct sources sources = { .labs = &lab, .n_labs = 1 };
	own_fd int netns = loopback_namespace();
	struct err e = { .code = 0 };
	void *state;

	assert_done(dying_open(&node.dying, netns, &e), &e);
	sources.used[SOURCE_DESTROYED] = true;
	sample_setup(&state);
	store_sources(state, &sources);
	assert_answer(state,
		      "SELECT state, why FROM source"
		      " WHERE name IN ('calls', 'destroyed-sockets')"
		      " ORDER BY name",
		      "off|no workload is a script\nused|NULL");
	sample_teardown(&state);
	dying_close(node.dying);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(it_is_told_how_often_sockets_were_lost),
		netns_test(what_was_heard_in_full_has_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
