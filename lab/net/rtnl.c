/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  libnl builds and sends the messages: addresses and routes
 * from the objects of libnl-route, links from attributes, because libnl-route
 * 3.7 knows neither a bridge's nor a port's.  The answers are read here: libnl
 * folds many errno values into few of its own and drops the sentence that the
 * kernel adds.  One request is under way at a time.
 */
#include "lab/net/rtnl.h"

#include "lab/net/rtnl-request.h"

#include <netlink/attr.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>

struct rtnl {
	struct nl_sock *sock;
};

int rtnl_open(struct rtnl **ret, struct err *e)
{
	own_rtnl struct rtnl *rt = calloc(1, sizeof(*rt));
	const int on = 1;
	int r;

	if (!rt || !(rt->sock = nl_socket_alloc()))
		return err_no_memory(e);
	errno = 0;
	r = nl_connect(rt->sock, NETLINK_ROUTE);
	if (r < 0 && errno)
		return err_errno(e, "talk to the kernel's network");
	if (r < 0)
		return err_set(e, ERR_SYSTEM, EIO,
			       "talk to the kernel's network: %s",
			       nl_geterror(r));
	/* Sentences, please, but not our own message back.  Kernels too old
	 * for either are understood as well. */
	(void)setsockopt(nl_socket_get_fd(rt->sock), SOL_NETLINK,
			 NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(nl_socket_get_fd(rt->sock), SOL_NETLINK,
			 NETLINK_CAP_ACK, &on, sizeof(on));
	*ret = take_ptr(&rt);
	return 0;
}

void rtnl_close(struct rtnl *rt)
{
	if (!rt)
		return;
	nl_socket_free(rt->sock);
	free(rt);
}

void request_done(struct request *q)
{
	nlmsg_free(q->msg);
}
void request_append(struct request *q, const void *data, size_t n)
{
	/* nlmsg_append() only reads it, but is not declared so. */
	union {
		const void *in;
		void *out;
	} u = { .in = data };

	if (!q->failed)
		q->failed = nlmsg_append(q->msg, u.out, n, NLMSG_ALIGNTO) < 0;
}

struct request request_new(int type, int flags, const void *head, size_t n)
{
	struct request q = { .msg = nlmsg_alloc_simple(type, flags) };

	q.failed = !q.msg;
	request_append(&q, head, n);
	return q;
}

void request_put(struct request *q, int type, const void *data, size_t n)
{
	if (!q->failed)
		q->failed = nla_put(q->msg, type, (int)n, data) < 0;
}

void request_put_u32(struct request *q, int type, uint32_t v)
{
	request_put(q, type, &v, sizeof(v));
}

void request_put_str(struct request *q, int type, const char *s)
{
	request_put(q, type, s, strlen(s) + 1);
}

void request_put_ip(struct request *q, int type, const struct ip_addr *a)
{
	request_put(q, type, a->bytes, ip_addr_bytes(a->family));
}

struct nlattr *request_nest(struct request *q, int type)
{
	struct nlattr *n = q->failed ? NULL : nla_nest_start(q->msg, type);

	q->failed = !n;
	return n;
}

void request_nest_end(struct request *q, struct nlattr *n)
{
	if (!q->failed)
		(void)nla_nest_end(q->msg, n);
}

static enum err_class class_of(int code)
{
	switch (code) {
	case EPERM: /* EACCES is no right that lacks: IPv6 is switched off */
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return ERR_HOST;
	case ENOMEM:
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
		return ERR_SYSTEM;
	default:
		return ERR_INPUT;
	}
}

/*
 * The sentence that came with a refusal, or NULL.
 *
 * Source: include/uapi/linux/netlink.h, struct nlmsgerr
 */
static const char *sentence_of(struct nlmsghdr *ack)
{
	struct nlmsgerr *refusal = nlmsg_data(ack);
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	size_t skip = sizeof(*refusal);

	if (!(ack->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(ack->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(refusal->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (ack->nlmsg_len < NLMSG_HDRLEN + skip ||
	    nla_parse(tb, NLMSGERR_ATTR_MAX,
		      (struct nlattr *)((char *)refusal + skip),
		      (int)(ack->nlmsg_len - NLMSG_HDRLEN - skip), NULL) < 0 ||
	    !tb[NLMSGERR_ATTR_MSG])
		return NULL;
	return nla_get_string(tb[NLMSGERR_ATTR_MSG]);
}

/* What an NLMSG_ERROR says; 0 is the plain acknowledgement. */
static int verdict(struct nlmsghdr *ack, struct err *e)
{
	const struct nlmsgerr *refusal = nlmsg_data(ack);
	const int code = -refusal->error;
	const char *why;

	if (!code)
		return 0;
	why = sentence_of(ack);
	return err_set(e, class_of(code), code, "%s%s%s", why ? why : "",
		       why ? ": " : "", strerror(code));
}

static int receive(struct rtnl *rt, uint32_t seq, reply_fn fn, void *arg,
		   struct err *e)
{
	alignas(struct nlmsghdr) char buf[16384];

	for (;;) {
		ssize_t n =
			recv(nl_socket_get_fd(rt->sock), buf, sizeof(buf), 0);
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, "hear from the kernel's network");
		for (struct nlmsghdr *h = (struct nlmsghdr *)buf;
		     nlmsg_ok(h, left); h = nlmsg_next(h, &left)) {
			if (h->nlmsg_seq != seq)
				continue;
			if (h->nlmsg_type == NLMSG_ERROR)
				return verdict(h, e);
			if (fn)
				fn(h, arg);
		}
	}
}

int request_ask(struct rtnl *rt, struct request *q, reply_fn fn, void *arg,
		struct err *e)
{
	int r;

	if (q->failed)
		return err_no_memory(e);
	r = nl_send_auto(rt->sock, q->msg);
	if (r < 0)
		return err_set(e, ERR_SYSTEM, EIO, "%s", nl_geterror(r));
	return receive(rt, nlmsg_hdr(q->msg)->nlmsg_seq, fn, arg, e);
}

int request_tell(struct rtnl *rt, struct request *q, struct err *e)
{
	return request_ask(rt, q, NULL, NULL, e);
}
