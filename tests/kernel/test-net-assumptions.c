/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lab/net takes for granted about Linux, each as a case of its own. */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/net/rtnl.h"
#include "lab/net/sysctl.h"
#include "tests/netns/loopback.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdalign.h>

static struct interface veth(char *name)
{
	return (struct interface){ .name = name,
				   .kind = INTERFACE_VETH,
				   .txqlen = -1,
				   .forward_delay_ns = -1 };
}

/* A namespace, and a netlink socket that was opened in it. */
struct place {
	int netns;
	struct rtnl *rt;
};

static struct place place_new(void)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct place p = { .netns = loopback_namespace() };
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, p.netns, &e), &e);
	assert_done(rtnl_open(&p.rt, &e), &e);
	return p;
}

static void place_done(struct place *p)
{
	rtnl_close(p->rt);
	own_fd_release(&p->netns);
}
#define own_place OWN(place_done)

/* A pair between two places, both ends called x0 and up. */
static void join(const struct place *a, const struct place *b)
{
	char name[] = "x0";
	const struct interface spec = veth(name);
	const struct rtnl_device near = { &spec, 40, a->netns };
	const struct rtnl_device far = { &spec, 41, b->netns };
	struct err e = { .code = 0 };

	assert_done(rtnl_make_veth(a->rt, &near, &far, &e), &e);
	assert_done(rtnl_set_up(a->rt, 40, &e), &e);
	assert_done(rtnl_set_up(b->rt, 41, &e), &e);
}

static unsigned index_in(const struct place *p, const char *name)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, p->netns, &e), &e);
	return if_nametoindex(name);
}

static void a_netlink_socket_stays_in_its_namespace(void)
{
	own_place struct place p = place_new();
	struct err e = { .code = 0 };

	assert_done(rtnl_make_kind(p.rt, "bridge", "there0", &e), &e);
	assert_int_not_equal(index_in(&p, "there0"), 0);
	assert_int_equal(if_nametoindex("there0"), 0);
}

static void a_proc_net_file_stays_in_its_namespace(void)
{
	own_fd int netns = loopback_namespace();
	own_fd int fd = -1;
	char here[4096], there[4096];
	struct err e = { .code = 0 };
	own_fd int client = -1;

	{
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;

		assert_done(netns_enter(&visit, netns, &e), &e);
		fd = open("/proc/thread-self/net/snmp", O_RDONLY | O_CLOEXEC);
		client = loopback_socket(AF_INET);
	}
	/* from home: a refused connection there, which counts a reset */
	assert_int_equal(loopback_connect(client, AF_INET, 9), ECONNREFUSED);
	own_fd int home =
		open("/proc/thread-self/net/snmp", O_RDONLY | O_CLOEXEC);
	const ssize_t n = pread(fd, there, sizeof(there) - 1, 0);
	const ssize_t m = pread(home, here, sizeof(here) - 1, 0);

	assert_true(n > 0 && m > 0);
	there[n] = here[m] = '\0';
	assert_string_not_equal(strstr(there, "\nTcp: 1"),
				strstr(here, "\nTcp: 1"));
}

static void both_ends_of_a_pair_get_the_index_that_was_asked(void)
{
	own_place struct place a = place_new();
	own_place struct place b = place_new();

	join(&a, &b);
	assert_int_equal(index_in(&a, "x0"), 40);
	assert_int_equal(index_in(&b, "x0"), 41);
}

static void a_pair_runs_once_both_ends_are_up(void)
{
	own_place struct place a = place_new();
	own_place struct place b = place_new();
	const int64_t deadline_ns = clock_now_ns() + 5 * NS_PER_S;
	bool near = false, far = false;
	struct err e = { .code = 0 };

	join(&a, &b);
	while ((!near || !far) && clock_now_ns() < deadline_ns) {
		assert_done(rtnl_is_running(a.rt, 40, &near, &e), &e);
		assert_done(rtnl_is_running(b.rt, 41, &far, &e), &e);
	}
	assert_true(near && far);
}

/* Wait for the message that a link is gone. */
static bool link_goes(int fd, int index)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	alignas(struct nlmsghdr) char buf[8192];

	while (poll(&p, 1, 20000) == 1) {
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		const struct ifinfomsg *link = NLMSG_DATA(h);

		if (recv(fd, buf, sizeof(buf), 0) > 0 &&
		    h->nlmsg_type == RTM_DELLINK && link->ifi_index == index)
			return true;
	}
	return false;
}

static void closing_the_last_descriptor_removes_a_namespace(void)
{
	const struct sockaddr_nl links = { .nl_family = AF_NETLINK,
					   .nl_groups = RTMGRP_LINK };
	own_place struct place a = place_new();
	struct place b = place_new();
	own_fd int fd = -1;
	struct err e = { .code = 0 };

	join(&a, &b);
	{
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;

		assert_done(netns_enter(&visit, a.netns, &e), &e);
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	}
	assert_int_equal(
		bind(fd, (const struct sockaddr *)&links, sizeof(links)), 0);
	place_done(&b);
	/* the end here goes with the one there */
	assert_true(link_goes(fd, 40));
}

