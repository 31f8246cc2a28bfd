/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links with an entry of their own, and processes. */
#include "lab/spec/topology.h"

#include "tests/unit/spec-test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Lines 1 to 7, and nodes whose lines do not matter: they stand last. */
#define HEAD                                                      \
	"name: t\nsummary: s\nmirrors: m\nclient: a\nserver: b\n" \
	"connect: 192.0.2.1:8080\nlisten: 192.0.2.1:8080\n"
#define NODES                                                        \
	"nodes:\n"                                                   \
	"  - name: a\n    kind: host\n    interfaces:\n"             \
	"      - {name: eth0, link: l, addresses: [192.0.2.2/24]}\n" \
	"  - name: b\n    kind: host\n    interfaces:\n"             \
	"      - {name: eth0, link: l, addresses: [192.0.2.1/24, "   \
	"'fd00::1/64']}\n"
#define GUEST                                              \
	"  - name: vm\n    kind: guest\n    interfaces:\n" \
	"      - {name: eth0, kind: tap, addresses: [10.0.2.15/24]}\n"

static int read_topology(const char *path, struct spec_diags *d, struct err *e)
{
	own_topology struct topology t = { .name = NULL };

	return topology_load(&t, path, d, e);
}

/* clang-format off */
static const struct bad_file bad[] = {
	{ "an entry of a link that no interface names",
	  HEAD "links: [{name: k, kind: wire}]\n" NODES,
	  "t.yaml:8:16: error: no interface names link 'k' (did you mean 'l'?)\n"
	  "    8 | links: [{name: k, kind: wire}]\n"
	  "      |                ^\n" },
	{ "two entries of one link",
	  HEAD "links:\n  - {name: l, kind: wire}\n  - {name: l, kind: veth}\n" NODES,
	  "t.yaml:10:12: error: link 'l' a second time (first in line 9)\n"
	  "   10 |   - {name: l, kind: veth}\n"
	  "      |            ^\n" },
	{ "a link of no kind",
	  HEAD "links: [{name: l}]\n" NODES,
	  "t.yaml:8:9: error: link has no 'kind' (veth, wire or netem)\n"
	  "    8 | links: [{name: l}]\n"
	  "      |         ^\n" },
	{ "a wire with one end",
	  HEAD "links: [{name: l, kind: wire}]\n"
	  "nodes:\n"
	  "  - name: a\n    kind: host\n"
	  "  - name: b\n    kind: host\n    interfaces:\n"
	  "      - {name: eth0, link: l, addresses: [192.0.2.1/24]}\n",
	  "t.yaml:15:28: error: link 'l' has one end; two interfaces must name it\n"
	  "   15 |       - {name: eth0, link: l, addresses: [192.0.2.1/24]}\n"
	  "      |                            ^\n" },
	{ "a veth pair that loses frames",
	  HEAD "links: [{name: l, kind: veth, back: {loss: 1%}}]\n" NODES,
	  "t.yaml:8:16: error: link 'l': only a wire or netem delays or loses frames\n"
	  "    8 | links: [{name: l, kind: veth, back: {loss: 1%}}]\n"
	  "      |                ^\n" },
	{ "values of a wire that are none",
	  HEAD
	  "links:\n"
	  "  - {name: l, kind: wire, delay: 2, loss: 1, rate: 100}\n" NODES,
	  "t.yaml:9:34: error: delay must be a time with a unit, such as 150us, 20ms or 2s, not '2'\n"
	  "    9 |   - {name: l, kind: wire, delay: 2, loss: 1, rate: 100}\n"
	  "      |                                  ^\n"
	  "t.yaml:9:43: error: loss must be a share from 0% to 100% in steps of 0.0001%, such as 0.5%, not '1'\n"
	  "    9 |   - {name: l, kind: wire, delay: 2, loss: 1, rate: 100}\n"
	  "      |                                           ^\n"
	  "t.yaml:9:52: error: rate must be bits per second with a unit, such as 512kbit, 100mbit or 1gbit, not '100'\n"
	  "    9 |   - {name: l, kind: wire, delay: 2, loss: 1, rate: 100}\n"
	  "      |                                                    ^\n" },
	{ "an unknown key in one direction",
	  HEAD "links: [{name: l, kind: wire, there: {los: 1%}}]\n" NODES,
	  "t.yaml:8:39: error: unknown key 'los' in direction (did you mean 'loss'?)\n"
	  "    8 | links: [{name: l, kind: wire, there: {los: 1%}}]\n"
	  "      |                                       ^\n" },
	{ "a direction that is no mapping",
	  HEAD "links: [{name: l, kind: wire, there: 1ms}]\n" NODES,
	  "t.yaml:8:38: error: there must be a mapping of keys to values, not '1ms'\n"
	  "    8 | links: [{name: l, kind: wire, there: 1ms}]\n"
	  "      |                                      ^\n" },
	{ "more jitter than delay",
	  HEAD "links: [{name: l, kind: wire, jitter: 1ms}]\n" NODES,
	  "t.yaml:8:16: error: link 'l': jitter 1ms is more than delay 0ns\n"
	  "    8 | links: [{name: l, kind: wire, jitter: 1ms}]\n"
	  "      |                ^\n" },
	{ "reordering where nothing waits",
	  HEAD "links: [{name: l, kind: wire, reorder: 1%}]\n" NODES,
	  "t.yaml:8:16: error: link 'l': reorder needs delay or rate, else no frame waits that another could overtake\n"
	  "    8 | links: [{name: l, kind: wire, reorder: 1%}]\n"
	  "      |                ^\n" },
	{ "bursts without an end",
	  HEAD "links: [{name: l, kind: wire, burst-loss: {begin: 1%}}]\n" NODES,
	  "t.yaml:8:16: error: link 'l': burst-loss needs end, else the first burst never ends\n"
	  "    8 | links: [{name: l, kind: wire, burst-loss: {begin: 1%}}]\n"
	  "      |                ^\n" },
	{ "bursts without a beginning",
	  HEAD "links: [{name: l, kind: wire, burst-loss: {end: 1%}}]\n" NODES,
	  "t.yaml:8:16: error: link 'l': burst-loss needs begin\n"
	  "    8 | links: [{name: l, kind: wire, burst-loss: {end: 1%}}]\n"
	  "      |                ^\n" },
	{ "netem with more jitter than it can draw",
	  HEAD "links: [{name: l, kind: netem, back: {delay: 3s, jitter: 2500ms}}]\n" NODES,
	  "t.yaml:8:16: error: link 'l': jitter 2500ms is too much for netem; at most 2.147s, or kind wire\n"
	  "    8 | links: [{name: l, kind: netem, back: {delay: 3s, jitter: 2500ms}}]\n"
	  "      |                ^\n" },
	{ "netem that reorders what only waits its turn",
	  HEAD "links: [{name: l, kind: netem, reorder: 1%, rate: 1mbit}]\n" NODES,
	  "t.yaml:8:16: error: link 'l': reorder needs delay in netem\n"
	  "    8 | links: [{name: l, kind: netem, reorder: 1%, rate: 1mbit}]\n"
	  "      |                ^\n" },
	{ "netem with more jitter than delay",
	  HEAD "links: [{name: l, kind: netem, jitter: 1ms}]\n" NODES,
	  "t.yaml:8:16: error: link 'l': jitter 1ms is more than delay 0ns\n"
	  "    8 | links: [{name: l, kind: netem, jitter: 1ms}]\n"
	  "      |                ^\n" },
	{ "a process in no node",
	  HEAD "processes: [{node: c, kind: relay, listen: 127.0.0.1:8081, connect: 192.0.2.1:80}]\n" NODES,
	  "t.yaml:8:20: error: no node 'c' (did you mean 'a'?)\n"
	  "    8 | processes: [{node: c, kind: relay, listen: 127.0.0.1:8081, connect: 192.0.2.1:80}]\n"
	  "      |                    ^\n" },
	{ "a relay of nothing to nothing",
	  HEAD "processes: [{node: a, kind: relay}]\n" NODES,
	  "t.yaml:8:20: error: a relay needs listen\n"
	  "    8 | processes: [{node: a, kind: relay}]\n"
	  "      |                    ^\n"
	  "t.yaml:8:20: error: a relay needs connect\n"
	  "    8 | processes: [{node: a, kind: relay}]\n"
	  "      |                    ^\n" },
	{ "a relay at an address that its node lacks",
	  HEAD "processes: [{node: a, kind: relay, listen: 192.0.2.9:8081, connect: 192.0.2.1:80}]\n" NODES,
	  "t.yaml:8:44: error: node 'a' has no address 192.0.2.9 to listen at\n"
	  "    8 | processes: [{node: a, kind: relay, listen: 192.0.2.9:8081, connect: 192.0.2.1:80}]\n"
	  "      |                                            ^\n" },
	{ "a relay from IPv4 to IPv6",
	  HEAD "processes: [{node: a, kind: relay, listen: 127.0.0.1:8081, connect: '[fd00::1]:80'}]\n" NODES,
	  "t.yaml:8:70: error: a relay that listens at an IPv4 address dials an IPv4 address\n"
	  "    8 | processes: [{node: a, kind: relay, listen: 127.0.0.1:8081, connect: '[fd00::1]:80'}]\n"
	  "      |                                                                      ^\n" },
	{ "a relay to no address",
	  HEAD "processes: [{node: a, kind: relay, listen: 127.0.0.1:8081, connect: 0.0.0.0:80}]\n" NODES,
	  "t.yaml:8:69: error: 0.0.0.0:80 cannot be dialled\n"
	  "    8 | processes: [{node: a, kind: relay, listen: 127.0.0.1:8081, connect: 0.0.0.0:80}]\n"
	  "      |                                                                     ^\n" },
	{ "a relay where the server listens",
	  HEAD "processes: [{node: b, kind: relay, listen: 0.0.0.0:8080, connect: 192.0.2.2:80}]\n" NODES,
	  "t.yaml:8:44: error: 0.0.0.0:8080: somebody listens at 192.0.2.1:8080 in node 'b' already\n"
	  "    8 | processes: [{node: b, kind: relay, listen: 0.0.0.0:8080, connect: 192.0.2.2:80}]\n"
	  "      |                                            ^\n" },
	{ "two relays at one address",
	  HEAD "processes:\n"
	  "  - {node: a, kind: relay, listen: 127.0.0.1:8081, connect: 192.0.2.1:80}\n"
	  "  - {node: a, kind: relay, listen: 127.0.0.1:8081, connect: 192.0.2.1:81}\n" NODES,
	  "t.yaml:10:36: error: 127.0.0.1:8081: somebody listens at 127.0.0.1:8081 in node 'a' already\n"
	  "   10 |   - {node: a, kind: relay, listen: 127.0.0.1:8081, connect: 192.0.2.1:81}\n"
	  "      |                                    ^\n" },
	{ "keys of the other kind of process",
	  HEAD "processes:\n"
	  "  - {node: a, kind: relay, listen: 127.0.0.1:8081, connect: 192.0.2.1:80, restrict: on}\n"
	  "  - {node: a, kind: usernet, guest: 'vm:eth0', listen: 127.0.0.1:8082}\n" NODES GUEST,
	  "t.yaml:9:12: error: only a usernet has guest, forwards and restrict\n"
	  "    9 |   - {node: a, kind: relay, listen: 127.0.0.1:8081, connect: 192.0.2.1:80, restrict: on}\n"
	  "      |            ^\n"
	  "t.yaml:10:12: error: only a relay has listen and connect; a usernet has forwards\n"
	  "   10 |   - {node: a, kind: usernet, guest: 'vm:eth0', listen: 127.0.0.1:8082}\n"
	  "      |            ^\n" },
	{ "a tap that nothing is behind",
	  HEAD NODES GUEST,
	  "t.yaml:20:16: error: nothing is behind tap 'vm:eth0'; a process of kind usernet or pasta must name it as its guest\n"
	  "   20 |       - {name: eth0, kind: tap, addresses: [10.0.2.15/24]}\n"
	  "      |                ^\n" },
	{ "a usernet without a guest",
	  HEAD "processes: [{node: a, kind: usernet}]\n" NODES,
	  "t.yaml:8:20: error: a usernet needs guest\n"
	  "    8 | processes: [{node: a, kind: usernet}]\n"
	  "      |                    ^\n" },
	{ "a pasta without a guest, and restricted",
	  HEAD "processes: [{node: a, kind: pasta, restrict: on}]\n" NODES,
	  "t.yaml:8:20: error: pasta has no restrict\n"
	  "    8 | processes: [{node: a, kind: pasta, restrict: on}]\n"
	  "      |                    ^\n"
	  "t.yaml:8:20: error: a pasta needs guest\n"
	  "    8 | processes: [{node: a, kind: pasta, restrict: on}]\n"
	  "      |                    ^\n" },
	{ "a usernet in front of an interface that does not exist",
	  HEAD "processes: [{node: a, kind: usernet, guest: 'b:eth9'}]\n" NODES,
	  "t.yaml:8:46: error: no interface 'eth9' in node 'b'\n"
	  "    8 | processes: [{node: a, kind: usernet, guest: 'b:eth9'}]\n"
	  "      |                                              ^\n" },
	{ "a usernet in front of a host's veth",
	  HEAD "processes: [{node: a, kind: usernet, guest: 'b:eth0'}]\n" NODES,
	  "t.yaml:8:46: error: 'b:eth0' is a veth, not a tap\n"
	  "    8 | processes: [{node: a, kind: usernet, guest: 'b:eth0'}]\n"
	  "      |                                              ^\n"
	  "t.yaml:8:46: error: node 'b' is a host; only a guest or a container is behind a usernet\n"
	  "    8 | processes: [{node: a, kind: usernet, guest: 'b:eth0'}]\n"
	  "      |                                              ^\n" },
	{ "two usernets in front of one guest, one of them in it",
	  HEAD "processes:\n"
	  "  - {node: a, kind: usernet, guest: 'vm:eth0'}\n"
	  "  - {node: vm, kind: usernet, guest: 'vm:eth0'}\n" NODES GUEST,
	  "t.yaml:10:39: error: a usernet runs in another node than its guest\n"
	  "   10 |   - {node: vm, kind: usernet, guest: 'vm:eth0'}\n"
	  "      |                                       ^\n"
	  "t.yaml:10:39: error: 'vm:eth0' has a usernet already\n"
	  "   10 |   - {node: vm, kind: usernet, guest: 'vm:eth0'}\n"
	  "      |                                       ^\n" },
	{ "a forward to an address that the guest lacks",
	  HEAD "processes:\n"
	  "  - node: a\n"
	  "    kind: usernet\n"
	  "    guest: vm:eth0\n"
	  "    forwards: [{listen: 127.0.0.1:2222, connect: 10.0.2.16:22}]\n" NODES GUEST,
	  "t.yaml:12:50: error: node 'vm' has no address 10.0.2.16\n"
	  "   12 |     forwards: [{listen: 127.0.0.1:2222, connect: 10.0.2.16:22}]\n"
	  "      |                                                  ^\n" },
	{ "a forward over IPv6",
	  HEAD "processes:\n"
	  "  - node: a\n"
	  "    kind: usernet\n"
	  "    guest: vm:eth0\n"
	  "    forwards: [{listen: '[::1]:2222', connect: 10.0.2.15:22}]\n" NODES GUEST,
	  "t.yaml:12:26: error: listen must be an IPv4 address and a port, such as 192.0.2.1:8080, not '[::1]:2222'\n"
	  "   12 |     forwards: [{listen: '[::1]:2222', connect: 10.0.2.15:22}]\n"
	  "      |                          ^\n" },
};
/* clang-format on */

