#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A trial packet by packet: what `rstlab explain` prints, and how it refuses.

load helpers

setup()
{
	enter_own_directory
	need_namespaces
	export LC_ALL=C.UTF-8
}

# rstlab ARGS: sets $status, leaves out and err.
rstlab()
{
	status=0
	"$RSTLAB" "$@" >out 2>err </dev/null || status=$?
}

expect()
{
	[ "$status" = "$1" ] || { echo "exit status $status"; cat out err; return 1; }
}

# The whole of what it said is "rstlab: $1".
expect_error()
{
	diff err <(printf 'rstlab: %s\n' "$1") && [ ! -s out ]
}

has()
{
	grep -qE -- "$1" out || { cat out; return 1; }
}

# run_cells ARGS: a run in ./run, from which explain can read.
run_cells()
{
	rstlab run -o run --seed 7 "$@"
	expect 0
}

@test "without a trial it lists the causes and the cells, and a trial of each" {
	run_cells -t host,docker-publish -w late-data,clean-close-client -n 3
	rstlab explain run
	expect 0
	has '^resets +cause +how sure +for example$'
	has '^     6 +late-data +(certain|strong) +rstlab explain run:[a-z-]+/late-data:1$'
	has '^  late-data  bytes arrived after the program had closed the socket$'
	has '^cell +trials +reset +for example$'
	has '^host/late-data +3 +3 +rstlab explain run:host/late-data:1$'
	has '^docker-publish/clean-close-client +3 +0 +rstlab explain run:docker-publish/clean-close-client:1$'
	[ "$(grep -c 'rstlab explain' out)" = 5 ]
}

@test "a run without a reset has no causes to list" {
	run_cells -t host -w clean-close-client -n 3
	rstlab explain run
	expect 0
	has '^No connection was reset\.$'
	[ "$(grep -c 'rstlab explain' out)" = 1 ]
}

@test "every command that it proposes works" {
	local line n=0
	run_cells -t host,docker-publish -w late-data,clean-close-client -n 2
	rstlab explain run
	cp out proposals
	while read -r line; do
		n=$((n + 1))
		# shellcheck disable=SC2086 # the words of the command
		rstlab $line
		expect 0
	done < <(sed -n 's/.*rstlab \(explain .*\)/\1/p' proposals)
	[ $n = 5 ]
}

@test "of a cell it lists the trials that saw an RST" {
	run_cells -t host -w late-data,clean-close-client -n 3
	rstlab explain run:host/late-data
	expect 0
	has '^trial +outcome +ending +RST sent by +client +server$'
	[ "$(grep -cE '^ +[123] +reset +fin-rst +client \(machine\) +ok +ok$' out)" = 3 ]
	rstlab explain run:host/clean-close-client
	expect 0
	has '^No trial of this cell saw an RST\.$'
}

@test "of a trial it lists the packets, and says who sent the RST and why" {
	run_cells -t host -w late-data -n 2
	rstlab explain run:host/late-data:2
	expect 0
	has '^machine:lo$'
	has '^ +1  0\.000000000  127\.0\.0\.1 → 127\.0\.0\.1 +TCP +[0-9]+ → 8080 \[SYN\] Seq=0 '
	has '8080 → [0-9]+ \[PSH, ACK\] Seq=65 Ack=66 Win=[0-9]+ Len=17  came after the close$'
	has '[0-9]+ → 8080 \[RST\] Seq=66 Win=0 Len=0 +late-data \((certain|strong)\)$'
	has '^ +\^ RST 1, the first: sent by the client \(machine\); it answers what came too late: 17 bytes$'
}

