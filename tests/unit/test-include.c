/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/topology.h"

#include "lab/base/text.h"
#include "tests/unit/spec-folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Two nodes and no word about who talks to whom. */
#define BASE                                                                    \
	"name: b\n"                                                             \
	"mirrors: the base\n"                                                   \
	"links: [{name: l, kind: wire, delay: 1ms, loss: 1%}]\n"                \
	"nodes:\n"                                                              \
	"  - name: a\n"                                                         \
	"    kind: host\n"                                                      \
	"    cpus: 2\n"                                                         \
	"    sysctls: {net.ipv4.ip_forward: 1, net.core.somaxconn: 5}\n"        \
	"    interfaces:\n"                                                     \
	"      - {name: eth0, link: l, mtu: 1400, addresses: [192.0.2.2/24]}\n" \
	"    nft: |\n"                                                          \
	"      table ip one {\n"                                                \
	"      }\n"                                                             \
	"  - name: s\n"                                                         \
	"    kind: host\n"                                                      \
	"    interfaces:\n"                                                     \
	"      - {name: eth0, link: l, addresses: [192.0.2.1/24]}\n"

#define TOP                                                                 \
	"include: base/b.yaml\nname: t\nsummary: s\nclient: a\nserver: s\n" \
	"connect: 192.0.2.1:8080\nlisten: 192.0.2.1:8080\n"

struct loaded {
	struct topology t;
	struct spec_diags d;
	struct err e;
	int r;
};

static void loaded_done(struct loaded *l)
{
	topology_done(&l->t);
	spec_diags_done(&l->d);
}

static struct loaded load(const char *path)
{
	struct loaded l = { .r = 0 };

	l.r = topology_load(&l.t, path, &l.d, &l.e);
	return l;
}

static struct loaded load_good(const char *path)
{
	struct loaded l = load(path);

	if (l.r < 0)
		fail_msg("%s%s", text_str(&l.d.text), l.e.text);
	return l;
}

static const struct topology_node *node(const struct loaded *l,
					const char *name)
{
	const struct topology_node *n = topology_node(&l->t, name);

	assert_non_null(n);
	return n;
}

static void what_is_said_nowhere_else_comes_from_the_included_file(void **state)
{
	(void)state;
	folder_write("base/b.yaml", BASE);
	folder_write("t.yaml", TOP);
	OWN(loaded_done) struct loaded l = load_good("t.yaml");

	assert_string_equal(l.t.name, "t");
	assert_string_equal(l.t.mirrors, "the base");
	assert_int_equal(l.t.nodes.n, 2);
	assert_int_equal(node(&l, "a")->cpus, 2);
	assert_int_equal(topology_link(&l.t, "l")->there.delay_ns, 1000000);
	assert_string_equal(l.t.path, "t.yaml");
}

static void items_of_one_name_are_read_over_and_others_added(void **state)
{
	const struct interface *in;

	(void)state;
	folder_write("base/b.yaml", BASE);
	folder_write(
		"t.yaml", TOP
		"links: [{name: l, back: {delay: 3ms}}]\n"
		"nodes:\n"
		"  - name: a\n"
		"    cpus: 1\n"
		"    interfaces:\n"
		"      - {name: eth0, mtu: 1500, addresses: ['fd00::2/64']}\n"
		"      - {name: eth1, link: m}\n"
		"  - name: c\n"
		"    kind: router\n"
		"    interfaces: [{name: eth0, link: m}]\n");
	OWN(loaded_done) struct loaded l = load_good("t.yaml");

	assert_int_equal(l.t.nodes.n, 3);
	assert_int_equal(node(&l, "a")->cpus, 1);
	assert_int_equal(node(&l, "a")->kind, NODE_HOST);
	assert_int_equal(node(&l, "a")->interfaces.n, 2);
	in = node(&l, "a")->interfaces.items;
	assert_int_equal(in[0].mtu, 1500);
	assert_string_equal(in[0].link, "l");
	assert_int_equal(in[0].addresses.n, 2);
	assert_string_equal(in[1].name, "eth1");
	assert_int_equal(l.t.links.n, 1);
	assert_int_equal(topology_link(&l.t, "l")->there.delay_ns, 1000000);
	assert_int_equal(topology_link(&l.t, "l")->back.delay_ns, 3000000);
	assert_int_equal(topology_link(&l.t, "l")->back.loss_ppm, 10000);
}