static void load(struct topology *t, const char *yaml)
{
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	spec_test_write(yaml);
	if (topology_load(t, "t.yaml", &d, &e) < 0)
		fail_msg("%s", text_str(&d.text));
	assert_string_equal(text_str(&d.text), "");
}

static void a_plain_key_of_a_link_holds_for_both_directions(void **state)
{
	own_topology struct topology t = { .name = NULL };
	const struct link *l;

	(void)state;
	load(&t, HEAD "links:\n"
		      "  - name: l\n"
		      "    kind: wire\n"
		      "    there: {delay: 5ms, loss: 0}\n"
		      "    delay: 2ms\n"
		      "    jitter: 100us\n"
		      "    loss: 1%\n"
		      "    duplicate: 0.1%\n"
		      "    reorder: 2%\n"
		      "    rate: 100mbit\n"
		      "    burst-loss: {begin: 0.1%, end: 25%}\n"
		      "    back: {burst-loss: {loss: 80%}}\n" NODES);
	l = topology_link(&t, "l");
	assert_non_null(l);
	assert_int_equal(l->kind, LINK_WIRE);
	assert_int_equal(l->there.delay_ns, 5000000);
	assert_int_equal(l->back.delay_ns, 2000000);
	assert_int_equal(l->there.jitter_ns, 100000);
	assert_int_equal(l->there.loss_ppm, 0);
	assert_int_equal(l->back.loss_ppm, 10000);
	assert_int_equal(l->there.duplicate_ppm, 1000);
	assert_int_equal(l->back.reorder_ppm, 20000);
	assert_int_equal(l->back.rate_bps, 100000000);
	assert_int_equal(l->there.bad_ppm, 1000);
	assert_int_equal(l->there.good_ppm, 250000);
	assert_int_equal(l->there.bad_loss_ppm, 1000000);
	assert_int_equal(l->back.bad_loss_ppm, 800000);
}

