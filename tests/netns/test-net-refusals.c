/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What net_build() says when it cannot. */
#include "tests/netns/netns-test.h"

#include "lab/net/net.h"
#include "lab/net/rtnl.h"
#include "lab/net/sysctl.h"
#include "tests/netns/topology-text.h"

#include <sys/capability.h>

/* Building fails with @text; nothing of it stays. */
static enum err_class assert_refused(const char *yaml, const char *text)
{
	own_topology struct topology t = { .path = NULL };
	struct net *net = NULL;
	struct err e = { .code = 0 };

	topology_text_load(&t, yaml);
	assert_true(net_build(&t, &net, &e) < 0);
	assert_string_equal(e.text, text);
	assert_null(net);
	return e.class;
}

static void an_address_that_the_kernel_refuses_is_refused_at_its_place(void)
{
	const enum err_class class = assert_refused(
		PAIR_WITH("    sysctls:\n"
			  "      net.ipv6.conf.all.disable_ipv6: 1\n"
			  "      net.ipv6.conf.default.disable_ipv6: 1\n"),
		FILE_NAME ":12:15: node 'a': address fd00::1/64 on 'eth0': "
			  "ipv6: IPv6 is disabled on this device: "
			  "Permission denied");

	assert_int_equal(class, ERR_INPUT);
}

static void a_route_that_leads_nowhere_is_refused(void)
{
	const struct route r = { .to = { .addr = { .family = 4 } },
				 .via = { 4, { 203, 0, 113, 1 } } };
	own_rtnl struct rtnl *rt = NULL;
	struct err e = { .code = 0 };

	assert_done(rtnl_open(&rt, &e), &e);
	assert_int_equal(rtnl_add_route(rt, &r, 0, &e), -ENETUNREACH);
	assert_string_equal(e.text, "Nexthop has invalid gateway: Network is "
				    "unreachable");
	assert_int_equal(e.class, ERR_INPUT);
}

static void a_missing_sysctl_names_itself(void)
{
	const enum err_class class = assert_refused(
		PAIR_WITH("    sysctls:\n"
			  "      net.ipv4.no_such_key: 1\n"),
		FILE_NAME ":17:7: node 'a': the kernel has no sysctl "
			  "'net.ipv4.no_such_key': is it spelt right, or "
			  "newer than this kernel?");

	assert_int_equal(class, ERR_HOST);
}

static void a_missing_bridge_sysctl_names_the_module(void)
{
	const enum err_class class = assert_refused(
		PAIR_WITH("    sysctls:\n"
			  "      net.bridge.no-such-key: 1\n"),
		FILE_NAME ":17:7: node 'a': the kernel has no sysctl "
			  "'net.bridge.no-such-key': load it with "
			  "`modprobe br_netfilter`");

	assert_int_equal(class, ERR_HOST);
}

static void a_value_that_the_kernel_refuses_is_the_files_mistake(void)
{
	const enum err_class class = assert_refused(
		PAIR_WITH("    sysctls:\n"
			  "      net.ipv4.tcp_sack: maybe\n"),
		FILE_NAME ":17:7: node 'a': set sysctl 'net.ipv4.tcp_sack' "
			  "to 'maybe': Invalid argument");

	assert_int_equal(class, ERR_INPUT);
}

static void assert_out_of_reach(const char *key)
{
	char value[SYSCTL_VALUE_MAX], want[256];
	struct err e = { .code = 0 };

	(void)snprintf(want, sizeof(want),
		       "sysctl '%s' is not of a network namespace; only net.* "
		       "is",
		       key);
	assert_int_equal(sysctl_set(key, "1", value, &e), -EINVAL);
	assert_string_equal(e.text, want);
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(sysctl_is_present(key));
}

/* A topology file is checked for this before; these are the last door. */
static void sysctls_of_the_machine_are_out_of_reach(void)
{
	assert_out_of_reach("kernel.panic");
	assert_out_of_reach("kernel/panic");
	assert_out_of_reach("net/../kernel/panic");
	assert_out_of_reach("net//ipv4/tcp_sack");
	assert_out_of_reach("../sys/kernel/panic");
}

static void an_interface_with_a_dot_is_named_with_slashes(void)
{
	char name[SYSCTL_VALUE_MAX];

	assert_true(sysctl_interface("net/ipv4/conf/eth0.5/rp_filter", name));
	assert_string_equal(name, "eth0.5");
	assert_true(
		sysctl_interface("net.ipv6.neigh.eth0.mcast_solicit", name));
	assert_string_equal(name, "eth0");
	assert_false(sysctl_interface("net.ipv4.conf.all.rp_filter", name));
	assert_false(sysctl_interface("net.ipv4.tcp_sack", name));
}

static void a_sysctl_of_an_unknown_interface_is_refused(void)
{
	(void)assert_refused(
		PAIR_WITH("    sysctls:\n"
			  "      net.ipv4.conf.eht0.rp_filter: 1\n"),
		FILE_NAME ":17:7: node 'a': sysctl "
			  "'net.ipv4.conf.eht0.rp_filter': there is no "
			  "interface 'eht0' in this node");
}