static void a_sysctl_is_replaced_in_its_place(void **state)
{
	const struct spec_pair *p;

	(void)state;
	folder_write("base/b.yaml", BASE);
	folder_write(
		"t.yaml", TOP
		"nodes:\n"
		"  - name: a\n"
		"    sysctls: {net.ipv4.tcp_sack: 0, net.ipv4.ip_forward: 0}\n");
	OWN(loaded_done) struct loaded l = load_good("t.yaml");

	p = node(&l, "a")->sysctls.items;
	assert_int_equal(node(&l, "a")->sysctls.n, 3);
	assert_string_equal(p[0].key, "net.ipv4.ip_forward");
	assert_string_equal(p[0].value, "0");
	assert_string_equal(p[0].at.path, "t.yaml");
	assert_string_equal(p[1].key, "net.core.somaxconn");
	assert_string_equal(p[1].at.path, "base/b.yaml");
	assert_string_equal(p[2].key, "net.ipv4.tcp_sack");
}

static void rules_are_pieces_with_their_places(void **state)
{
	const struct nft_piece *p;

	(void)state;
	folder_write("base/b.yaml", BASE);
	folder_write("t.yaml", TOP "nodes:\n"
				   "  - name: a\n"
				   "    nft: |\n"
				   "      table ip two {\n"
				   "      }\n");
	OWN(loaded_done) struct loaded l = load_good("t.yaml");

	assert_int_equal(node(&l, "a")->nft.n, 2);
	assert_int_equal(node(&l, "s")->nft.n, 0);
	p = node(&l, "a")->nft.items;
	assert_string_equal(p[0].text, "table ip one {\n}\n");
	assert_string_equal(p[0].at.path, "base/b.yaml");
	assert_int_equal(p[0].at.line, 12);
	assert_int_equal(p[0].at.column, 7);
	assert_string_equal(p[1].text, "table ip two {\n}\n");
	assert_string_equal(p[1].at.path, "t.yaml");
	assert_int_equal(p[1].at.line, 11);
}

static void includes_are_looked_up_beside_the_file_that_includes(void **state)
{
	(void)state;
	folder_write("base/b.yaml", "include: c.yaml\n");
	folder_write("base/c.yaml", BASE);
	folder_write("t.yaml", TOP);
	OWN(loaded_done) struct loaded l = load_good("t.yaml");
	const struct spec_file *files = l.t.files.items;

	assert_int_equal(l.t.files.n, 3);
	assert_string_equal(files[0].path, "t.yaml");
	assert_string_equal(files[1].path, "base/b.yaml");
	assert_string_equal(files[2].path, "base/c.yaml");
}

static void the_source_holds_every_file(void **state)
{
	own_text struct text text = { .s = NULL };

	(void)state;
	folder_write("base/b.yaml", BASE);
	folder_write("t.yaml", TOP);
	OWN(loaded_done) struct loaded l = load_good("t.yaml");

	topology_source(&l.t, &text);
	assert_string_equal(text_str(&text),
			    TOP "# included: base/b.yaml\n" BASE);
}

static void refuse(const char *path, const char *want)
{
	OWN(loaded_done) struct loaded l = load(path);

	assert_true(l.r < 0);
	assert_string_equal(text_str(&l.d.text), want);
	assert_int_equal(l.e.class, ERR_INPUT);
}

static void a_mistake_is_shown_in_its_own_file(void **state)
{
	(void)state;
	folder_write("base/b.yaml",
		     "mirrors: m\nnodes:\n  - {name: a, knd: host}\n");
	folder_write("t.yaml", TOP "nodes: [{name: s, kind: hots}]\n");
	refuse("t.yaml",
	       "base/b.yaml:3:15: error: unknown key 'knd' in node (did you "
	       "mean 'kind'?)\n"
	       "    3 |   - {name: a, knd: host}\n"
	       "      |               ^\n"
	       "t.yaml:8:25: error: unknown kind 'hots', known are: host, "
	       "container, guest, router, remote (did you mean 'host'?)\n"
	       "    8 | nodes: [{name: s, kind: hots}]\n"
	       "      |                         ^\n"
	       "t.yaml:7:9: error: node 's' has no address 192.0.2.1 to "
	       "listen at\n"
	       "    7 | listen: 192.0.2.1:8080\n"
	       "      |         ^\n");
}

