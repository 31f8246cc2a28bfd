/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/tap.h"

#include "lab/base/own.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#define DEVICE "/dev/net/tun"

static int open_device(int *ret_fd, struct err *e)
{
	own_fd int fd = open(DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
		return err_set(e, ERR_HOST, errno,
			       "the kernel has no tap: load it with "
			       "`modprobe tun`");
	if (fd < 0 && errno == EACCES)
		return err_set(e, ERR_HOST, EACCES,
			       "open " DEVICE ": not permitted; allow it with "
			       "`chmod a+rw " DEVICE "`");
	if (fd < 0)
		return err_errno(e, "open " DEVICE);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* What the other side can take; by default nothing. */
static int set_offloads(int fd, bool on)
{
	const unsigned long flags =
		on ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 : 0;

	return ioctl(fd, TUNSETOFFLOAD, flags);
}

/* Until another one opens it: only one can hold it. */
static int let_go(const struct tap_spec *spec, int fd, struct err *e)
{
	if (ioctl(fd, TUNSETPERSIST, 1) < 0)
		return err_errno(e, "keep tap '%s'", spec->name);
	return 0;
}

int tap_make(const struct tap_spec *spec, int *ret_fd, struct err *e)
{
	struct ifreq want = {
		.ifr_flags = (short)(IFF_TAP | IFF_NO_PI |
				     (spec->open ? 0 : IFF_VNET_HDR)),
	};
	const int header = sizeof(struct virtio_net_hdr);
	own_fd int fd = -1;
	int r;

	r = open_device(&fd, e);
	if (r < 0)
		return r;
	(void)snprintf(want.ifr_name, sizeof(want.ifr_name), "%s", spec->name);
	if (ioctl(fd, TUNSETIFINDEX, &spec->index) < 0 ||
	    ioctl(fd, TUNSETIFF, &want) < 0 ||
	    (!spec->open && ioctl(fd, TUNSETVNETHDRSZ, &header) < 0) ||
	    set_offloads(fd, spec->offloads) < 0)
		return err_errno(e, "make tap '%s'", spec->name);
	if (spec->open) {
		*ret_fd = -1;
		return let_go(spec, fd, e);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