static void netem_has_the_keys_of_a_wire(void **state)
{
	own_topology struct topology t = { .name = NULL };
	const struct link *l;

	(void)state;
	load(&t, HEAD "links:\n"
		      "  - name: l\n"
		      "    kind: netem\n"
		      "    delay: 2ms\n"
		      "    there: {burst-loss: {begin: 1%, end: 20%}}\n"
		      "    back: {rate: 8mbit}\n" NODES);
	l = topology_link(&t, "l");
	assert_int_equal(l->kind, LINK_NETEM);
	assert_int_equal(l->there.delay_ns, 2000000);
	assert_int_equal(l->there.bad_loss_ppm, 1000000);
	assert_int_equal(l->there.rate_bps, 0);
	assert_int_equal(l->back.rate_bps, 8000000);
}

static void a_link_without_an_entry_is_a_veth_pair(void **state)
{
	own_topology struct topology t = { .name = NULL };

	(void)state;
	load(&t, HEAD NODES);
	assert_null(topology_link(&t, "l"));
}

static void a_wire_of_nothing_but_its_kind_does_nothing_to_frames(void **state)
{
	static const struct impairment none = { .delay_ns = 0 };
	own_topology struct topology t = { .name = NULL };
	const struct link *l;

	(void)state;
	load(&t, HEAD "links: [{name: l, kind: wire}]\n" NODES);
	l = topology_link(&t, "l");
	assert_memory_equal(&l->there, &none, sizeof(none));
	assert_memory_equal(&l->back, &none, sizeof(none));
}