static void a_contradiction_is_shown_where_the_value_stands(void **state)
{
	(void)state;
	folder_write("base/b.yaml", BASE);
	folder_write("t.yaml", TOP "nodes:\n"
				   "  - name: c\n"
				   "    kind: host\n"
				   "    interfaces: [{name: eth0, link: l}]\n");
	refuse("t.yaml", "t.yaml:11:37: error: link 'l' has two ends already "
			 "(base/b.yaml:10 and base/b.yaml:17)\n"
			 "   11 |     interfaces: [{name: eth0, link: l}]\n"
			 "      |                                     ^\n");
	folder_write("t.yaml", TOP "links: [{name: l, jitter: 2ms}]\n");
	refuse("t.yaml",
	       "t.yaml:8:16: error: link 'l': jitter 2ms is more than delay "
	       "1ms\n"
	       "    8 | links: [{name: l, jitter: 2ms}]\n"
	       "      |                ^\n");
	folder_write("base/b.yaml", "nodes: [{name: s, kind: host, routes: "
				    "[{to: default}]}]\n");
	folder_write("t.yaml", "include: base/b.yaml\nname: t\nsummary: s\n"
			       "mirrors: m\nclient: s\nserver: s\n"
			       "connect: 127.0.0.1:8080\n"
			       "listen: 127.0.0.1:8080\n");
	refuse("t.yaml",
	       "base/b.yaml:1:45: error: a route needs via or dev\n"
	       "    1 | nodes: [{name: s, kind: host, routes: "
	       "[{to: default}]}]\n"
	       "      |                                             ^\n");
}

static void a_name_twice_in_one_file_is_a_mistake_as_ever(void **state)
{
	(void)state;
	folder_write("base/b.yaml", BASE);
	folder_write(
		"t.yaml", TOP
		"nodes:\n"
		"  - name: a\n"
		"    sysctls: {net.ipv4.tcp_sack: 0, net.ipv4.tcp_sack: 1}\n"
		"  - {name: a, kind: host}\n");
	refuse("t.yaml",
	       "t.yaml:10:37: error: key 'net.ipv4.tcp_sack' a second time in "
	       "sysctls (first in line 10)\n"
	       "   10 |     sysctls: {net.ipv4.tcp_sack: 0, "
	       "net.ipv4.tcp_sack: 1}\n"
	       "      |                                     ^\n"
	       "t.yaml:11:12: error: node 'a' a second time (first in line "
	       "9)\n"
	       "   11 |   - {name: a, kind: host}\n"
	       "      |            ^\n");
}

static void an_item_must_be_complete_where_it_is_first_named(void **state)
{
	(void)state;
	folder_write("base/b.yaml", BASE);
	folder_write("t.yaml", TOP "nodes: [{name: c}]\n");
	refuse("t.yaml",
	       "t.yaml:8:9: error: node has no 'kind' (host, container, guest, "
	       "router or remote)\n"
	       "    8 | nodes: [{name: c}]\n"
	       "      |         ^\n");
}

static void the_file_must_give_its_name_and_summary_itself(void **state)
{
	(void)state;
	folder_write("base/b.yaml", "name: b\nsummary: s\n" TOP);
	folder_write("base/b.yaml", "name: b\nsummary: of the base\n"
				    "mirrors: m\nclient: a\nserver: a\n"
				    "connect: 127.0.0.1:8080\n"
				    "listen: 127.0.0.1:8080\n"
				    "nodes: [{name: a, kind: host}]\n");
	folder_write("t.yaml", "include: base/b.yaml\n");
	refuse("t.yaml",
	       "t.yaml:1:1: error: topology has no 'name' (the file's name "
	       "without .yaml)\n"
	       "    1 | include: base/b.yaml\n"
	       "      | ^\n"
	       "t.yaml:1:1: error: topology has no 'summary' (one line for the "
	       "list)\n"
	       "    1 | include: base/b.yaml\n"
	       "      | ^\n");
}

static void a_file_that_is_not_there_is_one_message(void **state)
{
	(void)state;
	folder_write("t.yaml", "include: base/none.yaml\nname: t\n");
	refuse("t.yaml",
	       "t.yaml:1:10: error: include: read base/none.yaml: No such file "
	       "or directory\n"
	       "    1 | include: base/none.yaml\n"
	       "      |          ^\n");
}

static void a_file_that_is_no_yaml_is_one_message(void **state)
{
	(void)state;
	folder_write("base/b.yaml", "nodes: [\n");
	folder_write("t.yaml", TOP);
	refuse("t.yaml",
	       "base/b.yaml:2:1: error: did not find expected node content\n"
	       "    2 | \n"
	       "      | ^\n");
}

