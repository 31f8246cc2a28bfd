/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-raw-build FILE N - what the kernel asks for a network of the shape of
 * docker-publish, with nothing around it: three namespaces, a bridge, two
 * veths, IPv4 and IPv6 addresses, a route and two sysctls, by bare rtnetlink
 * messages, and the rules of the topology FILE, recorded from libnftables once
 * and sent again.  Prints the median of N, least and most after a warm-up, as
 * bench-net-build does.
 */
#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/net/nft.h"
#include "lab/spec/topology.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { WARM_UP = 5, BUILDS_MAX = 1000, BYTES = 1024 };
enum { HOST, WEB, REMOTE, NODES };
enum { LO = 1, HOST_PORT, HOST_ETH, HOST_BRIDGE, WEB_ETH, REMOTE_ETH };

struct node {
	int netns;
	struct mnl_socket *rtnl;
};

/* --- rules -----------------------------------------------------------------
 */

/* The largest message that anyone sent to nf_tables so far. */
static char batch[64 * 1024];
static size_t batch_bytes;

/* Takes the place of libc's for libnftables too. */
ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	int protocol = -1;
	socklen_t n = sizeof(protocol);
	size_t bytes = 0;

	(void)getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n);
	for (size_t i = 0; i < m->msg_iovlen; i++)
		bytes += m->msg_iov[i].iov_len;
	if (protocol == NETLINK_NETFILTER && bytes > batch_bytes &&
	    bytes <= sizeof(batch)) {
		batch_bytes = 0;
		for (size_t i = 0; i < m->msg_iovlen; i++) {
			memcpy(batch + batch_bytes, m->msg_iov[i].iov_base,
			       m->msg_iov[i].iov_len);
			batch_bytes += m->msg_iov[i].iov_len;
		}
	}
	return syscall(SYS_sendmsg, fd, m, flags);
}

/* The first node that has rules, in a namespace that is left again. */
static int record_rules(const char *file)
{
	own_topology struct topology t = { .path = NULL };
	own_diags struct spec_diags d = { .errors = 0 };
	struct err e = { .code = 0 };
	const struct topology_node *node;
	int r = topology_load(&t, file, &d, &e);

	node = t.nodes.items;
	while (r == 0 && !node->nft.n)
		node++;
	if (r == 0 && unshare(CLONE_NEWNET) < 0)
		r = err_errno(&e, "private namespace");
	if (r == 0) {
		const struct nft_rules rules = { .pieces = node->nft.items,
						 .n = node->nft.n,
						 .path = file,
						 .node = node->name };

		r = nft_load(&rules, &e);
	}
	if (r < 0)
		(void)fprintf(stderr, "%s%s\n", text_str(&d.text), e.text);
	return r;
}

/* In the namespace where we are.  The kernel answers only what it refuses. */
static int load_rules(void)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	char answer[BYTES];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0 ||
	    sendto(fd, batch, batch_bytes, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -1;
	/* left open, as its close may wait for the kernel */
	return recv(fd, answer, sizeof(answer), MSG_DONTWAIT) < 0 &&
			       errno == EAGAIN
		       ? 0
		       : -1;
}

/* --- links, addresses, routes ----------------------------------------------
 */

static int born(struct node *n)
{
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	n->netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	n->rtnl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	return n->netns < 0 || !n->rtnl ||
			       mnl_socket_bind(n->rtnl, 0, MNL_SOCKET_AUTOPID)
		       ? -1
		       : 0;
}

/* Send @h and take the kernel's yes or no. */
static int ask(const struct node *n, struct nlmsghdr *h)
{
	char answer[BYTES];
	const struct nlmsghdr *a = (const void *)answer;
	ssize_t bytes;

	h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (mnl_socket_sendto(n->rtnl, h, h->nlmsg_len) < 0)
		return -1;
	bytes = mnl_socket_recvfrom(n->rtnl, answer, sizeof(answer));
	if (bytes < (ssize_t)sizeof(*a) || a->nlmsg_type != NLMSG_ERROR)
		return -1;
	errno = -((const struct nlmsgerr *)mnl_nlmsg_get_payload(a))->error;
	return errno ? -1 : 0;
}

static struct nlmsghdr *link_begin(char *buf, int index, unsigned flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *m;

	h->nlmsg_type = RTM_NEWLINK;
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_index = index;
	m->ifi_flags = m->ifi_change = flags;
	return h;
}

static int up(const struct node *n, int index)
{
	char buf[BYTES];

	return ask(n, link_begin(buf, index, IFF_UP));
}

static int bridge(const struct node *n)
{
	char buf[BYTES];
	struct nlmsghdr *h = link_begin(buf, HOST_BRIDGE, IFF_UP);
	struct nlattr *info;

	h->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	mnl_attr_put_strz(h, IFLA_IFNAME, "docker0");
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(h, info);
	return ask(n, h);
}

