/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/topology.h"

#include "tests/unit/spec-test.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int read_topology(const char *path, struct spec_diags *d, struct err *e)
{
	own_topology struct topology t = { .name = NULL };

	return topology_load(&t, path, d, e);
}

static const char full[] =
	"name: t\n"
	"summary: a container behind a host\n"
	"mirrors: nothing\n"
	"client: web\n"
	"server: host\n"
	"connect: 172.17.0.1:8080\n"
	"listen: 0.0.0.0:8080\n"
	"connect6: '[fd00::1]:8080'\n"
	"listen6: '[::]:8080'\n"
	"nodes:\n"
	"  - name: host\n"
	"    kind: host\n"
	"    cpus: 2\n"
	"    sysctls: {net.ipv4.ip_forward: 1}\n"
	"    sysctls-if-present: {net.bridge.bridge-nf-call-iptables: 1}\n"
	"    interfaces:\n"
	"      - name: docker0\n"
	"        kind: bridge\n"
	"        mac: '02:42:00:00:00:01'\n"
	"        txqlen: 0\n"
	"        stp: on\n"
	"        forward-delay: 2s\n"
	"        addresses: [172.17.0.1/16, 'fd00::1/64']\n"
	"      - {name: veth0, link: web, master: docker0, hairpin: on}\n"
	"      - {name: vx0, kind: vxlan, vni: 7, remote: 192.0.2.1,\n"
	"         mtu: 1450}\n"
	"    nft: |\n"
	"      table ip t {\n"
	"      }\n"
	"  - name: web\n"
	"    kind: container\n"
	"    isolation: docker\n"
	"    interfaces:\n"
	"      - {name: eth0, link: web, addresses: [172.17.0.2/16]}\n"
	"      - {name: mv0, kind: macvlan, parent: 'host:docker0'}\n"
	"    routes:\n"
	"      - {to: default, via: 172.17.0.1}\n"
	"      - {to: 'fd01::/16', dev: eth0}\n"
	"      - {to: 10.0.0.0/8, dev: lo}\n";

static void check_host(const struct topology_node *n)
{
	const struct interface *in = n->interfaces.items;
	const struct spec_pair *sysctl = n->sysctls.items;
	const struct ip_prefix *address = in[0].addresses.items;
	const struct nft_piece *piece;
	char text[IP_TEXT_MAX];

	assert_int_equal(n->kind, NODE_HOST);
	assert_int_equal(n->isolation, ISOLATION_NONE);
	assert_int_equal(n->cpus, 2);
	assert_string_equal(sysctl[0].key, "net.ipv4.ip_forward");
	assert_string_equal(sysctl[0].value, "1");
	assert_int_equal(n->sysctls_if_present.n, 1);
	assert_int_equal(n->nft.n, 1);
	piece = n->nft.items;
	assert_string_equal(piece->text, "table ip t {\n}\n");
	assert_string_equal(piece->at.path, "t.yaml");
	assert_int_equal(piece->at.line, 28);
	assert_int_equal(piece->at.column, 7);

	assert_int_equal(n->interfaces.n, 3);
	assert_int_equal(in[0].kind, INTERFACE_BRIDGE);
	assert_string_equal(in[0].mac, "02:42:00:00:00:01");
	assert_int_equal(in[0].txqlen, 0);
	assert_int_equal(in[0].stp, 1);
	assert_int_equal(in[0].forward_delay_ns, 2000000000);
	assert_int_equal(in[0].addresses.n, 2);
	assert_string_equal(ip_prefix_text(&address[1], text), "fd00::1/64");
	assert_int_equal(in[1].kind, INTERFACE_VETH);
	assert_string_equal(in[1].link, "web");
	assert_string_equal(in[1].master, "docker0");
	assert_int_equal(in[1].hairpin, 1);
	assert_int_equal(in[1].txqlen, -1);
	assert_int_equal(in[1].forward_delay_ns, -1);
	assert_int_equal(in[1].mtu, 0);
	assert_int_equal(in[2].vni, 7);
	assert_int_equal(in[2].vxlan_port, 4789);
	assert_int_equal(in[2].mtu, 1450);
}

static void check_web(const struct topology_node *n)
{
	const struct route *routes = n->routes.items;

	assert_int_equal(n->kind, NODE_CONTAINER);
	assert_int_equal(n->isolation, ISOLATION_DOCKER);
	assert_int_equal(n->cpus, 0);
	assert_int_equal(n->nft.n, 0);
	assert_int_equal(n->routes.n, 3);
	assert_int_equal(routes[0].to.length, 0);
	assert_int_equal(routes[0].to.addr.family, 4);
	assert_int_equal(routes[0].at.line, 37);
	assert_int_equal(routes[1].to.addr.family, 6);
	assert_int_equal(routes[1].to.length, 16);
	assert_string_equal(routes[1].dev, "eth0");
	assert_int_equal(routes[1].via.family, 0);
}

