#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rstlab selftest: the program against what the workloads say of it.

load helpers

setup()
{
	enter_own_directory
	unset NO_COLOR CLICOLOR_FORCE RSTLAB_PATH RSTLAB_LIBEXEC
}

# rstlab selftest ARGS: sets $status, leaves out and err.
selftest()
{
	status=0
	"$RSTLAB" selftest "$@" >out 2>err </dev/null || status=$?
}

# expect STATUS: of the last one.
expect()
{
	[ "$status" = "$1" ] || { echo "exit status $status"; cat out err; return 1; }
}

# File $1 has the whole line $2.
has_line()
{
	grep -qxF -- "$2" "$1" || { cat "$1"; return 1; }
}

# File $1 has a line that the pattern $2 matches whole.
has_line_like()
{
	grep -qxE -- "$2" "$1" || { cat "$1"; return 1; }
}

# Of the document that --json printed: one value.
value()
{
	jq -r "$1" out
}

# A workload of our own that expects what $1 says.
my_workload()
{
	cat >mine.yaml <<EOF
name: mine
summary: client closes with 17 bytes unread
client: [connect, send 64, recv 64, wait-readable 17, close]
server: [listen, accept, recv 64, send 64, send 17, recv-eof, close]
$1
EOF
}

# What a topology may leave no room for, or a kernel lack.
known_reasons='no network namespace has a tcp_max_orphans of its own
no room for the fault disconnect here
no room for the fault link-down here
no room for the fault pause-between here
no room for the fault snat-exhaust here
no room for the segment synack-bad-ack here
no room for the segment synack-bad-echo here
the server has no way to the client here'

# Every workload comes out as it says in topology $1, or is skipped for one of
# the known reasons.
passes_in()
{
	need_namespaces
	selftest -q -n 1 --json -t "$1"
	[ "$status" = 0 ] || {
		jq -c '.cells[] | select(.verdict == "differs" or
			.verdict == "unjudged")' out
		cat err
		return 1
	}
	[ "$(value .passed)" = true ]
	[ "$(value .complete)" = true ]
	value '.cells[] | select(.verdict == "skipped") | .reason' |
		{ ! grep -vxF -- "$known_reasons"; }
}

@test 'every workload comes out as expected in host' {
	passes_in host
}

@test 'every workload comes out as expected in host-pair' {
	passes_in host-pair
}

@test 'every workload comes out as expected in vm-lo' {
	passes_in vm-lo
}

@test 'every workload comes out as expected in docker-lo' {
	passes_in docker-lo
}

@test 'every workload comes out as expected in docker-bridge' {
	passes_in docker-bridge
}

@test 'every workload comes out as expected in docker-publish' {
	passes_in docker-publish
}

@test 'every workload comes out as expected in docker-egress' {
	passes_in docker-egress
}

@test 'by 127.0.0.1 without a proxy SYNs with data and from behind are as expected' {
	need_namespaces
	selftest -q --json -n 1 -t docker-noproxy,docker-noproxy-hairpin \
		-w 'fastopen*,simultaneous-open,syn-sent-*'
	[ "$status" = 0 ] || { cat out err; return 1; }
	[ "$(value .totals.passed)" = 4 ]
	[ "$(value '[.cells[] | .reason // empty] | unique | length')" = 3 ]
}

@test 'behind a proxy, a user-mode network and a wire it is as expected too' {
	need_namespaces
	selftest -q -n 1 --json -t docker-proxy,docker-noproxy \
		-t qemu-user-egress,libvirt-guests \
		-w unread-close,linger0,late-data,refused,queue-closed \
		-w shutdown-read,client-closes-first,accept-queue-full,linger2
	[ "$status" = 0 ] || {
		jq -c '.cells[] | select(.verdict == "differs" or
			.verdict == "unjudged")' out
		cat err
		return 1
	}
	[ "$(value .totals.passed)" = 36 ]
}

@test 'a difference names the trial, what was expected and what was seen' {
	need_namespaces
	my_workload 'expect: {rst: server, server: ok, ending: rstack}'
	selftest -q -w ./mine.yaml -n 2 -o run
	expect 1
	has_line_like out '  run:host/mine:1  rst: expected server, seen client \(2 of 2 trials\)'
	has_line_like out '  run:host/mine:1  server: expected ok, seen recv-eof ECONNRESET \(2 of 2 trials\)'
	run ! grep ending out
	"$RSTLAB" explain run:host/mine:1 | grep -qF 'RST'
	has_line out '0 as expected, 1 different, 0 skipped'
}

@test 'a counter that grows by something else is a difference' {
	need_namespaces
	my_workload 'expect: {counters: {client: {TCPAbortOnLinger: 1}}}'
	selftest -q -w ./mine.yaml -n 3 -o run
	expect 1
	has_line_like out '.*TCPAbortOnClose of node machine: expected 0, seen 3.*'
	has_line_like out '.*TCPAbortOnLinger of node machine: expected 3, seen 0.*'
}