/* The peer is eth0 in its own namespace; @master may be 0. */
static int veth(const struct node *n, const char *name, int index, int master,
		const struct node *far, int far_index)
{
	char buf[BYTES];
	struct nlmsghdr *h = link_begin(buf, index, 0);
	struct nlattr *info, *data, *peer;
	struct ifinfomsg *m;

	h->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	if (master)
		mnl_attr_put_u32(h, IFLA_MASTER, (uint32_t)master);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_index = far_index;
	mnl_attr_put_strz(h, IFLA_IFNAME, "eth0");
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)far->netns);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return ask(n, h);
}

static int address(const struct node *n, int index, const char *text,
		   unsigned char bits)
{
	const int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	char buf[BYTES];
	unsigned char raw[sizeof(struct in6_addr)];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *m;

	(void)inet_pton(family, text, raw);
	h->nlmsg_type = RTM_NEWADDR;
	h->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifa_family = (unsigned char)family;
	m->ifa_prefixlen = bits;
	m->ifa_flags = IFA_F_NODAD;
	m->ifa_index = (unsigned)index;
	mnl_attr_put(h, IFA_LOCAL, family == AF_INET ? 4 : 16, raw);
	return ask(n, h);
}

static int default_route(const struct node *n, const char *via)
{
	char buf[BYTES];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct in_addr gateway;
	struct rtmsg *m;

	(void)inet_pton(AF_INET, via, &gateway);
	h->nlmsg_type = RTM_NEWROUTE;
	h->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->rtm_family = AF_INET;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(h, RTA_GATEWAY, gateway.s_addr);
	return ask(n, h);
}

static int set(const char *path, const char *value)
{
	own_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, value, strlen(value)) < 0 ? -1 : 0;
}

static int addresses(const struct node *n)
{
	return address(&n[HOST], HOST_BRIDGE, "172.17.0.1",
		       16) || address(&n[HOST], HOST_ETH, "198.51.100.1", 24) ||
			       address(&n[HOST], HOST_ETH, "fd00::1", 64) ||
			       address(&n[WEB], WEB_ETH, "172.17.0.2", 16) ||
			       address(&n[REMOTE], REMOTE_ETH, "198.51.100.2",
				       24) ||
			       address(&n[REMOTE], REMOTE_ETH, "fd00::2", 64)
		       ? -1
		       : 0;
}

static int build(struct node *n)
{
	/* The host last, as its sysctls act on where we are. */
	for (int i = NODES; i-- > 0;)
		if (born(&n[i]) < 0)
			return -1;
	if (set("/proc/sys/net/ipv4/ip_forward", "1") ||
	    set("/proc/sys/net/ipv4/conf/all/rp_filter", "2") ||
	    bridge(&n[HOST]) ||
	    veth(&n[HOST], "veth1a2b3c4", HOST_PORT, HOST_BRIDGE, &n[WEB],
		 WEB_ETH) ||
	    veth(&n[HOST], "eth0", HOST_ETH, 0, &n[REMOTE], REMOTE_ETH) ||
	    up(&n[HOST], LO) || up(&n[WEB], LO) || up(&n[REMOTE], LO) ||
	    up(&n[HOST], HOST_PORT) || up(&n[HOST], HOST_ETH) ||
	    up(&n[WEB], WEB_ETH) || up(&n[REMOTE], REMOTE_ETH))
		return -1;
	return addresses(n) || default_route(&n[WEB], "172.17.0.1") ||
			       load_rules()
		       ? -1
		       : 0;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double ms(int64_t ns)
{
	return (double)ns / NS_PER_MS;
}

static int measure(size_t n)
{
	static struct node nodes[WARM_UP + BUILDS_MAX][NODES];
	static int64_t took_ns[WARM_UP + BUILDS_MAX];
	int64_t *ns = took_ns + WARM_UP;

	for (size_t i = 0; i < WARM_UP + n; i++) {
		const int64_t begin_ns = clock_now_ns();

		if (build(nodes[i]) < 0) {
			perror("bench-raw-build");
			return 3;
		}
		took_ns[i] = clock_now_ns() - begin_ns;
	}
	qsort(ns, n, sizeof(*ns), compare);
	(void)printf("raw build, %d nodes, n=%zu: median %.2f ms, least %.2f, "
		     "most %.2f\n",
		     NODES, n, ms(ns[n / 2]), ms(ns[0]), ms(ns[n - 1]));
	return 0;
}

int main(int argc, char **argv)
{
	const int user = geteuid() ? CLONE_NEWUSER : 0;
	int64_t n;

	if (argc != 3 || !num_parse(argv[2], 1, BUILDS_MAX, &n)) {
		(void)fprintf(stderr, "usage: %s FILE N\n", argv[0]);
		return 2;
	}
	/* As bench-net-build does, and for its reasons. */
	if (unshare(CLONE_NEWNET | CLONE_NEWNS | user) < 0) {
		perror("private namespaces");
		return 3;
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		(void)mount("proc", "/proc", "proc", 0, NULL);
	return record_rules(argv[1]) < 0 ? 2 : measure((size_t)n);
}
