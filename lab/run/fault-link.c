/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The far end of a link is set down, which takes the carrier
 * from the near one, as a cable that is pulled out does.  With the link go
 * routes through gateways and all of IPv6 on the far end; and whoever asked
 * for a neighbour meanwhile would not ask again for a second.  So coming up
 * means: up, running at both ends, addresses and routes as the topology says,
 * and no memory of neighbours that did not answer.
 */
#include "lab/run/fault-parts.h"

#include "lab/base/clock.h"
#include "lab/net/netns.h"
#include "lab/net/rtnl.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdalign.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define RUNNING_NS	(2 * NS_PER_S)
#define RUNNING_LOOK_NS (200 * NS_PER_US)

enum { NEIGHBOURS_MAX = 64, REQUEST_BYTES = 256, BUFFER_BYTES = 32768 };

/* --- which link ------------------------------------------------------------
 */

static struct fault_end end_at(struct net_node *n, size_t i)
{
	const struct interface *specs = n->spec->interfaces.items;

	return (struct fault_end){ n, &specs[i], n->interfaces[i + 1].index };
}

static bool is_master(const struct fault_end *end, const char *name)
{
	return end->spec->master && !strcmp(end->spec->master, name);
}

/* A port of a bridge with spanning tree is deaf for 4 s when it comes up
 * again: no trial could wait for that. */
static bool under_stp(const struct fault_end *end)
{
	const struct interface *specs = end->node->spec->interfaces.items;

	for (size_t i = 0; i < end->node->spec->interfaces.n; i++)
		if (is_master(end, specs[i].name))
			return specs[i].stp;
	return false;
}

/* The end in @node of the veth pair with that name. */
static bool find_end(struct net_node *node, const char *link,
		     struct fault_end *ret)
{
	const struct interface *specs = node->spec->interfaces.items;

	for (size_t i = 0; i < node->spec->interfaces.n; i++) {
		if (specs[i].kind != INTERFACE_VETH ||
		    (link && strcmp(specs[i].link, link) != 0))
			continue;
		*ret = end_at(node, i);
		return true;
	}
	return false;
}

/* Its two ends are taps: neither takes the carrier from the other. */
static bool is_wire(const struct net *net, const char *name)
{
	const struct link *links = net->topology->links.items;

	for (size_t i = 0; i < net->topology->links.n; i++)
		if (!strcmp(links[i].name, name))
			return links[i].kind == LINK_WIRE;
	return false;
}

bool fault_link_of(const struct net *net, struct net_node *node,
		   struct fault_link *ret)
{
	if (!find_end(node, NULL, &ret->near) ||
	    is_wire(net, ret->near.spec->link))
		return false;
	for (size_t i = 0; i < net->n_nodes; i++)
		if (&net->nodes[i] != node &&
		    find_end(&net->nodes[i], ret->near.spec->link, &ret->far))
			return !under_stp(&ret->far);
	return false;
}

/* --- down and up -----------------------------------------------------------
 */

/* Get the flags of a device, or set them where @set is true. */
static int device_flags(const char *name, bool set, int *flags, struct err *e)
{
	own_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_flags = (short)*flags };

	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, set ? SIOCSIFFLAGS : SIOCGIFFLAGS, &ifr) < 0)
		return err_errno(e, "%s '%s'", set ? "set down" : "look at",
				 name);
	*flags = ifr.ifr_flags;
	return 0;
}

/* The kernel notes a change of carrier a little later, in a work queue. */
static int wait_running(struct rtnl *rt, const struct net_interface *i,
			bool want, struct err *e)
{
	const struct timespec pause = { .tv_nsec = RUNNING_LOOK_NS };
	const int64_t limit_ns = clock_now_ns() + RUNNING_NS;
	bool running = !want;

	for (;;) {
		const int r = rtnl_is_running(rt, i->index, &running, e);

		if (r < 0 || running == want)
			return r;
		if (clock_now_ns() > limit_ns)
			return err_set(e, ERR_SYSTEM, ETIMEDOUT,
				       "'%s' does not %s", i->name,
				       want ? "come up again" : "go down");
		(void)nanosleep(&pause, NULL);
	}
}

/* The end, and the bridge that it is a port of. */
static int wait_end(struct rtnl *rt, const struct fault_end *end, struct err *e)
{
	const struct net_node *n = end->node;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n->n_interfaces; i++)
		if (n->interfaces[i].index == end->index ||
		    is_master(end, n->interfaces[i].name))
			r = wait_running(rt, &n->interfaces[i], true, e);
	return r;
}

static int ignore_present(int r)
{
	return r == -EEXIST ? 0 : r;
}

static int restore(struct rtnl *rt, const struct fault_end *end, struct err *e)
{
	const struct ip_prefix *addresses = end->spec->addresses.items;
	const struct route *routes = end->node->spec->routes.items;
	int r = 0;

	for (size_t i = 0; r == 0 && i < end->spec->addresses.n; i++)
		r = ignore_present(
			rtnl_add_address(rt, end->index, &addresses[i], e));
	for (size_t i = 0; r == 0 && i < end->node->spec->routes.n; i++) {
		const char *dev = routes[i].dev;

		if (!dev || !strcmp(dev, end->spec->name))
			r = ignore_present(rtnl_add_route(
				rt, &routes[i], dev ? end->index : 0, e));
	}
	return r;
}

/* --- neighbours ------------------------------------------------------------
 */

struct neighbours {
	size_t n;
	struct {
		struct ndmsg head;
		uint16_t bytes;
		uint8_t address[16];
	} items[NEIGHBOURS_MAX];
};