@test 'an RST that the lab sends itself is booked once' {
	need_namespaces
	selftest -q -w 'rst-*,syn-recv-*,time-wait-rst*,overflow-s*' -n 2 -o run
	expect 0
	[ "$(sqlite3 run/run.db 'SELECT count(*), sum(rst_wire <> rst_counted),
		sum(rst_foreign) > 0 FROM books')" = '1|0|1' ]
	[ "$(sqlite3 run/run.db 'SELECT count(*) FROM mismatch')" = 0 ]
}

@test 'a workload without an expect has nothing to compare with' {
	my_workload ''
	selftest -w ./mine.yaml
	expect 2
	has_line err "rstlab: workload 'mine' has no \`expect\`, so there is nothing to compare with"
	[ ! -e rstlab-runs ]
}

@test 'where nothing can be done the status is 3' {
	need_namespaces
	selftest -q -w snat-full -n 1 -o run
	expect 3
	has_line out '  host: no room for the fault snat-exhaust here: snat-full'
}

@test 'where nothing gets through only what speaks of it is run' {
	need_namespaces
	selftest -q -t docker-noicc -n 1 -o run \
		-w blocked,unread-close
	expect 0
	has_line out '  docker-noicc: nothing gets through: drop: unread-close'
	has_line out '1 as expected, 0 different, 1 skipped'
}

@test 'where nothing gets through and nothing speaks of it the skips are listed' {
	need_namespaces
	selftest -t docker-noicc -n 1 -o run -w unread-close,linger0
	expect 3
	has_line out '  docker-noicc: nothing gets through: drop: unread-close, linger0'
	has_line out '0 as expected, 0 different, 2 skipped'
	has_line err 'Saved run'
	selftest -q -t docker-noicc -n 1 -o other -w unread-close --json
	expect 3
	[ "$(jq -c '[.complete, .passed, .totals.skipped]' out)" = '[true,true,1]' ]
}

# There is no pasta on this PATH, and without rights perhaps no tap either.
@test 'a topology that cannot be built here is skipped, with its reason' {
	need_namespaces
	status=0
	PATH=$PWD "$RSTLAB" selftest -t rootless-pasta,host -n 1 -o run \
		-w unread-close,linger0 >out 2>err </dev/null || status=$?
	expect 0
	has_line_like out '  rootless-pasta: .*(pasta is not installed|open /dev/net/tun: ).*: unread-close, linger0'
	has_line out '2 as expected, 0 different, 2 skipped'
	[ "$(sqlite3 run/run.db 'SELECT group_concat(topology) FROM cell')" = host,host ]
}

@test 'where none can be built the first says why' {
	need_namespaces
	status=0
	PATH=$PWD "$RSTLAB" selftest -t rootless-pasta -n 1 -o run \
		-w unread-close >out 2>err </dev/null || status=$?
	expect 3
	[ "$(wc -l <err)" = 1 ]
	has_line_like err "rstlab: topology 'rootless-pasta': .*(pasta is not installed|open /dev/net/tun: ).*"
	[ ! -e run ]
}

@test 'where 127.0.0.1 is translated nobody can speak for the other side' {
	need_namespaces
	selftest -q -t podman-local -n 1 -o run \
		-w syn-sent-bad-ack,syn-sent-bad-echo,simultaneous-open
	expect 3
	has_line out '  podman-local: no room for the segment synack-bad-ack here: syn-sent-bad-ack'
	has_line out '  podman-local: no room for the segment synack-bad-echo here: syn-sent-bad-echo'
	has_line out '  podman-local: the server has no way to the client here: simultaneous-open'
}

@test 'two kernels are compared by what both have measured' {
	need_namespaces
	selftest -q --json -w unread-close,linger0 -n 1 -o one
	expect 0
	cp out same.json
	jq '(.cells[] | select(.workload == "linger0") | .seen.form) = "rst" |
		.features.mptcp |= not' same.json >other.json
	selftest -q -w unread-close,linger0 -n 1 -o two \
		--compare same.json
	expect 0
	has_line out '  no difference in what both have measured'
	selftest -q -w unread-close,linger0 -n 1 -o three \
		--compare other.json
	expect 1
	has_line out '  host linger0 form: rst-ack here, rst in other.json'
	has_line_like out '  feature mptcp: (yes here, no|no here, yes) in other.json'
}

@test 'another document is not compared with' {
	echo '{"schema": "rstlab.run/1"}' >run.json
	selftest -w unread-close --compare run.json
	expect 2
	has_line err "rstlab: 'run.json' is not what \`rstlab selftest --json\` writes"
}
