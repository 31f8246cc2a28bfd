#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Why a reset was sent, as a run tells it.
load helpers

setup()
{
	need_namespaces
	enter_own_directory
}

# What the run must say: the kernel's own word where it may be heard.
sure()
{
	if hears_kernel; then
		echo certain
	else
		echo strong
	fi
}

causes_of()
{
	jq -r '[.cells[] | .workload as $w | .causes[] |
		"\($w) \(.cause) \(.confidence) \(.connections)"] | sort[]' \
		<<<"$output"
}

@test "each workload's resets have their one cause, behind DNAT too" {
	run --separate-stderr "$RSTLAB" run -t host,docker-publish -n 3 --json \
		-w unread-close,linger0,late-data,refused,server-killed
	[ "$status" -eq 0 ]
	[ "$(causes_of | uniq -c | sed 's/^ *//')" = "2 late-data late-data $(sure) 3
2 linger0 linger-zero $(sure) 3
2 refused refused $(sure) 3
2 server-killed close-unread $(sure) 3
2 unread-close close-unread $(sure) 3" ]
}

@test "a run without resets has no cause" {
	run --separate-stderr "$RSTLAB" run -t host -n 3 --json \
		-w clean-close-client
	[ "$status" -eq 0 ]
	[ -z "$(causes_of)" ]
}

@test "the unread bytes are kept with the cause" {
	run --separate-stderr "$RSTLAB" run -t host -n 2 -o run -w unread-close
	[ "$status" -eq 0 ]
	[ "$(sqlite3 run/run.db 'SELECT DISTINCT cause, bytes > 0 FROM cause')" \
		= 'close-unread|1' ]
}

@test "each cause has a page, and docs/causes.md is all of them" {
	"$RSTLAB" help --causes | diff "$BATS_TEST_DIRNAME/../../docs/causes.md" -
	"$RSTLAB" list causes --json | jq -r '.items[].name' >names
	[ "$(wc -l <names)" -gt 25 ]
	while read -r cause; do
		run --separate-stderr "$RSTLAB" show "$cause"
		[ "$status" -eq 0 ]
		grep -qx "cause $cause" <<<"$output"
		grep -q "^  what helps " <<<"$output"
	done <names
}

@test "a cause is text and nothing else" {
	run --separate-stderr "$RSTLAB" show close-unread --format dot
	[ "$status" -eq 2 ]
	[ "$stderr" = "rstlab: --format dot: 'close-unread' is a cause, which is shown as text only" ]
	run --separate-stderr "$RSTLAB" show close-unread --param cpus=1
	[ "$status" -eq 2 ]
	[ "$stderr" = "rstlab: --param: 'close-unread' is a cause; only topologies have parameters" ]
	run --separate-stderr "$RSTLAB" show close-unred
	[ "$status" -eq 2 ]
	[ "$stderr" = "rstlab: no topology, workload, plan or cause 'close-unred' (did you mean 'close-unread'?)" ]
}

# What the frequent ones come out as, and how sure that must be.
@test "no scenario has a wrong cause, and the frequent ones are sure" {
	run "$RSTLAB" selftest -t host,docker-publish,docker-proxy -n 2 -o st \
		-w 'unread-close,server-unread,server-killed,peek-close' \
		-w 'linger0,server-linger0,late-data,late-data-client,refused' \
		-w 'unconnect,aborted,queue-closed,linger2-half-closed,vanished' \
		-w 'server-gone,h2-ping-ack-late,h2-ping-ack-unread'
	[ "$(grep -c '  cause: expected' <<<"$output")" = 0 ] ||
		{ echo "$output"; return 1; }
	run sqlite3 st/run.db "SELECT DISTINCT workload, cause, confidence
		FROM cause JOIN connection k ON k.id = cause.connection
		JOIN cell c ON c.id = k.cell
		WHERE confidence NOT IN ('$(sure)', 'certain')
		AND workload <> 'vanished' AND cause <> 'proxy-closed'"
	[ -z "$output" ]
}

@test "an entry that connection tracking forgot is told from a bad segment" {
	run --separate-stderr "$RSTLAB" run -t docker-publish,docker-egress \
		-n 2 -w idle-expired,segment-ahead --json
	[ "$status" -eq 0 ]
	[ "$(jq -r '[.cells[] | "\(.topology) \(.workload) \(.causes[].cause)"]
		| unique[]' <<<"$output")" = "docker-egress idle-expired nat-expired
docker-egress segment-ahead $(
		[ "$(sure)" = certain ] && echo nat-invalid || echo nat-lost)
docker-publish idle-expired nat-expired" ]
}

@test "every report has the causes topology by topology" {
	run --separate-stderr "$RSTLAB" run -t host,docker-publish -n 2 -o run \
		-w linger0,refused
	[ "$status" -eq 0 ]
	grep -qE '^resets, by cause +linger-zero +refused$' <<<"$output"
	grep -qE '^docker-publish +2 +2$' <<<"$output"
	[ "$("$RSTLAB" report run --causes --format csv)" = "\
topology,params,cause,confidence,connections,share
host,{},linger-zero,$(sure),2,0.5
host,{},refused,$(sure),2,0.5
docker-publish,{},linger-zero,$(sure),2,0.5
docker-publish,{},refused,$(sure),2,0.5" ]
	"$RSTLAB" report run --format markdown | grep -qxF '| host | 2 | 2 |'
	[ "$("$RSTLAB" report run --format json |
		jq '[.causes[] | select(.connections == 2 and .share == 0.5)] |
			length')" = 4 ]
	run --separate-stderr "$RSTLAB" report run --causes --app
	[ "$status" -eq 2 ]
	[ "${stderr:?}" = 'rstlab: --connections, --states, --app and --causes are four reports: choose one' ]
}

# name:state of the sources of the run in $output
sources()
{
	jq -r '.evidence[] | select(.state == "used") | .source' <<<"$output" |
		paste -sd ' '
}

@test "a run says where its evidence came from" {
	run --separate-stderr "$RSTLAB" run -t host -w unread-close -n 3 --json
	[ "$status" -eq 0 ]
	if [ "$(sure)" = certain ]; then
		[ "$(sources)" = 'calls connection-tracking counters kernel-events packet-filter wire' ]
	else
		[ "$(sources)" = 'calls connection-tracking counters destroyed-sockets packet-filter wire' ]
	fi
	[ "$(jq -c .consistency <<<"$output")" = '{"marked":0,"mismatches":[]}' ]
	run --separate-stderr "$RSTLAB" run -t host -w unread-close -n 3 --json \
		--evidence light
	[ "$(sources)" = 'calls counters packet-filter wire' ]
	[ "$(causes_of)" = 'unread-close close-unread strong 3' ]
}

@test "without a capture the counters say what was reset" {
	run --separate-stderr "$RSTLAB" run -t host,docker-publish -n 3 --json \
		-w unread-close,clean-close-client --evidence silent -o run
	[ "$status" -eq 0 ]
	[ "$(sources)" = 'calls counters' ]
	[ "$(jq -c '[.cells[] | [.workload, .outcomes.clean, .outcomes.reset]]
		| unique' <<<"$output")" = \
		'[["clean-close-client",3,0],["unread-close",0,3]]' ]
	[ ! -e run/captures ] || [ -z "$(ls run/captures)" ]
}

@test "without a capture nothing claims that nobody was reset" {
	local said='not known: the kernel.s counters tell of resets, but nothing was captured'
	local why='^Nothing was captured: the kernel.s counters tell of resets, but not why\.$'
	"$RSTLAB" run -q -t host -n 2 -w unread-close --evidence silent -o run >out
	grep -qx "  $said" out
	"$RSTLAB" report run --format markdown | grep -qix "$said\."
	"$RSTLAB" report run --causes | grep -qix "$said\."
	"$RSTLAB" explain run | grep -q "$why"
	"$RSTLAB" explain run:host/unread-close | grep -q "$why"
}

# The client of each kind connects, sends a byte, and ends its own way.
@test "without a capture the counters judge programs, too" {
	cat >client.py <<'EOF'
import socket, struct, sys, time
host, port, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.create_connection((host, port))
s.sendall(b"x")
s.recv(1)
if how == "abort":
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
if how == "hang":
    time.sleep(1000)
s.close()
sys.exit(3 if how == "fail" else 0)
EOF
	cat >server.py <<'EOF'
import socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    c = listener.accept()[0]
    try:
        while c.recv(1):
            c.sendall(b"y")
    except OSError:
        pass
    c.close()
EOF
	for how in abort well fail hang; do
		cat >$how.yaml <<EOF
name: $how
summary: ends $how
exec:
  client: [python3, client.py, '{host}', '{port}', $how]
  server: [python3, server.py, '{host}', '{port}']
  server-lifetime: lab
  user: rstlab
deadline: 1s
EOF
	done
	run --separate-stderr "$RSTLAB" run -t host -n 2 --json --evidence silent \
		-w ./abort.yaml,./well.yaml,./fail.yaml,./hang.yaml
	[ "$(jq -c '[.cells[] | [.workload, .outcomes.clean, .outcomes.reset,
		.outcomes.other, .outcomes.invalid]]' <<<"$output")" = \
		'[["abort",0,2,0,0],["well",2,0,0,0],["fail",0,0,2,0],["hang",0,0,2,0]]' ]
}

@test "an observer check runs as many silent trials, and compares them" {
	run --separate-stderr "$RSTLAB" run -t host,docker-publish -n 5 -o run \
		-w unread-close,clean-close-client --observer-check --json
	[ "$status" -eq 0 ]
	[ "$(jq -r '.observer[] | "\(.topology) \(.workload) \(.measured.judged)" +
		" \(.measured.resets) \(.silent.judged) \(.silent.resets)" +
		" \(.difference) \(.low < 0 and .high > 0)"' <<<"$output")" = "\
host unread-close 5 5 5 5 0 true
host clean-close-client 5 0 5 0 0 true
docker-publish unread-close 5 5 5 5 0 true
docker-publish clean-close-client 5 0 5 0 0 true" ]
	# the silent trials are no trials of the cells
	[ "$(jq -c '[.cells[].trials] | unique' <<<"$output")" = '[5]' ]
	[ "$("$RSTLAB" report run | grep -cE ' [+-]0\.0 \[-.*, \+.*\]$')" = 4 ]
	run --separate-stderr "$RSTLAB" run --observer-check --evidence silent
	[ "$status" -eq 2 ]
	[ "${stderr:?}" = 'rstlab: --observer-check compares with silent trials: leave out --evidence silent' ]
}
