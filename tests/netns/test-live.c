/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a capture sees of traffic in namespaces of its own. */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/capture/live.h"
#include "lab/flow/packet.h"
#include "lab/net/netns.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <poll.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { FRAMES_MAX = 64, WAIT_MS = 5000 };

/* The TCP segments that a handle gave. */
struct seen {
	size_t n;
	struct {
		struct segment s;
		struct frame f;
		uint8_t bytes[256];
	} frames[FRAMES_MAX];
};

static void keep(const struct frame *f, void *arg)
{
	struct seen *seen = arg;
	struct segment s;

	if (packet_decode(f->linktype, f->data, f->captured, f->length, &s) !=
	    PACKET_TCP)
		return;
	assert_true(seen->n < FRAMES_MAX);
	assert_true(f->captured <= sizeof(seen->frames[0].bytes));
	seen->frames[seen->n].s = s;
	seen->frames[seen->n].f = *f;
	memcpy(seen->frames[seen->n].bytes, f->data, f->captured);
	seen->n++;
}

static void drain(struct live *l, struct seen *seen)
{
	struct err e;
	const int r = live_drain(l, keep, seen, &e);

	assert_done(r, &e);
}

static size_t count(const struct seen *seen, uint8_t flags)
{
	size_t n = 0;

	for (size_t i = 0; i < seen->n; i++)
		n += (seen->frames[i].s.flags &
		      (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)) == flags;
	return n;
}

/* Drain until @n segments with those flags are in.  Another processor may
 * still be busy with the last frame, so wait for it, but not for ever. */
static void drain_until(struct live *l, struct seen *seen, uint8_t flags,
			size_t n)
{
	drain(l, seen);
	while (count(seen, flags) < n) {
		struct pollfd p = { .fd = live_fd(l), .events = POLLIN };

		if (poll(&p, 1, WAIT_MS) == 0)
			fail_msg("a segment never came");
		drain(l, seen);
	}
}

static int new_netns(void)
{
	struct err e;
	int fd = -1;
	const int r = netns_new(&fd, &e);

	assert_done(r, &e);
	return fd;
}

/* In the current namespace. */
static void set_up(const char *name, const char *address)
{
	own_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct ifreq r = { .ifr_flags = 0 };

	assert_true(fd >= 0);
	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (address) {
		assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
		memcpy(&r.ifr_addr, &in, sizeof(in));
		assert_int_equal(ioctl(fd, SIOCSIFADDR, &r), 0);
		in.sin_addr.s_addr = htonl(0xffffff00);
		memcpy(&r.ifr_netmask, &in, sizeof(in));
		assert_int_equal(ioctl(fd, SIOCSIFNETMASK, &r), 0);
	}
	r.ifr_flags = IFF_UP;
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &r), 0);
}

static int node_with_lo(void)
{
	own_netns_visit struct netns_visit v = NETNS_VISIT_NONE;
	const int ns = new_netns();
	struct err e;

	assert_int_equal(netns_enter(&v, ns, &e), 0);
	set_up("lo", NULL);
	return ns;
}

/* Two nodes, 10.9.0.1 and 10.9.0.2, joined by a veth pair. */
static void make_wire(int ns[2])
{
	struct nl_sock *nl = nl_socket_alloc();
	struct rtnl_link *near, *far;
	struct err e;

	for (int i = 0; i < 2; i++)
		ns[i] = new_netns();
	assert_int_equal(nl_connect(nl, NETLINK_ROUTE), 0);
	near = rtnl_link_veth_alloc();
	far = rtnl_link_veth_get_peer(near);
	rtnl_link_set_name(near, "v0");
	rtnl_link_set_name(far, "v0");
	rtnl_link_set_ns_fd(near, ns[0]);
	rtnl_link_set_ns_fd(far, ns[1]);
	assert_int_equal(rtnl_link_add(nl, near, NLM_F_CREATE), 0);
	rtnl_link_put(far);
	rtnl_link_put(near);
	nl_socket_free(nl);
	for (int i = 0; i < 2; i++) {
		own_netns_visit struct netns_visit v = NETNS_VISIT_NONE;

		assert_int_equal(netns_enter(&v, ns[i], &e), 0);
		set_up("v0", i ? "10.9.0.2" : "10.9.0.1");
	}
}

