/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  libslirp ends the guest's TCP connections and opens sockets
 * of the node in their place; it has no loop of its own.  This loop asks it
 * which sockets to poll, polls them with the tap and the control socket, and
 * hands it frames and readiness, in this order, as QEMU does: what a frame has
 * made possible (a SYN that waited for the answer to ARP) is sent at the end
 * of the same look, not half a second later.
 *
 * A guest that has booted has asked for its address, and libslirp knows its
 * MAC address from that.  A namespace does not ask; so its MAC address, which
 * is that of the tap, is announced for it.
 *
 * The tap offloads nothing: libslirp takes frames of at most the MTU, with
 * their checksums, so the guest's kernel cuts and sums before it sends.  The
 * struct virtio_net_hdr before each frame is therefore all zeros.
 */
#include "probes/usernet/usernet.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"
#include "probes/control.h"

#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

enum {
	CONTROL,
	TAP,
	OWN_POLLS, /* those of libslirp come after */
	FRAMES_PER_LOOK = 64,
	HEADER_MAX = 64,      /* virtio headers have 10, 12 or 20 bytes */
	FRAME_MAX = 64 << 10, /* more than the largest MTU of a tap */
	NAME_SERVER = 3,      /* its place in the network, as QEMU's */
};

/* The only kind of timer that libslirp has: router advertisements. */
struct timer {
	SlirpTimerId id;
	void *opaque;
	int64_t due_ms; /* -1: not set */
};

struct loop {
	Slirp *slirp;
	size_t header;
	struct timer timers[SLIRP_TIMER_NUM];
	struct pollfd *polls;
	size_t n_polls, max_polls;
};

/* --- what libslirp calls -------------------------------------------------- */

/* A tap that takes no frame loses it, as a network card would. */
static ssize_t send_packet(const void *frame, size_t n, void *opaque)
{
	static const char zeros[HEADER_MAX];
	const struct loop *l = opaque;
	char *bytes = (char *)(uintptr_t)frame;
	const struct iovec parts[] = {
		{ (char *)(uintptr_t)zeros, l->header },
		{ bytes, n },
	};

	(void)writev(CONTROL_TAP_FD, parts, ARRAY_SIZE(parts));
	return (ssize_t)n;
}

/* What a guest does wrong is its own affair. */
static void guest_error(const char *message, void *opaque)
{
	(void)message;
	(void)opaque;
}

static int64_t now(void *opaque)
{
	(void)opaque;
	return clock_now_ns();
}

static void *timer_new(SlirpTimerId id, void *cb_opaque, void *opaque)
{
	struct loop *l = opaque;

	l->timers[id] = (struct timer){ id, cb_opaque, -1 };
	return &l->timers[id];
}

static void timer_free(void *timer, void *opaque)
{
	struct timer *t = timer;

	(void)opaque;
	t->due_ms = -1;
}

static void timer_mod(void *timer, int64_t due_ms, void *opaque)
{
	struct timer *t = timer;

	(void)opaque;
	t->due_ms = due_ms;
}

/* Every look asks for all descriptors again. */
static void no_matter(int fd, void *opaque)
{
	(void)fd;
	(void)opaque;
}

/* All happens in one thread, and the next look comes by itself. */
static void notify(void *opaque)
{
	(void)opaque;
}

static const SlirpCb callbacks = {
	.send_packet = send_packet,
	.guest_error = guest_error,
	.clock_get_ns = now,
	.timer_new_opaque = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = no_matter,
	.unregister_poll_fd = no_matter,
	.notify = notify,
};

/* --- the loop ------------------------------------------------------------- */

static const struct {
	short poll;
	int slirp;
} event_bits[] = {
	{ POLLIN, SLIRP_POLL_IN },   { POLLOUT, SLIRP_POLL_OUT },
	{ POLLPRI, SLIRP_POLL_PRI }, { POLLERR, SLIRP_POLL_ERR },
	{ POLLHUP, SLIRP_POLL_HUP },
};

static short to_poll(int slirp_events)
{
	int events = 0;

	for (size_t i = 0; i < ARRAY_SIZE(event_bits); i++)
		if (slirp_events & event_bits[i].slirp)
			events |= event_bits[i].poll;
	return (short)events;
}

static int to_slirp(short events)
{
	int slirp_events = 0;

	for (size_t i = 0; i < ARRAY_SIZE(event_bits); i++)
		if (events & event_bits[i].poll)
			slirp_events |= event_bits[i].slirp;
	return slirp_events;
}

