/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: Documentation/networking/ip-sysctl.rst, Linux 6.18; sysctl(8) */
#include "lab/net/sysctl.h"

#include "lab/base/own.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#define ROOT "/proc/sys/"

/* Below ROOT; sysctl(8): the first separator says which one separates. */
static void path_of(const char *key, char *path, size_t n)
{
	const size_t root = strlen(ROOT);
	bool dots;

	(void)snprintf(path, n, "%s%s", ROOT, key);
	dots = path[root + strcspn(path + root, "./")] == '.';
	for (char *p = path + root; dots && *p; p++) {
		if (*p == '.')
			*p = '/';
		else if (*p == '/')
			*p = '.';
	}
}

static int path_checked(const char *key, char *path, size_t n, struct err *e)
{
	if (strlen(key) + strlen(ROOT) >= n)
		return err_set(e, ERR_INPUT, ENAMETOOLONG,
			       "sysctl '%.32s...' has too long a name", key);
	path_of(key, path, n);
	if (strncmp(path, ROOT "net/", strlen(ROOT "net/")) != 0 ||
	    strstr(path, "/../") || strstr(path, "//"))
		return err_set(e, ERR_INPUT, EINVAL,
			       "sysctl '%s' is not of a network namespace; "
			       "only net.* is",
			       key);
	return 0;
}

bool sysctl_is_present(const char *key)
{
	char path[SYSCTL_VALUE_MAX];
	struct err ignored;

	return path_checked(key, path, sizeof(path), &ignored) == 0 &&
	       access(path, F_OK) == 0;
}

bool sysctl_interface(const char *key, char *buf)
{
	static const char *const always[] = { "all", "default", "lo" };
	char path[SYSCTL_VALUE_MAX], family[32], group[32];
	size_t n = 0;

	path_of(key, path, sizeof(path));
	if (sscanf(path, ROOT "net/%31[^/]/%31[^/]/%zn", family, group, &n) !=
		    2 ||
	    !n || (strcmp(group, "conf") != 0 && strcmp(group, "neigh") != 0))
		return false;
	(void)snprintf(buf, SYSCTL_VALUE_MAX, "%.*s",
		       (int)strcspn(path + n, "/"), path + n);
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if (!strcmp(buf, always[i]))
			return false;
	return true;
}

/* Tabs and line ends that the kernel puts between words become one space. */
static void tidy(char *s)
{
	char *out = s;

	for (char *p = s; *p; p++) {
		if (!isspace((unsigned char)*p))
			*out++ = *p;
		else if (out > s && out[-1] != ' ')
			*out++ = ' ';
	}
	if (out > s && out[-1] == ' ')
		out--;
	*out = '\0';
}

static int read_value(int fd, const char *key, char *buf, struct err *e)
{
	const ssize_t n = pread(fd, buf, SYSCTL_VALUE_MAX - 1, 0);

	if (n < 0)
		return err_errno(e, "read sysctl '%s'", key);
	buf[n] = '\0';
	tidy(buf);
	return 0;
}

static int no_such_key(const char *key, struct err *e)
{
	if (!strncmp(key, "net.bridge.", strlen("net.bridge.")))
		return err_set(e, ERR_HOST, ENOENT,
			       "the kernel has no sysctl '%s': load it with "
			       "`modprobe br_netfilter`",
			       key);
	if (!strncmp(key, "net.netfilter.nf_conntrack",
		     strlen("net.netfilter.nf_conntrack")))
		return err_set(e, ERR_HOST, ENOENT,
			       "the kernel has no sysctl '%s': load it with "
			       "`modprobe nf_conntrack`",
			       key);
	return err_set(e, ERR_HOST, ENOENT,
		       "the kernel has no sysctl '%s': is it spelt right, or "
		       "newer than this kernel?",
		       key);
}

static int open_key(const char *key, int flags, int *ret_fd, struct err *e)
{
	char path[SYSCTL_VALUE_MAX];
	int fd, r;

	r = path_checked(key, path, sizeof(path), e);
	if (r < 0)
		return r;
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return no_such_key(key, e);
	if (fd < 0 && errno == EROFS)
		return err_set(
			e, ERR_HOST, EROFS,
			"set sysctl '%s': /proc/sys is mounted read-only "
			"here, as in an unprivileged container",
			key);
	if (fd < 0)
		return err_errno(e, "set sysctl '%s'", key);
	*ret_fd = fd;
	return 0;
}

int sysctl_get(const char *key, char *ret_value, struct err *e)
{
	own_fd int fd = -1;
	int r;

	r = open_key(key, O_RDONLY, &fd, e);
	return r < 0 ? r : read_value(fd, key, ret_value, e);
}

static int refused_value(const char *key, const char *value, struct err *e)
{
	const int code = errno;
	int r = err_errno(e, "set sysctl '%s' to '%s'", key, value);

	if (code == EINVAL || code == ERANGE)
		e->class = ERR_INPUT;
	else if (code == ENOENT) /* an algorithm that is not there */
		e->class = ERR_HOST;
	return r;
}

static int set_open(int fd, const char *key, const char *value, char *ret_value,
		    struct err *e)
{
	char wanted[SYSCTL_VALUE_MAX], now[SYSCTL_VALUE_MAX];
	enum sysctl_outcome outcome = SYSCTL_WAS;
	int r;

	(void)snprintf(wanted, sizeof(wanted), "%s", value);
	tidy(wanted);
	r = read_value(fd, key, now, e);
	if (r < 0)
		return r;
	/* Most are right already, and some writes take the RTNL lock. */
	if (strcmp(now, wanted) != 0) {
		if (pwrite(fd, wanted, strlen(wanted), 0) < 0)
			return refused_value(key, wanted, e);
		r = read_value(fd, key, now, e);
		if (r < 0)
			return r;
		outcome = SYSCTL_WRITTEN;
	}
	if (strcmp(now, wanted) != 0)
		return err_set(e, ERR_INPUT, EINVAL,
			       "set sysctl '%s' to '%s': the kernel made it "
			       "'%s'",
			       key, wanted, now);
	(void)snprintf(ret_value, SYSCTL_VALUE_MAX, "%s", now);
	return (int)outcome;
}

int sysctl_set(const char *key, const char *value, char *ret_value,
	       struct err *e)
{
	own_fd int fd = -1;
	const int r = open_key(key, O_RDWR, &fd, e);

	return r < 0 ? r : set_open(fd, key, value, ret_value, e);
}

int sysctl_set_if_present(const char *key, const char *value, char *ret_value,
			  struct err *e)
{
	own_fd int fd = -1;
	const int r = open_key(key, O_RDWR, &fd, e);

	if (r == -ENOENT)
		return SYSCTL_ABSENT;
	return r < 0 ? r : set_open(fd, key, value, ret_value, e);
}

enum sysctl_stage sysctl_stage_of(const char *key)
{
	char interface[SYSCTL_VALUE_MAX];

	if (sysctl_interface(key, interface))
		return SYSCTL_STAGE_LINKS;
	return strncmp(key, "net.netfilter.", strlen("net.netfilter.")) == 0
		       ? SYSCTL_STAGE_RULES
		       : SYSCTL_STAGE_EMPTY;
}