static int socket_in(int ns, int type)
{
	own_netns_visit struct netns_visit v = NETNS_VISIT_NONE;
	struct err e;
	int fd;

	assert_int_equal(netns_enter(&v, ns, &e), 0);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	return fd;
}

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(5000) };

	assert_int_equal(inet_pton(AF_INET, text, &a.sin_addr), 1);
	return a;
}

enum closing { BY_FIN, BY_RST };

/* Connect, 64 bytes each way, the client closes, then the server. */
static void exchange(const int ns[2], const char *server, enum closing how)
{
	own_fd int listener = socket_in(ns[1], SOCK_STREAM);
	const struct sockaddr_in a = address(server);
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	const int one = 1;
	char data[64] = "";
	int c = socket_in(ns[0], SOCK_STREAM), s;

	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(listener, (const void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(connect(c, (const void *)&a, sizeof(a)), 0);
	s = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(s >= 0);
	assert_int_equal(send(c, data, sizeof(data), 0), sizeof(data));
	assert_int_equal(recv(s, data, sizeof(data), MSG_WAITALL), 64);
	assert_int_equal(send(s, data, sizeof(data), 0), sizeof(data));
	assert_int_equal(recv(c, data, sizeof(data), MSG_WAITALL), 64);
	if (how == BY_RST)
		(void)setsockopt(c, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(c);
	assert_int_equal(recv(s, data, 1, 0), how == BY_RST ? -1 : 0);
	(void)close(s);
}

static void open_live(const int *ns, size_t n, struct live **ret)
{
	struct err e;
	const int r = live_open(ns, n, NULL, ret, &e);

	assert_done(r, &e);
}

static void lo_shows_each_frame_once(void)
{
	const int ns = node_with_lo(), both[2] = { ns, ns };
	struct seen seen = { .n = 0 };
	struct live *l;

	open_live(&ns, 1, &l);
	exchange(both, "127.0.0.1", BY_FIN);
	drain_until(l, &seen, TCP_FLAG_FIN, 2);
	assert_int_equal(count(&seen, TCP_FLAG_SYN), 2);
	assert_int_equal(count(&seen, TCP_FLAG_FIN), 2);
	for (size_t i = 0; i < seen.n; i++) {
		const struct frame *f = &seen.frames[i].f;

		assert_int_equal(f->interface, 1);
		assert_int_equal(f->outgoing, 0);
		/* from the SLL2 header on, which tells the direction */
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(seen.frames[i].bytes + 20,
						seen.frames[j].bytes + 20,
						f->captured - 20);
	}
	live_close(l);
}

static void the_whole_exchange_is_there_after_close(void)
{
	const int ns = node_with_lo(), both[2] = { ns, ns };
	struct live *l;

	open_live(&ns, 1, &l);
	for (int i = 0; i < 20; i++) {
		struct seen seen = { .n = 0 };
		uint64_t payload = 0;

		exchange(both, "127.0.0.1", BY_RST);
		drain_until(l, &seen, TCP_FLAG_RST, 1);
		for (size_t j = 0; j < seen.n; j++)
			payload += seen.frames[j].s.payload_bytes;
		/* handshake 3, two of 64 bytes and their ACKs, RST */
		assert_int_equal(seen.n, 8);
		assert_int_equal(payload, 128);
		assert_int_equal(count(&seen, TCP_FLAG_SYN), 2);
	}
	live_close(l);
}

/* Each frame leaves one node and enters the other. */
static void a_wire_is_seen_from_both_ends(void)
{
	struct live *l[2];
	int ns[2];

	make_wire(ns);
	open_live(ns, 2, l);
	for (int i = 0; i < 20; i++) {
		struct seen near = { .n = 0 }, far = { .n = 0 };

		exchange(ns, "10.9.0.2", BY_RST);
		drain_until(l[0], &near, TCP_FLAG_RST, 1);
		drain_until(l[1], &far, TCP_FLAG_RST, 1);
		assert_int_equal(near.n, 8);
		assert_int_equal(far.n, 8);
		for (size_t j = 0; j < near.n; j++) {
			const bool by_client =
				near.frames[j].s.dst.port == 5000;

			assert_int_equal(near.frames[j].f.outgoing, by_client);
			assert_int_equal(far.frames[j].f.outgoing, !by_client);
			assert_int_equal(near.frames[j].s.seq,
					 far.frames[j].s.seq);
		}
	}
	live_close(l[0]);
	live_close(l[1]);
}

static void times_are_monotonic_and_those_of_the_exchange(void)
{
	struct seen near = { .n = 0 }, far = { .n = 0 };
	struct live *l[2];
	int64_t from, to;
	int ns[2];

	make_wire(ns);
	open_live(ns, 2, l);
	from = clock_now_ns();
	exchange(ns, "10.9.0.2", BY_RST);
	drain_until(l[0], &near, TCP_FLAG_RST, 1);
	drain_until(l[1], &far, TCP_FLAG_RST, 1);
	to = clock_now_ns();
	for (size_t i = 0; i < near.n; i++) {
		const int64_t left = near.frames[i].f.time_ns;
		const int64_t right = far.frames[i].f.time_ns;

		/* 1 us: the error of measuring the gap of the clocks */
		assert_true(left >= from - 1000 && left <= to + 1000);
		assert_true(right >= from - 1000 && right <= to + 1000);
		if (near.frames[i].f.outgoing)
			assert_true(left <= right);
		else
			assert_true(right <= left);
	}
	live_close(l[0]);
	live_close(l[1]);
}

static void another_namespace_is_not_seen(void)
{
	const int busy = node_with_lo(), quiet = node_with_lo();
	const int both[2] = { busy, busy }, all[2] = { busy, quiet };
	struct seen seen = { .n = 0 }, nothing = { .n = 0 };
	struct live *l[2];

	open_live(all, 2, l);
	exchange(both, "127.0.0.1", BY_RST);
	drain_until(l[0], &seen, TCP_FLAG_RST, 1);
	drain(l[1], &nothing);
	assert_int_equal(nothing.n, 0);
	live_close(l[0]);
	live_close(l[1]);
}

/* @n datagrams to nobody; on lo each takes two places in the ring. */
static void send_datagrams(int ns, int n)
{
	own_fd int fd = socket_in(ns, SOCK_DGRAM);
	own_fd int sink = socket_in(ns, SOCK_DGRAM);
	const struct sockaddr_in a = address("127.0.0.1");

	/* somebody has to own the port, or each is answered by ICMP */
	assert_int_equal(bind(sink, (const void *)&a, sizeof(a)), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(
			sendto(fd, "x", 1, 0, (const void *)&a, sizeof(a)), 1);
}

static void add_one(const struct frame *f, void *arg)
{
	(void)f;
	++*(uint64_t *)arg;
}

static void a_full_buffer_is_counted(void)
{
	const struct live_options small = { .buffer_bytes = 64 << 10 };
	const int ns = node_with_lo();
	uint64_t got = 0, seen = 0, dropped = 0;
	struct live *l;
	struct err e;
	int r = live_open(&ns, 1, &small, &l, &e);

	assert_done(r, &e);
	send_datagrams(ns, 1000);
	r = live_drain(l, add_one, &got, &e);
	assert_done(r, &e);
	assert_int_equal(r, got);
	r = live_stats(l, &seen, &dropped, &e);
	assert_done(r, &e);
	assert_int_equal(seen, got);
	assert_true(got < 1000);
	/* where there is only lo, nobody copies what leaves as well */
	assert_int_equal(got + dropped, 1000);
	live_close(l);
}

static void the_default_buffer_holds_twenty_thousand_frames(void)
{
	const int ns = node_with_lo();
	uint64_t got = 0, seen, dropped;
	struct live *l;
	struct err e;
	int r;

	open_live(&ns, 1, &l);
	send_datagrams(ns, 10000);
	r = live_drain(l, add_one, &got, &e);
	assert_done(r, &e);
	r = live_stats(l, &seen, &dropped, &e);
	assert_done(r, &e);
	assert_int_equal(got, 10000);
	assert_int_equal(dropped, 0);
	live_close(l);
}

static void a_frame_is_cut_at_the_snap_length(void)
{
	const struct live_options o = { .snap_bytes = 96 };
	const int ns = node_with_lo(), both[2] = { ns, ns };
	struct seen seen = { .n = 0 };
	struct live *l;
	struct err e;
	const int r = live_open(&ns, 1, &o, &l, &e);

	assert_done(r, &e);
	exchange(both, "127.0.0.1", BY_RST);
	drain_until(l, &seen, TCP_FLAG_RST, 1);
	for (size_t i = 0; i < seen.n; i++) {
		const struct frame *f = &seen.frames[i].f;

		/* SLL2 20, IPv4 20, TCP 32, payload 64 */
		if (seen.frames[i].s.payload_bytes)
			assert_int_equal(f->length, 136);
		assert_true(f->captured <= 96);
		assert_true(f->captured == f->length || f->captured >= 72);
	}
	live_close(l);
}

static ino_t own_netns(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	return st.st_ino;
}

static void the_caller_stays_where_it_was(void)
{
	const int ns = node_with_lo();
	const ino_t before = own_netns();
	struct live *l;

	open_live(&ns, 1, &l);
	assert_int_equal(own_netns(), before);
	live_close(l);
}

static void give_up(cap_value_t right)
{
	cap_t caps = cap_get_proc();

	assert_non_null(caps);
	assert_int_equal(
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &right, CAP_CLEAR), 0);
	assert_int_equal(cap_set_proc(caps), 0);
	(void)cap_free(caps);
}

static void without_net_raw_the_right_is_named(void)
{
	const int ns = node_with_lo();
	struct live *l = NULL;
	struct err e;

	give_up(CAP_NET_RAW);
	assert_int_equal(live_open(&ns, 1, NULL, &l, &e), -EPERM);
	assert_string_equal(e.text, "start a capture: not permitted; it needs "
				    "CAP_NET_RAW over the namespace");
	assert_int_equal(e.class, ERR_HOST);
	assert_null(l);
}

static void a_descriptor_that_is_no_namespace_is_refused(void)
{
	const int ns[] = { node_with_lo(), -1 };
	struct live *l[2] = { NULL, NULL };
	struct err e;

	assert_int_equal(live_open(ns, 2, NULL, l, &e), -EBADF);
	assert_string_equal(e.text, "enter a node to capture in it: "
				    "Bad file descriptor");
	assert_null(l[0]);
}

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void many_are_closed_at_once(void)
{
	const int ns = node_with_lo(), three[3] = { ns, ns, ns };
	const size_t before = open_descriptors();
	struct live *l[4] = { NULL };

	open_live(three, 3, l);
	assert_true(open_descriptors() > before);
	live_close_all(l, 4); /* the last is NULL */
	assert_int_equal(open_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		netns_test(lo_shows_each_frame_once),
		netns_test(the_whole_exchange_is_there_after_close),
		netns_test(a_wire_is_seen_from_both_ends),
		netns_test(times_are_monotonic_and_those_of_the_exchange),
		netns_test(another_namespace_is_not_seen),
		netns_test(a_full_buffer_is_counted),
		netns_test(the_default_buffer_holds_twenty_thousand_frames),
		netns_test(a_frame_is_cut_at_the_snap_length),
		netns_test(the_caller_stays_where_it_was),
		netns_test(many_are_closed_at_once),
		netns_test(without_net_raw_the_right_is_named),
		netns_test(a_descriptor_that_is_no_namespace_is_refused),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