/* Returns: the place, or -1, with which libslirp sees no event. */
static int add_poll(int fd, int events, void *opaque)
{
	struct loop *l = opaque;

	if (l->n_polls == l->max_polls) {
		const size_t max = 2 * l->max_polls;
		struct pollfd *polls =
			reallocarray(l->polls, max, sizeof(*polls));

		if (!polls)
			return -1;
		l->polls = polls;
		l->max_polls = max;
	}
	l->polls[l->n_polls] =
		(struct pollfd){ .fd = fd, .events = to_poll(events) };
	return (int)l->n_polls++;
}

static int events_of(int place, void *opaque)
{
	const struct loop *l = opaque;

	return place < 0 ? 0 : to_slirp(l->polls[place].revents);
}

static int64_t now_ms(void)
{
	return clock_now_ns() / NS_PER_MS;
}

/* The smaller of @timeout_ms and the time until a timer is due. */
static uint32_t until_timers(const struct loop *l, uint32_t timeout_ms)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->timers); i++) {
		const int64_t left_ms = l->timers[i].due_ms - now_ms();

		if (l->timers[i].due_ms < 0 || left_ms >= timeout_ms)
			continue;
		timeout_ms = left_ms > 0 ? (uint32_t)left_ms : 0;
	}
	return timeout_ms;
}

static void run_timers(struct loop *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->timers); i++) {
		struct timer *t = &l->timers[i];

		if (t->due_ms < 0 || t->due_ms > now_ms())
			continue;
		t->due_ms = -1;
		slirp_handle_timer(l->slirp, t->id, t->opaque);
	}
}

/* Returns: false when the device is gone. */
static bool read_frames(struct loop *l)
{
	static uint8_t buf[HEADER_MAX + FRAME_MAX];

	for (int i = 0; i < FRAMES_PER_LOOK; i++) {
		const ssize_t n = read(CONTROL_TAP_FD, buf, sizeof(buf));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if ((size_t)n > l->header)
			slirp_input(l->slirp, buf + l->header,
				    (int)((size_t)n - l->header));
	}
	return true;
}

/* Poll until something happens.
 * Returns: whether a signal came in between, or a negative errno. */
static int wait_for_events(struct loop *l, struct err *e)
{
	uint32_t timeout_ms = UINT32_MAX;
	bool failed;

	l->n_polls = OWN_POLLS;
	slirp_pollfds_fill(l->slirp, &timeout_ms, add_poll, l);
	timeout_ms = until_timers(l, timeout_ms);
	failed = poll(l->polls, l->n_polls,
		      timeout_ms > INT32_MAX ? -1 : (int)timeout_ms) < 0;
	if (failed && errno != EINTR)
		return err_errno(e, "wait for sockets");
	if (failed)
		for (size_t i = 0; i < l->n_polls; i++)
			l->polls[i].revents = 0;
	return failed;
}

static int serve(struct loop *l, struct err *e)
{
	for (;;) {
		const int r = wait_for_events(l, e);

		if (r < 0)
			return r;
		if (l->polls[CONTROL].revents && control_closed())
			return 0;
		if (l->polls[TAP].revents && !read_frames(l))
			l->polls[TAP].fd = -1; /* its namespace ended */
		slirp_pollfds_poll(l->slirp, r, events_of, l);
		run_timers(l);
	}
}

/* --- getting ready -------------------------------------------------------- */

/* The @place-th address of @network; @place 0 is its prefix. */
static struct ip_addr address_in(const struct ip_prefix *network, uint8_t place)
{
	const size_t bytes = ip_addr_bytes(network->addr.family);
	struct ip_addr a = network->addr;

	for (size_t bit = network->length; bit < 8 * bytes; bit++)
		a.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	a.bytes[bytes - 1] |= place;
	return a;
}

static struct in_addr to_in(const struct ip_addr *a)
{
	struct in_addr in;

	memcpy(&in, a->bytes, sizeof(in));
	return in;
}

static struct in6_addr to_in6(const struct ip_addr *a)
{
	struct in6_addr in6;

	memcpy(&in6, a->bytes, sizeof(in6));
	return in6;
}

static void configure4(SlirpConfig *c, const struct usernet *u)
{
	const struct ip_addr network = address_in(&u->guest, 0);
	const struct ip_addr dns = address_in(&u->guest, NAME_SERVER);
	const uint8_t length = u->guest.length;

	c->in_enabled = true;
	c->vnetwork = to_in(&network);
	c->vnetmask.s_addr = length ? htonl(UINT32_MAX << (32 - length)) : 0;
	c->vhost = to_in(&u->gateway);
	c->vnameserver = to_in(&dns);
	c->vdhcp_start = to_in(&u->guest.addr);
}

static void configure6(SlirpConfig *c, const struct usernet *u)
{
	const struct ip_addr network = address_in(&u->guest6, 0);
	const struct ip_addr dns = address_in(&u->guest6, NAME_SERVER);

	c->in6_enabled = true;
	c->vprefix_addr6 = to_in6(&network);
	c->vprefix_len = u->guest6.length;
	c->vhost6 = to_in6(&u->gateway6);
	c->vnameserver6 = to_in6(&dns);
}

