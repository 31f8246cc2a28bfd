/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/param.h"

#include "lab/base/text.h"
#include "tests/unit/spec-folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A client, a host with a bridge, rules and a relay, and a container; the
 * client's link is a wire. */
static const char rich[] =
	"name: t\nsummary: s\nmirrors: m\nclient: c\nserver: web\n"
	"connect: 192.0.2.1:8080\nlisten: 172.17.0.2:8080\n"
	"connect6: '[fd00::1]:8080'\nlisten6: '[fd01::2]:8080'\n"
	"links: [{name: up, kind: wire, delay: 4ms, jitter: 1ms}]\n"
	"processes:\n"
	"  - {node: host, kind: relay, listen: 127.0.0.1:8080,"
	" connect: 172.17.0.2:8080}\n"
	"nodes:\n"
	"  - name: c\n"
	"    kind: remote\n"
	"    interfaces:\n"
	"      - {name: eth0, link: up, addresses: [192.0.2.2/24]}\n"
	"      - {name: vx, kind: vxlan, vni: 1, remote: 192.0.2.1}\n"
	"  - name: host\n"
	"    kind: host\n"
	"    sysctls: {net.ipv4.ip_forward: 1}\n"
	"    sysctls-if-present: {net.bridge.bridge-nf-call-iptables: 1}\n"
	"    interfaces:\n"
	"      - {name: eth0, link: up, addresses: [192.0.2.1/24]}\n"
	"      - {name: docker0, kind: bridge, addresses: [172.17.0.1/16]}\n"
	"      - {name: v, link: w, master: docker0}\n"
	"    nft: |\n"
	"      table ip t {\n"
	"      }\n"
	"  - name: web\n"
	"    kind: container\n"
	"    interfaces:\n"
	"      - {name: eth0, link: w, addresses: [172.17.0.2/16,"
	" 'fd01::2/64']}\n";

/* One node, and nothing in it. */
static const char bare[] =
	"name: b\nsummary: s\nmirrors: m\nclient: c\nserver: c\n"
	"connect: 127.0.0.1:8080\nlisten: 127.0.0.1:8080\n"
	"nodes: [{name: c, kind: host}]\n";

/* The client's IPv6 ends in the relay. */
static const char between[] =
	"name: s\nsummary: s\nmirrors: m\nclient: c\nserver: c\n"
	"connect: '[::1]:8080'\nlisten: 127.0.0.1:8080\n"
	"processes:\n"
	"  - {node: c, kind: relay, listen: '[::1]:8080',"
	" connect: 127.0.0.1:8080}\n"
	"nodes: [{name: c, kind: host}]\n";

/* A published port: one is dialled, another is listened at. */
static const char published[] =
	"name: p\nsummary: s\nmirrors: m\nclient: c\nserver: web\n"
	"connect: 192.0.2.1:8080\nlisten: 172.17.0.2:80\n"
	"processes:\n"
	"  - {node: c, kind: relay, listen: '[::]:8080',"
	" connect: 172.17.0.2:80}\n"
	"  - {node: c, kind: relay, listen: 127.0.0.1:53,"
	" connect: 172.17.0.2:53}\n"
	"nodes:\n"
	"  - name: c\n"
	"    kind: host\n"
	"    interfaces:\n"
	"      - {name: v, link: w, addresses: [192.0.2.1/24]}\n"
	"    nft: |\n"
	"      add rule ip nat D tcp dport 8080 counter dnat to 172.17.0.2:80\n"
	"      add rule ip nat D ip saddr 10.80.0.0/16 tcp sport 80 drop\n"
	"      add rule ip6 nat D ip6 daddr fd00::80 dnat to [fd01::80]:80\n"
	"      add rule ip nat D tcp dport 53 limit rate 80/second\n"
	"      add rule ip nat D tcp dport 81-8079 snat to :80-90\n"
	"  - name: web\n"
	"    kind: container\n"
	"    interfaces:\n"
	"      - {name: eth0, link: w, addresses: [172.17.0.2/16]}\n";

/* The same, in forms of which half would stay as it is. */
#define ONE_RULE(name, rule)                                      \
	"name: " name "\nsummary: s\nmirrors: m\n"                \
	"client: c\nserver: c\n"                                  \
	"connect: 127.0.0.1:8080\nlisten: 127.0.0.1:80\n"         \
	"nodes:\n  - name: c\n    kind: host\n    nft: |\n      " \
	"add rule ip nat D tcp dport " rule " dnat to :80\n"

