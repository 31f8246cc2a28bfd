/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and routes, from the objects of libnl-route. */
#include "lab/net/rtnl-request.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sys/socket.h>

static uint8_t af_of(uint8_t family)
{
	return family == 6 ? AF_INET6 : AF_INET;
}

/* A kernel without IPv6 answers as for a message that it does not know. */
static int explain_family(int r, uint8_t family, struct err *e)
{
	if (r == -EOPNOTSUPP && family == 6)
		return err_set(e, ERR_HOST, EOPNOTSUPP,
			       "this machine has no IPv6: boot it without "
			       "ipv6.disable=1");
	return r;
}

OWN_DEFINE(nl_addr, struct nl_addr, nl_addr_put)
OWN_DEFINE(rtnl_addr, struct rtnl_addr, rtnl_addr_put)
OWN_DEFINE(rtnl_route, struct rtnl_route, rtnl_route_put)

/* NULL when there is no memory. */
static struct nl_addr *address_of(const struct ip_addr *a, int bits)
{
	struct nl_addr *addr = nl_addr_build(af_of(a->family), a->bytes,
					     ip_addr_bytes(a->family));

	if (addr)
		nl_addr_set_prefixlen(addr, bits);
	return addr;
}

/* The last address of an IPv4 network; a network of one or two has none. */
static bool broadcast_of(const struct ip_prefix *p, struct ip_addr *ret)
{
	const uint32_t host = p->length < 31 ? UINT32_MAX >> p->length : 0;

	*ret = p->addr;
	for (int i = 0; i < 4; i++)
		ret->bytes[i] |= (uint8_t)(host >> (24 - 8 * i));
	return p->addr.family == 4 && host;
}

int rtnl_add_address(struct rtnl *rt, int index, const struct ip_prefix *p,
		     struct err *e)
{
	OWN(own_rtnl_addr_release) struct rtnl_addr *a = rtnl_addr_alloc();
	OWN(own_nl_addr_release)
	struct nl_addr *local = address_of(&p->addr, p->length);
	own_request struct request q = { .failed = !a || !local };
	struct ip_addr last;

	if (!q.failed) {
		rtnl_addr_set_ifindex(a, index);
		q.failed = rtnl_addr_set_local(a, local) < 0;
		/* Else the address cannot be used for up to 2 s (RFC 4862
		 * 5.4); an IPv4 address ignores it. */
		rtnl_addr_set_flags(a, IFA_F_NODAD);
	}
	if (!q.failed && broadcast_of(p, &last)) {
		OWN(own_nl_addr_release)
		struct nl_addr *broadcast = address_of(&last, 32);

		q.failed =
			!broadcast || rtnl_addr_set_broadcast(a, broadcast) < 0;
	}
	if (!q.failed)
		q.failed = rtnl_addr_build_add_request(
				   a, NLM_F_CREATE | NLM_F_EXCL, &q.msg) < 0;
	return explain_family(request_tell(rt, &q, e), p->addr.family, e);
}

static void on_route(struct nlmsghdr *reply, void *arg)
{
	const struct rtmsg *head = nlmsg_data(reply);

	*(bool *)arg = head->rtm_type == RTN_LOCAL;
}

int rtnl_is_own(struct rtnl *rt, const struct ip_addr *addr, bool *ret,
		struct err *e)
{
	const struct rtmsg head = {
		.rtm_family = (unsigned char)af_of(addr->family),
		.rtm_dst_len = (unsigned char)(8 * ip_addr_bytes(addr->family)),
	};
	own_request struct request q =
		request_new(RTM_GETROUTE, 0, &head, sizeof(head));
	bool own = false;
	int r;

	request_put_ip(&q, RTA_DST, addr);
	r = request_ask(rt, &q, on_route, &own, e);
	if (r == -ENETUNREACH || r == -EHOSTUNREACH) /* nowhere yet */
		r = 0;
	if (r < 0)
		return r;
	*ret = own;
	return 0;
}

/* @via: family 0: directly on @dev */
static int add_hop(struct rtnl_route *route, const struct ip_addr *via, int dev)
{
	OWN(own_nl_addr_release)
	struct nl_addr *gateway = NULL;
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();

	if (!hop)
		return -ENOMEM;
	rtnl_route_add_nexthop(route, hop); /* owns it now */
	if (dev)
		rtnl_route_nh_set_ifindex(hop, dev);
	if (!via->family)
		return 0;
	gateway = address_of(via, 8 * (int)ip_addr_bytes(via->family));
	if (!gateway)
		return -ENOMEM;
	rtnl_route_nh_set_gateway(hop, gateway);
	return 0;
}

int rtnl_add_route(struct rtnl *rt, const struct route *spec, int dev,
		   struct err *e)
{
	OWN(own_rtnl_route_release) struct rtnl_route *r = rtnl_route_alloc();
	OWN(own_nl_addr_release)
	struct nl_addr *to = address_of(&spec->to.addr, spec->to.length);
	own_request struct request q = { .failed = !r || !to };

	if (!q.failed) {
		rtnl_route_set_family(r, af_of(spec->to.addr.family));
		rtnl_route_set_table(r, RT_TABLE_MAIN);
		rtnl_route_set_protocol(r, RTPROT_STATIC);
		rtnl_route_set_scope(r, spec->via.family ? RT_SCOPE_UNIVERSE
							 : RT_SCOPE_LINK);
		q.failed = rtnl_route_set_dst(r, to) < 0 ||
			   add_hop(r, &spec->via, dev) < 0;
	}
	if (!q.failed)
		q.failed = rtnl_route_build_add_request(
				   r, NLM_F_CREATE | NLM_F_EXCL, &q.msg) < 0;
	return explain_family(request_tell(rt, &q, e), spec->to.addr.family, e);
}
