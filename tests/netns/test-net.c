/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/netns-test.h"

#include "lab/net/net.h"
#include "lab/net/netns.h"
#include "tests/netns/topology-text.h"

#include <sys/socket.h>

/* A lab under test: the topology outlives the net. */
struct bench {
	struct topology topology;
	struct net *net;
};

static void bench_done(struct bench *b)
{
	net_free(b->net);
	topology_done(&b->topology);
}
#define own_bench OWN(bench_done)

static struct bench built(const char *yaml)
{
	struct bench b = { .net = NULL };
	struct err e = { .code = 0 };

	topology_text_load(&b.topology, yaml);
	assert_done(net_build(&b.topology, &b.net, &e), &e);
	return b;
}

static void enter(struct netns_visit *v, struct net *net, const char *node)
{
	struct err e = { .code = 0 };

	assert_done(netns_enter(v, net_node(net, node)->netns, &e), &e);
}

static int socket_in(struct net *net, const char *node, int family)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	int fd;

	enter(&visit, net, node);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	return fd;
}

/* Connect from one node to another; who does the server say it was? */
static const char *connected(struct net *net, const char *from,
			     const char *dial, const char *to,
			     const char *listens)
{
	static char peer[IP_TEXT_MAX];
	struct ip_endpoint d, l, p;
	struct sockaddr_storage sd, sl, sp;
	unsigned nd, nl;
	socklen_t np = sizeof(sp);

	assert_true(ip_endpoint_parse(dial, &d));
	assert_true(ip_endpoint_parse(listens, &l));
	nd = ip_endpoint_to_sockaddr(&d, &sd);
	nl = ip_endpoint_to_sockaddr(&l, &sl);

	own_fd int listener = socket_in(net, to, sl.ss_family);
	own_fd int client = socket_in(net, from, sd.ss_family);
	own_fd int server = -1;

	assert_int_equal(bind(listener, (struct sockaddr *)&sl, nl), 0);
	assert_int_equal(listen(listener, 1), 0);
	if (connect(client, (struct sockaddr *)&sd, nd) < 0)
		fail_msg("%s to %s: %s", from, dial, strerror(errno));
	server = accept4(listener, (struct sockaddr *)&sp, &np, SOCK_CLOEXEC);
	assert_true(server >= 0);
	ip_endpoint_from_sockaddr(&sp, &p);
	return ip_addr_text(&p.addr, peer);
}

/* What a file below /sys says in a node. */
static void assert_sys(struct net *net, const char *node, const char *file,
		       const char *want)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_fd int fd = -1;
	char path[128], got[64] = "";

	enter(&visit, net, node);
	(void)mkdir("/media/sys", 0700);
	if (mount("sysfs", "/media/sys", "sysfs", 0, NULL) < 0)
		netns_skip("mount sysfs: %s", strerror(errno));
	(void)snprintf(path, sizeof(path), "/media/sys/class/net/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, got, sizeof(got) - 1) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	got[strcspn(got, "\n")] = '\0';
	if (strcmp(got, want) != 0)
		fail_msg("%s is '%s', not '%s'", file, got, want);
	own_fd_release(&fd);
	fd = -1;
	assert_int_equal(umount("/media/sys"), 0);
}

static const char *sysctl_of(struct net *net, const char *node, const char *key)
{
	const struct net_node *n = net_node(net, node);

	for (size_t i = 0; i < n->n_sysctls; i++)
		if (!strcmp(n->sysctls[i].key, key))
			return n->sysctls[i].value;
	return "(not recorded)";
}

static void a_pair_carries_both_families_at_once(void)
{
	own_bench struct bench b = built(PAIR_WITH(""));

	assert_string_equal(
		connected(b.net, "a", "192.0.2.2:80", "b", "192.0.2.2:80"),
		"192.0.2.1");
	assert_string_equal(
		connected(b.net, "b", "[fd00::1]:80", "a", "[fd00::1]:80"),
		"fd00::2");
	assert_string_equal(
		connected(b.net, "a", "127.0.0.1:80", "a", "127.0.0.1:80"),
		"127.0.0.1");
}