static void a_bomb_in_an_included_file_does_not_go_off(void **state)
{
	(void)state;
	folder_write("base/b.yaml", "mirrors: &a x\nsummary: *a\n");
	folder_write("t.yaml", TOP);
	refuse("t.yaml",
	       "base/b.yaml:1:10: error: anchors, aliases and tags are not "
	       "allowed\n"
	       "    1 | mirrors: &a x\n"
	       "      |          ^\n");
}

static void a_cycle_is_refused_with_its_chain(void **state)
{
	(void)state;
	folder_write("base/b.yaml", "include: ../t.yaml\n");
	folder_write("t.yaml", TOP);
	refuse("t.yaml",
	       "base/b.yaml:1:10: error: a cycle of includes: t.yaml -> "
	       "base/b.yaml -> base/../t.yaml\n"
	       "    1 | include: ../t.yaml\n"
	       "      |          ^\n");
	folder_write("t.yaml", "include: t.yaml\n");
	refuse("t.yaml",
	       "t.yaml:1:10: error: a cycle of includes: t.yaml -> t.yaml\n"
	       "    1 | include: t.yaml\n"
	       "      |          ^\n");
}

/* 0.yaml includes 1.yaml, and so on up to @last, which is the base. */
static void write_chain(int last)
{
	for (int i = 0; i <= last; i++) {
		char name[16], text[32];

		(void)snprintf(name, sizeof(name), "%d.yaml", i);
		(void)snprintf(text, sizeof(text), "include: %d.yaml\n", i + 1);
		folder_write(name, i == last ? BASE : text);
	}
}

static void eight_includes_in_a_row_are_allowed_and_nine_are_not(void **state)
{
	(void)state;
	folder_write("t.yaml",
		     "include: 0.yaml\nname: t\nsummary: s\nclient: a\n"
		     "server: s\nconnect: 192.0.2.1:8080\n"
		     "listen: 192.0.2.1:8080\n");
	write_chain(7);
	{
		OWN(loaded_done) struct loaded l = load_good("t.yaml");

		assert_int_equal(l.t.files.n, 9);
	}
	write_chain(8);
	refuse("t.yaml",
	       "7.yaml:1:10: error: includes more than 8 deep: t.yaml -> "
	       "0.yaml -> 1.yaml -> 2.yaml -> 3.yaml -> 4.yaml -> 5.yaml -> "
	       "6.yaml -> 7.yaml -> 8.yaml\n"
	       "    1 | include: 8.yaml\n"
	       "      |          ^\n");
}

static void lists_of_all_files_together_are_limited(void **state)
{
	own_text struct text base = { .s = NULL };

	(void)state;
	text_add(&base, "nodes:\n");
	for (int i = 0; i < SPEC_ENTRIES_MAX; i++)
		text_addf(&base, "  - {name: n%d, kind: host}\n", i);
	folder_write("base/b.yaml", text_str(&base));
	folder_write("t.yaml", "include: base/b.yaml\nname: t\nsummary: s\n"
			       "mirrors: m\nclient: n0\nserver: n0\n"
			       "connect: 127.0.0.1:8080\n"
			       "listen: 127.0.0.1:8080\n"
			       "nodes: [{name: x, kind: host}]\n");
	refuse("t.yaml", "t.yaml:9:8: error: nodes has 1025 entries; at most "
			 "1024 are allowed\n"
			 "    9 | nodes: [{name: x, kind: host}]\n"
			 "      |        ^\n");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, folder_enter, folder_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_said_nowhere_else_comes_from_the_included_file),
		CASE(items_of_one_name_are_read_over_and_others_added),
		CASE(a_sysctl_is_replaced_in_its_place),
		CASE(rules_are_pieces_with_their_places),
		CASE(includes_are_looked_up_beside_the_file_that_includes),
		CASE(the_source_holds_every_file),
		CASE(a_mistake_is_shown_in_its_own_file),
		CASE(a_contradiction_is_shown_where_the_value_stands),
		CASE(a_name_twice_in_one_file_is_a_mistake_as_ever),
		CASE(an_item_must_be_complete_where_it_is_first_named),
		CASE(the_file_must_give_its_name_and_summary_itself),
		CASE(a_file_that_is_not_there_is_one_message),
		CASE(a_file_that_is_no_yaml_is_one_message),
		CASE(a_bomb_in_an_included_file_does_not_go_off),
		CASE(a_cycle_is_refused_with_its_chain),
		CASE(eight_includes_in_a_row_are_allowed_and_nine_are_not),
		CASE(lists_of_all_files_together_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
