/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/control.h"

#include "lab/base/own.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static bool was_ready; /* nobody waits for a sentence any more */

int control_ready(struct err *e)
{
	if (send(CONTROL_FD, "", 1, MSG_NOSIGNAL) < 0)
		return err_errno(e, "tell the lab that it is ready");
	was_ready = true;
	return 0;
}

bool control_closed(void)
{
	char message[64];
	const ssize_t n =
		recv(CONTROL_FD, message, sizeof(message), MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* The lab may hand over descriptors that block. */
static int unblock(int fd, struct err *e)
{
	const int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_errno(e, "descriptor %d", fd);
	return 0;
}

int control_tap(int fd, size_t *ret_header, struct err *e)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	int bytes = 0;

	if (ioctl(fd, TUNGETIFF, &ifr) < 0 || !(ifr.ifr_flags & IFF_TAP) ||
	    !(ifr.ifr_flags & IFF_NO_PI))
		return err_set(e, ERR_BUG, EINVAL,
			       "descriptor %d is no tap device without packet "
			       "information",
			       fd);
	if (ifr.ifr_flags & IFF_VNET_HDR &&
	    ioctl(fd, TUNGETVNETHDRSZ, &bytes) < 0)
		return err_errno(e, "read the size of its headers");
	*ret_header = (size_t)bytes;
	return unblock(fd, e);
}

int control_end(const char *program, int r, const struct err *e)
{
	if (r >= 0)
		return 0;
	if (was_ready || send(CONTROL_FD, e->text, strlen(e->text),
			      MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		(void)fprintf(stderr, "%s: %s\n", program, e->text);
	return err_exit_status(e);
}
