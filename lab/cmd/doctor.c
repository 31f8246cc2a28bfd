/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A feature is there when a small lab that uses it can be
 * built: the same code that a run goes through.  Each check has its own
 * namespaces, which go with their descriptors.
 */
#include "lab/cmd/doctor.h"

#include "lab/base/clock.h"
#include "lab/base/ip.h"
#include "lab/capture/live.h"
#include "lab/cause/kernel.h"
#include "lab/cmd/doctor-evidence.h"
#include "lab/net/net.h"
#include "lab/net/netns.h"
#include "lab/net/rtnl-qdisc.h"

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

const char *const doctor_state_names[] = { "ok", "info", "warn", "FAIL" };
static_assert(ARRAY_SIZE(doctor_state_names) == DOCTOR_STATES,
	      "a word for each state");

/* --- small labs ----------------------------------------------------------- */

static char wire[] = "wire", eth0[] = "eth0", port[] = "port", br0[] = "br0";
static char near[] = "near", far[] = "far", own_path[] = "doctor";
static char why_one[] = "try one feature of the kernel";

/* 192.0.2.0/24 and 2001:db8::/32: RFC 5737, RFC 3849 (documentation) */
static struct ip_prefix near_v4 = { { 4, { 192, 0, 2, 1 } }, 24 };
static struct ip_prefix far_v4 = { { 4, { 192, 0, 2, 2 } }, 24 };
static struct ip_prefix near_v6 = { { 6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
				    64 };

/* What the kernel chooses by itself. */
#define UNSET .txqlen = -1, .forward_delay_ns = -1

static int build(struct topology_node *nodes, size_t n, struct err *e)
{
	const struct topology t = {
		.path = own_path,
		.name = own_path,
		.summary = why_one,
		.client = nodes[0].name,
		.server = nodes[0].name,
		.nodes = { .items = nodes, .n = n },
	};
	own_net struct net *net = NULL;

	return net_build(&t, &net, e);
}

/* Two nodes with a wire between them; @extra is a second interface of the
 * first, or NULL. */
static int build_wire(const struct ip_prefix *address,
		      const struct interface *extra, struct err *e)
{
	struct ip_prefix own = *address, others = far_v4;
	struct interface mine[2] = {
		{ .name = eth0,
		  .kind = INTERFACE_VETH,
		  .link = wire,
		  UNSET,
		  .addresses = { &own, 1 } },
	};
	struct interface theirs = { .name = eth0,
				    .kind = INTERFACE_VETH,
				    .link = wire,
				    UNSET,
				    .addresses = { &others, 1 } };
	struct topology_node nodes[] = {
		{ .name = near, .interfaces = { mine, extra ? 2 : 1 } },
		{ .name = far, .interfaces = { &theirs, 1 } },
	};

	if (extra)
		mine[1] = *extra;
	return build(nodes, ARRAY_SIZE(nodes), e);
}

/* One node with nothing but rules or sysctls. */
static int build_alone(char *nft, const struct spec_list *sysctls,
		       struct err *e)
{
	struct nft_piece rules = { .text = nft };
	struct topology_node node = { .name = near };

