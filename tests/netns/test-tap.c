/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taps in a net; the case itself is the process that carries their frames. */
#include "tests/netns/netns-test.h"

#include "lab/net/net.h"
#include "lab/net/netns.h"
#include "tests/netns/topology-text.h"

#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sys/socket.h>

enum { FRAME_MAX = 128 << 10, MTU = 1500, PATIENCE_MS = 5000 };

#define WIRE_NODES                                \
	"  - name: a\n"                           \
	"    kind: host\n"                        \
	"    sysctls:\n"                          \
	"      net.ipv4.conf.eth0.rp_filter: 2\n" \
	"    interfaces:\n"                       \
	"      - name: eth0\n"                    \
	"        link: ab\n"                      \
	"        mac: '52:54:00:00:00:01'\n"      \
	"        txqlen: 123\n"                   \
	"        addresses: [192.0.2.1/24]\n"     \
	"  - name: b\n"                           \
	"    kind: host\n"                        \
	"    interfaces:\n"                       \
	"      - name: br0\n"                     \
	"        kind: bridge\n"                  \
	"        addresses: [192.0.2.2/24]\n"     \
	"      - {name: vnet0, link: ab, master: br0, mtu: 1500}\n"

static const char wired[] = HEAD WIRE_NODES "links:\n"
					    "  - {name: ab, kind: wire}\n";

/* Address 10.0.2.15 as with QEMU; nobody is at the other side. */
static const char guest[] =
	"name: t\nsummary: s\nmirrors: m\nclient: g\nserver: h\n"
	"connect: 192.0.2.2:80\nlisten: 192.0.2.2:80\nnodes:\n"
	"  - name: g\n"
	"    kind: guest\n"
	"    interfaces:\n"
	"      - {name: eth0, kind: tap, addresses: [10.0.2.15/24]}\n"
	"    routes:\n"
	"      - {to: default, via: 10.0.2.2}\n"
	"  - name: h\n"
	"    kind: host\n"
	"    interfaces:\n"
	"      - {name: eth0, link: hr, addresses: [192.0.2.2/24]}\n"
	"  - name: r\n"
	"    kind: remote\n"
	"    interfaces:\n"
	"      - {name: eth0, link: hr, addresses: [192.0.2.3/24]}\n"
	"processes:\n"
	"  - {node: h, kind: usernet, guest: 'g:eth0'}\n";

struct lab {
	struct topology topology;
	struct net *net;
};

static void lab_done(struct lab *l)
{
	net_free(l->net);
	topology_done(&l->topology);
}
#define own_lab OWN(lab_done)

static struct lab built(const char *yaml)
{
	struct lab l = { .net = NULL };
	struct err e = { .code = 0 };

	topology_text_load(&l.topology, yaml);
	assert_done(net_build(&l.topology, &l.net, &e), &e);
	return l;
}

static int socket_in(struct net *net, const char *node, int type)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };
	int fd;

	assert_done(netns_enter(&visit, net_node(net, node)->netns, &e), &e);
	fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	return fd;
}

static struct sockaddr_in address(const char *ip, uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons(port) };

	assert_int_equal(inet_pton(AF_INET, ip, &sa.sin_addr), 1);
	return sa;
}

/* Carry all frames that wait at the two ends.  Returns: bytes of the longest
 * frame, its header not counted. */
static size_t carry(const struct net_tap *taps)
{
	static char frame[FRAME_MAX];
	size_t longest = 0;
	bool again = true;

	while (again) {
		again = false;
		for (int i = 0; i < 2; i++) {
			const ssize_t n =
				read(taps[i].fd, frame, sizeof(frame));
			const size_t bytes =
				n < 0 ? 0
				      : (size_t)n -
						sizeof(struct virtio_net_hdr);

			if (n < 0)
				continue;
			again = true;
			longest = bytes > longest ? bytes : longest;
			assert_int_equal(write(taps[!i].fd, frame, (size_t)n),
					 n);
		}
	}
	return longest;
}