# What stands first, and what it rests on.
@test "of a trial it says in one sentence why, then what that rests on" {
	run_cells -t host -w late-data -n 1
	rstlab explain run:host/late-data:1
	expect 0
	sed -n '4,6p' out | tr -s '\n ' ' ' >answer
	grep -qE '^The client \(machine\) reset the connection: bytes arrived after the program had closed the socket \(17 bytes\)\. late-data, (certain: the kernel said so|strong: two independent sources agree) $' answer
	has '^Evidence for late-data: (certain|strong), '
	has '^  \+ its form, bare RST, window 0: answer to a segment that nobody takes any more'
	has '^  \+ 81 bytes were sent to it, its program read 64$'
	has "^  \\+ its program's close began [0-9.]+ us before it was seen$"
	has '^Would change it: close only when '
	has '^replay   rstlab run -t host -w late-data -n 1 --seed 7$'
	has '^capture  run/captures/host\.machine\.lo\.pcapng$'
}

@test "the replay it proposes plays that trial again" {
	local replay
	run_cells -t host -w late-data -n 2 --param cpus=1
	rstlab explain run:host+cpus=1/late-data:2
	expect 0
	replay=$(sed -n 's/^replay   rstlab //p' out)
	[ "$replay" = 'run -t host -w late-data --param cpus=1 -n 2 --seed 7' ]
	# shellcheck disable=SC2086 # the words of the command
	rstlab $replay -o again
	expect 0
	rstlab explain again:host+cpus=1/late-data:2
	expect 0
	has '^  late-data, (certain|strong): '
}

@test "an imported capture is explained, and not to be replayed" {
	run_cells -t host -w late-data -n 2
	rstlab import run/captures/host.machine.lo.pcapng -o imported
	expect 0
	rstlab explain imported:imported/capture:1
	expect 0
	has '^The client \(capture\) reset the connection: '
	[ "$(grep -c '^replay' out)" = 0 ]
	rstlab explain imported:imported/capture:1 --json
	[ "$(jq .replay out)" = null ]
}

@test "the ladder has a lane for each node, and the calls of both programs" {
	run_cells -t docker-publish -w late-data -n 1
	rstlab explain run:docker-publish/late-data:1
	expect 0
	has '^  time µs  client \(remote\) +host +server \(web\)$'
	has '^ +\+0\.0  │─+ SYN ─+▶│ +│$'
	has '^ +\+[0-9.]+  ● close +│ +│$'
	has '^ +\+[0-9.]+  │ +│ +send 17 ●$'
	[ "$(grep -c '^> .* RST ' out)" = 2 ]
	LC_ALL=C "$RSTLAB" explain run:docker-publish/late-data:1 >out
	has '^  time us  client \(remote\) +host +server \(web\)$'
	has '^ +\+0\.0  \|-+ SYN -+>\| +\|$'
	[ "$(LC_ALL=C grep -c '[^ -~]' out)" = 0 ]
	sed -n '/^  time/,/^$/p' out | awk 'length > 80 { exit 1 }'
}

@test "the ladder says which fault a script asked for" {
	run_cells -t host -w rst-lost -n 1
	rstlab explain run:host/rst-lost:1
	expect 0
	has '^ +\+[0-9.]+  │ +fault segments-lost ●$'
	has '^ +\+[0-9.]+  │ +fault segments-found ●$'
}

@test "of a relay it says where the RST ended and what became of it" {
	run_cells -t docker-proxy -w unread-close -n 1
	rstlab explain run:docker-proxy/unread-close:1
	expect 0
	has '^  time µs  client \(host\) +relay \(host\) +server \(web\)$'
	has '^  a relay in host ends it there; its connection 172\.17\.0\.1:[0-9]+ → 172\.17\.0\.2:80 shows no RST: it ended as fin-both$'
}

@test "it says at each hop how the RST looked, and where NAT changed it" {
	run_cells -t docker-publish -w late-data -n 1
	rstlab explain run:docker-publish/late-data:1
	expect 0
	sed -n '/^The RST on its way/,/^$/p' out >way
	[ "$(grep -c ' → ' way)" = 5 ]
	grep -qE '^  host:docker0 +out .*destination translated$' way
	[ "$(grep -c vanished way)" = 0 ]
}

