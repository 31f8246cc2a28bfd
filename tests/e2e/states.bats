#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What ss would have shown: the states of both ends at each hold and after the
# end, and what the programs saw beside the wire.

load helpers

setup()
{
	need_namespaces
	enter_own_directory
}

# rstlab run ARGS into ./run; sets $status.
run_rstlab()
{
	status=0
	"$RSTLAB" run --no-files -o run "$@" >out 2>err </dev/null ||
		status=$?
	[ "$status" = 0 ] || cat out err
}

# "point end=state/recv-q" of every socket of workload $1, and "-" for an end
# that has none; each once, in the order of the points.
seen_in()
{
	sqlite3 run/run.db "
		SELECT DISTINCT l.number || ' ' || coalesce(l.hold, 'after') ||
		  ' client=' || coalesce((SELECT state || '/' || receive_queue
		    FROM socket WHERE look = l.id AND role = 'client'), '-') ||
		  ' server=' || coalesce((SELECT state || '/' || receive_queue
		    FROM socket WHERE look = l.id AND role = 'server'), '-')
		FROM look l JOIN trial t ON t.id = l.trial
		JOIN cell c ON c.id = t.cell WHERE c.workload = '$1' ORDER BY 1"
}

# Is that what was seen of workload $1, in every trial of every topology?
expect()
{
	local workload=$1 want
	shift
	want=$(printf '%s\n' "$@")
	[ "$(seen_in "$workload")" = "$want" ] || {
		printf '%s: seen\n%s\nexpected\n%s\n' "$workload" \
			"$(seen_in "$workload")" "$want"
		return 1
	}
}

@test "who closes, and what ss shows meanwhile, in every default topology" {
	run_rstlab -n 3 --seed 7 -w listener-closed,server-closes-first \
		-w client-closes-first,both-close-client-first,half-close \
		-w unread-closed-states
	[ "$status" = 0 ]
	[ "$(sqlite3 run/run.db 'SELECT count(DISTINCT topology) FROM cell')" \
		-ge 7 ]
	expect listener-closed \
		'1 listener-closed client=ESTAB/0 server=ESTAB/0' \
		'2 after client=- server=TIME-WAIT/0'
	expect server-closes-first \
		'1 server-closed client=CLOSE-WAIT/1 server=FIN-WAIT-2/0' \
		'2 after client=- server=TIME-WAIT/0'
	expect client-closes-first \
		'1 client-closed client=FIN-WAIT-2/0 server=CLOSE-WAIT/1' \
		'2 after client=TIME-WAIT/0 server=-'
	expect both-close-client-first \
		'1 client-closed client=FIN-WAIT-2/0 server=CLOSE-WAIT/1' \
		'2 both-closed client=TIME-WAIT/0 server=-' \
		'3 after client=TIME-WAIT/0 server=-'
	expect half-close \
		'1 half-closed client=CLOSE-WAIT/1 server=FIN-WAIT-2/0' \
		'2 after client=- server=TIME-WAIT/0'
	expect unread-closed-states \
		'1 closed client=- server=-' '2 after client=- server=-'
}

@test "both close at the same time: CLOSING, then TIME-WAIT at both ends" {
	run_rstlab -n 1 -t host,host-pair,docker-publish -w simultaneous-close
	[ "$status" = 0 ]
	[ "$(sqlite3 run/run.db "SELECT count(*) FROM trial
		WHERE outcome = 'clean'")" = 3 ]
	expect simultaneous-close \
		'1 both-closed client=FIN-WAIT-1/0 server=FIN-WAIT-1/0' \
		'2 server-heard client=FIN-WAIT-2/0 server=CLOSING/1' \
		'3 both-heard client=TIME-WAIT/0 server=TIME-WAIT/0' \
		'4 after client=TIME-WAIT/0 server=TIME-WAIT/0'
}

@test "a closed socket in FIN-WAIT-2 has a timer, one that a program holds has none" {
	run_rstlab -n 2 -t host -w server-closes-first,half-close
	[ "$status" = 0 ]
	# A closed one is a timewait bucket at once, but a full socket with the
	# keepalive timer when close() still held it as the ACK came
	# (tcp_rcv_state_process, net/ipv4/tcp_input.c of 6.18).
	[ "$(sqlite3 run/run.db "SELECT DISTINCT workload,
		replace(timer, 'keepalive', 'timewait'), orphan
		FROM socket_state WHERE state = 'FIN-WAIT-2' ORDER BY 1")" = \
		"$(printf 'half-close|off|0\nserver-closes-first|timewait|1')" ]
}

@test "a socket keeps its cookie from the hold to its TIME-WAIT" {
	run_rstlab -n 3 -t host -w client-closes-first
	[ "$status" = 0 ]
	[ "$(sqlite3 run/run.db "SELECT count(*), count(DISTINCT cookie),
		count(DISTINCT trial) FROM socket_state
		WHERE role = 'client'")" = '6|3|3' ]
}

@test "the listener is gone at the hold of listener-closed, and only there" {
	run_rstlab -n 2 -t host -w listener-closed,client-closes-first
	[ "$status" = 0 ]
	[ "$(sqlite3 run/run.db "SELECT DISTINCT workload, point
		FROM socket_state WHERE role = 'listener'
		AND point <> 'after exit'")" = \
		'client-closes-first|client-closed' ]
}