static const char docker[] =
	"name: t\nsummary: s\nmirrors: m\nclient: r\nserver: c\n"
	"connect: 192.0.2.1:8080\nlisten: 172.17.0.2:80\nnodes:\n"
	"  - name: r\n"
	"    kind: remote\n"
	"    interfaces:\n"
	"      - {name: eth0, kind: veth, link: up, "
	"addresses: [192.0.2.2/24]}\n"
	"  - name: h\n"
	"    kind: host\n"
	"    sysctls:\n"
	"      net.ipv4.ip_forward: 1\n"
	"    interfaces:\n"
	"      - name: veth1\n"
	"        kind: veth\n"
	"        link: c\n"
	"        master: docker0\n"
	"        hairpin: on\n"
	"        txqlen: 0\n"
	"      - {name: eth0, kind: veth, link: up, "
	"addresses: [192.0.2.1/24]}\n"
	"      - name: docker0\n"
	"        kind: bridge\n"
	"        mac: 02:42:00:00:00:01\n"
	"        stp: on\n"
	"        forward-delay: 7s\n"
	"        addresses: [172.17.0.1/16]\n"
	"    nft: |\n"
	"      table ip nat {\n"
	"        chain pre {\n"
	"          type nat hook prerouting priority dstnat\n"
	"          fib daddr type local tcp dport 8080 "
	"dnat to 172.17.0.2:80\n"
	"        }\n"
	"        chain post {\n"
	"          type nat hook postrouting priority srcnat\n"
	"          ip saddr 172.17.0.0/16 oifname != docker0 masquerade\n"
	"        }\n"
	"      }\n"
	"  - name: c\n"
	"    kind: container\n"
	"    interfaces:\n"
	"      - name: eth0\n"
	"        kind: veth\n"
	"        link: c\n"
	"        mac: 02:42:ac:11:00:02\n"
	"        mtu: 1400\n"
	"        addresses: [172.17.0.2/16]\n"
	"    routes:\n"
	"      - {to: default, via: 172.17.0.1}\n";

static void a_published_port_leads_into_the_container(void)
{
	own_bench struct bench b = built(docker);

	assert_string_equal(
		connected(b.net, "r", "192.0.2.1:8080", "c", "172.17.0.2:80"),
		"192.0.2.2");
}

static void a_container_goes_out_with_the_address_of_the_host(void)
{
	own_bench struct bench b = built(docker);

	assert_string_equal(
		connected(b.net, "c", "192.0.2.2:80", "r", "192.0.2.2:80"),
		"192.0.2.1");
}

static void attributes_of_the_file_reach_the_kernel(void)
{
	own_bench struct bench b = built(docker);

	assert_sys(b.net, "h", "docker0/address", "02:42:00:00:00:01");
	assert_sys(b.net, "h", "docker0/bridge/stp_state", "1");
	assert_sys(b.net, "h", "docker0/bridge/forward_delay", "700");
	assert_sys(b.net, "h", "veth1/brport/hairpin_mode", "1");
	assert_sys(b.net, "h", "veth1/brport/state", "3"); /* forwarding */
	assert_sys(b.net, "h", "veth1/tx_queue_len", "0");
	assert_sys(b.net, "h", "eth0/tx_queue_len", "1000");
	assert_sys(b.net, "c", "eth0/address", "02:42:ac:11:00:02");
	assert_sys(b.net, "c", "eth0/mtu", "1400");
	assert_sys(b.net, "c", "lo/operstate", "unknown"); /* lo, when up */
}

static void indices_are_those_of_the_kernel_and_unique(void)
{
	own_bench struct bench b = built(docker);
	const struct net_node *h = net_node(b.net, "h");
	char index[16];

	assert_int_equal(h->n_interfaces, 4);
	assert_string_equal(h->interfaces[0].name, "lo");
	assert_int_equal(h->interfaces[0].index, 1);
	for (size_t i = 1; i < h->n_interfaces; i++) {
		char file[64];

		(void)snprintf(index, sizeof(index), "%d",
			       h->interfaces[i].index);
		(void)snprintf(file, sizeof(file), "%s/ifindex",
			       h->interfaces[i].name);
		assert_sys(b.net, "h", file, index);
	}
	assert_string_equal(net_interface_name(h, h->interfaces[2].index),
			    "eth0");
	assert_string_equal(net_interface_name(h, 99), "?");
	assert_null(net_node(b.net, "nobody"));
}

static void a_macvlan_sits_on_a_parent_of_the_same_name_elsewhere(void)
{
	own_bench struct bench b =
		built(PAIR_WITH("") "  - name: c\n"
				    "    kind: container\n"
				    "    interfaces:\n"
				    "      - name: eth0\n"
				    "        kind: macvlan\n"
				    "        parent: a:eth0\n"
				    "        addresses: [192.0.2.3/24]\n"
				    "  - name: d\n"
				    "    kind: container\n"
				    "    interfaces:\n"
				    "      - name: eth0\n"
				    "        kind: macvlan\n"
				    "        parent: a:eth0\n"
				    "        addresses: [192.0.2.4/24]\n");

	assert_string_equal(
		connected(b.net, "c", "192.0.2.2:80", "b", "192.0.2.2:80"),
		"192.0.2.3");
	assert_string_equal(
		connected(b.net, "c", "192.0.2.4:80", "d", "192.0.2.4:80"),
		"192.0.2.3");
}

