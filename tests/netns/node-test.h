/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node-test - a node that is the namespace of the case itself. */
#ifndef TESTS_NODE_TEST_H
#define TESTS_NODE_TEST_H

#include "lab/net/net.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct node_test {
	char name[16];
	struct topology_node spec;
	struct net_node node;
};

/* Fill @n by hand.  Returns: its node; the namespace stays open. */
static inline struct net_node *node_test_here(struct node_test *n,
					      const char *name)
{
	*n = (struct node_test){ .spec = { .name = n->name } };
	(void)snprintf(n->name, sizeof(n->name), "%s", name);
	n->node.spec = &n->spec;
	n->node.netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return &n->node;
}

/* A new namespace has its loopback down. */
static inline int node_test_lo_up(void)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = "lo" };
	int r;

	ifr.ifr_flags = IFF_UP;
	r = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &ifr);
	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* Where the built probes are. */
static inline const char *node_test_libexec(void)
{
	static char path[4096];
	const char *builddir = getenv("builddir");

	(void)snprintf(path, sizeof(path), "%s/probes/bin",
		       builddir ? builddir : ".");
	return path;
}

#endif