/* Two machines, one of them with a container; two cables, one of which is said
 * to be a veth pair. */
static const char cabled[] =
	"name: k\nsummary: s\nmirrors: m\nclient: a\nserver: web\n"
	"connect: 172.17.0.2:80\nlisten: 172.17.0.2:80\n"
	"links: [{name: plain, kind: veth}]\n"
	"nodes:\n"
	"  - name: a\n"
	"    kind: remote\n"
	"    interfaces:\n"
	"      - {name: eth0, link: up, addresses: [192.0.2.2/24]}\n"
	"      - {name: eth1, link: plain, addresses: [203.0.113.2/24]}\n"
	"  - name: b\n"
	"    kind: host\n"
	"    interfaces:\n"
	"      - {name: eth0, link: up, addresses: [192.0.2.1/24]}\n"
	"      - {name: eth1, link: plain, addresses: [203.0.113.1/24]}\n"
	"      - {name: v, link: w, addresses: [172.17.0.1/16]}\n"
	"  - name: web\n"
	"    kind: container\n"
	"    interfaces:\n"
	"      - {name: eth0, link: w, addresses: [172.17.0.2/16]}\n";

/* Two machines and two cables, one of which is netem. */
static const char emulated[] =
	"name: n\nsummary: s\nmirrors: m\nclient: a\nserver: b\n"
	"connect: 192.0.2.1:80\nlisten: 192.0.2.1:80\n"
	"links: [{name: up, kind: netem, loss: 1%}]\n"
	"nodes:\n"
	"  - name: a\n"
	"    kind: remote\n"
	"    interfaces:\n"
	"      - {name: eth0, link: up, addresses: [192.0.2.2/24]}\n"
	"      - {name: eth1, link: other, addresses: [203.0.113.2/24]}\n"
	"  - name: b\n"
	"    kind: host\n"
	"    interfaces:\n"
	"      - {name: eth0, link: up, addresses: [192.0.2.1/24]}\n"
	"      - {name: eth1, link: other, addresses: [203.0.113.1/24]}\n";

static void load(struct topology *t, const char *path)
{
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	folder_write("t.yaml", rich);
	folder_write("b.yaml", bare);
	folder_write("s.yaml", between);
	folder_write("p.yaml", published);
	folder_write("q.yaml", ONE_RULE("q", "{ 81, 8080 }"));
	folder_write("r.yaml",
		     ONE_RULE("r", "9 masquerade\n      tcp dport 8000-8080"));
	folder_write("k.yaml", cabled);
	folder_write("n.yaml", emulated);
	if (topology_load(t, path, &d, &e) < 0)
		fail_msg("%s", text_str(&d.text));
}

static void apply(struct topology *t, const char *name, const char *value)
{
	struct err e = { .code = 0 };

	if (param_apply(t, name, value, &e) < 0 || param_check(t, &e) < 0)
		fail_msg("%s=%s: %s", name, value, e.text);
}

static struct topology_node *node(const struct topology *t, const char *name)
{
	struct topology_node *nodes = t->nodes.items;

	for (size_t i = 0; i < t->nodes.n; i++)
		if (!strcmp(nodes[i].name, name))
			return &nodes[i];
	fail_msg("no node %s", name);
	return NULL;
}

static const char *value_of(const struct spec_list *list, const char *key)
{
	const struct spec_pair *p = list->items;

	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(p[i].key, key))
			return p[i].value;
	return NULL;
}

static void cpus_are_those_of_client_and_server(void **state)
{
	own_topology struct topology t = { .name = NULL };

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "cpus", "1");
	assert_int_equal(node(&t, "c")->cpus, 1);
	assert_int_equal(node(&t, "web")->cpus, 1);
	assert_int_equal(node(&t, "host")->cpus, 0);
	apply(&t, "host.cpus", "2");
	assert_int_equal(node(&t, "host")->cpus, 2);
	assert_int_equal(node(&t, "c")->cpus, 1);
}