static void an_address_without_detection_can_be_bound_at_once(void)
{
	own_place struct place a = place_new();
	own_place struct place b = place_new();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_fd int fd = -1;
	struct ip_endpoint ep = { .port = 7000 };
	struct ip_prefix p = { .length = 64 };
	struct sockaddr_storage sa;
	struct err e = { .code = 0 };

	join(&a, &b);
	assert_true(ip_addr_parse("fd00::1", &p.addr));
	assert_done(rtnl_add_address(a.rt, 40, &p, &e), &e);
	ep.addr = p.addr;
	assert_done(netns_enter(&visit, a.netns, &e), &e);
	fd = loopback_socket(AF_INET6);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa,
			      ip_endpoint_to_sockaddr(&ep, &sa)),
			 0);
}

/* Has x0 an address of its own accord? */
static bool has_link_local(const struct place *p)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_file FILE *f = NULL;
	char line[128];
	bool found = false;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, p->netns, &e), &e);
	f = fopen("/proc/thread-self/net/if_inet6", "re");
	while (f && fgets(line, sizeof(line), f))
		found |= strstr(line, "x0") && !strncmp(line, "fe80", 4);
	return found;
}

static void a_default_of_no_generation_holds_for_later_links(void)
{
	own_place struct place with = place_new();
	own_place struct place without = place_new();
	char value[SYSCTL_VALUE_MAX];
	bool running = false;
	struct err e = { .code = 0 };

	{
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;

		assert_done(netns_enter(&visit, without.netns, &e), &e);
		assert_done(sysctl_set("net.ipv6.conf.default.addr_gen_mode",
				       "1", value, &e),
			    &e);
	}
	join(&with, &without);
	while (!running)
		assert_done(rtnl_is_running(with.rt, 40, &running, &e), &e);
	assert_true(has_link_local(&with));
	assert_false(has_link_local(&without));
}

static void writing_ip_forward_resets_other_settings(void)
{
	static const char key[] = "net.ipv4.conf.all.accept_redirects";
	own_place struct place p = place_new();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	char value[SYSCTL_VALUE_MAX];
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, p.netns, &e), &e);
	assert_done(sysctl_set("net.ipv4.ip_forward", "0", value, &e), &e);
	assert_done(sysctl_set(key, "1", value, &e), &e);
	assert_done(sysctl_set("net.ipv4.ip_forward", "1", value, &e), &e);
	assert_done(sysctl_get(key, value, &e), &e);
	assert_string_equal(value, "0");
}

static void any_namespace_may_choose_reno(void)
{
	own_place struct place p = place_new();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	char value[SYSCTL_VALUE_MAX];
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, p.netns, &e), &e);
	assert_done(sysctl_set("net.ipv4.tcp_congestion_control", "reno", value,
			       &e),
		    &e);
	assert_string_equal(value, "reno");
}

/* A bridge with x0 as its port, both up, and running. */
static void bridge_with_port(const struct place *p, bool stp_first)
{
	char name[] = "br0";
	const struct interface spec = { .name = name,
					.kind = INTERFACE_BRIDGE,
					.txqlen = -1,
					.forward_delay_ns = -1 };
	const struct rtnl_device d = { &spec, 50, p->netns };
	struct err e = { .code = 0 };

	assert_done(rtnl_make(p->rt, &d, 0, &e), &e);
	if (stp_first)
		assert_done(rtnl_start_stp(p->rt, 50, &e), &e);
	assert_done(rtnl_set_master(p->rt, 40, 50, &e), &e);
	assert_done(rtnl_set_up(p->rt, 50, &e), &e);
}

static void ports_go_on_forwarding_when_spanning_tree_starts(void)
{
	own_place struct place a = place_new();
	own_place struct place b = place_new();
	bool running = false;
	struct err e = { .code = 0 };

	join(&a, &b);
	bridge_with_port(&a, false);
	while (!running)
		assert_done(rtnl_is_running(a.rt, 40, &running, &e), &e);
	assert_done(rtnl_start_stp(a.rt, 50, &e), &e);
	assert_done(rtnl_is_running(a.rt, 40, &running, &e), &e);
	assert_true(running);
}

static void ports_that_come_up_under_spanning_tree_are_deaf_at_first(void)
{
	own_place struct place a = place_new();
	own_place struct place b = place_new();
	bool running = false;
	struct err e = { .code = 0 };

	join(&a, &b);
	while (!running)
		assert_done(rtnl_is_running(a.rt, 40, &running, &e), &e);
	bridge_with_port(&a, true);
	assert_done(rtnl_is_running(a.rt, 40, &running, &e), &e);
	assert_false(running);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(a_netlink_socket_stays_in_its_namespace),
		netns_test(a_proc_net_file_stays_in_its_namespace),
		netns_test(both_ends_of_a_pair_get_the_index_that_was_asked),
		netns_test(a_pair_runs_once_both_ends_are_up),
		netns_test(closing_the_last_descriptor_removes_a_namespace),
		netns_test(an_address_without_detection_can_be_bound_at_once),
		netns_test(a_default_of_no_generation_holds_for_later_links),
		netns_test(writing_ip_forward_resets_other_settings),
		netns_test(any_namespace_may_choose_reno),
		netns_test(ports_go_on_forwarding_when_spanning_tree_starts),
		netns_test(
			ports_that_come_up_under_spanning_tree_are_deaf_at_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