@test "every point of a path shows the RST, with its own addresses" {
	local points
	run_cells -t docker-publish -w unread-close -n 1
	rstlab explain run:docker-publish/unread-close:1 --point all
	expect 0
	points=$(sqlite3 run/run.db 'SELECT count(*) FROM leg')
	[ "$points" -ge 4 ]
	[ "$(grep -cE '^[a-z]+:[a-z0-9]+$' out)" = "$points" ]
	[ "$(grep -c '\[RST, ACK\].* close-unread (' out)" = "$points" ]
	[ "$(grep -c 'RST 1, the first: sent by the client' out)" = "$points" ]
	has '172\.17\.0\.2 +→ 198\.51\.100\.2 '
	has '198\.51\.100\.1 → 198\.51\.100\.2 '
}

@test "a long trial is folded, and with --all it is not" {
	cat >long.yaml <<-'YAML'
		name: long
		summary: much data, closed with some of it unread
		client: [connect, send 9000000, wait-readable 17, close]
		server: [listen, accept, recv 9000000, send 17, recv-eof, close]
	YAML
	run_cells -t docker-publish -w ./long.yaml -n 1
	rstlab explain run:docker-publish/long:1
	expect 0
	has '^ +⋮ [0-9]+ more; --all shows them$'
	has '^ +[0-9]+ packets more; --all lists them$'
	has '^> .*RST,ACK'
	has '\[RST, ACK\].* close-unread \('
	[ "$(wc -l <out)" -lt 200 ]
	rstlab explain run:docker-publish/long:1 --all
	expect 0
	[ "$(grep -c ' more; --all' out)" = 0 ]
	[ "$(wc -l <out)" -gt 200 ]
}

@test "one point can be chosen, and a wrong one is answered with the right" {
	run_cells -t host -w late-data -n 1
	rstlab explain run:host/late-data:1 --point machine:lo
	expect 0
	has '^machine:lo$'
	rstlab explain run:host/late-data:1 --point machine:eth0
	expect 4
	expect_error "no connection of this trial passed 'machine:eth0'; they passed machine:lo"
	rstlab explain run:host/late-data --point machine:lo
	expect 2
	expect_error '--point goes with a trial: RUN:CELL:TRIAL'
}

@test "both connections of a relay are shown" {
	run_cells -t docker-lo -w unread-close -n 1
	rstlab explain run:docker-lo/unread-close:1
	expect 0
	[ "$(grep -c '^connection ' out)" = \
		"$(sqlite3 run/run.db 'SELECT count(*) FROM connection')" ]
}

@test "a cell with parameters is named with them" {
	run_cells -t host -w refused -n 1 --param cpus=1,2
	rstlab explain run
	expect 0
	has 'rstlab explain run:host\+cpus=1/refused:1$'
	for name in host+cpus=2/refused:1 'host cpus=2/refused:1'; do
		rstlab explain "run:$name"
		expect 0
		has '\[RST, ACK\]'
		has 'it answers a segment without ACK, such as a SYN to a closed port$'
	done
}

# Ports come back: of many trials each shows its own packets.
@test "of many trials each shows the packets that its connection had" {
	local trial
	run_cells -t host -w clean-close-client -n 300
	for trial in 1 150 300; do
		rstlab explain "run:host/clean-close-client:$trial"
		expect 0
		[ "$(grep -c ' TCP ' out)" = "$(sqlite3 run/run.db "
			SELECT leg.packets FROM leg
			JOIN connection k ON k.id = leg.connection
			JOIN trial t ON t.id = k.trial WHERE t.number = $trial")" ]
		[ "$(grep -c '\[SYN\]' out)" = 1 ]
	done
}

