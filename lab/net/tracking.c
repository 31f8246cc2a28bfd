/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/tracking.h"

#include "lab/base/own.h"
#include "lab/net/netns.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>

struct tracking {
	struct mnl_socket *socket;
	uint64_t lost;
};

/* Asked for; without rights over the machine net.core.rmem_max is the most. */
enum { ROOM_BYTES = 4 << 20 };

static int listen_to(struct mnl_socket *socket, struct err *e)
{
	static const int groups[] = { NFNLGRP_CONNTRACK_NEW,
				      NFNLGRP_CONNTRACK_DESTROY };

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP,
					  &group, sizeof(group)) < 0)
			return err_set(e, ERR_HOST, errno,
				       "this kernel does not tell what "
				       "connection tracking follows "
				       "(CONFIG_NF_CT_NETLINK)");
	}
	return 0;
}

static void ask_for_room(struct mnl_socket *socket)
{
	const int fd = mnl_socket_get_fd(socket), room = ROOM_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room,
				 sizeof(room));
}

int tracking_open(struct tracking **ret, int netns, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_mem struct tracking *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_set(e, ERR_SYSTEM, ENOMEM, "no memory");
	r = netns_enter(&visit, netns, e);
	if (r < 0)
		return r;
	t->socket = mnl_socket_open2(NETLINK_NETFILTER,
				     SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!t->socket)
		return err_set(e, ERR_HOST, errno,
			       "this kernel has no netlink for netfilter");
	if (mnl_socket_bind(t->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		r = err_errno(e, "hear of connection tracking");
	ask_for_room(t->socket);
	if (r == 0)
		r = listen_to(t->socket, e);
	if (r < 0) {
		(void)mnl_socket_close(t->socket);
		return r;
	}
	*ret = take_ptr(&t);
	return 0;
}

void tracking_close(struct tracking *t)
{
	if (!t)
		return;
	(void)mnl_socket_close(t->socket);
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
	int stopped; /* what .fn returned */
};

static int on_message(const struct nlmsghdr *nlh, void *arg)
{
	struct telling *t = arg;
	struct tracking_entry entry = {
		.gone = (nlh->nlmsg_type & 0xff) == IPCTNL_MSG_CT_DELETE,
	};
	bool tcp = false;
	struct nlattr *a;

	if (t->stopped || nlh->nlmsg_type >> 8 != NFNL_SUBSYS_CTNETLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(a, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) == CTA_TUPLE_ORIG)
			tcp = read_tuple(a, &entry.src, &entry.dst);
		if (mnl_attr_get_type(a) == CTA_TUPLE_REPLY)
			(void)read_tuple(a, &entry.reply_src, &entry.reply_dst);
	}
	if (tcp)
		t->stopped = t->fn(&entry, t->arg);
	return MNL_CB_OK;
}

int tracking_take(struct tracking *t, tracking_fn fn, void *arg, struct err *e)
{
	struct telling telling = { .fn = fn, .arg = arg };
	alignas(struct nlmsghdr) char buf[8192];

	while (!telling.stopped) {
		const ssize_t n =
			mnl_socket_recvfrom(t->socket, buf, sizeof(buf));

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			t->lost++;
			continue;
		}
		if (n < 0 ||
		    mnl_cb_run(buf, (size_t)n, 0, 0, on_message, &telling) < 0)
			return err_errno(e, "hear of connection tracking");
	}
	return telling.stopped;
}

uint64_t tracking_lost(const struct tracking *t)
{
	return t->lost;
}