	if (nft)
		node.nft = (struct spec_list){ &rules, 1 };
	if (sysctls)
		node.sysctls = *sysctls;
	return build(&node, 1, e);
}

/* --- the checks ----------------------------------------------------------- */

static int probe_netns(struct err *e)
{
	own_fd int fd = -1;

	return netns_new(&fd, e);
}

static int probe_veth(struct err *e)
{
	return build_wire(&near_v4, NULL, e);
}

static int probe_bridge(struct err *e)
{
	struct interface mine[] = {
		{ .name = br0,
		  .kind = INTERFACE_BRIDGE,
		  UNSET,
		  .addresses = { &near_v4, 1 } },
		{ .name = port,
		  .kind = INTERFACE_VETH,
		  .link = wire,
		  .master = br0,
		  UNSET },
	};
	struct interface theirs = {
		.name = eth0, .kind = INTERFACE_VETH, .link = wire, UNSET
	};
	struct topology_node nodes[] = {
		{ .name = near, .interfaces = { mine, ARRAY_SIZE(mine) } },
		{ .name = far, .interfaces = { &theirs, 1 } },
	};

	return build(nodes, ARRAY_SIZE(nodes), e);
}

static int probe_nat(struct err *e)
{
	static char rules[] =
		"table ip nat {\n"
		"  chain PREROUTING {\n"
		"    type nat hook prerouting priority -100;\n"
		"    fib daddr type local tcp dport 8080 counter dnat to "
		"192.0.2.2:80\n"
		"  }\n"
		"  chain POSTROUTING {\n"
		"    type nat hook postrouting priority 100;\n"
		"    ip saddr 192.0.2.0/24 counter masquerade\n"
		"  }\n"
		"}\n";

	return build_alone(rules, NULL, e);
}

static int probe_conntrack(struct err *e)
{
	static char rules[] =
		"table ip filter {\n"
		"  chain FORWARD {\n"
		"    type filter hook forward priority 0;\n"
		"    ct state established,related counter accept\n"
		"  }\n"
		"}\n";

	return build_alone(rules, NULL, e);
}

static int probe_br_netfilter(struct err *e)
{
	static char key[] = "net.bridge.bridge-nf-call-iptables", one[] = "1";
	struct spec_pair pair = { .key = key, .value = one };
	const struct spec_list sysctls = { &pair, 1 };

	return build_alone(NULL, &sysctls, e);
}

static int probe_ipv6(struct err *e)
{
	return build_wire(&near_v6, NULL, e);
}

static int probe_macvlan(struct err *e)
{
	static char name[] = "mac0", parent[] = "near:eth0";
	const struct interface extra = {
		.name = name, .kind = INTERFACE_MACVLAN, .parent = parent, UNSET
	};

	return build_wire(&near_v4, &extra, e);
}

static int probe_vxlan(struct err *e)
{
	static char name[] = "vx0";
	const struct interface extra = { .name = name,
					 .kind = INTERFACE_VXLAN,
					 .vni = 1,
					 .vxlan_port = 4789, /* RFC 7348 */
					 .local = near_v4.addr,
					 .remote = far_v4.addr,
					 UNSET };

	return build_wire(&near_v4, &extra, e);
}

static void count_frame(const struct frame *f, void *arg)
{
	(void)f;
	++*(unsigned *)arg;
}

/* One datagram to nobody, over the loopback of @netns. */
static int send_datagram(int netns, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9), /* discard */
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	own_fd int fd = -1;
	int r = netns_enter(&visit, netns, e);

	if (r < 0)
		return r;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_errno(e, "send a datagram over loopback");
	return 0;
}

/* Loopback delivers before sendto() returns: the frame is there at once. */
static int probe_capture(struct err *e)
{
	struct topology_node node = { .name = near };
	const struct topology t = { .path = own_path,
				    .name = own_path,
				    .client = near,
				    .server = near,
				    .nodes = { &node, 1 } };
	const struct live_options options = { .buffer_bytes = 1 << 20 };
	own_net struct net *net = NULL;
	struct live *live = NULL;
	unsigned frames = 0;
	int r = net_build(&t, &net, e);

	if (r == 0)
		r = live_open(&net->nodes[0].netns, 1, &options, &live, e);
	if (r < 0)
		return r;
	r = send_datagram(net->nodes[0].netns, e);
	if (r == 0)
		r = live_drain(live, count_frame, &frames, e);
	live_close(live);
	if (r >= 0 && frames == 0)
		return err_set(e, ERR_HOST, EIO,
			       "a frame was sent and not captured");
	return r < 0 ? r : 0;
}

/* Two taps, as a guest's link needs them; nobody carries their frames. */
static int probe_tap(struct err *e)
{
	struct interface mine = {
		.name = eth0, .kind = INTERFACE_VETH, .link = wire, UNSET
	};
	struct interface theirs = mine;
	struct topology_node nodes[] = {
		{ .name = near, .interfaces = { &mine, 1 } },
		{ .name = far, .interfaces = { &theirs, 1 } },
	};
	struct link link = { .name = wire, .kind = LINK_WIRE };
	const struct topology t = {
		.path = own_path,
		.name = own_path,
		.client = near,
		.server = near,
		.nodes = { nodes, ARRAY_SIZE(nodes) },
		.links = { &link, 1 },
	};
	own_net struct net *net = NULL;

	return net_build(&t, &net, e);
}

/* "tc qdisc add dev lo root netem delay 1ms" in an own namespace */
static int probe_netem(struct err *e)
{
	enum { LOOPBACK = 1 };
	const struct impairment late = { .delay_ns = NS_PER_MS };
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_rtnl struct rtnl *rt = NULL;
	own_fd int netns = -1;
	int r = netns_new(&netns, e);

	if (r == 0)
		r = netns_enter(&visit, netns, e);
	if (r == 0)
		r = rtnl_open(&rt, e);
	if (r < 0)
		return r;
	r = rtnl_add_netem(rt, LOOPBACK, &late, 0, e);
	return r < 0 ? err_add(e, "delay packets on an interface") : 0;
}

