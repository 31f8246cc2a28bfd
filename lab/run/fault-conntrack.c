/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Requests to ctnetlink go out one by one with an
 * acknowledgement each, but for the many of conntrack_take_ports(), which go
 * out by the buffer and only the last of them is acknowledged.
 */
#include "lab/run/fault-parts.h"

#include "lab/base/grow.h"
#include "lab/base/own.h"
#include "lab/net/sysctl.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* The ports that source NAT chooses from, see fault-parts.h. */
enum { PORT_FIRST = 1024, PORT_LAST = 65535 };

enum { HELD_S = 3600, ENTRY_BYTES = 256, BUFFER_BYTES = 32768 };

struct tracker {
	struct mnl_socket *socket;
	unsigned port;
	uint32_t sequence;
};

static void tracker_done(struct tracker *t)
{
	if (t->socket)
		(void)mnl_socket_close(t->socket);
}
#define own_tracker OWN(tracker_done)

static int tracker_open(struct tracker *t, struct err *e)
{
	t->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!t->socket || mnl_socket_bind(t->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return err_errno(e, "talk to connection tracking");
	t->port = mnl_socket_get_portid(t->socket);
	return 0;
}

static struct nlmsghdr *begin(struct tracker *t, void *at, int verb,
			      uint8_t family, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(at);
	struct nfgenmsg *head;

	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | verb);
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nlh->nlmsg_seq = ++t->sequence;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	*head = (struct nfgenmsg){ .nfgen_family = family,
				   .version = NFNETLINK_V0 };
	return nlh;
}

/* A kernel without ctnetlink knows no such subsystem. */
static int refused(const char *what, struct err *e)
{
	if (errno == EINVAL || errno == EOPNOTSUPP)
		return err_set(e, ERR_HOST, errno,
			       "the kernel has no ctnetlink: load it with "
			       "`modprobe nf_conntrack_netlink`");
	return err_errno(e, "%s", what);
}

/* Hear the answers to the request with number @sequence; 0: to any. */
static int hear(struct tracker *t, uint32_t sequence, mnl_cb_t on_entry,
		void *arg)
{
	alignas(struct nlmsghdr) char buf[BUFFER_BYTES];
	int r = MNL_CB_OK;

	while (r > MNL_CB_STOP) {
		const ssize_t n =
			mnl_socket_recvfrom(t->socket, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? MNL_CB_ERROR
			  : mnl_cb_run(buf, (size_t)n, sequence, t->port,
				       on_entry, arg);
	}
	return r < 0 ? -1 : 0;
}

static int tell(struct tracker *t, const struct nlmsghdr *nlh)
{
	if (mnl_socket_sendto(t->socket, nlh, nlh->nlmsg_len) < 0)
		return -1;
	return hear(t, nlh->nlmsg_seq, NULL, NULL);
}

/*
 * Is anything tracked here?  To find it the kernel walks a table that all
 * namespaces share: 10 ms with the 262144 buckets of a 24 GiB machine.
 */
static bool has_entries(void)
{
	char count[SYSCTL_VALUE_MAX];
	struct err none;

	return sysctl_get("net.netfilter.nf_conntrack_count", count, &none) ==
		       0 &&
	       strcmp(count, "0") != 0;
}

int conntrack_flush(struct err *e)
{
	own_tracker struct tracker t = { .socket = NULL };
	alignas(struct nlmsghdr) char buf[ENTRY_BYTES];
	const int r = has_entries() ? tracker_open(&t, e) : 0;

	if (r < 0 || !t.socket)
		return r;
	if (tell(&t, begin(&t, buf, IPCTNL_MSG_CT_DELETE, AF_UNSPEC,
			   NLM_F_ACK)) < 0)
		return refused("delete the tracked connections", e);
	return 0;
}

/* --- let everything expire -------------------------------------------------
 */

/* What names an entry, copied out of a dump. */
struct entry {
	uint8_t family;
	uint16_t zone; /* 0: none */
	uint16_t bytes;
	uint8_t tuple[ENTRY_BYTES / 2];
};

struct entries {
	struct entry *items;
	size_t n, cap;
};

static void entries_done(struct entries *l)
{
	free(l->items);
}

static struct entry *next_entry(struct entries *l)
{
	return GROW(l->items, l->n, l->cap) ? &l->items[l->n] : NULL;
}

static int on_entry(const struct nlmsghdr *nlh, void *arg)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);
	struct entries *l = arg;
	struct entry *entry = next_entry(l);
	struct nlattr *attr;

	if (!entry)
		return MNL_CB_ERROR;
	*entry = (struct entry){ .family = head->nfgen_family };
	for (attr = mnl_nlmsg_get_payload_offset(nlh, sizeof(*head));
	     mnl_attr_ok(attr,
			 (int)((const char *)mnl_nlmsg_get_payload_tail(nlh) -
			       (const char *)attr));
	     attr = mnl_attr_next(attr)) {
		const int type = mnl_attr_get_type(attr);
		const uint16_t bytes = mnl_attr_get_payload_len(attr);

		if (type == CTA_ZONE)
			entry->zone = ntohs(mnl_attr_get_u16(attr));
		if (type != CTA_TUPLE_ORIG || bytes > sizeof(entry->tuple))
			continue;
		memcpy(entry->tuple, mnl_attr_get_payload(attr), bytes);
		entry->bytes = bytes;
	}
	l->n += entry->bytes > 0;
	return MNL_CB_OK;
}

