/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/fault-parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static int read_ends(int fd, struct inet_diag_req_v2 *req)
{
	struct sockaddr_storage local, peer;
	struct ip_endpoint from, to;
	socklen_t n = sizeof(local), m = sizeof(peer);

	if (getsockname(fd, (struct sockaddr *)&local, &n) < 0 ||
	    getpeername(fd, (struct sockaddr *)&peer, &m) < 0)
		return -1;
	ip_endpoint_from_sockaddr(&local, &from);
	ip_endpoint_from_sockaddr(&peer, &to);
	req->sdiag_family = (uint8_t)local.ss_family;
	req->id.idiag_sport = htons(from.port);
	req->id.idiag_dport = htons(to.port);
	memcpy(req->id.idiag_src, from.addr.bytes,
	       ip_addr_bytes(from.addr.family));
	memcpy(req->id.idiag_dst, to.addr.bytes, ip_addr_bytes(to.addr.family));
	return 0;
}

/* Returns: 0, the errno that the kernel answers, or a negative one. */
static int ask(struct mnl_socket *nl, const struct nlmsghdr *h)
{
	char buf[1024];
	ssize_t n;

	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (n < 0)
		return -errno;
	n = mnl_cb_run(buf, (size_t)n, h->nlmsg_seq, 0, NULL, NULL);
	return n < 0 ? errno : 0;
}

int fault_socket_abort(int connection, struct err *e)
{
	char buf[NLMSG_HDRLEN +
		 NLMSG_ALIGN(sizeof(struct inet_diag_req_v2))] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req;
	struct mnl_socket *nl;
	int r;

	h->nlmsg_type = SOCK_DESTROY;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	req = mnl_nlmsg_put_extra_header(h, sizeof(*req));
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = UINT32_MAX;
	req->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	req->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	if (read_ends(connection, req) < 0)
		return errno; /* it is gone already */
	nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!nl)
		return err_errno(e, "ask for the end of a socket");
	r = ask(nl, h);
	(void)mnl_socket_close(nl);
	if (r >= 0)
		return r;
	errno = -r;
	return err_errno(e, "ask for the end of a socket");
}

int fault_socket_repair(int connection, struct err *e)
{
	const int on = TCP_REPAIR_ON;

	if (setsockopt(connection, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) <
	    0)
		return err_errno(e, "put a connection into repair mode");
	return 0;
}
