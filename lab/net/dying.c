/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/dying.h"

#include "lab/base/own.h"
#include "lab/net/multicast.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>

struct dying {
	struct multicast multicast;
	bool listening;
};

static const struct multicast_family sock_diag = {
	.protocol = NETLINK_SOCK_DIAG,
	.doing = "hear of the sockets that are destroyed",
};

int dying_open(struct dying **ret, int netns, struct err *e)
{
	own_mem struct dying *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return err_no_memory(e);
	r = multicast_open(&d->multicast, netns, &sock_diag, e);
	if (r < 0)
		return r;
	*ret = take_ptr(&d);
	return 0;
}

void dying_close(struct dying *d)
{
	if (!d)
		return;
	multicast_close(&d->multicast);
	free(d);
}

static int forget(const struct sockdiag_socket *socket, void *arg)
{
	(void)socket;
	(void)arg;
	return 0;
}

int dying_listen(struct dying *d, bool on, struct err *e)
{
	static const int groups[] = { SKNLGRP_INET_TCP_DESTROY,
				      SKNLGRP_INET6_TCP_DESTROY };

	if (on == d->listening)
		return 0;
	if (on) {
		const int r = dying_take(d, forget, NULL, e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		const int r = multicast_join(&d->multicast, groups[i], on);

		if (r == 0)
			continue;
		/* before Linux 4.2, or without IPv6 */
		if (r == -EINVAL || r == -ENOENT)
			return i == 0;
		return err_errno(e, "%s", sock_diag.doing);
	}
	d->listening = on;
	return 0;
}

struct telling {
	sockdiag_fn fn;
	void *arg;
};

static int on_message(const struct nlmsghdr *message, void *arg)
{
	const struct telling *t = arg;
	struct sockdiag_socket s;

	return sockdiag_read(message, &s) ? t->fn(&s, t->arg) : 0;
}

int dying_take(struct dying *d, sockdiag_fn fn, void *arg, struct err *e)
{
	struct telling t = { .fn = fn, .arg = arg };

	return multicast_take(&d->multicast, on_message, &t, e);
}

uint64_t dying_lost(const struct dying *d)
{
	return d->multicast.lost;
}