static void an_ipv6_relay_dials_ipv4_and_shares_the_port(void **state)
{
	own_topology struct topology t = { .name = NULL };
	const struct process *p;
	char text[IP_TEXT_MAX];

	(void)state;
	load(&t, HEAD "processes:\n"
		      "  - {node: a, kind: relay, listen: 0.0.0.0:8081, "
		      "connect: 192.0.2.1:8080}\n"
		      "  - {node: a, kind: relay, listen: '[::]:8081', "
		      "connect: 192.0.2.1:8080}\n" NODES);
	p = t.processes.items;
	assert_int_equal(t.processes.n, 2);
	assert_int_equal(p[1].kind, PROCESS_RELAY);
	assert_string_equal(p[1].node, "a");
	assert_string_equal(ip_endpoint_text(&p[1].listen, text), "[::]:8081");
	assert_string_equal(ip_endpoint_text(&p[1].connect, text),
			    "192.0.2.1:8080");
}

static void a_usernet_has_a_guest_and_forwards(void **state)
{
	own_topology struct topology t = { .name = NULL };
	const struct process *p;
	const struct forward *f;
	char text[IP_TEXT_MAX];

	(void)state;
	load(&t, HEAD
	     "processes:\n"
	     "  - node: a\n"
	     "    kind: usernet\n"
	     "    guest: vm:eth0\n"
	     "    restrict: on\n"
	     "    forwards:\n"
	     "      - {listen: 127.0.0.1:2222, connect: 10.0.2.15:22}\n"
	     "      - {listen: 192.0.2.2:8081, connect: 10.0.2.15:80}\n" NODES
		     GUEST);
	p = t.processes.items;
	assert_int_equal(t.processes.n, 1);
	assert_int_equal(p->kind, PROCESS_USERNET);
	assert_string_equal(p->guest, "vm:eth0");
	assert_int_equal(p->restrict_, 1);
	assert_int_equal(p->forwards.n, 2);
	f = p->forwards.items;
	assert_string_equal(ip_endpoint_text(&f[1].listen, text),
			    "192.0.2.2:8081");
	assert_string_equal(ip_endpoint_text(&f[1].connect, text),
			    "10.0.2.15:80");
}

