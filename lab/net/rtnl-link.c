/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: include/uapi/linux/if_link.h, if_bridge.h, veth.h; Linux 6.18 */
#include "lab/net/rtnl-request.h"

#include <arpa/inet.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netlink/attr.h>
#include <string.h>

#define NS_PER_TICK 10000000LL /* USER_HZ is 100: bridge times */

static int put_mac(struct request *q, const char *text, struct err *e)
{
	struct ether_addr mac;

	if (!ether_aton_r(text, &mac))
		return err_set(e, ERR_INPUT, EINVAL,
			       "'%s' is not a MAC address", text);
	request_put(q, IFLA_ADDRESS, mac.ether_addr_octet,
		    sizeof(mac.ether_addr_octet));
	return 0;
}

/* What every kind takes but the name. */
static int put_attributes(struct request *q, const struct interface *spec,
			  struct err *e)
{
	if (spec->mtu)
		request_put_u32(q, IFLA_MTU, spec->mtu);
	if (spec->txqlen >= 0)
		request_put_u32(q, IFLA_TXQLEN, (uint32_t)spec->txqlen);
	return spec->mac ? put_mac(q, spec->mac, e) : 0;
}

static int put_common(struct request *q, const struct interface *spec,
		      struct err *e)
{
	request_put_str(q, IFLA_IFNAME, spec->name);
	return put_attributes(q, spec, e);
}

static struct request link_request(int flags, int index)
{
	const struct ifinfomsg head = { .ifi_index = index };

	return request_new(RTM_NEWLINK, flags, &head, sizeof(head));
}

/* The kernel's word for a kind it does not have helps nobody. */
static int make(struct rtnl *rt, struct request *q, const char *kind,
		const char *name, struct err *e)
{
	const int r = request_tell(rt, q, e);

	if (r == -EOPNOTSUPP && (strstr(e->text, "Unknown device type") ||
				 !strcmp(e->text, strerror(EOPNOTSUPP))))
		(void)err_set(e, ERR_HOST, EOPNOTSUPP,
			      "the kernel has no %s: load it with "
			      "`modprobe %s`",
			      kind, kind);
	return r < 0 ? err_add(e, "make %s '%s'", kind, name) : 0;
}

static int put_peer(struct request *q, const struct rtnl_device *far,
		    struct err *e)
{
	const struct ifinfomsg head = { .ifi_index = far->index };
	struct nlattr *data = request_nest(q, IFLA_INFO_DATA);
	struct nlattr *peer = request_nest(q, VETH_INFO_PEER);
	int r;

	request_append(q, &head, sizeof(head));
	r = put_common(q, far->spec, e);
	request_put_u32(q, IFLA_NET_NS_FD, (uint32_t)far->netns);
	request_nest_end(q, peer);
	request_nest_end(q, data);
	return r;
}

int rtnl_make_veth(struct rtnl *rt, const struct rtnl_device *near,
		   const struct rtnl_device *far, struct err *e)
{
	own_request struct request q =
		link_request(NLM_F_CREATE | NLM_F_EXCL, near->index);
	struct nlattr *info;
	int r;

	r = put_common(&q, near->spec, e);
	if (r < 0)
		return r;
	info = request_nest(&q, IFLA_LINKINFO);
	request_put_str(&q, IFLA_INFO_KIND, "veth");
	r = put_peer(&q, far, e);
	if (r < 0)
		return r;
	request_nest_end(&q, info);
	return make(rt, &q, "veth", near->spec->name, e);
}

static void put_bridge(struct request *q, const struct rtnl_device *d)
{
	const int64_t delay = d->spec->forward_delay_ns;

	if (delay >= 0)
		request_put_u32(q, IFLA_BR_FORWARD_DELAY,
				(uint32_t)(delay / NS_PER_TICK));
}

static void put_vxlan(struct request *q, const struct rtnl_device *d)
{
	const struct interface *spec = d->spec;
	const uint16_t port = htons((uint16_t)spec->vxlan_port);

	request_put_u32(q, IFLA_VXLAN_ID, spec->vni);
	if (port)
		request_put(q, IFLA_VXLAN_PORT, &port, sizeof(port));
	if (spec->remote.family)
		request_put_ip(q,
			       spec->remote.family == 4 ? IFLA_VXLAN_GROUP
							: IFLA_VXLAN_GROUP6,
			       &spec->remote);
	if (spec->local.family)
		request_put_ip(q,
			       spec->local.family == 4 ? IFLA_VXLAN_LOCAL
						       : IFLA_VXLAN_LOCAL6,
			       &spec->local);
}

