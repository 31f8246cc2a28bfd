/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/netns.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>

/* thread-self, not self: a namespace belongs to a thread, see setns(2). */
#define OWN_NETNS "/proc/thread-self/ns/net"

static int open_own(int *ret_fd, struct err *e)
{
	const int fd = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, "look at the own network namespace (%s)",
				 OWN_NETNS);
	*ret_fd = fd;
	return 0;
}

/*
 * Could we come back to @home?  Without the right over the user namespace
 * that it belongs to we could leave it, but never return.
 */
static bool can_return(int home)
{
	return setns(home, CLONE_NEWNET) == 0;
}

/* Why unshare(2) refuses, and what the user can do. */
static const struct {
	int code;
	const char *why;
} refusals[] = {
	{ EPERM, "not permitted; it needs root, or a user namespace with a "
		 "network namespace of its own" },
	{ EINVAL, "the kernel was built without CONFIG_NET_NS" },
	{ ENOSPC, "the limit is reached; raise the sysctl "
		  "user.max_net_namespaces" },
};

static int refused(int code, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].code == code)
			return err_set(e, ERR_HOST, code,
				       "make a network namespace: %s",
				       refusals[i].why);
	errno = code;
	return err_errno(e, "make a network namespace");
}

int netns_home(int *ret_home, struct err *e)
{
	own_fd int home = -1;
	const int r = open_own(&home, e);

	if (r < 0)
		return r;
	if (!can_return(home))
		return refused(errno, e);
	*ret_home = take_fd(&home);
	return 0;
}

int netns_visit_new(struct netns_visit *v, int home, int *ret_fd, struct err *e)
{
	if (unshare(CLONE_NEWNET) < 0)
		return refused(errno, e);
	*v = (struct netns_visit){ .home = home, .borrowed = true };
	return open_own(ret_fd, e);
}

int netns_new(int *ret_fd, struct err *e)
{
	own_fd int home = -1;
	own_netns_visit struct netns_visit away = NETNS_VISIT_NONE;
	const int r = netns_home(&home, e);

	return r < 0 ? r : netns_visit_new(&away, home, ret_fd, e);
}

int netns_visit(struct netns_visit *v, int home, int fd, struct err *e)
{
	if (setns(fd, CLONE_NEWNET) < 0)
		return err_errno(e, "enter a network namespace");
	*v = (struct netns_visit){ .home = home, .borrowed = true };
	return 0;
}

int netns_enter(struct netns_visit *v, int fd, struct err *e)
{
	own_fd int home = -1;
	int r;

	r = open_own(&home, e);
	if (r < 0)
		return r;
	if (!can_return(home))
		return err_errno(e, "enter a network namespace");
	r = netns_visit(v, home, fd, e);
	if (r < 0)
		return r;
	v->borrowed = false;
	(void)take_fd(&home);
	return 0;
}

void netns_visit_end(struct netns_visit *v)
{
	if (v->home < 0)
		return;
	/* Staying would let the next call change a network that is not the
	 * caller's.  Nothing sound can be done then. */
	if (setns(v->home, CLONE_NEWNET) < 0)
		abort();
	if (!v->borrowed)
		(void)close(v->home);
	v->home = -1;
}