static void mtu_is_of_every_interface_and_a_vxlan_keeps_its_header(void **state)
{
	own_topology struct topology t = { .name = NULL };
	const struct interface *in;

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "mtu", "1400");
	in = node(&t, "c")->interfaces.items;
	assert_int_equal(in[0].mtu, 1400);
	assert_int_equal(in[1].mtu, 1350);
	in = node(&t, "host")->interfaces.items;
	assert_int_equal(in[1].mtu, 1400);
	apply(&t, "web.mtu", "1300");
	in = node(&t, "web")->interfaces.items;
	assert_int_equal(in[0].mtu, 1300);
	in = node(&t, "c")->interfaces.items;
	assert_int_equal(in[0].mtu, 1400);
}

static void wires_change_in_both_directions(void **state)
{
	own_topology struct topology t = { .name = NULL };
	const struct link *l;

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "delay", "2ms");
	apply(&t, "jitter", "0");
	apply(&t, "loss", "0.5%");
	apply(&t, "duplicate", "1%");
	apply(&t, "reorder", "2%");
	apply(&t, "rate", "10mbit");
	l = topology_link(&t, "up");
	assert_int_equal(l->there.delay_ns, 2000000);
	assert_int_equal(l->there.jitter_ns, 0);
	assert_int_equal(l->there.loss_ppm, 5000);
	assert_int_equal(l->there.duplicate_ppm, 10000);
	assert_int_equal(l->there.reorder_ppm, 20000);
	assert_int_equal(l->there.rate_bps, 10000000);
	assert_memory_equal(&l->there, &l->back, sizeof(l->there));
}

static void netem_changes_as_wires_do(void **state)
{
	own_topology struct topology t = { .name = NULL };
	const struct link *l;

	(void)state;
	load(&t, "n.yaml");
	apply(&t, "delay", "2ms");
	l = topology_link(&t, "up");
	assert_int_equal(l->kind, LINK_NETEM);
	assert_int_equal(l->there.delay_ns, 2000000);
	assert_int_equal(l->back.delay_ns, 2000000);
	assert_int_equal(l->back.loss_ppm, 10000);
	assert_null(topology_link(&t, "other"));
}

static void cables_between_machines_become_wires(void **state)
{
	own_topology struct topology t = { .name = NULL };
	const struct link *up;

	(void)state;
	load(&t, "k.yaml");
	apply(&t, "delay", "0");
	apply(&t, "loss", "1%");
	up = topology_link(&t, "up");
	assert_non_null(up);
	assert_int_equal(up->kind, LINK_WIRE);
	assert_int_equal(up->back.loss_ppm, 10000);
	assert_int_equal(topology_link(&t, "plain")->kind, LINK_VETH);
	assert_null(topology_link(&t, "w"));
}

static void expect_ends(const struct topology *t, const char *connect,
			const char *listen)
{
	char text[IP_TEXT_MAX];

	assert_string_equal(ip_endpoint_text(&t->connect, text), connect);
	assert_string_equal(ip_endpoint_text(&t->listen, text), listen);
}

static void family_four_changes_nothing(void **state)
{
	own_topology struct topology t = { .name = NULL };

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "family", "4");
	expect_ends(&t, "192.0.2.1:8080", "172.17.0.2:8080");
	assert_string_equal(t.params, "{\"family\": \"4\"}");
}

static void family_six_takes_the_other_ends(void **state)
{
	own_topology struct topology t = { .name = NULL };

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "family", "6");
	expect_ends(&t, "[fd00::1]:8080", "[fd01::2]:8080");
}

static void family_four_mapped_is_ipv4_in_ipv6_sockets(void **state)
{
	own_topology struct topology t = { .name = NULL };

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "family", "4mapped");
	expect_ends(&t, "[::ffff:192.0.2.1]:8080", "[::ffff:172.17.0.2]:8080");
}

