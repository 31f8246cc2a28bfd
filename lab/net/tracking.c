/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/tracking.h"

#include "lab/base/own.h"
#include "lab/net/multicast.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <string.h>

struct tracking {
	struct multicast multicast;
};

static const struct multicast_family netfilter = {
	.protocol = NETLINK_NETFILTER,
	.doing = "hear of connection tracking",
	.absent = "this kernel has no netlink for netfilter",
};

static int join(struct multicast *m, struct err *e)
{
	static const int groups[] = { NFNLGRP_CONNTRACK_NEW,
				      NFNLGRP_CONNTRACK_DESTROY };

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		const int r = multicast_join(m, groups[i], true);

		if (r < 0)
			return err_set(e, ERR_HOST, -r,
				       "this kernel does not tell what "
				       "connection tracking follows "
				       "(CONFIG_NF_CT_NETLINK)");
	}
	return 0;
}

int tracking_open(struct tracking **ret, int netns, struct err *e)
{
	own_mem struct tracking *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_no_memory(e);
	r = multicast_open(&t->multicast, netns, &netfilter, e);
	if (r < 0)
		return r;
	r = join(&t->multicast, e);
	if (r < 0) {
		multicast_close(&t->multicast);
		return r;
	}
	*ret = take_ptr(&t);
	return 0;
}

void tracking_close(struct tracking *t)
{
	if (!t)
		return;
	multicast_close(&t->multicast);
	free(t);
}

/* --- a message -------------------------------------------------------------
 */

static bool is_attribute(const struct nlattr *a, unsigned type, size_t least)
{
	return mnl_attr_get_type(a) == type &&
	       mnl_attr_get_payload_len(a) >= least;
}

static void read_address(const struct nlattr *a, struct ip_addr *ret, bool src)
{
	const unsigned v4 = src ? CTA_IP_V4_SRC : CTA_IP_V4_DST;
	const unsigned v6 = src ? CTA_IP_V6_SRC : CTA_IP_V6_DST;
	const uint8_t family = is_attribute(a, v4, 4)	 ? 4
			       : is_attribute(a, v6, 16) ? 6
							 : 0;

	if (!family)
		return;
	ret->family = family;
	memcpy(ret->bytes, mnl_attr_get_payload(a), ip_addr_bytes(family));
}

static void read_port(const struct nlattr *a, uint16_t *ret, unsigned type)
{
	if (is_attribute(a, type, sizeof(uint16_t)))
		*ret = ntohs(mnl_attr_get_u16(a));
}

/* Returns: is it TCP's? */
static bool read_tuple(const struct nlattr *tuple, struct ip_endpoint *src,
		       struct ip_endpoint *dst)
{
	/* not const: the macros cast them to char * */
	struct nlattr *part, *a;
	uint8_t protocol = 0;

	mnl_attr_for_each_nested(part, tuple) mnl_attr_for_each_nested(a, part)
	{
		if (mnl_attr_get_type(part) == CTA_TUPLE_IP) {
			read_address(a, &src->addr, true);
			read_address(a, &dst->addr, false);
			continue;
		}
		if (mnl_attr_get_type(part) != CTA_TUPLE_PROTO)
			continue;
		if (is_attribute(a, CTA_PROTO_NUM, 1))
			protocol = mnl_attr_get_u8(a);
		read_port(a, &src->port, CTA_PROTO_SRC_PORT);
		read_port(a, &dst->port, CTA_PROTO_DST_PORT);
	}
	return protocol == IPPROTO_TCP;
}

struct telling {
	tracking_fn fn;
	void *arg;
};

static int on_message(const struct nlmsghdr *message, void *arg)
{
	const struct telling *t = arg;
	struct tracking_entry entry = {
		.gone = (message->nlmsg_type & 0xff) == IPCTNL_MSG_CT_DELETE,
	};
	bool tcp = false;
	struct nlattr *a;

	if (message->nlmsg_type >> 8 != NFNL_SUBSYS_CTNETLINK)
		return 0;
	mnl_attr_for_each(a, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) == CTA_TUPLE_ORIG)
			tcp = read_tuple(a, &entry.src, &entry.dst);
		if (mnl_attr_get_type(a) == CTA_TUPLE_REPLY)
			(void)read_tuple(a, &entry.reply_src, &entry.reply_dst);
	}
	return tcp ? t->fn(&entry, t->arg) : 0;
}

int tracking_take(struct tracking *t, tracking_fn fn, void *arg, struct err *e)
{
	struct telling telling = { .fn = fn, .arg = arg };

	return multicast_take(&t->multicast, on_message, &telling, e);
}

uint64_t tracking_lost(const struct tracking *t)
{
	return t->multicast.lost;
}