static void a_vxlan_runs_over_the_pair(void)
{
	own_bench struct bench b =
		built(HEAD "  - name: a\n"
			   "    kind: host\n"
			   "    interfaces:\n"
			   "      - {name: eth0, kind: veth, link: ab, "
			   "addresses: [192.0.2.1/24]}\n"
			   "      - {name: vx0, kind: vxlan, vni: 7, "
			   "local: 192.0.2.1, remote: 192.0.2.2, "
			   "addresses: [10.0.0.1/24]}\n"
			   "  - name: b\n"
			   "    kind: host\n"
			   "    interfaces:\n"
			   "      - {name: eth0, kind: veth, link: ab, "
			   "addresses: [192.0.2.2/24]}\n"
			   "      - {name: vx0, kind: vxlan, vni: 7, "
			   "local: 192.0.2.2, remote: 192.0.2.1, "
			   "addresses: [10.0.0.2/24]}\n");

	assert_string_equal(
		connected(b.net, "a", "10.0.0.2:80", "b", "10.0.0.2:80"),
		"10.0.0.1");
}

static void sysctls_are_written_and_recorded(void)
{
	own_bench struct bench b = built(
		PAIR_WITH("    sysctls:\n"
			  "      net.ipv4.tcp_fin_timeout: 7\n"
			  "      net.ipv4.ip_local_port_range: 20000   30000\n"
			  "      net.ipv4.conf.eth0.rp_filter: 2\n"
			  "      net.netfilter.nf_conntrack_tcp_be_liberal: 1\n"
			  "    sysctls-if-present:\n"
			  "      net.ipv4.tcp_retries2: 8\n"
			  "      net.ipv4.no_such_key: 1\n"));
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_fd int fd = -1;
	char text[16] = "";

	assert_string_equal(sysctl_of(b.net, "a", "net.ipv4.tcp_fin_timeout"),
			    "7");
	assert_string_equal(sysctl_of(b.net, "b", "net.ipv4.tcp_fin_timeout"),
			    "60");
	assert_string_equal(
		sysctl_of(b.net, "a", "net.ipv4.ip_local_port_range"),
		"20000 30000");
	assert_string_equal(
		sysctl_of(b.net, "a", "net.ipv4.conf.eth0.rp_filter"), "2");
	assert_string_equal(sysctl_of(b.net, "a", "net.ipv4.tcp_retries2"),
			    "8");
	assert_string_equal(sysctl_of(b.net, "a", "net.ipv4.no_such_key"),
			    "(not recorded)");
	enter(&visit, b.net, "a");
	fd = open("/proc/sys/net/ipv4/tcp_fin_timeout", O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, text, sizeof(text) - 1), 2);
	assert_string_equal(text, "7\n");
}

static void every_node_gets_the_baseline(void)
{
	own_bench struct bench b = built(PAIR_WITH(""));

	for (const struct net_baseline *row = net_baseline; row->key; row++) {
		if (!strncmp(row->key, "net.ipv6.", 9) &&
		    access("/proc/sys/net/ipv6", F_OK) < 0)
			continue;
		assert_string_equal(sysctl_of(b.net, "b", row->key),
				    row->value);
		assert_true(strlen(row->why) > 0);
	}
}

static void building_and_freeing_leaves_nothing(void)
{
	const ino_t home = own_namespace();
	const unsigned descriptors = open_descriptors();

	{
		own_bench struct bench b = built(docker);

		/* a namespace each and a socket for rules, and no more */
		assert_int_equal(b.net->n_nodes, 3);
		assert_int_equal(open_descriptors(), descriptors + 3 + 1);
		assert_int_equal(own_namespace(), home);
	}
	assert_int_equal(open_descriptors(), descriptors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(a_pair_carries_both_families_at_once),
		netns_test(a_published_port_leads_into_the_container),
		netns_test(a_container_goes_out_with_the_address_of_the_host),
		netns_test(attributes_of_the_file_reach_the_kernel),
		netns_test(indices_are_those_of_the_kernel_and_unique),
		netns_test(
			a_macvlan_sits_on_a_parent_of_the_same_name_elsewhere),
		netns_test(a_vxlan_runs_over_the_pair),
		netns_test(sysctls_are_written_and_recorded),
		netns_test(every_node_gets_the_baseline),
		netns_test(building_and_freeing_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
