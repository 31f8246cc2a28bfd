/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Two dumps, one for each family, or one of both in no order.
 * For each the kernel walks the whole table of connections, so its size is the
 * price, not the number of sockets: 5 ms for two with the 262144 buckets that
 * all namespaces of a 24 GiB machine share.  Where the namespace from which
 * nodes are made sets net.ipv4.tcp_child_ehash_entries (Linux 6.1), each node
 * has a table of its own: 0.03 ms with 16384 buckets.
 */
#include "lab/net/sockdiag.h"

#include "lab/base/own.h"
#include "lab/net/netns.h"

#include <arpa/inet.h>
#include <assert.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>

#define NOT_LIVELY (1u << TCP_LISTEN | 1u << TCP_TIME_WAIT | 1u << TCP_CLOSE)

struct sockdiag {
	struct mnl_socket *socket;
	uint32_t sequence;
};

int sockdiag_open(struct sockdiag **ret, int netns, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_mem struct sockdiag *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_no_memory(e);
	r = netns_enter(&visit, netns, e);
	if (r < 0)
		return r;
	s->socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!s->socket && errno == EPROTONOSUPPORT)
		return err_set(e, ERR_HOST, EPROTONOSUPPORT,
			       "the kernel has no inet_diag: load it with "
			       "`modprobe inet_diag tcp_diag`");
	if (!s->socket)
		return err_errno(e, "ask for the sockets of a namespace");
	if (mnl_socket_bind(s->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = err_errno(e, "ask for the sockets of a namespace");
		(void)mnl_socket_close(s->socket);
		return r;
	}
	*ret = take_ptr(&s);
	return 0;
}

void sockdiag_close(struct sockdiag *s)
{
	if (!s)
		return;
	(void)mnl_socket_close(s->socket);
	free(s);
}

/* A walk, and who is told of each socket. */
struct walk {
	uint32_t states;
	sockdiag_fn fn;
	void *arg;
	int stopped; /* what .fn returned */
};

static void read_endpoint(struct ip_endpoint *ret, uint8_t family,
			  const __be32 *address, __be16 port)
{
	*ret = (struct ip_endpoint){
		.addr.family = family == AF_INET ? 4 : 6,
		.port = ntohs(port),
	};
	memcpy(ret->addr.bytes, address, ip_addr_bytes(ret->addr.family));
}

bool sockdiag_read(const struct nlmsghdr *nlh, struct sockdiag_socket *ret)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	const struct inet_diag_sockid *id = &m->id;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m) ||
	    m->idiag_state >= SOCKDIAG_STATES)
		return false;
	*ret = (struct sockdiag_socket){
		.cookie = id->idiag_cookie[0] | (uint64_t)id->idiag_cookie[1]
							<< 32,
		.inode = m->idiag_inode,
		.uid = m->idiag_uid,
		.receive_queue = m->idiag_rqueue,
		.send_queue = m->idiag_wqueue,
		.timer_ms = m->idiag_timer ? m->idiag_expires : 0,
		.state = m->idiag_state,
		.timer = m->idiag_timer,
		.retransmits = m->idiag_retrans,
	};
	read_endpoint(&ret->local, m->idiag_family, id->idiag_src,
		      id->idiag_sport);
	read_endpoint(&ret->remote, m->idiag_family, id->idiag_dst,
		      id->idiag_dport);
	return true;
}

static int on_socket(const struct nlmsghdr *nlh, void *arg)
{
	struct walk *walk = arg;
	struct sockdiag_socket s;

	if (!walk->stopped && sockdiag_read(nlh, &s))
		walk->stopped = walk->fn(&s, walk->arg);
	return MNL_CB_OK;
}

static int send_request(struct sockdiag *s, uint16_t type, const void *request,
			size_t n)
{
	alignas(struct nlmsghdr) char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++s->sequence;
	memcpy(mnl_nlmsg_put_extra_header(nlh, n), request, n);
	return mnl_socket_sendto(s->socket, nlh, nlh->nlmsg_len) < 0 ? -1 : 0;
}

static int ask(struct sockdiag *s, int family, uint32_t states)
{
	const struct inet_diag_req_v2 request = {
		.sdiag_family = (uint8_t)family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = states,
	};
	/* The older request, that for sockets of TCP, knows no family: one
	 * walk shows both.  Source: inet_diag_dump_compat(),
	 * net/ipv4/inet_diag.c, Linux 6.18 */
	const struct inet_diag_req of_both = { .idiag_states = states };

	return family == AF_UNSPEC ? send_request(s, TCPDIAG_GETSOCK, &of_both,
						  sizeof(of_both))
				   : send_request(s, SOCK_DIAG_BY_FAMILY,
						  &request, sizeof(request));
}

static int walk_family(struct sockdiag *s, int family, struct walk *walk,
		       struct err *e)
{
	const unsigned port = mnl_socket_get_portid(s->socket);
	alignas(struct nlmsghdr) char buf[32768];
	int r = ask(s, family, walk->states) < 0 ? MNL_CB_ERROR : MNL_CB_OK;