static void nft_points_at_the_line_of_the_topology(void)
{
	const enum err_class class = assert_refused(
		PAIR_WITH("    nft: |\n"
			  "      table ip t {\n"
			  "        chain c {\n"
			  "          tcp dport 80 acept\n"
			  "        }\n"
			  "      }\n"),
		FILE_NAME ":19:29: node 'a': nft: syntax error, unexpected "
			  "newline\n"
			  "    tcp dport 80 acept\n"
			  "                      ^");

	assert_int_equal(class, ERR_INPUT);
}

static void nft_tells_what_the_kernel_did_not_find(void)
{
	(void)assert_refused(
		PAIR_WITH("    nft: |\n"
			  "      table ip t {\n"
			  "        chain c {\n"
			  "        }\n"
			  "      }\n"
			  "      add rule ip t nowhere accept\n"),
		FILE_NAME ":21:21: node 'a': nft: Could not process rule: No "
			  "such file or directory\n"
			  "add rule ip t nowhere accept\n"
			  "              ^^^^^^^");
}

static void a_failure_leaves_nothing(void)
{
	const ino_t home = own_namespace();
	const unsigned descriptors = open_descriptors();

	(void)assert_refused(PAIR_WITH("    nft: nonsense\n"),
			     FILE_NAME ":16:18: node 'a': nft: syntax error, "
				       "unexpected end of file, expecting "
				       "string\nnonsense\n        ^");
	assert_int_equal(open_descriptors(), descriptors);
	assert_int_equal(own_namespace(), home);
}

static void a_kind_that_the_kernel_lacks_names_the_module(void)
{
	own_rtnl struct rtnl *rt = NULL;
	struct err e = { .code = 0 };

	assert_done(rtnl_open(&rt, &e), &e);
	assert_int_equal(rtnl_make_kind(rt, "nosuchkind", "x0", &e),
			 -EOPNOTSUPP);
	assert_string_equal(e.text, "make nosuchkind 'x0': the kernel has no "
				    "nosuchkind: load it with `modprobe "
				    "nosuchkind`");
	assert_int_equal(e.class, ERR_HOST);
}

static void an_address_given_twice_is_refused(void)
{
	const struct ip_prefix p = { .addr = { 4, { 127, 0, 0, 9 } },
				     .length = 8 };
	own_rtnl struct rtnl *rt = NULL;
	struct err e = { .code = 0 };

	assert_done(rtnl_open(&rt, &e), &e);
	assert_done(rtnl_add_address(rt, 1, &p, &e), &e);
	assert_int_equal(rtnl_add_address(rt, 1, &p, &e), -EEXIST);
	assert_string_equal(e.text, "ipv4: Address already assigned: File "
				    "exists");
	assert_int_equal(e.class, ERR_INPUT);
}

static void without_rights_nothing_is_built(void)
{
	own_topology struct topology t = { .path = NULL };
	struct net *net = NULL;
	struct err e = { .code = 0 };
	cap_t none = cap_init();

	topology_text_load(&t, PAIR_WITH(""));
	assert_int_equal(cap_set_proc(none), 0);
	(void)cap_free(none);
	assert_int_equal(net_build(&t, &net, &e), -EPERM);
	assert_string_equal(
		e.text, "node 'a': make a network namespace: not permitted; "
			"it needs root, or a user namespace with a network "
			"namespace of its own");
	assert_int_equal(e.class, ERR_HOST);
	assert_null(net);
}

/* Structs that no file gave: what spec would have found is found here. */
static void a_link_with_one_end_is_refused(void)
{
	char path[] = "t.yaml", node[] = "a", name[] = "eth0", link[] = "ab";
	struct interface end = { .name = name,
				 .kind = INTERFACE_VETH,
				 .link = link,
				 .link_at = { .line = 3, .column = 4 },
				 .txqlen = -1,
				 .forward_delay_ns = -1 };
	struct topology_node a = { .name = node, .interfaces = { &end, 1 } };
	const struct topology t = { .path = path, .nodes = { &a, 1 } };
	struct net *net = NULL;
	struct err e = { .code = 0 };

	assert_int_equal(net_build(&t, &net, &e), -EINVAL);
	assert_string_equal(e.text, "t.yaml:3:4: node 'a': link 'ab' has 1 "
				    "end, not 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(
			an_address_that_the_kernel_refuses_is_refused_at_its_place),
		netns_test(a_route_that_leads_nowhere_is_refused),
		netns_test(a_missing_sysctl_names_itself),
		netns_test(a_missing_bridge_sysctl_names_the_module),
		netns_test(
			a_value_that_the_kernel_refuses_is_the_files_mistake),
		netns_test(sysctls_of_the_machine_are_out_of_reach),
		netns_test(an_interface_with_a_dot_is_named_with_slashes),
		netns_test(a_sysctl_of_an_unknown_interface_is_refused),
		netns_test(nft_points_at_the_line_of_the_topology),
		netns_test(nft_tells_what_the_kernel_did_not_find),
		netns_test(a_failure_leaves_nothing),
		netns_test(a_kind_that_the_kernel_lacks_names_the_module),
		netns_test(an_address_given_twice_is_refused),
		netns_test(without_rights_nothing_is_built),
		netns_test(a_link_with_one_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
