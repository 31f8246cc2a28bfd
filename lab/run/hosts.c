/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A file system in memory is mounted over /tmp just long enough
 * to bind the files in it to their places, where they stay.
 */
#include "lab/run/hosts.h"

#include "lab/base/own.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOUR "127.0.0.1 localhost\n"
#define SIX  "::1 localhost\n"

static const char *const lines[] = {
	[LOCALHOST_NONE] = "",
	[LOCALHOST_4] = FOUR,
	[LOCALHOST_6] = SIX,
	[LOCALHOST_BOTH] = SIX FOUR,
};

static int refuse(const char *path, struct err *e)
{
	return err_set(e, ERR_HOST, errno, "give it a %s of its own: %s", path,
		       strerror(errno));
}

static int put(const char *path, const char *text, struct err *e)
{
	static const char made[] = "/tmp/it";
	own_fd int fd =
		open(made, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	const size_t n = strlen(text);

	if (fd < 0 || fchmod(fd, 0644) < 0 || write(fd, text, n) < (ssize_t)n ||
	    mount(made, path, NULL, MS_BIND, NULL) < 0)
		return refuse(path, e);
	/* the next one is another file */
	return unlink(made) < 0 ? refuse(path, e) : 0;
}

int hosts_enter(enum localhost which, struct err *e)
{
	static const char hosts[] = "/etc/hosts";
	static const char order[] = "/etc/nsswitch.conf";
	int r;

	if (which == LOCALHOST_NONE)
		return 0;
	if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, NULL) < 0)
		return refuse(hosts, e);
	r = put(hosts, lines[which], e);
	/* a C library without name service switch has none */
	if (r == 0 && access(order, F_OK) == 0)
		r = put(order, "hosts: files\npasswd: files\ngroup: files\n",
			e);
	(void)umount2("/tmp", MNT_DETACH);
	return r;
}
