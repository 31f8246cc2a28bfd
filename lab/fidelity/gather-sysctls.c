/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sysctls of the namespace that the thread is in: /proc/sys/net shows each
 * task its own. */
#include "lab/fidelity/gather.h"

#include "lab/base/own.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { VALUE_MAX = 256, KEY_MAX = 192 };

/* Directories whose files are read, below /proc/sys/net.  A "*" stands for
 * all, default, and each interface worth looking at. */
static const char *const places[] = {
	"ipv4", "ipv4/conf/*", "ipv6/conf/*", "bridge", "netfilter",
};

/* Not about the network, drawn at random, counts, or of the machine: what the
 * namespace cannot have of its own says nothing about it. */
static const char *const passed_over[] = {
	"net.ipv4.tcp_fastopen_key",
	"net.ipv4.tcp_ehash_entries",
	"net.ipv4.udp_hash_entries",
	"net.netfilter.nf_conntrack_count",
	"stable_secret",
	NULL,
};

static bool is_passed_over(const char *key)
{
	for (size_t i = 0; passed_over[i]; i++)
		if (strstr(key, passed_over[i]))
			return true;
	return false;
}

/* Returns: false when it cannot be read. */
static bool read_value(int dir, const char *name, char *value)
{
	own_fd int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	n = read(fd, value, VALUE_MAX - 1);
	if (n <= 0)
		return false;
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	for (char *p = value; *p; p++)
		if (*p == '\t')
			*p = ' ';
	return true;
}

/* @prefix: of the keys, "net.ipv4.conf.docker0" */
static void read_files(const struct gather *g, const char *path,
		       const char *prefix, struct facts *f)
{
	own_dir DIR *d = opendir(path);
	char key[KEY_MAX], value[VALUE_MAX];
	const struct dirent *entry;

	while (d && (entry = readdir(d)) != NULL) {
		if (snprintf(key, sizeof(key), "%s.%s", prefix,
			     entry->d_name) >= (int)sizeof(key))
			continue;
		if (entry->d_name[0] != '.' && !is_passed_over(key) &&
		    read_value(dirfd(d), entry->d_name, value))
			facts_add(f, FACT_SYSCTLS, g->node, key, value);
	}
}

/* "ipv4/conf/" of one interface, under its normal name. */
static void read_interface(const struct gather *g, const char *place,
			   const struct gather_name *name, struct facts *f)
{
	char path[KEY_MAX], prefix[KEY_MAX];

	(void)snprintf(path, sizeof(path), "/proc/sys/net/%.*s%s",
		       (int)strcspn(place, "*"), place, name->actual);
	(void)snprintf(prefix, sizeof(prefix), "net.%.4s.conf.%s", place,
		       name->normal);
	read_files(g, path, prefix, f);
}

int gather_sysctls(const struct gather *g, struct facts *f, struct err *e)
{
	static const struct gather_name always[] = { { "all", "all" },
						     { "default", "default" } };
	char path[KEY_MAX], prefix[KEY_MAX], somaxconn[VALUE_MAX];

	if (!read_value(AT_FDCWD, "/proc/sys/net/core/somaxconn", somaxconn))
		return err_errno(e, "read sysctls");
	facts_add(f, FACT_SYSCTLS, g->node, "net.core.somaxconn", somaxconn);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!strchr(places[i], '*')) {
			(void)snprintf(path, sizeof(path), "/proc/sys/net/%s",
				       places[i]);
			(void)snprintf(prefix, sizeof(prefix), "net.%s",
				       places[i]);
			read_files(g, path, prefix, f);
			continue;
		}
		for (size_t k = 0; k < ARRAY_SIZE(always); k++)
			read_interface(g, places[i], &always[k], f);
		for (size_t k = 0; k < g->n_names; k++)
			read_interface(g, places[i], &g->names[k], f);
	}
	return 0;
}
