#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs in labs with programs between client and server: wires and relays.

load ../e2e/helpers

setup()
{
	need_namespaces
	enter_own_directory
}

need_taps()
{
	[ -r /dev/net/tun ] && [ -w /dev/net/tun ] ||
		skip '/dev/net/tun may not be used here'
}

# A client on a machine dials the relay there, over loopback.
relay_topology()
{
	cat >relayed.yaml <<'YAML'
name: relayed
summary: through a relay
mirrors: none
client: host
server: web
connect: 127.0.0.1:8080
listen: 172.17.0.2:8000
nodes:
  - name: host
    kind: host
    interfaces:
      - {name: eth0, link: up, addresses: [172.17.0.1/24]}
  - name: web
    kind: container
    interfaces:
      - {name: eth0, link: up, addresses: [172.17.0.2/24]}
processes:
  - node: host
    kind: relay
    listen: 0.0.0.0:8080
    connect: 172.17.0.2:8000
YAML
}

run()
{
	"$RSTLAB" run --json -o result "$@" >out.json 2>err || {
		cat err
		return 1
	}
}

query()
{
	sqlite3 result/run.db "$1"
}

no_strays()
{
	[ "$(query 'SELECT count(*) FROM connection WHERE trial IS NULL')" = 0 ]
}

outcome()
{
	jq -r ".cells[] | select(.workload == \"$1\") | .outcomes.$2" out.json
}

@test "a wire delays each way, and a run over it is whole" {
	need_taps
	two_machines far 'kind: wire, delay: 2ms'
	run -t ./far.yaml -w clean-close-client,clean-close-both -n 10
	[ "$(outcome clean-close-client clean)" = 10 ]
	[ "$(outcome clean-close-both clean)" = 10 ]
	no_strays
	# from the client's interface to the server's
	[ "$(query 'SELECT min(after_ns) >= 2000000 FROM leg
		WHERE number = 2')" = 1 ]
	[ "$(jq .books.balanced out.json)" = true ]
}

@test "resets that are still in a wire belong to their own trial" {
	need_taps
	two_machines far 'kind: wire, delay: 2ms'
	run -t ./far.yaml -w linger0,late-data,unread-close -n 10
	for workload in linger0 late-data unread-close; do
		[ "$(outcome "$workload" reset)" = 10 ]
	done
	no_strays
	[ "$(jq .books.balanced out.json)" = true ]
	# each RST was seen where it left and where it arrived
	[ "$(query 'SELECT min(sightings), max(sightings) FROM reset')" = '2|2' ]
}

@test "a relay makes two connections of a trial, and none is a stray" {
	relay_topology
	run -t ./relayed.yaml -w clean-close-client,clean-close-server -n 20
	[ "$(outcome clean-close-client clean)" = 20 ]
	[ "$(outcome clean-close-server clean)" = 20 ]
	no_strays
	[ "$(query 'SELECT DISTINCT n FROM (SELECT count(*) AS n
		FROM connection GROUP BY trial)')" = 2 ]
	[ "$(jq .books.balanced out.json)" = true ]
}

@test "a server's RST ends at the relay, which the client sees as a FIN" {
	relay_topology
	run -t ./relayed.yaml -w server-linger0 -n 20
	[ "$(outcome server-linger0 reset)" = 20 ]
	no_strays
	[ "$(query "SELECT DISTINCT emitter, node, server_port
		FROM reset JOIN connection ON id = connection")" = \
		'server|web|8000' ]
	[ "$(query "SELECT DISTINCT ending FROM connection
		WHERE server_port = 8080")" = fin-both ]
	[ "$(jq .books.balanced out.json)" = true ]
}

@test "what a relay resets was sent by something in between" {
	relay_topology
	run -t ./relayed.yaml -w refused-send -n 20
	no_strays
	# on both sides of the relay, which runs where the client does
	[ "$(query "SELECT DISTINCT emitter, node, server_port
		FROM reset JOIN connection ON id = connection
		WHERE server_port = 8080 AND side = 'server'")" = \
		'middle|host|8080' ]
	[ "$(query "SELECT DISTINCT emitter, node, side
		FROM reset JOIN connection ON id = connection
		WHERE server_port = 8000")" = 'server|web|server' ]
	[ "$(jq .books.balanced out.json)" = true ]
}

relay_pid()
{
	local path name
	for path in /proc/[0-9]*; do
		read -r name <"$path/comm" || continue
		[ "$name" != relay ] || echo "${path#/proc/}"
	done 2>/dev/null
}

has_relay()
{
	[ -n "$(relay_pid)" ]
}

@test "a relay that dies costs its trial and is started anew" {
	relay_topology
	start killed run -t ./relayed.yaml -w clean-close-client -n 2000 \
		--json -o result
	wait_until 10 has_relay
	kill -9 "$(relay_pid)"
	status_of_started
	[ "$status" = 0 ] || { cat killed.err; return 1; }
	grep -qF "topology 'relayed': relay in node 'host': killed by signal 9" \
		killed.err
	[ "$(query "SELECT count(*) FROM trial WHERE outcome = 'invalid'
		AND why = 'a process of the topology died'")" = 1 ]
	[ "$(query "SELECT count(*) FROM trial WHERE outcome = 'clean'")" = 1999 ]
}

@test "a relay that cannot listen is a mistake in the file" {
	relay_topology
	sed -i 's/listen: 0.0.0.0:8080/listen: 192.0.2.77:8080/' relayed.yaml
	status=0
	"$RSTLAB" run -t ./relayed.yaml -w linger0 -n 1 -o result 2>err ||
		status=$?
	cat err
	[ "$status" = 2 ]
	[ ! -e result/run.db ]
}