static int open_slirp(struct loop *l, const struct usernet *u, struct err *e)
{
	SlirpConfig c = { .version = 4, .restricted = u->restricted };

	if (u->guest.addr.family)
		configure4(&c, u);
	if (u->guest6.addr.family)
		configure6(&c, u);
	l->slirp = slirp_new(&c, &callbacks, l);
	if (!l->slirp)
		return err_set(e, ERR_SYSTEM, ENOMEM,
			       "libslirp %s refuses these settings",
			       slirp_version_string());
	return 0;
}

static int add_forward(struct loop *l, const struct usernet_forward *f,
		       struct err *e)
{
	struct sockaddr_storage listen, connect;
	const socklen_t n = ip_endpoint_to_sockaddr(&f->listen, &listen);
	const socklen_t m = ip_endpoint_to_sockaddr(&f->connect, &connect);
	char text[IP_TEXT_MAX];

	errno = 0;
	if (slirp_add_hostxfwd(l->slirp, (struct sockaddr *)&listen, n,
			       (struct sockaddr *)&connect, m,
			       SLIRP_HOSTFWD_V6ONLY) == 0)
		return 0;
	return err_set(e, ERR_INPUT, errno ? errno : EINVAL,
		       "cannot listen at %s: %s",
		       ip_endpoint_text(&f->listen, text),
		       strerror(errno ? errno : EINVAL));
}

static int open_tap(struct loop *l, struct err *e)
{
	const int r = control_tap(CONTROL_TAP_FD, &l->header, e);

	if (r < 0)
		return r;
	if (l->header > HEADER_MAX)
		return err_set(e, ERR_BUG, EINVAL,
			       "the tap has headers of %zu bytes", l->header);
	if (ioctl(CONTROL_TAP_FD, TUNSETOFFLOAD, 0UL) < 0)
		return err_errno(e, "switch the tap's offloads off");
	return 0;
}

/* An ARP announcement of the guest.  Source: RFC 5227 2.3, RFC 826 */
static int announce_guest(struct loop *l, const struct ip_addr *guest,
			  struct err *e)
{
	struct {
		struct ether_header ethernet;
		struct ether_arp arp;
	} frame = {
		.ethernet.ether_type = htons(ETHERTYPE_ARP),
		.arp.arp_hrd = htons(ARPHRD_ETHER),
		.arp.arp_pro = htons(ETHERTYPE_IP),
		.arp.arp_hln = ETH_ALEN,
		.arp.arp_pln = sizeof(frame.arp.arp_spa),
		.arp.arp_op = htons(ARPOP_REQUEST),
	};
	struct ifreq ifr = { .ifr_flags = 0 };

	if (ioctl(CONTROL_TAP_FD, SIOCGIFHWADDR, &ifr) < 0)
		return err_errno(e, "read the MAC address of the tap");
	memset(frame.ethernet.ether_dhost, 0xff, ETH_ALEN);
	memcpy(frame.ethernet.ether_shost, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	memcpy(frame.arp.arp_sha, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	memcpy(frame.arp.arp_spa, guest->bytes, sizeof(frame.arp.arp_spa));
	memcpy(frame.arp.arp_tpa, guest->bytes, sizeof(frame.arp.arp_tpa));
	slirp_input(l->slirp, (const uint8_t *)&frame, sizeof(frame));
	return 0;
}

static int open_loop(struct loop *l, const struct usernet *u, struct err *e)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(l->timers); i++)
		l->timers[i].due_ms = -1;
	l->max_polls = 16;
	l->polls = calloc(l->max_polls, sizeof(*l->polls));
	if (!l->polls)
		return err_errno(e, "poll");
	l->polls[CONTROL] = (struct pollfd){ CONTROL_FD, POLLIN, 0 };
	l->polls[TAP] = (struct pollfd){ CONTROL_TAP_FD, POLLIN, 0 };
	r = open_tap(l, e);
	if (r == 0)
		r = open_slirp(l, u, e);
	if (r == 0 && u->guest.addr.family)
		r = announce_guest(l, &u->guest.addr, e);
	for (size_t i = 0; r == 0 && i < u->n_forwards; i++)
		r = add_forward(l, &u->forwards[i], e);
	return r;
}

static void close_loop(struct loop *l)
{
	if (l->slirp)
		slirp_cleanup(l->slirp);
	free(l->polls);
}

int usernet_run(const struct usernet *u, struct err *e)
{
	struct loop l = { .slirp = NULL };
	int r = open_loop(&l, u, e);

	if (r == 0)
		r = control_ready(e);
	if (r == 0)
		r = serve(&l, e);
	close_loop(&l);
	return r;
}