static void a_port_is_dialled_listened_at_and_translated(void **state)
{
	static const char rules[] =
		"add rule ip nat D tcp dport 50051 counter dnat to "
		"172.17.0.2:50051\n"
		"add rule ip nat D ip saddr 10.80.0.0/16 tcp sport 50051 drop\n"
		"add rule ip6 nat D ip6 daddr fd00::80 dnat to "
		"[fd01::80]:50051\n"
		"add rule ip nat D tcp dport 53 limit rate 80/second\n"
		"add rule ip nat D tcp dport 81-8079 snat to :80-90\n";
	own_topology struct topology t = { .name = NULL };
	const struct process *relays;
	const struct nft_piece *piece;

	(void)state;
	load(&t, "p.yaml");
	apply(&t, "port", "50051");
	expect_ends(&t, "192.0.2.1:50051", "172.17.0.2:50051");
	piece = node(&t, "c")->nft.items;
	assert_string_equal(piece->text, rules);
	relays = t.processes.items;
	assert_int_equal(relays[0].listen.port, 50051);
	assert_int_equal(relays[0].connect.port, 50051);
	assert_int_equal(relays[1].listen.port, 53);
	assert_int_equal(relays[1].connect.port, 53);
}

static void a_port_is_that_of_both_families(void **state)
{
	own_topology struct topology t = { .name = NULL };

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "port", "50051");
	apply(&t, "family", "6");
	expect_ends(&t, "[fd00::1]:50051", "[fd01::2]:50051");
}

static const char two_loopbacks[] =
	"name: l\nsummary: s\nmirrors: m\nclient: c\nserver: c\n"
	"connect: 127.0.0.1:80\nlisten: 127.0.0.1:80\n"
	"connect6: '[::1]:80'\nlisten6: '[::1]:80'\n"
	"nodes: [{name: c, kind: host}]\n";

static void localhost_is_one_address_or_both(void **state)
{
	static const struct {
		const char *value, *family, *connect, *listen;
	} cases[] = {
		{ "4", NULL, "127.0.0.1:80", "127.0.0.1:80" },
		{ "6", NULL, "[::1]:80", "[::1]:80" },
		{ "6", "6", "[::1]:80", "[::1]:80" },
		{ "both", NULL, "127.0.0.1:80", "127.0.0.1:80" },
		{ "both", "6", "[::1]:80", "[::1]:80" },
	};

	(void)state;
	folder_write("l.yaml", two_loopbacks);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_topology struct topology t = { .name = NULL };

		load(&t, "l.yaml");
		assert_int_equal(t.localhost, LOCALHOST_NONE);
		apply(&t, "localhost", cases[i].value);
		if (cases[i].family)
			apply(&t, "family", cases[i].family);
		expect_ends(&t, cases[i].connect, cases[i].listen);
		assert_string_equal(localhost_names[t.localhost],
				    cases[i].value);
	}
}

static void proxy_off_takes_the_relays_away(void **state)
{
	own_topology struct topology t = { .name = NULL };

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "proxy", "on");
	assert_int_equal(t.processes.n, 1);
	apply(&t, "proxy", "off");
	assert_int_equal(t.processes.n, 0);
}

static void brnf_is_of_nodes_with_a_bridge(void **state)
{
	static const char key[] = "net.bridge.bridge-nf-call-iptables";
	own_topology struct topology t = { .name = NULL };
	const struct topology_node *host;

	(void)state;
	load(&t, "t.yaml");
	host = node(&t, "host");
	apply(&t, "brnf", "1");
	/* asked for: it must exist */
	assert_string_equal(value_of(&host->sysctls, key), "1");
	assert_null(value_of(&host->sysctls_if_present, key));
	apply(&t, "brnf", "0");
	assert_null(value_of(&host->sysctls, key));
	assert_string_equal(value_of(&host->sysctls_if_present, key), "0");
	assert_int_equal(node(&t, "web")->sysctls.n, 0);
}

static void conntrack_settings_are_of_nodes_with_rules(void **state)
{
	static const char key[] = "net.netfilter.nf_conntrack_tcp_be_liberal";
	own_topology struct topology t = { .name = NULL };

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "nf_conntrack_tcp_be_liberal", "1");
	assert_string_equal(value_of(&node(&t, "host")->sysctls, key), "1");
	assert_int_equal(node(&t, "c")->sysctls.n, 0);
	assert_int_equal(node(&t, "web")->sysctls.n, 0);
}