static int on_neighbour(const struct nlmsghdr *nlh, void *arg)
{
	const struct ndmsg *head = mnl_nlmsg_get_payload(nlh);
	struct neighbours *l = arg;
	const struct nlattr *attr;

	if (!(head->ndm_state & (NUD_INCOMPLETE | NUD_FAILED | NUD_PROBE)) ||
	    l->n == NEIGHBOURS_MAX)
		return MNL_CB_OK;
	for (attr = mnl_nlmsg_get_payload_offset(nlh, sizeof(*head));
	     mnl_attr_ok(attr,
			 (int)((const char *)mnl_nlmsg_get_payload_tail(nlh) -
			       (const char *)attr));
	     attr = mnl_attr_next(attr)) {
		const uint16_t bytes = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) != NDA_DST ||
		    bytes > sizeof(l->items[0].address))
			continue;
		l->items[l->n].head = *head;
		l->items[l->n].bytes = bytes;
		memcpy(l->items[l->n++].address, mnl_attr_get_payload(attr),
		       bytes);
	}
	return MNL_CB_OK;
}

/* Send @nlh and hear what comes back. */
static int exchange(struct mnl_socket *s, const struct nlmsghdr *nlh,
		    mnl_cb_t fn, void *arg)
{
	alignas(struct nlmsghdr) char buf[BUFFER_BYTES];
	int r = mnl_socket_sendto(s, nlh, nlh->nlmsg_len) < 0 ? MNL_CB_ERROR
							      : MNL_CB_OK;

	while (r > MNL_CB_STOP) {
		const ssize_t n = mnl_socket_recvfrom(s, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? MNL_CB_ERROR
			  : mnl_cb_run(buf, (size_t)n, nlh->nlmsg_seq,
				       mnl_socket_get_portid(s), fn, arg);
	}
	return r;
}

static struct nlmsghdr *request(void *at, uint16_t type, uint16_t flags,
				const struct ndmsg *head)
{
	static uint32_t sequence;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(at);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++sequence;
	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(*head)), head,
	       sizeof(*head));
	return nlh;
}

static void close_socket(struct mnl_socket **s)
{
	if (*s)
		(void)mnl_socket_close(*s);
}

int fault_forget_neighbours(struct err *e)
{
	OWN(close_socket)
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	alignas(struct nlmsghdr) char buf[REQUEST_BYTES];
	const struct ndmsg all = { .ndm_family = AF_UNSPEC };
	struct neighbours list = { .n = 0 };

	if (!s || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    exchange(s, request(buf, RTM_GETNEIGH, NLM_F_DUMP, &all),
		     on_neighbour, &list) < 0)
		return err_errno(e, "list neighbours");
	for (size_t i = 0; i < list.n; i++) {
		struct nlmsghdr *nlh = request(buf, RTM_DELNEIGH, NLM_F_ACK,
					       &list.items[i].head);

		mnl_attr_put(nlh, NDA_DST, list.items[i].bytes,
			     list.items[i].address);
		if (exchange(s, nlh, NULL, NULL) < 0 && errno != ENOENT)
			return err_errno(e, "forget a neighbour");
	}
	return 0;
}

static int set_down(const struct fault_end *end, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	int r = netns_enter(&visit, end->node->netns, e);
	int flags = 0;

	if (r == 0)
		r = device_flags(end->spec->name, false, &flags, e);
	flags &= ~IFF_UP;
	return r < 0 ? r : device_flags(end->spec->name, true, &flags, e);
}

/* In the node of @end: wait until it has noticed. */
static int await_down(const struct fault_end *end, struct err *e)
{
	const struct net_interface i = { end->spec->name, end->index };
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_rtnl struct rtnl *rt = NULL;
	int r = netns_enter(&visit, end->node->netns, e);

	if (r == 0)
		r = rtnl_open(&rt, e);
	return r < 0 ? r : wait_running(rt, &i, false, e);
}

int fault_link_down(const struct fault_link *l, struct err *e)
{
	const int r = set_down(&l->far, e);

	return r < 0 ? r : await_down(&l->near, e);
}

/* In the node of @end: bring it up again. */
static int raise_end(const struct fault_end *end, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_rtnl struct rtnl *rt = NULL;
	int r = netns_enter(&visit, end->node->netns, e);

	if (r == 0)
		r = rtnl_open(&rt, e);
	if (r == 0)
		r = rtnl_set_up(rt, end->index, e);
	return r < 0 ? r : restore(rt, end, e);
}

/* In the node of @end: wait until it and its bridge run. */
static int await_end(const struct fault_end *end, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_rtnl struct rtnl *rt = NULL;
	int r = netns_enter(&visit, end->node->netns, e);

	if (r == 0)
		r = rtnl_open(&rt, e);
	return r < 0 ? r : wait_end(rt, end, e);
}

/* Or has the other side set it down? */
static int is_up(const struct fault_end *end, bool *ret, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	int r = netns_enter(&visit, end->node->netns, e);
	int flags = 0;

	if (r == 0)
		r = device_flags(end->spec->name, false, &flags, e);
	*ret = flags & IFF_UP;
	return r;
}

int fault_link_up(const struct fault_link *l, struct err *e)
{
	bool up = false;
	int r = raise_end(&l->far, e);

	if (r == 0)
		r = is_up(&l->near, &up, e);
	if (r < 0 || !up)
		return r;
	r = await_end(&l->far, e);
	return r < 0 ? r : await_end(&l->near, e);
}