@test "what does not exist is answered with what does, exit 2 or 4" {
	local id
	run_cells -t host -w late-data -n 2
	id=$(sqlite3 run/run.db 'SELECT id FROM run')
	rstlab explain runn
	expect 2
	expect_error "no run 'runn': there is no directory 'rstlab-runs' here"
	rstlab explain run:host/late-dat
	expect 4
	expect_error "no cell 'host/late-dat' in run $id; did you mean 'host/late-data'?"
	rstlab explain run:nothing
	expect 4
	expect_error "no cell 'nothing' in run $id: \`rstlab explain run\` lists them"
	rstlab explain run:host/late-data:3
	expect 4
	expect_error 'run:host/late-data:3: no trial 3: they go from 1 to 2'
	rstlab explain run:host/late-data:0
	expect 4
	expect_error "no trial '0': a trial is a number from 1 on"
}

@test "a run without captures says so" {
	local id
	run_cells -t host -w late-data -n 1 --no-files
	id=$(sqlite3 run/run.db 'SELECT id FROM run')
	rstlab explain run
	expect 0
	rstlab explain run:host/late-data:1
	expect 4
	expect_error "run $id has no captures to read packets from: it was made with --no-files or --evidence silent, or by an older rstlab; run it again without"
}

@test "a capture that is gone, cut or no capture is named" {
	run_cells -t host -w late-data -n 1
	cp run/captures/host.machine.lo.pcapng whole
	head -c 700 whole >run/captures/host.machine.lo.pcapng
	rstlab explain run:host/late-data:1
	expect 0
	has "^'run/captures/host\.machine\.lo\.pcapng' is cut off: it ends in the middle of "
	echo nothing >run/captures/host.machine.lo.pcapng
	rstlab explain run:host/late-data:1
	expect 2
	expect_error "'run/captures/host.machine.lo.pcapng' is not a capture in pcap or pcapng: it looks like text: tcpdump writes captures with -w"
	rm run/captures/host.machine.lo.pcapng
	rstlab explain run:host/late-data:1
	expect 4
	expect_error "there is no capture of machine:lo: 'run/captures/host.machine.lo.pcapng' is gone"
}

@test "colours are for terminals, and can be asked for" {
	run_cells -t host -w late-data -n 1
	rstlab explain run:host/late-data:1
	if grep -q "$(printf '\033')" out; then
		return 1
	fi
	rstlab explain run:host/late-data:1 --color always
	grep -q "$(printf '\033')\[31;1m.*RST" out
}

@test "a reader that goes away is no failure" {
	run_cells -t host -w clean-close-client -n 50
	# shellcheck disable=SC2016 # for the inner shell
	bash -o pipefail -c '"$0" explain run | head -n 1 >out' "$RSTLAB" 2>err ||
		[ $? = 141 ]
	[ ! -s err ]
}

@test "with --snap more of each frame is captured, and the file says how much" {
	run_cells -t host -w late-data -n 1 --snap 1500
	if command -v capinfos >/dev/null; then
		capinfos run/captures/host.machine.lo.pcapng >info
		grep -qE 'Capture length = 1500' info
	fi
	rstlab explain run:host/late-data:1
	expect 0
	rstlab run -t host -w late-data -n 1 --snap 100
	expect 2
	grep -qx "rstlab: --snap must be a whole number from 256 to 65536, not '100'" err
}

# transplant NAME WORKLOAD: run one trial, put a golden capture in its place.
transplant()
{
	command -v python3 >/dev/null || skip 'python3 is not installed'
	run_cells -t host -w "$2" -n 1
	python3 "$srcdir/tests/e2e/transplant.py" \
		"$srcdir/tests/golden/http2/$1.pcap" run
}