static void a_sysctl_is_of_every_node_or_of_one(void **state)
{
	own_topology struct topology t = { .name = NULL };

	(void)state;
	load(&t, "t.yaml");
	apply(&t, "sysctl:net.ipv4.ip_forward", "0");
	apply(&t, "web.sysctl:net.ipv4.tcp_rmem", "4096 8192 16384");
	assert_int_equal(node(&t, "host")->sysctls.n, 1);
	assert_string_equal(
		value_of(&node(&t, "host")->sysctls, "net.ipv4.ip_forward"),
		"0");
	assert_string_equal(
		value_of(&node(&t, "c")->sysctls, "net.ipv4.ip_forward"), "0");
	assert_string_equal(
		value_of(&node(&t, "web")->sysctls, "net.ipv4.tcp_rmem"),
		"4096 8192 16384");
	assert_null(value_of(&node(&t, "c")->sysctls, "net.ipv4.tcp_rmem"));
}

static void what_was_applied_is_noted_in_order(void **state)
{
	own_topology struct topology t = { .name = NULL };
	own_text struct text label = { .s = NULL };

	(void)state;
	load(&t, "t.yaml");
	assert_null(t.params);
	apply(&t, "mtu", "1400");
	apply(&t, "cpus", "1");
	assert_string_equal(t.params, "{\"cpus\": \"1\", \"mtu\": \"1400\"}");
	param_label(&t, &label);
	assert_string_equal(text_str(&label), "t cpus=1 mtu=1400");
}

/* clang-format off */
static const struct {
	const char *path, *name, *value, *want;
} refused[] = {
	{ "t.yaml", "dealy", "2ms", "no parameter 'dealy' (did you mean 'delay'?)" },
	{ "t.yaml", "colour", "2", "no parameter 'colour'; `rstlab list params` shows what there is" },
	{ "t.yaml", "sysctl:", "2", "parameter 'sysctl:' lacks the key behind it" },
	{ "t.yaml", "hots.cpus", "2", "topology 't' has no node 'hots' (did you mean 'host'?)" },
	{ "t.yaml", "web.delay", "2ms", "delay is not of one node; write delay=TIME" },
	{ "t.yaml", "cpus", "0", "cpus must be a whole number from 1 to 1024, not '0'" },
	{ "t.yaml", "mtu", "big", "mtu must be a whole number from 68 to 65535, not 'big'" },
	{ "t.yaml", "mtu", "1000", "mtu=1000 is too small for interface 'eth0' of topology 't', which needs 1280" },
	{ "t.yaml", "delay", "2", "delay must be a time with a unit, such as 150us, 20ms or 2s, not '2'" },
	{ "t.yaml", "loss", "1", "loss must be a share from 0% to 100% in steps of 0.0001%, such as 0.5%, not '1'" },
	{ "t.yaml", "rate", "fast", "rate must be bits per second with a unit, such as 512kbit, 100mbit or 1gbit, not 'fast'" },
	{ "t.yaml", "family", "5", "family must be 4, 6 or 4mapped, not '5'" },
	{ "t.yaml", "port", "0", "port must be a port from 1 to 65535, not '0'" },
	{ "t.yaml", "port", "http", "port must be a port from 1 to 65535, not 'http'" },
	{ "q.yaml", "port", "50051", "topology 'q' has port 8080 or 80 in the rules of 'c' where port=50051 cannot change it" },
	{ "r.yaml", "port", "50051", "topology 'r' has port 8080 or 80 in the rules of 'c' where port=50051 cannot change it" },
	{ "b.yaml", "localhost", "5", "localhost must be 4, 6 or both, not '5'" },
	{ "b.yaml", "localhost", "", "localhost must be 4, 6 or both, not ''" },
	{ "b.yaml", "localhost", "6", "topology 'b' has no IPv6: no connect6 and listen6" },
	{ "t.yaml", "localhost", "4", "the client of topology 't' dials 192.0.2.1, which is not localhost" },
	{ "s.yaml", "localhost", "4", "the client of topology 's' dials ::1, which is not localhost" },
	{ "t.yaml", "proxy", "no", "proxy must be on or off, not 'no'" },
	{ "t.yaml", "brnf", "2", "brnf must be 0 or 1, not '2'" },
	{ "t.yaml", "cpus", "\xff", "cpus must be a whole number from 1 to 1024, not '\xff'" },
	{ "t.yaml", "sysctl:net.ipv4.x", "\xff", "'sysctl:net.ipv4.x=\xff' is not UTF-8 text" },
	/* an axis without effect */
	{ "b.yaml", "delay", "2ms", "topology 'b' has no wire, nor a cable to another machine that could become one" },
	{ "b.yaml", "mtu", "1400", "topology 'b' has no interface there besides lo" },
	{ "b.yaml", "family", "6", "topology 'b' has no IPv6: no connect6 and listen6" },
	{ "s.yaml", "family", "4", "topology 's' has one family only: its client dials IPv6" },
	{ "s.yaml", "family", "6", "topology 's' has one family only: its client dials IPv6" },
	{ "s.yaml", "family", "4mapped", "topology 's' has one family only: its client dials IPv6" },
	{ "b.yaml", "proxy", "on", "topology 'b' has no relay" },
	{ "b.yaml", "brnf", "0", "topology 'b' has no bridge there" },
	{ "b.yaml", "nf_conntrack_tcp_loose", "0", "topology 'b' has no rules there" },
	{ "t.yaml", "web.brnf", "0", "topology 't' has no bridge there" },
	/* what the whole then contradicts */
	{ "t.yaml", "delay", "0", "t delay=0: link 'up': jitter 1ms is more than delay 0ns" },
	{ "t.yaml", "sysctl:kernel.panic", "1", "t sysctl:kernel.panic=1: sysctl 'kernel.panic' is not a node's own: it must begin with 'net.'" },
};
/* clang-format on */

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		own_topology struct topology t = { .name = NULL };
		struct err e = { .code = 0 };
		int r;

		load(&t, refused[i].path);
		r = param_apply(&t, refused[i].name, refused[i].value, &e);
		if (r == 0)
			r = param_check(&t, &e);
		assert_string_equal(e.text, refused[i].want);
		assert_true(r < 0);
		assert_int_equal(e.class, ERR_INPUT);
	}
}

