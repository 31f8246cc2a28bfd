#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is judged, what is not, and what the books make of it.

load helpers

setup()
{
	need_namespaces
	enter_own_directory
}

# rstlab run --json ARGS: sets $status, leaves out.json and err.
run_json()
{
	status=0
	"$RSTLAB" run --json --no-files "$@" >out.json 2>err </dev/null ||
		status=$?
}

# The server never hears an RST, so it sends its data again and again, and each
# time the client answers with another RST.
deaf_pair()
{
	filtered_pair server input 'tcp flags & rst == rst drop'
}

@test "resets that come after their trial are in the books" {
	deaf_pair
	run_json -t ./pair.yaml,host -w late-data,clean-close-client -n 4 --seed 2
	[ "$status" = 0 ]
	jq -e '.books.balanced' out.json
	jq -e '.books.nodes[] | select(.topology == "pair" and .node == "client")
	       | .rst_counted > 4 and .rst_wire == .rst_counted' out.json
	jq -e '.cells[] | select(.topology == "pair" and .workload == "late-data")
	       | .resets == 4 and .emitters.client == 4' out.json
}

@test "a server that cannot listen makes no resets but invalid trials" {
	sed 's/:8080/:80/; s/^name: .*/name: low/' "$srcdir/topologies/host.yaml" >low.yaml
	run_json -t ./low.yaml -w clean-close-client -n 3
	[ "$status" = 7 ]
	jq -e '.cells[0].outcomes == {"clean": 0, "reset": 0, "other": 0, "invalid": 3}
	       and .cells[0].rate == null' out.json
	grep -q 'in some cells the measurement broke in most trials' err
}

@test "a cell in which nothing could be judged is inconclusive" {
	printf '%s\n' 'name: mute' 'summary: both wait' 'deadline: 100ms' \
		'client: [connect, recv 1]' 'server: [listen, accept, recv 1]' >mute.yaml
	run_json -t host -w ./mute.yaml,clean-close-client -n 2
	[ "$status" = 6 ]
	jq -e '[.cells[] | select(.workload == "mute")][0]
	       | .outcomes.other == 2 and .rate == null' out.json
	grep -q 'some cells have no trial that could be judged' err
}

@test "trials that only wait for their deadline do not hold up Ctrl-C" {
	printf '%s\n' 'name: slow' 'summary: both wait' 'deadline: 2s' \
		'client: [connect, recv 1]' 'server: [listen, accept, recv 1]' >slow.yaml
	local began=$SECONDS
	timeout -s INT 1 "$RSTLAB" run -t host -w ./slow.yaml -n 100 \
		>out 2>err </dev/null || true
	((SECONDS - began < 30))
	"$RSTLAB" report latest --format json >out.json || [ $? = 5 ]
	jq -e '.complete == false and .cells[0].trials < 100' out.json
}

@test "a router that rejects with tcp reset is named, and the books still balance" {
	cat >reject.yaml <<-'EOF'
	name: reject
	summary: a router in between rejects every SYN with an RST
	mirrors: nothing real
	client: client
	server: server
	connect: 198.51.100.2:8080
	listen: 198.51.100.2:8080
	nodes:
	  - name: client
	    kind: host
	    interfaces: [{name: eth0, link: left, addresses: [192.0.2.1/24]}]
	    routes: [{to: default, via: 192.0.2.254}]
	  - name: router
	    kind: router
	    sysctls: {net.ipv4.ip_forward: 1}
	    interfaces:
	      - {name: eth0, link: left, addresses: [192.0.2.254/24]}
	      - {name: eth1, link: right, addresses: [198.51.100.254/24]}
	    nft: |
	      table ip filter {
	        chain forward {
	          type filter hook forward priority 0; policy accept;
	          tcp dport 8080 reject with tcp reset
	        }
	      }
	  - name: server
	    kind: host
	    interfaces: [{name: eth0, link: right, addresses: [198.51.100.2/24]}]
	    routes: [{to: default, via: 198.51.100.254}]
	EOF
	run_json -t ./reject.yaml -w clean-close-client -n 3
	[ "$status" = 0 ]
	jq -e '.cells[0] | .resets == 3 and .emitters.middle == 3' out.json
	jq -e '.books.balanced' out.json
	jq -e '.books.nodes[] | select(.node == "router")
	       | .rst_foreign == 3 and .rst_wire == 0 and .rst_counted == 0' out.json
}

