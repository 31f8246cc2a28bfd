/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/view.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

static inline void own_mnl_release(struct mnl_socket **s)
{
	if (*s)
		(void)mnl_socket_close(*s);
}
#define own_mnl OWN(own_mnl_release)

enum { ATTRIBUTES = 128 };

/* The attributes of one message or nest, by type. */
struct attributes {
	const struct nlattr *by_type[ATTRIBUTES];
};

static int sort_in(const struct nlattr *a, void *arg)
{
	struct attributes *all = arg;
	const uint16_t type = mnl_attr_get_type(a);

	if (type < ATTRIBUTES)
		all->by_type[type] = a;
	return MNL_CB_OK;
}

static struct attributes attributes_of(const struct nlmsghdr *h, size_t skip)
{
	struct attributes all = { 0 };

	(void)mnl_attr_parse(h, (unsigned)skip, sort_in, &all);
	return all;
}

static struct attributes attributes_in(const struct nlattr *nest)
{
	struct attributes all = { 0 };

	if (nest)
		(void)mnl_attr_parse_nested(nest, sort_in, &all);
	return all;
}

static uint32_t u32_of(const struct nlattr *a)
{
	return a && mnl_attr_get_payload_len(a) >= sizeof(uint32_t)
		       ? mnl_attr_get_u32(a)
		       : 0;
}

static void copy_name(char *to, const struct nlattr *a)
{
	if (a)
		(void)snprintf(to, VIEW_NAME_MAX, "%s", mnl_attr_get_str(a));
}

/* One more item of @size at the end of a list; NULL: no memory. */
static void *one_more(void *list, size_t *n, size_t size)
{
	char **items = list;
	char *more = realloc(*items, (*n + 1) * size);

	if (!more)
		return NULL;
	*items = more;
	memset(more + *n * size, 0, size);
	return more + (*n)++ * size;
}

static void read_kind(struct view_link *l, const struct nlattr *linkinfo)
{
	const struct attributes info = attributes_in(linkinfo);
	struct attributes data;

	copy_name(l->kind, info.by_type[IFLA_INFO_KIND]);
	if (!strcmp(l->kind, "bridge")) {
		data = attributes_in(info.by_type[IFLA_INFO_DATA]);
		l->stp = u32_of(data.by_type[IFLA_BR_STP_STATE]) != 0;
		l->forward_delay =
			(int)u32_of(data.by_type[IFLA_BR_FORWARD_DELAY]);
	}
	if (info.by_type[IFLA_INFO_SLAVE_DATA]) {
		data = attributes_in(info.by_type[IFLA_INFO_SLAVE_DATA]);
		l->hairpin = data.by_type[IFLA_BRPORT_MODE] &&
			     mnl_attr_get_u8(data.by_type[IFLA_BRPORT_MODE]);
	}
}

static int take_link(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct attributes a = attributes_of(h, sizeof(*m));
	struct view *v = arg;
	struct view_link *l = one_more(&v->links, &v->n_links, sizeof(*l));

	if (!l)
		return MNL_CB_ERROR;
	l->index = m->ifi_index;
	l->up = m->ifi_flags & IFF_UP;
	l->loopback = m->ifi_flags & IFF_LOOPBACK;
	l->stp = l->forward_delay = l->hairpin = -1;
	copy_name(l->name, a.by_type[IFLA_IFNAME]);
	l->mtu = u32_of(a.by_type[IFLA_MTU]);
	l->txqlen = u32_of(a.by_type[IFLA_TXQLEN]);
	l->master = (int)u32_of(a.by_type[IFLA_MASTER]);
	l->peer = (int)u32_of(a.by_type[IFLA_LINK]);
	read_kind(l, a.by_type[IFLA_LINKINFO]);
	return MNL_CB_OK;
}

static struct ip_addr addr_of(const struct nlattr *a, uint8_t family)
{
	struct ip_addr ret = { .family = 0 };

	if (!a)
		return ret;
	ret.family = family == AF_INET ? 4 : 6;
	memcpy(ret.bytes, mnl_attr_get_payload(a), ip_addr_bytes(ret.family));
	return ret;
}

