/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/topology.h"

#include "tests/unit/spec-test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Two nodes and a link, by parts: lines 1 to 8, 9 to 12 and 13 to 16. */
#define HEAD                                                      \
	"name: t\nsummary: s\nmirrors: m\nclient: a\nserver: b\n" \
	"connect: 192.0.2.1:8080\nlisten: 192.0.2.1:8080\nnodes:\n"
#define NODE_A                                           \
	"  - name: a\n    kind: host\n    interfaces:\n" \
	"      - {name: eth0, link: l, addresses: [192.0.2.2/24]}\n"
#define NODE_B                                           \
	"  - name: b\n    kind: host\n    interfaces:\n" \
	"      - {name: eth0, link: l, addresses: [192.0.2.1/24]}\n"

static int read_topology(const char *path, struct spec_diags *d, struct err *e)
{
	own_topology struct topology t = { .name = NULL };

	return topology_load(&t, path, d, e);
}

/* clang-format off */
static const struct bad_file bad[] = {
	{ "an unknown key",
	  HEAD
	  "  - name: a\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {netme: eth0, link: l}\n" NODE_B,
	  "t.yaml:12:10: error: unknown key 'netme' in interface (did you mean 'name'?)\n"
	  "   12 |       - {netme: eth0, link: l}\n"
	  "      |          ^\n" },
	{ "a name that is not the name of the file",
	  "name: u\n"
	  "summary: s\n"
	  "mirrors: m\n"
	  "client: a\n"
	  "server: b\n"
	  "connect: 192.0.2.1:8080\n"
	  "listen: 192.0.2.1:8080\n"
	  "nodes:\n" NODE_A NODE_B,
	  "t.yaml:1:7: error: name 'u' must be the file's name without .yaml\n"
	  "    1 | name: u\n"
	  "      |       ^\n" },
	{ "a node kind that does not exist",
	  HEAD
	  "  - name: a\n"
	  "    kind: hots\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: l, addresses: [192.0.2.2/24]}\n" NODE_B,
	  "t.yaml:10:11: error: unknown kind 'hots', known are: host, container, guest, router, remote (did you mean 'host'?)\n"
	  "   10 |     kind: hots\n"
	  "      |           ^\n" },
	{ "a node named twice",
	  HEAD NODE_A NODE_B
	  "  - {name: a, kind: host}\n",
	  "t.yaml:17:12: error: node 'a' a second time (first in line 9)\n"
	  "   17 |   - {name: a, kind: host}\n"
	  "      |            ^\n" },
	{ "a client that is no node",
	  "name: t\n"
	  "summary: s\n"
	  "mirrors: m\n"
	  "client: remot\n"
	  "server: b\n"
	  "connect: 192.0.2.1:8080\n"
	  "listen: 192.0.2.1:8080\n"
	  "nodes:\n"
	  "  - {name: remote, kind: remote}\n"
	  "  - name: b\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: l, addresses: [192.0.2.1/24]}\n",
	  "t.yaml:4:9: error: no node 'remot' (did you mean 'remote'?)\n"
	  "    4 | client: remot\n"
	  "      |         ^\n"
	  "t.yaml:13:28: error: link 'l' has one end; two interfaces must name it\n"
	  "   13 |       - {name: eth0, link: l, addresses: [192.0.2.1/24]}\n"
	  "      |                            ^\n" },
	{ "a node name that is no host name",
	  HEAD NODE_A NODE_B
	  "  - {name: Web_1, kind: host}\n",
	  "t.yaml:17:12: error: name must be a name of at most 63 small letters, digits and '-', not 'Web_1'\n"
	  "   17 |   - {name: Web_1, kind: host}\n"
	  "      |            ^\n" },
	{ "an interface named twice in a node",
	  HEAD NODE_A NODE_B
	  "    # below b\n"
	  "      - {name: eth0, kind: bridge}\n",
	  "t.yaml:18:16: error: interface 'eth0' a second time (first in line 16)\n"
	  "   18 |       - {name: eth0, kind: bridge}\n"
	  "      |                ^\n" },
	{ "an interface name that the kernel would not take",
	  HEAD NODE_A NODE_B
	  "      - {name: eth0123456789abc, kind: bridge}\n",
	  "t.yaml:17:16: error: name must be an interface name of at most 15 letters, digits, '-', '_' and '.', not 'eth0123456789abc'\n"
	  "   17 |       - {name: eth0123456789abc, kind: bridge}\n"
	  "      |                ^\n" },
	{ "an interface called lo",
	  HEAD NODE_A NODE_B
	  "      - {name: lo, kind: bridge}\n",
	  "t.yaml:17:16: error: lo is in every node and up by itself\n"
	  "   17 |       - {name: lo, kind: bridge}\n"
	  "      |                ^\n" },
	{ "a veth without a link",
	  HEAD NODE_A NODE_B
	  "      - name: eth1\n",
	  "t.yaml:17:15: error: veth 'eth1' needs a link\n"
	  "   17 |       - name: eth1\n"
	  "      |               ^\n" },
	{ "a link with one end, and the one that was meant",
	  HEAD NODE_A NODE_B
	  "      - {name: eth1, link: uplink}\n"
	  "  - name: c\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: upling}\n",
	  "t.yaml:17:28: error: link 'uplink' has one end; two interfaces must name it (did you mean 'upling'?)\n"
	  "   17 |       - {name: eth1, link: uplink}\n"
	  "      |                            ^\n"
	  "t.yaml:21:28: error: link 'upling' has one end; two interfaces must name it (did you mean 'uplink'?)\n"
	  "   21 |       - {name: eth0, link: upling}\n"
	  "      |                            ^\n" },
	{ "a link with three ends",
	  HEAD NODE_A NODE_B
	  "      - {name: eth1, link: l}\n",
	  "t.yaml:17:28: error: link 'l' has two ends already (lines 12 and 16)\n"
	  "   17 |       - {name: eth1, link: l}\n"
	  "      |                            ^\n" },
	{ "a master that is no bridge of the node",
	  HEAD NODE_A
	  "  - name: b\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: l, master: docker1, addresses: [192.0.2.1/24]}\n"
	  "      - {name: docker0, kind: bridge}\n",
	  "t.yaml:16:39: error: no bridge 'docker1' in node 'b' (did you mean 'docker0'?)\n"
	  "   16 |       - {name: eth0, link: l, master: docker1, addresses: [192.0.2.1/24]}\n"
	  "      |                                       ^\n" },
	{ "a bridge as the port of a bridge",
	  HEAD NODE_A NODE_B
	  "      - {name: br0, kind: bridge}\n"
	  "      - {name: br1, kind: bridge, master: br0}\n",
	  "t.yaml:18:16: error: interface 'br1': a bridge cannot be a port of another\n"
	  "   18 |       - {name: br1, kind: bridge, master: br0}\n"
	  "      |                ^\n" },
	{ "a macvlan without a parent",
	  HEAD NODE_A NODE_B
	  "      - {name: mv0, kind: macvlan}\n",
	  "t.yaml:17:16: error: macvlan 'mv0' needs a parent\n"
	  "   17 |       - {name: mv0, kind: macvlan}\n"
	  "      |                ^\n" },
	{ "a macvlan on an interface that does not exist",
	  HEAD NODE_A NODE_B
	  "      - {name: mv0, kind: macvlan, parent: 'a:eth1'}\n",
	  "t.yaml:17:45: error: no interface 'eth1' in node 'a'\n"
	  "   17 |       - {name: mv0, kind: macvlan, parent: 'a:eth1'}\n"
	  "      |                                             ^\n" },
	{ "a macvlan on a node that does not exist",
	  HEAD NODE_A NODE_B
	  "      - {name: mv0, kind: macvlan, parent: 'q:eth0'}\n",
	  "t.yaml:17:45: error: no node 'q' (did you mean 'a'?)\n"
	  "   17 |       - {name: mv0, kind: macvlan, parent: 'q:eth0'}\n"
	  "      |                                             ^\n" },
	{ "a parent that is not of the form node:interface",
	  HEAD NODE_A NODE_B
	  "      - {name: mv0, kind: macvlan, parent: eth0}\n",
	  "t.yaml:17:44: error: parent must be node:interface, such as host:eth0, not 'eth0'\n"
	  "   17 |       - {name: mv0, kind: macvlan, parent: eth0}\n"
	  "      |                                            ^\n" },
	{ "a vxlan without what it needs",
	  HEAD NODE_A NODE_B
	  "      - {name: vx0, kind: vxlan, vni: 7}\n",
	  "t.yaml:17:16: error: interface 'vx0': a vxlan needs vni and remote\n"
	  "   17 |       - {name: vx0, kind: vxlan, vni: 7}\n"
	  "      |                ^\n" },
	{ "keys of another kind of interface",
	  HEAD NODE_A NODE_B
	  "      - name: br0\n"
	  "        kind: bridge\n"
	  "        link: m\n"
	  "        vni: 7\n"
	  "        hairpin: on\n"
	  "  - name: c\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: m, stp: on, forward-delay: 2s}\n",
	  "t.yaml:17:15: error: interface 'br0': only a veth has a link\n"
	  "   17 |       - name: br0\n"
	  "      |               ^\n"
	  "t.yaml:17:15: error: interface 'br0': hairpin needs a master\n"
	  "   17 |       - name: br0\n"
	  "      |               ^\n"
	  "t.yaml:17:15: error: interface 'br0': only a vxlan has vni, local and remote\n"
	  "   17 |       - name: br0\n"
	  "      |               ^\n"
	  "t.yaml:25:16: error: interface 'eth0': only a bridge has stp\n"
	  "   25 |       - {name: eth0, link: m, stp: on, forward-delay: 2s}\n"
	  "      |                ^\n"
	  "t.yaml:25:16: error: interface 'eth0': only a bridge has forward-delay\n"
	  "   25 |       - {name: eth0, link: m, stp: on, forward-delay: 2s}\n"
	  "      |                ^\n" },
	{ "an address without a prefix length",
	  HEAD NODE_A
	  "  - name: b\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: l, addresses: [192.0.2.1]}\n",
	  "t.yaml:16:43: error: addresses must be an address with the length of its prefix, such as 192.0.2.1/24 or fd00::1/64, not '192.0.2.1'\n"
	  "   16 |       - {name: eth0, link: l, addresses: [192.0.2.1]}\n"
	  "      |                                           ^\n" },
	{ "an address twice in a node",
	  HEAD NODE_A NODE_B
	  "      - {name: br0, kind: bridge, addresses: [192.0.2.1/16]}\n",
	  "t.yaml:16:16: error: address 192.0.2.1 is in node 'b' more than once\n"
	  "   16 |       - {name: eth0, link: l, addresses: [192.0.2.1/24]}\n"
	  "      |                ^\n"
	  "t.yaml:17:16: error: address 192.0.2.1 is in node 'b' more than once\n"
	  "   17 |       - {name: br0, kind: bridge, addresses: [192.0.2.1/16]}\n"
	  "      |                ^\n" },
	{ "a MAC address of a group",
	  HEAD NODE_A
	  "  - name: b\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: l, mac: '01:00:5e:00:00:01', addresses: [192.0.2.1/24]}\n",
	  "t.yaml:16:37: error: mac must be a unicast MAC address in small letters, such as 02:42:ac:11:00:02, not '01:00:5e:00:00:01'\n"
	  "   16 |       - {name: eth0, link: l, mac: '01:00:5e:00:00:01', addresses: [192.0.2.1/24]}\n"
	  "      |                                     ^\n" },
	{ "an MTU out of range",
	  HEAD NODE_A
	  "  - name: b\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: l, mtu: 9k, addresses: [192.0.2.1/24]}\n",
	  "t.yaml:16:36: error: mtu must be a whole number from 68 to 65535, not '9k'\n"
	  "   16 |       - {name: eth0, link: l, mtu: 9k, addresses: [192.0.2.1/24]}\n"
	  "      |                                    ^\n" },
	{ "a forward delay out of range",
	  HEAD NODE_A NODE_B
	  "      - {name: br0, kind: bridge, forward-delay: 1m}\n",
	  "t.yaml:17:50: error: forward-delay must be from 0ns to 30s, not '1m'\n"
	  "   17 |       - {name: br0, kind: bridge, forward-delay: 1m}\n"
	  "      |                                                  ^\n" },
	{ "a route without a way",
	  HEAD NODE_A NODE_B
	  "    routes: [{to: default}]\n",
	  "t.yaml:17:19: error: a route needs via or dev\n"
	  "   17 |     routes: [{to: default}]\n"
	  "      |                   ^\n" },
	{ "a route by an interface that does not exist",
	  HEAD NODE_A NODE_B
	  "    routes: [{to: default, dev: eth9}]\n",
	  "t.yaml:17:19: error: no interface 'eth9' in node 'b'\n"
	  "   17 |     routes: [{to: default, dev: eth9}]\n"
	  "      |                   ^\n" },
	{ "a gateway out of reach",
	  HEAD NODE_A NODE_B
	  "    routes: [{to: default, via: 198.51.100.1}]\n",
	  "t.yaml:17:19: error: via 198.51.100.1 is in no network of node 'b'\n"
	  "   17 |     routes: [{to: default, via: 198.51.100.1}]\n"
	  "      |                   ^\n" },
	{ "a gateway of the other family",
	  HEAD NODE_A NODE_B
	  "    routes: [{to: '2001:db8::/32', via: 192.0.2.2}]\n",
	  "t.yaml:17:20: error: via 192.0.2.2 is not of the same family\n"
	  "   17 |     routes: [{to: '2001:db8::/32', via: 192.0.2.2}]\n"
	  "      |                    ^\n" },
	{ "a link-local gateway without an interface",
	  HEAD NODE_A NODE_B
	  "    routes: [{to: default, via: 'fe80::1'}]\n",
	  "t.yaml:17:19: error: via fe80::1 needs dev as well\n"
	  "   17 |     routes: [{to: default, via: 'fe80::1'}]\n"
	  "      |                   ^\n" },
	{ "a route to a prefix with host bits",
	  HEAD NODE_A NODE_B
	  "    routes: [{to: 10.0.0.1/8, via: 192.0.2.2}]\n",
	  "t.yaml:17:19: error: to must be default or the prefix of a network, such as 192.0.2.0/24, not '10.0.0.1/8'\n"
	  "   17 |     routes: [{to: 10.0.0.1/8, via: 192.0.2.2}]\n"
	  "      |                   ^\n" },
	{ "a sysctl of the machine",
	  HEAD NODE_A NODE_B
	  "    sysctls: {kernel.panic: 1}\n",
	  "t.yaml:17:15: error: sysctl 'kernel.panic' is not a node's own: it must begin with 'net.'\n"
	  "   17 |     sysctls: {kernel.panic: 1}\n"
	  "      |               ^\n" },
	{ "a sysctl that climbs out of net",
	  HEAD NODE_A NODE_B
	  "    sysctls: {net/../kernel/panic: 1}\n",
	  "t.yaml:17:15: error: 'net/../kernel/panic' is not the name of a sysctl, such as net.ipv4.ip_forward\n"
	  "   17 |     sysctls: {net/../kernel/panic: 1}\n"
	  "      |               ^\n" },
	{ "a sysctl value of two lines",
	  HEAD NODE_A NODE_B
	  "    sysctls:\n"
	  "      net.ipv4.ip_forward: |\n"
	  "        0\n"
	  "        1\n",
	  "t.yaml:18:7: error: the value of net.ipv4.ip_forward must be one line\n"
	  "   18 |       net.ipv4.ip_forward: |\n"
	  "      |       ^\n" },
	{ "a listening address that the server does not have",
	  "name: t\n"
	  "summary: s\n"
	  "mirrors: m\n"
	  "client: a\n"
	  "server: b\n"
	  "connect: 192.0.2.1:8080\n"
	  "listen: 192.0.2.9:8080\n"
	  "nodes:\n" NODE_A NODE_B,
	  "t.yaml:7:9: error: node 'b' has no address 192.0.2.9 to listen at\n"
	  "    7 | listen: 192.0.2.9:8080\n"
	  "      |         ^\n" },
	{ "an IPv6 endpoint where IPv4 is wanted",
	  "name: t\n"
	  "summary: s\n"
	  "mirrors: m\n"
	  "client: a\n"
	  "server: b\n"
	  "connect: 192.0.2.1:8080\n"
	  "listen: '[fd00::1]:8080'\n"
	  "nodes:\n" NODE_A NODE_B,
	  "t.yaml:7:10: error: listen must be an IPv4 address and a port, such as 192.0.2.1:8080, not '[fd00::1]:8080'\n"
	  "    7 | listen: '[fd00::1]:8080'\n"
	  "      |          ^\n" },
	{ "a second IPv6 endpoint for the client",
	  "name: t\n"
	  "summary: s\n"
	  "mirrors: m\n"
	  "client: a\n"
	  "server: b\n"
	  "connect: '[fd00::1]:8080'\n"
	  "listen: 192.0.2.1:8080\n"
	  "connect6: '[fd00::2]:8080'\n"
	  "listen6: '[::1]:8080'\n"
	  "nodes:\n" NODE_A NODE_B,
	  "t.yaml:8:12: error: connect is over IPv6 already\n"
	  "    8 | connect6: '[fd00::2]:8080'\n"
	  "      |            ^\n" },
	{ "an endpoint without a port",
	  "name: t\n"
	  "summary: s\n"
	  "mirrors: m\n"
	  "client: a\n"
	  "server: b\n"
	  "connect: 192.0.2.1\n"
	  "listen: 192.0.2.1:8080\n"
	  "nodes:\n" NODE_A NODE_B,
	  "t.yaml:6:10: error: connect must be an address and a port, such as 192.0.2.1:8080 or [fd00::1]:8080, not '192.0.2.1'\n"
	  "    6 | connect: 192.0.2.1\n"
	  "      |          ^\n" },
	{ "connect6 without listen6",
	  "name: t\n"
	  "summary: s\n"
	  "mirrors: m\n"
	  "client: a\n"
	  "server: b\n"
	  "connect: 192.0.2.1:8080\n"
	  "listen: 192.0.2.1:8080\n"
	  "connect6: '[::1]:8080'\n"
	  "nodes:\n" NODE_A NODE_B,
	  "t.yaml:8:12: error: connect6 needs listen6\n"
	  "    8 | connect6: '[::1]:8080'\n"
	  "      |            ^\n" },
	{ "listen6 without connect6",
	  "name: t\n"
	  "summary: s\n"
	  "mirrors: m\n"
	  "client: a\n"
	  "server: b\n"
	  "connect: 192.0.2.1:8080\n"
	  "listen: 192.0.2.1:8080\n"
	  "listen6: '[::1]:8080'\n"
	  "nodes:\n" NODE_A NODE_B,
	  "t.yaml:8:11: error: listen6 needs connect6\n"
	  "    8 | listen6: '[::1]:8080'\n"
	  "      |           ^\n" },
	{ "a topology without nodes",
	  "name: t\n"
	  "summary: s\n"
	  "mirrors: m\n"
	  "client: a\n"
	  "server: b\n"
	  "connect: 192.0.2.1:8080\n"
	  "listen: 192.0.2.1:8080\n"
	  "nodes: []\n",
	  "t.yaml:1:7: error: a topology needs a node\n"
	  "    1 | name: t\n"
	  "      |       ^\n" },
	{ "a file that says nothing of a topology",
	  "name: t\n",
	  "t.yaml:1:1: error: topology has no 'summary' (one line for the list)\n"
	  "    1 | name: t\n"
	  "      | ^\n"
	  "t.yaml:1:1: error: topology has no 'mirrors' (what it mirrors, which version, and the source)\n"
	  "    1 | name: t\n"
	  "      | ^\n"
	  "t.yaml:1:1: error: topology has no 'client' (node of the client)\n"
	  "    1 | name: t\n"
	  "      | ^\n"
	  "t.yaml:1:1: error: topology has no 'server' (node of the server)\n"
	  "    1 | name: t\n"
	  "      | ^\n"
	  "t.yaml:1:1: error: topology has no 'connect' (what the client dials)\n"
	  "    1 | name: t\n"
	  "      | ^\n"
	  "t.yaml:1:1: error: topology has no 'listen' (where the server listens)\n"
	  "    1 | name: t\n"
	  "      | ^\n"
	  "t.yaml:1:1: error: topology has no 'nodes' (the nodes, at least one)\n"
	  "    1 | name: t\n"
	  "      | ^\n" },
	{ "a summary of two lines",
	  "name: t\n"
	  "summary: |\n"
	  "  one\n"
	  "  two\n"
	  "mirrors: m\n"
	  "client: a\n"
	  "server: b\n"
	  "connect: 192.0.2.1:8080\n"
	  "listen: 192.0.2.1:8080\n"
	  "nodes:\n" NODE_A NODE_B,
	  "t.yaml:3:3: error: summary must be one line, not 'one two '\n"
	  "    3 |   one\n"
	  "      |   ^\n" },
	{ "an interface kind that does not exist",
	  HEAD NODE_A
	  "  - name: b\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: l, master: docker0, addresses: [192.0.2.1/24]}\n"
	  "      - {name: docker0, kind: brigde}\n",
	  "t.yaml:17:31: error: unknown kind 'brigde', known are: veth, bridge, macvlan, vxlan, tap (did you mean 'bridge'?)\n"
	  "   17 |       - {name: docker0, kind: brigde}\n"
	  "      |                               ^\n" },
	{ "several mistakes, each of them reported",
	  HEAD
	  "  - name: a\n"
	  "    knid: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, link: l, addresses: [192.0.2/24]}\n"
	  "  - name: b\n"
	  "    kind: host\n"
	  "    interfaces:\n"
	  "      - {name: eth0, lnk: l, addresses: [192.0.2.1/24]}\n",
	  "t.yaml:10:5: error: unknown key 'knid' in node (did you mean 'kind'?)\n"
	  "   10 |     knid: host\n"
	  "      |     ^\n"
	  "t.yaml:12:43: error: addresses must be an address with the length of its prefix, such as 192.0.2.1/24 or fd00::1/64, not '192.0.2/24'\n"
	  "   12 |       - {name: eth0, link: l, addresses: [192.0.2/24]}\n"
	  "      |                                           ^\n"
	  "t.yaml:16:22: error: unknown key 'lnk' in interface (did you mean 'link'?)\n"
	  "   16 |       - {name: eth0, lnk: l, addresses: [192.0.2.1/24]}\n"
	  "      |                      ^\n"
	  "t.yaml:16:16: error: veth 'eth0' needs a link\n"
	  "   16 |       - {name: eth0, lnk: l, addresses: [192.0.2.1/24]}\n"
	  "      |                ^\n" },
};
/* clang-format on */

int main(void)
{
	return spec_test_bad("bad topologies", read_topology, bad,
			     ARRAY_SIZE(bad)) != 0;
}
