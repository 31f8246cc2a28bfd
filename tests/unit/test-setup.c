/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an engine is asked for, from what a topology says it mirrors. */
#include "lab/fidelity/setup.h"

/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char host[] = "host", web[] = "web", name[] = "mine";

static struct topology_node nodes[] = {
	{ .name = host, .kind = NODE_HOST },
	{ .name = web, .kind = NODE_CONTAINER },
};

static int setup(const char *mirrors, const char *connect, struct setup *ret,
		 struct err *e)
{
	char text[128];
	struct topology t = { .name = name,
			      .client = host,
			      .server = web,
			      .mirrors = text,
			      .nodes = { .items = nodes, .n = 2 } };

	(void)snprintf(text, sizeof(text), "%s", mirrors);
	assert_true(ip_endpoint_parse(connect, &t.connect));
	assert_true(ip_endpoint_parse("172.17.0.2:80", &t.listen));
	return setup_of(&t, ENGINE_DOCKER, ret, e);
}

static void another_address_than_the_servers_is_a_published_port(void **state)
{
	struct err e = { .code = 0 };
	struct setup s;

	(void)state;
	assert_int_equal(setup("Docker 20.10 to 27, default bridge",
			       "198.51.100.1:8080", &s, &e),
			 0);
	assert_null(s.network);
	assert_int_equal(s.host_port, 8080);
	assert_int_equal(s.container_port, 80);
	assert_int_equal(setup("Docker 20.10 to 27, default bridge",
			       "172.17.0.2:80", &s, &e),
			 0);
	assert_int_equal(s.container_port, 0);
}

static void networks_and_daemons_have_options(void **state)
{
	struct err e = { .code = 0 };
	struct setup s;

	(void)state;
	assert_int_equal(setup("Docker 28, docker network create --internal",
			       "172.17.0.2:80", &s, &e),
			 0);
	assert_true(s.network->internal);
	assert_int_equal(setup("Docker 28, --userland-proxy=false",
			       "172.17.0.2:80", &s, &e),
			 0);
	assert_string_equal(s.daemon_option, "--userland-proxy=false");
	assert_int_equal(setup("Docker 28, docker run --network host",
			       "172.17.0.2:80", &s, &e),
			 0);
	assert_true(s.network->host);
}

static void versions_are_compared_by_number(void **state)
{
	struct err e = { .code = 0 };
	struct setup s;

	(void)state;
	assert_int_equal(
		setup("Docker 20.10 to 27, x", "172.17.0.2:80", &s, &e), 0);
	assert_true(setup_covers(&s, "20.10.24+dfsg1"));
	assert_true(setup_covers(&s, "27.5.1"));
	assert_false(setup_covers(&s, "20.9.0"));
	assert_false(setup_covers(&s, "28.0.0"));
	assert_int_equal(setup("Docker 28 and 29, x", "172.17.0.2:80", &s, &e),
			 0);
	assert_true(setup_covers(&s, "29.1.0"));
	assert_int_equal(setup("Docker 29, x", "172.17.0.2:80", &s, &e), 0);
	assert_true(setup_covers(&s, "29.4"));
	assert_false(setup_covers(&s, "28.4"));
}

static void expect_refusal(const char *mirrors, const char *text)
{
	struct err e = { .code = 0 };
	struct setup s;

	assert_true(setup(mirrors, "172.17.0.2:80", &s, &e) < 0);
	assert_string_equal(e.text, text);
	assert_int_equal(err_exit_status(&e), 4);
}

static void what_cannot_be_started_is_refused_with_the_reason(void **state)
{
	(void)state;
	expect_refusal("two Linux machines",
		       "nothing to compare 'mine' with: it mirrors neither "
		       "Docker nor Podman");
	expect_refusal("Podman 5 rootful",
		       "nothing to compare 'mine' with: it mirrors Podman; say "
		       "--against podman");
	expect_refusal("Docker 20.10 to 27 in a guest of libvirt 10.4",
		       "nothing to compare 'mine' with: it mirrors a virtual "
		       "machine, and verify starts containers only");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			another_address_than_the_servers_is_a_published_port),
		cmocka_unit_test(networks_and_daemons_have_options),
		cmocka_unit_test(versions_are_compared_by_number),
		cmocka_unit_test(
			what_cannot_be_started_is_refused_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