@test "an RST that the lab injects is entered in the books once" {
	run_json -t host -w rst-in-window,rst-forged,unread-close -n 3
	[ "$status" = 0 ]
	jq -e '.books.balanced' out.json
	jq -e '.books.nodes[0]
	       | .rst_foreign == 6 and .rst_wire == .rst_counted' out.json
}

@test "a connection that gets another SNAT port on its retry stays one" {
	cat >snat.yaml <<-'EOF'
	name: snat
	summary: a router with few ports for SNAT, which are soon used again
	mirrors: nothing real
	client: client
	server: server
	connect: 198.51.100.2:8080
	listen: 198.51.100.2:8080
	nodes:
	  - name: client
	    kind: host
	    interfaces: [{name: eth0, link: left, addresses: [192.0.2.1/24]}]
	    routes: [{to: default, via: 192.0.2.254}]
	  - name: router
	    kind: router
	    sysctls: {net.ipv4.ip_forward: 1}
	    interfaces:
	      - {name: eth0, link: left, addresses: [192.0.2.254/24]}
	      - {name: eth1, link: right, addresses: [198.51.100.254/24]}
	    nft: |
	      table ip nat {
	        chain postrouting {
	          type nat hook postrouting priority 100; policy accept;
	          oifname "eth1" tcp dport 8080 snat to 198.51.100.254:5000-5050
	        }
	      }
	  - name: server
	    kind: host
	    interfaces: [{name: eth0, link: right, addresses: [198.51.100.2/24]}]
	EOF
	run_json -t ./snat.yaml -n 300 --seed 1 \
		-w clean-close-client,clean-close-server,unread-close
	[ "$status" = 0 ]
	jq -e '.books.balanced' out.json
	# connections of no trial: none
	[ "$(sqlite3 rstlab-runs/latest/run.db \
		'SELECT count(*) FROM connection WHERE trial IS NULL')" = 0 ]
}

@test "a server does not wait for a client that was turned away" {
	sed -e 's/^name: .*/name: nowhere/' -e 's/^connect: .*/connect: 203.0.113.1:8080/' \
		-e '/^connect6/d' -e '/^listen6/d' \
		"$srcdir/topologies/host.yaml" >nowhere.yaml
	local began=$SECONDS
	run_json -t ./nowhere.yaml -w clean-close-client -n 10
	((SECONDS - began < 10))
	[ "$status" = 6 ]
	jq -e '.cells[0] | .outcomes.other == 10
	       and .app.client == {"connect ENETUNREACH": 10}
	       and .app.server == {"left alone": 10}' out.json
}

# The calls of side $1 in the only trial of ./out, as name:result:error.
calls_of()
{
	sqlite3 -readonly out/run.db "SELECT group_concat(
		json_extract(j.value, '\$[0]') || ':' ||
		json_extract(j.value, '\$[1]') || ':' ||
		ifnull(json_extract(j.value, '\$[2]'), 'ok'), ' ')
		FROM trial, json_each($1_calls) j"
}

@test "patience counts from where it stands, and for its own side only" {
	printf '%s\n' 'name: hasty' 'summary: the client gives up first' \
		'deadline: 20s' \
		'client: [connect, sync there, patience 10ms, recv 1]' \
		'server: [listen, accept, sync there, recv-eof]' >hasty.yaml
	"$RSTLAB" run --json -t host -w ./hasty.yaml -n 1 -o out >out.json ||
		[ $? = 6 ]
	[ "$(calls_of client)" = \
		'connect:0:ok sync:0:ok patience:0:ok recv:0:timeout' ]
	[ "$(calls_of server)" = \
		'listen:0:ok accept:0:ok sync:0:ok recv-eof:0:ok' ]
}

@test "send-until-error sends one byte after a server's close, and many before" {
	printf '%s\n' 'name: late' 'summary: the client goes on' \
		'client: [connect, recv-eof, send-until-error]' \
		'server: [listen, accept, close]' >late.yaml
	"$RSTLAB" run --json -t host -w ./late.yaml -n 1 -o out >out.json
	[ "$(calls_of client)" = \
		'connect:0:ok recv-eof:0:ok send-until-error:1:EPIPE' ]
	printf '%s\n' 'name: open' 'summary: nobody closes' \
		'client: [connect, sync up, patience 100ms, send-until-error]' \
		'server: [listen, accept, sync up, wait-peer]' >open.yaml
	rm -r out
	"$RSTLAB" run --json -t host -w ./open.yaml -n 1 -o out >out.json ||
		[ $? = 6 ]
	[[ "$(calls_of client)" =~ \ send-until-error:[1-9][0-9]*:timeout$ ]]
}
