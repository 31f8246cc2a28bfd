/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Two sides close at the same time when neither has heard of
 * the other's FIN.  On a wire without delay that is a matter of luck; here the
 * packet filter of each node drops the FINs that come in for one connection,
 * until the script lets them pass.  The sockets send them again by
 * themselves.  The segments are on the wire, so the capture sees them.
 */
#include "lab/base/ip.h"
#include "lab/base/side.h"
#include "lab/run/fault-parts.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

static int port_of(int fd, int (*name)(int, struct sockaddr *, socklen_t *),
		   struct err *e)
{
	struct sockaddr_storage sa;
	struct ip_endpoint ep = { .port = 0 };
	socklen_t n = sizeof(sa);

	if (name(fd, (struct sockaddr *)&sa, &n) < 0)
		return errno == ENOTCONN
			       ? 0
			       : err_errno(e, "the ports of a connection");
	ip_endpoint_from_sockaddr(&sa, &ep);
	return ep.port;
}

/* Where both ends share a node, the ports tell them apart. */
int fault_fin_rules(int connection, int side, char *ret, size_t bytes,
		    struct err *e)
{
	const int local = port_of(connection, getsockname, e);
	const int remote = port_of(connection, getpeername, e);

	if (local <= 0 || remote <= 0)
		return local < 0 ? local : remote < 0 ? remote : ENOTCONN;
	(void)snprintf(
		ret, bytes,
		"table inet rstlab-fins-%s {\n"
		" chain input {\n"
		"  type filter hook input priority 300;\n"
		"  tcp dport %d tcp sport %d tcp flags & fin == fin drop\n"
		" }\n"
		"}\n",
		side_names[side], local, remote);
	return 0;
}

void fault_fin_end_rules(int side, char *ret, size_t bytes)
{
	(void)snprintf(ret, bytes, "delete table inet rstlab-fins-%s\n",
		       side_names[side]);
}
