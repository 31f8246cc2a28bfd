/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnl-request - one message to rtnetlink and its answer; private to the
 * rtnl-* files.
 */
#ifndef LAB_NET_RTNL_REQUEST_H
#define LAB_NET_RTNL_REQUEST_H

#include "lab/base/ip.h"
#include "lab/net/rtnl.h"

#include <netlink/msg.h>

/* A failed addition is remembered until the request is sent. */
struct request {
	struct nl_msg *msg;
	bool failed;
};

/* @head: the fixed part, such as a struct ifinfomsg, of @n bytes */
struct request request_new(int type, int flags, const void *head, size_t n);
void request_done(struct request *q);
#define own_request OWN(request_done)

void request_append(struct request *q, const void *data, size_t n);
void request_put(struct request *q, int type, const void *data, size_t n);
void request_put_u32(struct request *q, int type, uint32_t v);
void request_put_str(struct request *q, int type, const char *s);
void request_put_ip(struct request *q, int type, const struct ip_addr *a);
struct nlattr *request_nest(struct request *q, int type);
void request_nest_end(struct request *q, struct nlattr *n);

typedef void (*reply_fn)(struct nlmsghdr *reply, void *arg);

/* Send @q and wait for the acknowledgement; replies before it go to @fn. */
int request_ask(struct rtnl *rt, struct request *q, reply_fn fn, void *arg,
		struct err *e);
int request_tell(struct rtnl *rt, struct request *q, struct err *e);

#endif