	while (r > MNL_CB_STOP) {
		const ssize_t n =
			mnl_socket_recvfrom(s->socket, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? MNL_CB_ERROR
			  : mnl_cb_run(buf, (size_t)n, s->sequence, port,
				       on_socket, walk);
	}
	/* ENOENT: a kernel without this family, which then has no sockets */
	if (r < MNL_CB_STOP && !(family == AF_INET6 && errno == ENOENT))
		return err_errno(e, "list the TCP sockets of a namespace");
	return 0;
}

static void write_address(__be32 *to, const struct ip_addr *a)
{
	memcpy(to, a->bytes, ip_addr_bytes(a->family));
}

static int ask_to_destroy(struct sockdiag *s, const struct sockdiag_socket *k)
{
	struct inet_diag_req_v2 request = {
		.sdiag_family = k->local.addr.family == 6 ? AF_INET6 : AF_INET,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = SOCKDIAG_ALL,
		.id = { .idiag_sport = htons(k->local.port),
			.idiag_dport = htons(k->remote.port),
			.idiag_cookie = { (uint32_t)k->cookie,
					  (uint32_t)(k->cookie >> 32) } },
	};
	alignas(struct nlmsghdr) char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	write_address(request.id.idiag_src, &k->local.addr);
	write_address(request.id.idiag_dst, &k->remote.addr);
	nlh->nlmsg_type = SOCK_DESTROY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = ++s->sequence;
	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(request)), &request,
	       sizeof(request));
	return mnl_socket_sendto(s->socket, nlh, nlh->nlmsg_len) < 0 ? -1 : 0;
}

int sockdiag_destroy(struct sockdiag *s, const struct sockdiag_socket *socket,
		     struct err *e)
{
	alignas(struct nlmsghdr) char buf[4096];
	ssize_t n = -1;
	int r = ask_to_destroy(s, socket);

	if (r == 0)
		n = mnl_socket_recvfrom(s->socket, buf, sizeof(buf));
	if (n >= 0)
		r = mnl_cb_run(buf, (size_t)n, s->sequence,
			       mnl_socket_get_portid(s->socket), NULL, NULL);
	if (n >= 0 && (r >= 0 || errno == ENOENT))
		return 0;
	if (errno == EOPNOTSUPP)
		return 1;
	return err_errno(e, "end a TCP socket of a namespace");
}

int sockdiag_each_in(struct sockdiag *s, uint32_t states, sockdiag_fn fn,
		     void *arg, struct err *e)
{
	struct walk walk = { .states = states, .fn = fn, .arg = arg };
	const int r = walk_family(s, AF_UNSPEC, &walk, e);

	return r < 0 ? r : walk.stopped;
}

int sockdiag_each(struct sockdiag *s, sockdiag_fn fn, void *arg, struct err *e)
{
	struct walk walk = { .states = SOCKDIAG_ALL, .fn = fn, .arg = arg };
	int r;

	r = walk_family(s, AF_INET, &walk, e);
	if (r == 0 && !walk.stopped)
		r = walk_family(s, AF_INET6, &walk, e);
	return r < 0 ? r : walk.stopped;
}

static int count_socket(const struct sockdiag_socket *s, void *arg)
{
	struct sockdiag_census *census = arg;

	census->in_state[s->state]++;
	if (!(NOT_LIVELY & 1u << s->state))
		census->lively++;
	return 0;
}

int sockdiag_count(struct sockdiag *s, struct sockdiag_census *ret,
		   struct err *e)
{
	struct sockdiag_census census = { .lively = 0 };
	const int r = sockdiag_each(s, count_socket, &census, e);

	if (r < 0)
		return r;
	*ret = census;
	return 0;
}

/* Source: misc/ss.c of iproute2 6.1, whose words people know */
const char *sockdiag_state_name(uint8_t state)
{
	static const char *const names[SOCKDIAG_STATES] = {
		[TCP_ESTABLISHED] = "ESTAB",
		[TCP_SYN_SENT] = "SYN-SENT",
		[TCP_SYN_RECV] = "SYN-RECV",
		[TCP_FIN_WAIT1] = "FIN-WAIT-1",
		[TCP_FIN_WAIT2] = "FIN-WAIT-2",
		[TCP_TIME_WAIT] = "TIME-WAIT",
		[TCP_CLOSE] = "UNCONN",
		[TCP_CLOSE_WAIT] = "CLOSE-WAIT",
		[TCP_LAST_ACK] = "LAST-ACK",
		[TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING",
		/* a handshake that is not over; dumps say TCP_SYN_RECV */
		[SOCKDIAG_STATES - 1] = "SYN-RECV",
	};
	const char *name = state < SOCKDIAG_STATES ? names[state] : NULL;

	return name ? name : "UNKNOWN";
}

const char *sockdiag_timer_name(uint8_t timer)
{
	static const char *const names[] = {
		[SOCKDIAG_TIMER_OFF] = "off",
		[SOCKDIAG_TIMER_ON] = "on",
		[SOCKDIAG_TIMER_KEEPALIVE] = "keepalive",
		[SOCKDIAG_TIMER_TIMEWAIT] = "timewait",
		[SOCKDIAG_TIMER_PERSIST] = "persist",
	};

	static_assert(ARRAY_SIZE(names) == SOCKDIAG_TIMERS, "all timers");
	return timer < SOCKDIAG_TIMERS ? names[timer] : "unknown";
}
