#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --param family: the same is measured whichever sockets the programs use, and
# what is on the wire is what was asked for.

bats_require_minimum_version 1.5.0
load helpers

setup()
{
	enter_own_directory
}

# cells TOPOLOGY [PARAM] - run three workloads there, and print each with its
# trials, how many were clean and reset, and by whom.
cells()
{
	need_namespaces
	"$RSTLAB" run -q --json -t "$1" -n 3 \
		-w clean-close-client,unread-close,refused \
		${2:+-p "$2"} -o r >out.json || { cat out.json >&2; return 1; }
	jq -r '.books.balanced as $balanced | .cells[] | [.workload, .trials,
		.outcomes.clean, .outcomes.reset, .emitters.client,
		.emitters.server, .emitters.middle, $balanced] | join(" ")' \
		out.json | sort >out.txt
}

# The addresses of the clients on the wire.
clients()
{
	sqlite3 -readonly r/run.db \
		'SELECT DISTINCT client FROM connection ORDER BY 1' |
		paste -sd' '
}

expect_cells()
{
	printf '%s\n' "$@" | diff - out.txt
}

# Nothing between the two, or DNAT: the client is refused by the server.
expect_direct()
{
	expect_cells 'clean-close-client 3 3 0 0 0 0 true' \
		'refused 3 0 3 0 3 0 true' \
		'unread-close 3 0 3 3 0 0 true'
}

@test "family=4: IPv4 sockets on a host" {
	cells host family=4
	expect_direct
	[ "$(clients)" = 127.0.0.1 ]
}

@test "family=6: IPv6 sockets on a host" {
	cells host family=6
	expect_direct
	[ "$(clients)" = ::1 ]
}

@test "family=4mapped: IPv6 sockets on a host, IPv4 on its wire" {
	cells host family=4mapped
	expect_direct
	[ "$(clients)" = 127.0.0.1 ]
}

@test "family=4: IPv4 sockets at both ends of a published port" {
	cells docker-publish family=4
	expect_direct
	[ "$(clients)" = 198.51.100.2 ]
}

@test "family=4mapped: IPv6 sockets at both ends of a published port" {
	cells docker-publish family=4mapped
	expect_direct
	[ "$(clients)" = 198.51.100.2 ]
}

@test "family=4mapped: IPv6 sockets in two containers on docker0" {
	cells docker-bridge family=4mapped
	expect_direct
	[ "$(clients)" = 172.17.0.3 ]
}

# What ss would have shown of both ends and of the listener: each is an IPv6
# socket that takes IPv4, or it could not have that address.
@test "family=4mapped: every socket has a mapped address, every frame an IPv4 one" {
	need_namespaces
	"$RSTLAB" run -q -t host,docker-bridge,docker-publish -w half-close \
		-n 2 -p family=4mapped -o r >out
	[ "$(sqlite3 -readonly r/run.db 'SELECT count(DISTINCT role), count(*) > 0,
		sum(local NOT LIKE "::ffff:%.%") FROM socket')" = '3|1|0' ]
	[ "$(clients)" = '127.0.0.1 172.17.0.3 198.51.100.2' ]
}

@test "family=4mapped: SNAT ports are taken as for IPv4" {
	need_namespaces
	# 6: its connect has no answer, which is no rate
	run -6 --separate-stderr "$RSTLAB" run -q --json -t docker-egress \
		-w snat-full -n 1 -p family=4,4mapped -o r
	jq -e '[.cells[].app.client] | .[0] == .[1]' <<<"$output"
}

# docker-proxy ends both connections: the client is never refused.
@test "docker-proxy over IPv6 dials over IPv4" {
	cells docker-proxy6
	expect_direct
	[ "$(clients)" = '172.17.0.1 fd00:198:51:100::2' ]
}