static int dump(struct tracker *t, struct entries *ret, struct err *e)
{
	alignas(struct nlmsghdr) char buf[ENTRY_BYTES];
	const struct nlmsghdr *nlh =
		begin(t, buf, IPCTNL_MSG_CT_GET, AF_UNSPEC, NLM_F_DUMP);

	if (mnl_socket_sendto(t->socket, nlh, nlh->nlmsg_len) < 0 ||
	    hear(t, nlh->nlmsg_seq, on_entry, ret) < 0)
		return refused("list the tracked connections", e);
	return 0;
}

/* An entry whose time is over is deleted by whoever comes upon it. */
static int expire(struct tracker *t, const struct entry *entry, struct err *e)
{
	alignas(struct nlmsghdr) char buf[2 * ENTRY_BYTES];
	struct nlmsghdr *nlh =
		begin(t, buf, IPCTNL_MSG_CT_NEW, entry->family, NLM_F_ACK);

	mnl_attr_put(nlh, NLA_F_NESTED | CTA_TUPLE_ORIG, entry->bytes,
		     entry->tuple);
	if (entry->zone)
		mnl_attr_put_u16(nlh, CTA_ZONE, htons(entry->zone));
	mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl(0));
	/* ENOENT, ETIME: it went by itself in the meantime */
	if (tell(t, nlh) < 0 && errno != ENOENT && errno != ETIME)
		return refused("let a tracked connection expire", e);
	return 0;
}

int conntrack_expire(struct err *e)
{
	OWN(entries_done) struct entries list = { .n = 0 };
	own_tracker struct tracker t = { .socket = NULL };
	int r = has_entries() ? tracker_open(&t, e) : 0;

	if (r == 0 && t.socket)
		r = dump(&t, &list, e);
	for (size_t i = 0; r == 0 && i < list.n; i++)
		r = expire(&t, &list.items[i], e);
	return r;
}

/* --- take every port -------------------------------------------------------
 */

static void put_tuple(struct nlmsghdr *nlh, uint16_t which,
		      const struct ip_endpoint *src,
		      const struct ip_endpoint *dst)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, which), *part;

	part = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put(nlh, CTA_IP_V4_SRC, 4, src->addr.bytes);
	mnl_attr_put(nlh, CTA_IP_V4_DST, 4, dst->addr.bytes);
	mnl_attr_nest_end(nlh, part);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, IPPROTO_TCP);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(src->port));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(dst->port));
	mnl_attr_nest_end(nlh, part);
	mnl_attr_nest_end(nlh, tuple);
}

static void put_held(struct nlmsghdr *nlh, const struct ip_endpoint *from,
		     const struct ip_endpoint *to)
{
	struct nlattr *info, *tcp;

	put_tuple(nlh, CTA_TUPLE_ORIG, from, to);
	put_tuple(nlh, CTA_TUPLE_REPLY, to, from);
	mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl(HELD_S));
	mnl_attr_put_u32(nlh, CTA_STATUS,
			 htonl(IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED));
	info = mnl_attr_nest_start(nlh, CTA_PROTOINFO);
	tcp = mnl_attr_nest_start(nlh, CTA_PROTOINFO_TCP);
	mnl_attr_put_u8(nlh, CTA_PROTOINFO_TCP_STATE,
			TCP_CONNTRACK_ESTABLISHED);
	mnl_attr_nest_end(nlh, tcp);
	mnl_attr_nest_end(nlh, info);
}

/* Fill @buf from port *@port on.  Returns: its bytes. */
static size_t fill_buffer(struct tracker *t, char *buf,
			  const struct ip_endpoint *to,
			  struct ip_endpoint *from, int *port)
{
	size_t n = 0;
	bool last;

	do {
		struct nlmsghdr *nlh;

		last = *port == PORT_LAST || n + 2 * ENTRY_BYTES > BUFFER_BYTES;
		from->port = (uint16_t)*port;
		nlh = begin(t, buf + n, IPCTNL_MSG_CT_NEW, AF_INET,
			    NLM_F_CREATE | (last ? NLM_F_ACK : 0));
		put_held(nlh, from, to);
		n += NLMSG_ALIGN(nlh->nlmsg_len);
		(*port)++;
	} while (!last);
	return n;
}

int conntrack_take_ports(const struct ip_addr *from,
			 const struct ip_endpoint *to, struct err *e)
{
	alignas(struct nlmsghdr) char buf[BUFFER_BYTES];
	own_tracker struct tracker t = { .socket = NULL };
	struct ip_endpoint source = { .addr = *from };
	int port = PORT_FIRST, r = tracker_open(&t, e);

	if (r < 0)
		return r;
	while (port <= PORT_LAST) {
		const size_t n = fill_buffer(&t, buf, to, &source, &port);

		if (mnl_socket_sendto(t.socket, buf, n) < 0 ||
		    hear(&t, 0, NULL, NULL) < 0)
			return refused("take every port of NAT", e);
	}
	return 0;
}