static void an_axis_is_a_name_and_its_values(void **state)
{
	struct param_axis a;
	struct err e;

	(void)state;
	assert_int_equal(param_axis_parse("delay=0,2ms,20ms", &a, &e), 0);
	assert_string_equal(a.name, "delay");
	assert_int_equal(a.n, 3);
	assert_string_equal(a.values[0], "0");
	assert_string_equal(a.values[2], "20ms");
	param_axis_done(&a);
	assert_int_equal(param_axis_parse("sysctl:net.ipv4.x=a b", &a, &e), 0);
	assert_string_equal(a.name, "sysctl:net.ipv4.x");
	assert_int_equal(a.n, 1);
	assert_string_equal(a.values[0], "a b");
	param_axis_done(&a);
}

static void an_axis_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
		{ "cpus", "parameter 'cpus' has no value; write "
			  "NAME=VALUE[,VALUE...]" },
		{ "=1", "parameter '=1' has no name; write "
			"NAME=VALUE[,VALUE...]" },
		{ "cpus=", "parameter 'cpus=' has an empty value; write "
			   "NAME=VALUE[,VALUE...]" },
		{ "cpus=1,,2", "parameter 'cpus=1,,2' has an empty value; "
			       "write NAME=VALUE[,VALUE...]" },
		{ "cpus=1,2,1", "parameter 'cpus' has the value '1' twice" },
	};
	struct param_axis a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = { .code = 0 };

		assert_true(param_axis_parse(bad[i].text, &a, &e) < 0);
		assert_string_equal(e.text, bad[i].want);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, folder_enter, folder_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(cpus_are_those_of_client_and_server),
		CASE(mtu_is_of_every_interface_and_a_vxlan_keeps_its_header),
		CASE(wires_change_in_both_directions),
		CASE(netem_changes_as_wires_do),
		CASE(cables_between_machines_become_wires),
		CASE(family_four_changes_nothing),
		CASE(family_six_takes_the_other_ends),
		CASE(family_four_mapped_is_ipv4_in_ipv6_sockets),
		CASE(a_port_is_dialled_listened_at_and_translated),
		CASE(a_port_is_that_of_both_families),
		CASE(localhost_is_one_address_or_both),
		CASE(proxy_off_takes_the_relays_away),
		CASE(brnf_is_of_nodes_with_a_bridge),
		CASE(conntrack_settings_are_of_nodes_with_rules),
		CASE(a_sysctl_is_of_every_node_or_of_one),
		CASE(what_was_applied_is_noted_in_order),
		CASE(what_does_not_fit_is_refused),
		CASE(an_axis_is_a_name_and_its_values),
		CASE(an_axis_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