/* Carry frames until @fd is ready for @events. */
static size_t carry_until(const struct net *net, int fd, short events)
{
	size_t longest = 0;

	for (;;) {
		struct pollfd p[] = {
			{ .fd = fd, .events = events },
			{ .fd = net->taps[0].fd, .events = POLLIN },
			{ .fd = net->taps[1].fd, .events = POLLIN },
		};
		size_t n;

		assert_true(poll(p, ARRAY_SIZE(p), PATIENCE_MS) > 0);
		if (p[0].revents)
			return longest;
		n = carry(net->taps);
		longest = n > longest ? n : longest;
	}
}

static void connected(const struct lab *l, int *ret_client, int *ret_server)
{
	const struct sockaddr_in sa = address("192.0.2.2", 80);
	own_fd int listener = socket_in(l->net, "b", SOCK_STREAM);
	own_fd int client = socket_in(l->net, "a", SOCK_STREAM);

	assert_int_equal(
		bind(listener, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(
		connect(client, (const struct sockaddr *)&sa, sizeof(sa)), -1);
	assert_int_equal(errno, EINPROGRESS);
	(void)carry_until(l->net, listener, POLLIN);
	*ret_server =
		accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(*ret_server >= 0);
	*ret_client = take_fd(&client);
}

static void the_ends_of_a_wire_stand_in_the_order_of_the_file(void)
{
	own_lab struct lab l = built(wired);
	const struct net_tap *taps = l.net->taps;

	assert_int_equal(l.net->n_taps, 2);
	assert_int_equal(taps[0].node, 0);
	assert_string_equal(l.net->nodes[0].interfaces[taps[0].interface].name,
			    "eth0");
	assert_int_equal(taps[1].node, 1);
	assert_string_equal(l.net->nodes[1].interfaces[taps[1].interface].name,
			    "vnet0");
}

static void frames_pass_by_hand(void)
{
	own_lab struct lab l = built(wired);
	own_fd int client = -1, server = -1;
	char got[8] = "";

	connected(&l, &client, &server);
	assert_int_equal(send(client, "hello", 5, 0), 5);
	(void)carry_until(l.net, server, POLLIN);
	assert_int_equal(recv(server, got, sizeof(got) - 1, 0), 5);
	assert_string_equal(got, "hello");
}

static void a_wire_carries_whole_super_packets(void)
{
	static char data[32 << 10];
	own_lab struct lab l = built(wired);
	own_fd int client = -1, server = -1;
	size_t longest = 0, got = 0;

	connected(&l, &client, &server);
	assert_int_equal(send(client, data, sizeof(data), 0), sizeof(data));
	while (got < sizeof(data)) {
		const size_t n = carry_until(l.net, server, POLLIN);
		const ssize_t r = recv(server, data, sizeof(data), 0);

		longest = n > longest ? n : longest;
		assert_true(r > 0);
		got += (size_t)r;
	}
	assert_true(longest > 2 * MTU);
}

static void broadcast(struct net *net, const char *node, const char *to)
{
	const struct sockaddr_in sa = address(to, 9); /* discard */
	own_fd int fd = socket_in(net, node, SOCK_DGRAM);
	const int on = 1;

	assert_int_equal(
		setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
	assert_int_equal(
		sendto(fd, "x", 1, 0, (const struct sockaddr *)&sa, sizeof(sa)),
		1);
}

/* Flags of the header of the next IPv4 frame. */
static uint8_t header_flags(int tap)
{
	struct {
		struct virtio_net_hdr header;
		struct ether_header ether;
		char rest[MTU];
	} __attribute__((packed)) frame;

	do {
		struct pollfd p = { .fd = tap, .events = POLLIN };

		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		assert_true(read(tap, &frame, sizeof(frame)) > 0);
	} while (frame.ether.ether_type != htons(ETHERTYPE_IP));
	return frame.header.flags;
}

/* libslirp offloads nothing: it must get what is on a cable. */
static void a_user_network_gets_its_checksums_filled_in(void)
{
	own_lab struct lab l = built(guest);

	assert_int_equal(l.net->n_taps, 1);
	broadcast(l.net, "g", "10.0.2.255");
	assert_int_equal(header_flags(l.net->taps[0].fd), 0);
}

static void a_wire_leaves_checksums_to_the_other_end(void)
{
	own_lab struct lab l = built(wired);

	broadcast(l.net, "a", "192.0.2.255");
	assert_int_equal(header_flags(l.net->taps[0].fd),
			 VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

/* What a file below /sys says in a node. */
static void assert_sys(struct net *net, const char *node, const char *file,
		       const char *want)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_fd int fd = -1;
	char path[128], got[64] = "";
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, net_node(net, node)->netns, &e), &e);
	(void)mkdir("/media/sys", 0700);
	if (mount("sysfs", "/media/sys", "sysfs", 0, NULL) < 0)
		netns_skip("mount sysfs: %s", strerror(errno));
	(void)snprintf(path, sizeof(path), "/media/sys/class/net/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, got, sizeof(got) - 1) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	got[strcspn(got, "\n")] = '\0';
	if (strcmp(got, want) != 0)
		fail_msg("%s is '%s', not '%s'", file, got, want);
	(void)close(take_fd(&fd));
	assert_int_equal(umount("/media/sys"), 0);
}

static void attributes_of_the_file_reach_a_tap(void)
{
	own_lab struct lab l = built(wired);
	const struct net_node *a = net_node(l.net, "a");
	char index[16];

	(void)snprintf(index, sizeof(index), "%d", a->interfaces[1].index);
	assert_sys(l.net, "a", "eth0/ifindex", index);
	assert_sys(l.net, "a", "eth0/address", "52:54:00:00:00:01");
	assert_sys(l.net, "a", "eth0/tx_queue_len", "123");
	assert_sys(l.net, "b", "vnet0/tx_queue_len", "1000");
	assert_sys(l.net, "b", "vnet0/mtu", "1500");
	assert_sys(l.net, "b", "vnet0/brport/state", "3"); /* forwarding */
	assert_sys(l.net, "b", "br0/operstate", "up");
}

static void a_tap_has_sysctls_of_its_own(void)
{
	own_lab struct lab l = built(wired);
	const struct net_node *a = net_node(l.net, "a");
	const char *value = "(not recorded)";

	for (size_t i = 0; i < a->n_sysctls; i++)
		if (!strcmp(a->sysctls[i].key, "net.ipv4.conf.eth0.rp_filter"))
			value = a->sysctls[i].value;
	assert_string_equal(value, "2");
}

static void freeing_a_net_closes_its_taps(void)
{
	const unsigned descriptors = open_descriptors();

	{
		own_lab struct lab l = built(wired);

		/* a namespace and a tap for each node */
		assert_int_equal(l.net->n_taps, 2);
		assert_int_equal(open_descriptors(), descriptors + 4);
	}
	assert_int_equal(open_descriptors(), descriptors);
}

static void without_the_module_it_is_named(void)
{
	own_topology struct topology t = { .path = NULL };
	struct net *net = NULL;
	struct err e = { .code = 0 };

	topology_text_load(&t, wired);
	if (mount("tmpfs", "/dev/net", "tmpfs", 0, NULL) < 0)
		netns_skip("hide /dev/net: %s", strerror(errno));
	assert_int_equal(net_build(&t, &net, &e), -ENOENT);
	assert_string_equal(e.text, FILE_NAME
			    ":14:15: node 'a': the kernel has no tap: load "
			    "it with `modprobe tun`");
	assert_int_equal(e.class, ERR_HOST);
	assert_null(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(the_ends_of_a_wire_stand_in_the_order_of_the_file),
		netns_test(frames_pass_by_hand),
		netns_test(a_wire_carries_whole_super_packets),
		netns_test(a_user_network_gets_its_checksums_filled_in),
		netns_test(a_wire_leaves_checksums_to_the_other_end),
		netns_test(attributes_of_the_file_reach_a_tap),
		netns_test(a_tap_has_sysctls_of_its_own),
		netns_test(freeing_a_net_closes_its_taps),
		netns_test(without_the_module_it_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