@test "a relay between client and server is shown with its own two sockets" {
	run_rstlab -n 2 -t docker-proxy -w client-closes-first
	[ "$status" = 0 ]
	"$RSTLAB" report run --states >table
	grep -E 'middle \(host\) +(CLOSE-WAIT|FIN-WAIT-2)' table
	[ "$(sqlite3 run/run.db "SELECT DISTINCT count(*) FROM socket_state
		WHERE role = 'middle' AND point = 'client-closed'
		GROUP BY trial")" = 2 ]
}

@test "the kernel tells of each socket with what nobody had read" {
	run_rstlab -n 3 -t host,docker-publish -w unread-closed-states \
		-w client-closes-first
	[ "$status" = 0 ]
	[ "$(sqlite3 run/run.db "SELECT DISTINCT c.workload, d.role,
		d.receive_queue FROM destroyed d JOIN trial t ON t.id = d.trial
		JOIN cell c ON c.id = t.cell ORDER BY 1, 2")" = \
		"$(printf '%s\n' 'client-closes-first|client|0' \
			'client-closes-first|server|0' \
			'unread-closed-states|client|17' \
			'unread-closed-states|server|0')" ]
	"$RSTLAB" report run --states >table
	grep -qE '^  destroyed +6  client  UNCONN +17 +0  -$' table
	grep -q 'UNCONN .*destroyed, with what its queues held then' table
	"$RSTLAB" report run --states --format json |
		jq -e 'any(.states[]; .hold == "destroyed")'
}

@test "report --states prints a table, rows and the document" {
	run_rstlab -n 2 -t host,host-pair -w client-closes-first
	[ "$status" = 0 ]
	"$RSTLAB" report run --states >table
	grep -qx 'client-closes-first, both topologies, 2 each' table
	grep -qE '^  client-closed +4  client  FIN-WAIT-2 +0 +0  timewait$' table
	grep -qE '^ +server  CLOSE-WAIT +1 +0  -$' table
	"$RSTLAB" report run --states --format csv >rows
	grep -q '^host,client-closes-first,{},1,client-closed,1,2,server,machine,CLOSE-WAIT,1,0,off,0$' rows
	"$RSTLAB" report run --states --format json >document
	jq -e '[.states[] | select(.hold == "client-closed") | .sockets[].state]
		| unique == ["CLOSE-WAIT", "FIN-WAIT-2"]' document
}

@test "a run without states says how to get them" {
	run_rstlab -n 1 -t host -w refused
	[ "$status" = 0 ]
	status=0
	"$RSTLAB" report run --states >out 2>err || status=$?
	[ "$status" = 4 ]
	[ ! -s out ]
	grep -q 'has no socket states: no workload of it has a `hold` step' err
	[ "$(wc -l <err)" = 1 ]
}

@test "two reports at once are refused, and a format that has neither" {
	run_rstlab -n 1 -t host -w refused
	status=0
	"$RSTLAB" report run --states --app 2>err || status=$?
	[ "$status" = 2 ]
	grep -q 'four reports: choose one' err
	status=0
	"$RSTLAB" report run --app --format markdown 2>err || status=$?
	[ "$status" = 2 ]
	grep -q -e '--app goes with --format table, csv or json' err
}

@test "report --app shows an RST that no program noticed, and errors without one" {
	run_rstlab -n 2 -t host,docker-proxy -w late-data,refused,unread-close
	[ "$status" = 0 ]
	grep -A9 'What the rates do not show' out |
		grep -qE '2  unread-close  RST that no program noticed +docker-proxy=2'
	"$RSTLAB" report run --app >table
	grep -qE '4  fin-rst .* client  ok +ok .*RST that no program' table ||
		grep -qE '2  fin-rst +client  ok +ok +RST that no program' table
	grep -qE '2  syn-rstack +server  connect ECONNREFUSED .*RST noticed by the client +host=2' table
	grep -qE '2  fin-both \+ syn-rstack +server +ok +ok +RST that no program noticed +docker-proxy=2' table
	"$RSTLAB" report run --app --format csv >rows
	grep -q '^host,refused,{},2,syn-rstack,server,connect ECONNREFUSED,ok,reset,$' rows
}

@test "a trial outside the rate is shown with its reason" {
	status=0
	"$RSTLAB" run --no-files -o run -n 1 -t docker-noicc,host \
		-w clean-close-client >out 2>err </dev/null || status=$?
	[ "$status" = 6 ]
	grep -qE '1  clean-close-client  other: the deadline passed \(client: connect timeout.*\) +docker-noicc=1$' out
}

@test "a hold of one side only is a mistake in the file" {
	cat >alone.yaml <<-'EOF'
	name: alone
	summary: nobody else comes
	client: [connect, hold here, close]
	server: [listen, accept, recv-eof]
	EOF
	status=0
	"$RSTLAB" check alone.yaml >out 2>&1 || status=$?
	[ "$status" = 2 ]
	grep -q "alone.yaml:3:24: error: hold 'here' is not in the script of the server" out
}

@test "a side that ends before the hold leaves the other alone, without a hang" {
	cat >broken.yaml <<-'EOF'
	name: broken
	summary: the client is refused and never comes to the hold
	deadline: 500ms
	client: [connect, hold here]
	server: [hold here]
	EOF
	run_rstlab -n 2 -t host -w ./broken.yaml
	[ "$status" = 0 ]
	[ "$(sqlite3 run/run.db "SELECT DISTINCT server_app FROM trial")" = \
		'left alone' ]
	[ "$(sqlite3 run/run.db "SELECT count(*) FROM look
		WHERE hold IS NOT NULL")" = 0 ]
}