static void a_relay_at_a_port_of_root_is_warned_of(void **state)
{
	own_diags struct spec_diags d = { .path = NULL };
	own_topology struct topology t = { .name = NULL };
	struct err e = { .code = 0 };

	(void)state;
	spec_test_write(HEAD "processes: [{node: a, kind: relay, listen: "
			     "127.0.0.1:80, connect: 192.0.2.1:80}]\n" NODES);
	assert_int_equal(topology_load(&t, "t.yaml", &d, &e), 0);
	assert_string_equal(
		text_str(&d.text),
		"t.yaml:8:44: warning: node 'a' allows port 80 to root only; "
		"set its sysctl net.ipv4.ip_unprivileged_port_start\n"
		"    8 | processes: [{node: a, kind: relay, listen: "
		"127.0.0.1:80, connect: 192.0.2.1:80}]\n"
		"      |                                            ^\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_plain_key_of_a_link_holds_for_both_directions),
		cmocka_unit_test(netem_has_the_keys_of_a_wire),
		cmocka_unit_test(a_link_without_an_entry_is_a_veth_pair),
		cmocka_unit_test(
			a_wire_of_nothing_but_its_kind_does_nothing_to_frames),
		cmocka_unit_test(an_ipv6_relay_dials_ipv4_and_shares_the_port),
		cmocka_unit_test(a_usernet_has_a_guest_and_forwards),
		cmocka_unit_test(a_relay_at_a_port_of_root_is_warned_of),
	};
	int failed =
		spec_test_bad("refused", read_topology, bad, ARRAY_SIZE(bad));

	failed +=
		cmocka_run_group_tests(tests, spec_test_enter, spec_test_leave);
	return failed;
}