static void a_whole_topology_is_read(void **state)
{
	own_topology struct topology t = { .name = NULL };
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };
	char text[IP_TEXT_MAX];

	(void)state;
	spec_test_write(full);
	if (topology_load(&t, "t.yaml", &d, &e) < 0)
		fail_msg("%s", text_str(&d.text));
	assert_string_equal(t.path, "t.yaml");
	assert_string_equal(t.name, "t");
	assert_string_equal(t.summary, "a container behind a host");
	assert_string_equal(t.client, "web");
	assert_string_equal(ip_endpoint_text(&t.connect, text),
			    "172.17.0.1:8080");
	assert_string_equal(ip_endpoint_text(&t.listen6, text), "[::]:8080");
	assert_int_equal(t.nodes.n, 2);
	assert_non_null(topology_node(&t, "host"));
	assert_null(topology_node(&t, "nobody"));
	check_host(topology_node(&t, "host"));
	check_web(topology_node(&t, "web"));
}

static void the_smallest_topology_is_one_node(void **state)
{
	own_topology struct topology t = { .name = NULL };
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	(void)state;
	spec_test_write(
		"name: t\nsummary: s\nmirrors: m\nclient: a\n"
		"server: a\nconnect: 127.0.0.1:8080\n"
		"listen: 127.0.0.1:8080\nnodes: [{name: a, kind: host}]\n");
	assert_int_equal(topology_load(&t, "t.yaml", &d, &e), 0);
	assert_int_equal(t.connect6.addr.family, 0);
}

#define LOW_PORT                                                  \
	"name: t\nsummary: s\nmirrors: m\nclient: a\nserver: a\n" \
	"connect: 127.0.0.1:80\nlisten: 127.0.0.1:80\nnodes:\n"   \
	"  - name: a\n    kind: host\n"

static void a_port_that_needs_rights_is_a_warning(void **state)
{
	own_topology struct topology t = { .name = NULL };
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	(void)state;
	spec_test_write(LOW_PORT);
	assert_int_equal(topology_load(&t, "t.yaml", &d, &e), 0);
	assert_int_equal(d.errors, 0);
	assert_int_equal(d.warnings, 1);
	assert_string_equal(
		text_str(&d.text),
		"t.yaml:7:9: warning: node 'a' allows port 80 to root only; "
		"set its sysctl net.ipv4.ip_unprivileged_port_start\n"
		"    7 | listen: 127.0.0.1:80\n"
		"      |         ^\n");
}

static void a_port_that_the_node_opens_is_no_warning(void **state)
{
	own_topology struct topology t = { .name = NULL };
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	(void)state;
	spec_test_write(LOW_PORT "    sysctls: "
				 "{net.ipv4.ip_unprivileged_port_start: 80}\n");
	assert_int_equal(topology_load(&t, "t.yaml", &d, &e), 0);
	assert_string_equal(text_str(&d.text), "");
}

static void a_topology_may_be_called_by_a_path(void **state)
{
	own_topology struct topology t = { .name = NULL };
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	(void)state;
	spec_test_write(full);
	assert_int_equal(topology_load(&t, "./t.yaml", &d, &e), 0);
	assert_string_equal(t.path, "./t.yaml");
}

/* From what ends wherever it ends, the rest can be released. */
static void a_file_cut_anywhere_is_refused_or_read_and_released(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(full); n += 7) {
		own_topology struct topology t = { .name = NULL };
		own_diags struct spec_diags d = { .path = NULL };
		struct err e = { .code = 0 };
		char cut[sizeof(full)];
		int r;

		memcpy(cut, full, n);
		cut[n] = '\0';
		spec_test_write(cut);
		r = topology_load(&t, "t.yaml", &d, &e);
		assert_true((r < 0) == (d.errors > 0));
	}
}

static void the_topologies_of_the_project_are_good(void **state)
{
	char pattern[4096];
	glob_t g;

	(void)state;
	(void)snprintf(pattern, sizeof(pattern), "%s/topologies/*.yaml",
		       getenv("srcdir") ?: ".");
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		own_diags struct spec_diags d = { .path = NULL };
		struct err e = { .code = 0 };

		if (read_topology(g.gl_pathv[i], &d, &e) < 0)
			fail_msg("%s", text_str(&d.text));
	}
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest ours[] = {
		cmocka_unit_test(the_topologies_of_the_project_are_good),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_topology_is_read),
		cmocka_unit_test(the_smallest_topology_is_one_node),
		cmocka_unit_test(a_port_that_needs_rights_is_a_warning),
		cmocka_unit_test(a_port_that_the_node_opens_is_no_warning),
		cmocka_unit_test(a_topology_may_be_called_by_a_path),
		cmocka_unit_test(
			a_file_cut_anywhere_is_refused_or_read_and_released),
	};
	int failed = cmocka_run_group_tests_name("ours", ours, NULL, NULL);

	failed += cmocka_run_group_tests_name("topology", tests,
					      spec_test_enter, spec_test_leave);
	return failed != 0;
}