/* What one capture's ring and a later event ring together may want. */
static int probe_memlock(struct err *e)
{
	enum { WANTED = 8 << 20 };
	struct rlimit now;

	if (getrlimit(RLIMIT_MEMLOCK, &now) < 0)
		return err_errno(e, "read the limit of locked memory");
	if (now.rlim_cur < WANTED)
		return err_set(e, ERR_HOST, EPERM,
			       "memory that may be locked: %llu KiB of %d KiB",
			       (unsigned long long)now.rlim_cur >> 10,
			       WANTED >> 10);
	return 0;
}

const struct doctor_check doctor_checks[] = {
	{ "network namespaces", "every node is one", NULL, DOCTOR_FAIL,
	  probe_netns },
	{ "veth pairs", "links between nodes", "sudo modprobe veth",
	  DOCTOR_FAIL, probe_veth },
	{ "bridges", "docker0 and its like", "sudo modprobe bridge",
	  DOCTOR_FAIL, probe_bridge },
	{ "packet filter with NAT", "published ports and masquerading",
	  "sudo modprobe -a nf_tables nft_chain_nat nft_nat nft_masq "
	  "nft_fib_ipv4",
	  DOCTOR_FAIL, probe_nat },
	{ "connection tracking", "stateful rules and NAT",
	  "sudo modprobe -a nf_conntrack nft_ct", DOCTOR_FAIL,
	  probe_conntrack },
	{ "packet capture", "every result", "sudo modprobe af_packet",
	  DOCTOR_FAIL, probe_capture },
	{ "bridge packet filter",
	  "two containers on one bridge pass the host's rules, as with Docker",
	  "sudo modprobe br_netfilter", DOCTOR_WARN, probe_br_netfilter },
	{ "IPv6", "topologies with IPv6 addresses",
	  "sudo modprobe ipv6, or boot without ipv6.disable=1", DOCTOR_FAIL,
	  probe_ipv6 },
	{ "macvlan", "topologies that use it", "sudo modprobe macvlan",
	  DOCTOR_INFO, probe_macvlan },
	{ "vxlan", "topologies that use it", "sudo modprobe vxlan", DOCTOR_INFO,
	  probe_vxlan },
	{ "tap interfaces", "virtual machines, and links with delay or loss",
	  "sudo modprobe tun && sudo chmod a+rw /dev/net/tun", DOCTOR_WARN,
	  probe_tap },
	{ "netem", "links of kind netem; wires do without",
	  "sudo modprobe sch_netem", DOCTOR_INFO, probe_netem },
	{ "kernel events", "causes that are certain, not only likely",
	  "sudo rstlab ..., on Linux 6.10 or later with "
	  "CONFIG_DEBUG_INFO_BTF=y",
	  DOCTOR_INFO, kernel_available },
	{ "destroyed sockets",
	  "an ordinary user's evidence of bytes that a closed socket had not "
	  "read",
	  "sudo modprobe tcp_diag", DOCTOR_INFO, doctor_probe_deaths },
	{ "connection tracking events",
	  "telling a translation that expired from a segment that was not "
	  "trusted",
	  "sudo modprobe nf_conntrack_netlink", DOCTOR_INFO,
	  doctor_probe_tracking },
	{ "packet filter counters",
	  "telling a rule that rejects from a raw socket",
	  "sudo modprobe nf_tables", DOCTOR_INFO, doctor_probe_filter },
	{ "TCP counters",
	  "the books: whether every RST was captured; silent runs have only "
	  "them",
	  "mount -t proc proc /proc", DOCTOR_FAIL, doctor_probe_counters },
	{ "locked memory", "the kernel's own reason for a reset",
	  "ulimit -l unlimited", DOCTOR_INFO, probe_memlock },
	{ .name = NULL },
};
static_assert(ARRAY_SIZE(doctor_checks) <= DOCTOR_CHECKS_MAX,
	      "room for every finding");

void doctor_probe(struct doctor_findings *ret)
{
	for (size_t i = 0; doctor_checks[i].name; i++) {
		struct doctor_finding *f = &ret->findings[i];
		struct err e = { .code = 0 };

		f->text[0] = 0;
		f->state = DOCTOR_OK;
		if (doctor_checks[i].probe(&e) < 0) {
			f->state = doctor_checks[i].when_missing;
			(void)snprintf(f->text, sizeof(f->text), "%.*s",
				       (int)sizeof(f->text) - 1, e.text);
		}
		ret->n = i + 1;
	}
}