/* Bridge mode: neighbours on one parent hear each other. */
static void put_macvlan(struct request *q, const struct rtnl_device *d)
{
	(void)d;
	request_put_u32(q, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
}

static const struct {
	const char *name;
	void (*put)(struct request *q, const struct rtnl_device *d);
} kinds[] = {
	[INTERFACE_BRIDGE] = { "bridge", put_bridge },
	[INTERFACE_MACVLAN] = { "macvlan", put_macvlan },
	[INTERFACE_VXLAN] = { "vxlan", put_vxlan },
};

int rtnl_make(struct rtnl *rt, const struct rtnl_device *d, int parent,
	      struct err *e)
{
	own_request struct request q =
		link_request(NLM_F_CREATE | NLM_F_EXCL, d->index);
	const char *kind = kinds[d->spec->kind].name;
	struct nlattr *info, *data;
	int r;

	r = put_common(&q, d->spec, e);
	if (r < 0)
		return r;
	if (parent) {
		request_put_u32(&q, IFLA_LINK, (uint32_t)parent);
		request_put_u32(&q, IFLA_NET_NS_FD, (uint32_t)d->netns);
	}
	info = request_nest(&q, IFLA_LINKINFO);
	request_put_str(&q, IFLA_INFO_KIND, kind);
	data = request_nest(&q, IFLA_INFO_DATA);
	kinds[d->spec->kind].put(&q, d);
	request_nest_end(&q, data);
	request_nest_end(&q, info);
	return make(rt, &q, kind, d->spec->name, e);
}

int rtnl_make_kind(struct rtnl *rt, const char *kind, const char *name,
		   struct err *e)
{
	own_request struct request q =
		link_request(NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *info;

	request_put_str(&q, IFLA_IFNAME, name);
	info = request_nest(&q, IFLA_LINKINFO);
	request_put_str(&q, IFLA_INFO_KIND, kind);
	request_nest_end(&q, info);
	return make(rt, &q, kind, name, e);
}

int rtnl_set_common(struct rtnl *rt, int index, const struct interface *spec,
		    struct err *e)
{
	own_request struct request q = link_request(0, index);
	int r;

	if (!spec->mac && !spec->mtu && spec->txqlen < 0)
		return 0;
	r = put_attributes(&q, spec, e);
	return r < 0 ? r : request_tell(rt, &q, e);
}

int rtnl_set_master(struct rtnl *rt, int index, int master, struct err *e)
{
	own_request struct request q = link_request(0, index);

	request_put_u32(&q, IFLA_MASTER, (uint32_t)master);
	return request_tell(rt, &q, e);
}

int rtnl_set_hairpin(struct rtnl *rt, int index, struct err *e)
{
	own_request struct request q = link_request(0, index);
	struct nlattr *info, *data;
	const uint8_t on = 1;

	info = request_nest(&q, IFLA_LINKINFO);
	request_put_str(&q, IFLA_INFO_SLAVE_KIND, "bridge");
	data = request_nest(&q, IFLA_INFO_SLAVE_DATA);
	request_put(&q, IFLA_BRPORT_MODE, &on, sizeof(on));
	request_nest_end(&q, data);
	request_nest_end(&q, info);
	return request_tell(rt, &q, e);
}

int rtnl_set_up(struct rtnl *rt, int index, struct err *e)
{
	const struct ifinfomsg head = {
		.ifi_index = index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	own_request struct request q =
		request_new(RTM_NEWLINK, 0, &head, sizeof(head));

	return request_tell(rt, &q, e);
}

int rtnl_start_stp(struct rtnl *rt, int index, struct err *e)
{
	own_request struct request q = link_request(0, index);
	struct nlattr *info, *data;

	info = request_nest(&q, IFLA_LINKINFO);
	request_put_str(&q, IFLA_INFO_KIND, "bridge");
	data = request_nest(&q, IFLA_INFO_DATA);
	request_put_u32(&q, IFLA_BR_STP_STATE, 1);
	request_nest_end(&q, data);
	request_nest_end(&q, info);
	return request_tell(rt, &q, e);
}

/* State of the port in an IFLA_LINKINFO; of no bridge: forwarding. */
static uint8_t port_state(struct nlattr *linkinfo)
{
	struct nlattr *info[IFLA_INFO_MAX + 1];
	struct nlattr *port[IFLA_BRPORT_MAX + 1];

	if (!linkinfo ||
	    nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) < 0 ||
	    !info[IFLA_INFO_SLAVE_DATA] ||
	    nla_parse_nested(port, IFLA_BRPORT_MAX, info[IFLA_INFO_SLAVE_DATA],
			     NULL) < 0 ||
	    !port[IFLA_BRPORT_STATE])
		return BR_STATE_FORWARDING;
	return nla_get_u8(port[IFLA_BRPORT_STATE]);
}

static void on_link(struct nlmsghdr *reply, void *arg)
{
	const struct ifinfomsg *head = nlmsg_data(reply);
	struct nlattr *tb[IFLA_MAX + 1];
	bool *ret = arg;

	*ret = head->ifi_flags & IFF_RUNNING &&
	       nlmsg_parse(reply, sizeof(*head), tb, IFLA_MAX, NULL) == 0 &&
	       port_state(tb[IFLA_LINKINFO]) == BR_STATE_FORWARDING;
}

int rtnl_is_running(struct rtnl *rt, int index, bool *ret, struct err *e)
{
	const struct ifinfomsg head = { .ifi_index = index };
	own_request struct request q =
		request_new(RTM_GETLINK, 0, &head, sizeof(head));
	bool running = false;
	int r;

	request_put_u32(&q, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = request_ask(rt, &q, on_link, &running, e);
	if (r < 0)
		return r;
	*ret = running;
	return 0;
}