@test "of a gRPC call the frames are named, and those that the RST answers" {
	transplant error late-data
	rstlab explain run:host/late-data:1
	expect 0
	has ' HTTP2 +Magic, SETTINGS\[0\], SETTINGS\(ACK\)\[0\], WINDOW_UPDATE\[0\]$'
	has ' GRPC +HEADERS\[1\]: POST /helloworld\.Greeter/Refuse, WINDOW_UPDATE\[1\], DATA\[1\] \(gRPC 7 bytes\), WINDOW_UPDATE\[0\]$'
	has ' GRPC +HEADERS\[1\]: 200 OK, grpc-status 7 PERMISSION_DENIED, WINDOW_UPDATE\[0\]$'
	has '^ +\^ RST 1, the first: sent by the client \(machine\); it answers what came too late: GOAWAY 17 bytes, PING 17 bytes$'
	if grep -q 'user-agent' out; then
		return 1
	fi
	rstlab explain run:host/late-data:1 --verbose
	expect 0
	has '^     HEADERS\[1\]: POST /helloworld\.Greeter/Refuse, length [0-9]+, flags END_HEADERS$'
	has '^       content-type: application/grpc$'
	has '^       grpc-message: not 50 %25 of it$'
	has '^       INITIAL_WINDOW_SIZE = 4194303$'
}

@test "of an RST,ACK after a gRPC call it says what the wire says, no more" {
	transplant many unread-close
	rstlab explain run:host/unread-close:1
	expect 0
	has '^ +\^ RST 1, the first: sent by the client \(machine\); its own decision; whether bytes were unread is not on the wire, the last frame that came before is PING, 17 bytes$'
}

@test "frames that a short capture hides are not guessed at" {
	transplant snap-200 late-data
	rstlab explain run:host/late-data:1
	expect 0
	has 'HEADERS\[1\] \[188 bytes not captured\]$'
	has '^HTTP/2 from the client is not decoded from byte 323 on: bytes before it were not captured$'
	has '^`rstlab run --snap BYTES` captures more of each frame$'
}

@test 'the sockets of both ends stand there over time, as ss -ant lists them' {
	run_cells -n 1 -t host -w client-closes-first
	rstlab explain run:host/client-closes-first:1
	expect 0
	has '^The sockets, as ss -ant lists them$'
	has '^ +\+[0-9.]+  client-closed  FIN-WAIT-2 +0 +0  127.0.0.1:[0-9]+ +127.0.0.1:8080 +timewait +client$'
	has '^ +CLOSE-WAIT +1 +0  127.0.0.1:8080 +127.0.0.1:[0-9]+ +server$'
	has '^ +\+[0-9.]+  after exit     TIME-WAIT .* timewait +client$'
	has '^ +destroyed +UNCONN '
}

@test 'two that close at the same time are CLOSING, and TIME-WAIT both' {
	run_cells -n 1 -t host -w simultaneous-close
	rstlab explain run:host/simultaneous-close:1
	expect 0
	has '^ +\+[0-9.]+  server-heard +FIN-WAIT-2 .* client$'
	has '^ +CLOSING +1 +1 .* server$'
	[ "$(grep -cE ' TIME-WAIT .* timewait +(client|server)$' out)" = 4 ]
	"$RSTLAB" report run --states >out
	has '^ +server-heard +1  client  FIN-WAIT-2 '
	has '^ +server  CLOSING +1 +1 '
	has '^ +after exit +1  client  TIME-WAIT '
	has '^ +server  TIME-WAIT '
}

@test 'after a reset no socket is left, not even a TIME-WAIT' {
	run_cells -n 1 -t host -w unread-closed-states
	rstlab explain run:host/unread-closed-states:1
	expect 0
	has '^ +\+[0-9.]+  after exit +no socket any more$'
	run ! grep 'TIME-WAIT' out
	"$RSTLAB" report run --states >out
	run ! grep -E '^ .* (client|server)  TIME-WAIT ' out
}

@test 'where sockets were not looked at nothing is said of them' {
	run_cells -n 1 -t host -w refused
	rstlab explain run:host/refused:1
	expect 0
	run ! grep 'The sockets' out
}
