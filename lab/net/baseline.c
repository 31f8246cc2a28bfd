/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which settings are here: those that a new namespace takes over from the
 * initial one, or that are computed from the machine's memory, where they can
 * change whether or when a reset is sent; those that a lab needs to run many
 * trials; and those whose default differs between kernels that are compared.
 *
 * Source: net/ipv4/tcp_ipv4.c tcp_sk_init(), net/ipv4/devinet.c
 * devinet_init_net(), net/ipv6/addrconf.c addrconf_init_net(), Linux 6.18
 */
#include "lab/net/net.h"

#include "lab/base/own.h"

const struct net_baseline net_baseline[] = {
	/* first: writing it resets other settings of net.ipv4.conf */
	{ "net.ipv4.ip_forward", "0",
	  "taken over from the machine, where Docker sets 1; only a node that "
	  "says so forwards" },
	{ "net.ipv4.conf.all.rp_filter", "0",
	  "taken over; the kernel's default and Debian's. Distributions that "
	  "set 1 or 2 drop what comes back another way" },
	{ "net.ipv4.conf.default.rp_filter", "0", "as for all" },
	{ "net.ipv4.conf.all.route_localnet", "0",
	  "taken over; 1 lets DNAT send 127.0.0.1 out to a container" },
	{ "net.ipv4.conf.default.route_localnet", "0", "as for all" },
	{ "net.ipv4.tcp_congestion_control", "reno",
	  "taken over; a BBR machine paces what a Cubic machine sends at "
	  "once. Reno is in every kernel, may be set in any namespace, and "
	  "sends as Cubic does until the first loss" },
	{ "net.ipv4.tcp_rmem", "4096 131072 6291456",
	  "taken over, from the machine's memory; how much can lie unread at "
	  "close. 6.17 raised the third number" },
	{ "net.ipv4.tcp_wmem", "4096 16384 4194304",
	  "taken over, from the machine's memory; how much can be unsent at "
	  "close" },
	{ "net.ipv4.tcp_max_tw_buckets", "262144",
	  "computed from memory; beyond it a socket skips TIME-WAIT and late "
	  "data meets a reset" },
	{ "net.ipv4.tcp_max_syn_backlog", "4096",
	  "computed from memory; how many handshakes can be half open" },
	{ "net.ipv4.tcp_tw_reuse", "1",
	  "100000 connections in a minute would run out of ports: each keeps "
	  "one for 60 s of TIME-WAIT" },
	{ "net.ipv4.ip_local_port_range", "10240 65535",
	  "the default 28232 ports last for 28232 connections in 60 s" },
	{ "net.ipv4.ip_local_reserved_ports", "50051",
	  "a client must not take the port on which gRPC servers listen" },
	{ "net.ipv4.tcp_timestamps", "1",
	  "late segments are told from new ones by it (RFC 7323)" },
	{ "net.ipv4.tcp_sack", "1", "the default of every distribution" },
	{ "net.ipv4.tcp_window_scaling", "1",
	  "the default of every distribution" },
	{ "net.ipv4.tcp_fin_timeout", "60",
	  "how long an orphan stays in FIN-WAIT-2; later data meets a reset" },
	{ "net.ipv4.tcp_abort_on_overflow", "0",
	  "1 resets a client whose connection the accept queue cannot take" },
	{ "net.ipv4.tcp_rfc1337", "0",
	  "0: a reset ends TIME-WAIT; 1: it is ignored (RFC 1337)" },
	{ "net.ipv4.tcp_syncookies", "1",
	  "an overflowing SYN queue answers with cookies, not with silence" },
	{ "net.ipv4.tcp_ecn", "2",
	  "the default: agree to ECN, do not ask for it" },
	{ "net.ipv6.conf.all.disable_ipv6", "0",
	  "taken over where the machine booted with ipv6.disable_ipv6=1" },
	{ "net.ipv6.conf.default.disable_ipv6", "0", "as for all" },
	{ "net.ipv6.conf.all.forwarding", "0",
	  "as net.ipv4.ip_forward; taken over where "
	  "net.core.devconf_inherit_init_net is 1" },
	{ "net.ipv6.conf.default.accept_ra", "0",
	  "no address or route but those of the file (that of all does "
	  "nothing)" },
	{ "net.ipv6.conf.default.addr_gen_mode", "1",
	  "1: no link-local address that the file does not give, so no "
	  "chatter about it in captures" },
	{ .key = NULL },
};
const size_t net_baseline_rows = ARRAY_SIZE(net_baseline);
