/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  /proc/net/snmp and /proc/net/netstat are pairs of lines:
 *
 *   Tcp: RtoAlgorithm RtoMin RtoMax ... OutRsts InCsumErrors
 *   Tcp: 1 200 120000 ... 0 0
 *
 * Names and numbers are walked side by side.  Columns differ between kernels,
 * so names count, not places; a name that a kernel lacks stays 0.
 */
#include "lab/net/counters.h"

#include "lab/base/own.h"
#include "lab/net/netns.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>

enum { FILE_SNMP, FILE_NETSTAT, FILE_MPTCP, FILES };

static const struct {
	const char *path;
	const char *group; /* the only one of interest in it */
} files[FILES] = {
	[FILE_SNMP] = { "/proc/thread-self/net/snmp", "Tcp: " },
	[FILE_NETSTAT] = { "/proc/thread-self/net/netstat", "TcpExt: " },
	[FILE_MPTCP] = { "/proc/thread-self/net/netstat", "MPTcpExt: " },
};

static const struct {
	int file;
	const char *name;
} rows[] = {
#define SNMP			FILE_SNMP
#define NETSTAT			FILE_NETSTAT
#define MPTCP			FILE_MPTCP
#define COUNTER(id, file, name) [COUNTER_##id] = { file, name },
#include "lab/spec/counters.def"
#undef COUNTER
};
static_assert(ARRAY_SIZE(rows) == COUNTERS, "one row for each counter");

enum { CONTENT_MAX = 32768 }; /* bytes; netstat has 6 KiB in 6.18 */

struct counter_source {
	int fds[FILES];
	char content[CONTENT_MAX];
};

const char *counter_name(enum counter c)
{
	return rows[c].name;
}

int counters_open(struct counter_source **ret, int netns, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct counter_source *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_no_memory(e);
	for (size_t i = 0; i < FILES; i++)
		s->fds[i] = -1;
	r = netns_enter(&visit, netns, e);
	for (size_t i = 0; r == 0 && i < FILES; i++) {
		s->fds[i] = open(files[i].path, O_RDONLY | O_CLOEXEC);
		if (s->fds[i] < 0)
			r = err_errno(e, "open the counters (%s)",
				      files[i].path);
	}
	if (r < 0) {
		counters_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void counters_close(struct counter_source *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < FILES; i++)
		own_fd_release(&s->fds[i]);
	free(s);
}

static int read_all(struct counter_source *s, int file, struct err *e)
{
	size_t used = 0;
	ssize_t n;

	do {
		n = pread(s->fds[file], s->content + used,
			  CONTENT_MAX - 1 - used, (off_t)used);
		if (n < 0)
			return err_errno(e, "read the counters (%s)",
					 files[file].path);
		used += (size_t)n;
	} while (n > 0 && used < CONTENT_MAX - 1);
	s->content[used] = '\0';
	return 0;
}

static void store(int file, const char *name, size_t n, int64_t value,
		  struct counters *ret)
{
	for (size_t i = 0; i < COUNTERS; i++)
		if (rows[i].file == file && !strncmp(rows[i].name, name, n) &&
		    !rows[i].name[n])
			ret->value[i] = value;
}

/* Walk a line of names and the line of numbers below it. */
static void parse(int file, const char *content, struct counters *ret)
{
	const size_t skip = strlen(files[file].group);
	const char *names = strstr(content, files[file].group);
	const char *values =
		names ? strstr(names + skip, files[file].group) : NULL;

	if (!values)
		return;
	names += skip;
	values += skip;
	while (*names && *names != '\n') {
		const size_t n = strcspn(names, " \n");
		char *end;
		const int64_t value = strtoll(values, &end, 10);

		if (end == values)
			return;
		store(file, names, n, value, ret);
		names += n + (names[n] == ' ');
		values = end;
	}
}

int counters_read(struct counter_source *s, struct counters *ret, struct err *e)
{
	struct counters now = { .value = { 0 } };

	for (int i = 0; i < FILES; i++) {
		const bool again =
			i && !strcmp(files[i].path, files[i - 1].path);
		const int r = again ? 0 : read_all(s, i, e);

		if (r < 0)
			return r;
		parse(i, s->content, &now);
	}
	*ret = now;
	return 0;
}