static bool is_ip(uint8_t family)
{
	return family == AF_INET || family == AF_INET6;
}

static int take_address(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	const struct attributes a = attributes_of(h, sizeof(*m));
	const struct nlattr *own = a.by_type[IFA_LOCAL]
					   ? a.by_type[IFA_LOCAL]
					   : a.by_type[IFA_ADDRESS];
	struct view *v = arg;
	struct view_address *x;

	if (!is_ip(m->ifa_family))
		return MNL_CB_OK;
	x = one_more(&v->addresses, &v->n_addresses, sizeof(*x));
	if (!x)
		return MNL_CB_ERROR;
	x->index = (int)m->ifa_index;
	x->scope = m->ifa_scope;
	x->prefix.addr = addr_of(own, m->ifa_family);
	x->prefix.length = m->ifa_prefixlen;
	return MNL_CB_OK;
}

static int take_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct attributes a = attributes_of(h, sizeof(*m));
	struct view *v = arg;
	struct view_route *r;

	if (!is_ip(m->rtm_family) || m->rtm_type != RTN_UNICAST ||
	    u32_of(a.by_type[RTA_TABLE]) != RT_TABLE_MAIN)
		return MNL_CB_OK;
	r = one_more(&v->routes, &v->n_routes, sizeof(*r));
	if (!r)
		return MNL_CB_ERROR;
	r->to.addr = addr_of(a.by_type[RTA_DST], m->rtm_family);
	r->to.addr.family = m->rtm_family == AF_INET ? 4 : 6;
	r->to.length = m->rtm_dst_len;
	r->via = addr_of(a.by_type[RTA_GATEWAY], m->rtm_family);
	r->source = addr_of(a.by_type[RTA_PREFSRC], m->rtm_family);
	r->index = (int)u32_of(a.by_type[RTA_OIF]);
	r->scope = m->rtm_scope;
	return MNL_CB_OK;
}

static int dump(struct mnl_socket *s, uint16_t type, mnl_cb_t take,
		struct view *v, struct err *e)
{
	char room[1 << 16];
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	ssize_t n;
	int r = MNL_CB_OK;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = type;
	/* the longest of the three family headers; all begin with the family */
	(void)mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return err_errno(e, "ask the kernel for its network");
	while (r == MNL_CB_OK) {
		n = mnl_socket_recvfrom(s, room, sizeof(room));
		if (n < 0)
			return err_errno(e, "read the kernel's network");
		r = mnl_cb_run(room, (size_t)n, type, mnl_socket_get_portid(s),
			       take, v);
	}
	return r < 0 ? err_errno(e, "read the kernel's network") : 0;
}

int view_read(struct view *ret, struct err *e)
{
	own_mnl struct mnl_socket *s =
		mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int r;

	*ret = (struct view){ .n_links = 0 };
	if (!s || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		return err_errno(e, "look at the network");
	r = dump(s, RTM_GETLINK, take_link, ret, e);
	if (r == 0)
		r = dump(s, RTM_GETADDR, take_address, ret, e);
	return r < 0 ? r : dump(s, RTM_GETROUTE, take_route, ret, e);
}

void view_done(struct view *v)
{
	free(v->links);
	free(v->addresses);
	free(v->routes);
	*v = (struct view){ .n_links = 0 };
}

const struct view_link *view_link_named(const struct view *v, const char *name)
{
	for (size_t i = 0; i < v->n_links; i++)
		if (!strcmp(v->links[i].name, name))
			return &v->links[i];
	return NULL;
}

const struct view_link *view_link_at(const struct view *v, int index)
{
	for (size_t i = 0; i < v->n_links; i++)
		if (v->links[i].index == index)
			return &v->links[i];
	return NULL;
}

const struct ip_prefix *view_ipv4(const struct view *v, int index)
{
	for (size_t i = 0; i < v->n_addresses; i++) {
		const struct view_address *a = &v->addresses[i];

		if (a->index == index && a->prefix.addr.family == 4 &&
		    a->scope == RT_SCOPE_UNIVERSE)
			return &a->prefix;
	}
	return NULL;
}
