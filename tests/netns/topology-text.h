/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology-text - topologies as text, so that messages carry real places. */
#ifndef TESTS_NETNS_TOPOLOGY_TEXT_H
#define TESTS_NETNS_TOPOLOGY_TEXT_H

#include "lab/spec/topology.h"
#include "tests/netns/netns-test.h"

#include <dirent.h>
#include <sys/stat.h>

/* On a tmpfs of the case's own; not /tmp, where the build may be. */
#define FILE_NAME "/media/t.yaml"

#define HEAD                                                      \
	"name: t\nsummary: s\nmirrors: m\nclient: a\nserver: b\n" \
	"connect: 192.0.2.2:80\nlisten: 192.0.2.2:80\nnodes:\n"

/* Line 9 is the first of the nodes. */
#define PAIR_WITH(more_of_a)                                             \
	HEAD "  - name: a\n"                                             \
	     "    kind: host\n"                                          \
	     "    interfaces:\n"                                         \
	     "      - name: eth0\n"                                      \
	     "        kind: veth\n"                                      \
	     "        link: ab\n"                                        \
	     "        addresses: [192.0.2.1/24, fd00::1/64]\n" more_of_a \
	     "  - name: b\n"                                             \
	     "    kind: host\n"                                          \
	     "    interfaces:\n"                                         \
	     "      - name: eth0\n"                                      \
	     "        kind: veth\n"                                      \
	     "        link: ab\n"                                        \
	     "        addresses: [192.0.2.2/24, fd00::2/64]\n"

/* Read it from a file of that name. */
static inline void topology_text_load(struct topology *t, const char *yaml)
{
	own_diags struct spec_diags d = { .errors = 0 };
	struct err e = { .code = 0 };
	int fd;

	if (mount("tmpfs", "/media", "tmpfs", 0, NULL) < 0)
		netns_skip("a private /media: %s", strerror(errno));
	fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
	(void)close(fd);
	if (topology_load(t, FILE_NAME, &d, &e) < 0)
		fail_msg("%s%s", text_str(&d.text), e.text);
}

/* What must be as before when a case is over. */
static inline unsigned open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}

static inline ino_t own_namespace(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	return st.st_ino;
}

#endif
