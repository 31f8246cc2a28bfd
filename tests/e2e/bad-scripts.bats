#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A workload that cannot work: refused with its place, or, when only the run
# can tell, bounded by its deadline, shown as what it is, and nothing left.

bats_require_minimum_version 1.5.0
load helpers

setup()
{
	enter_own_directory
	know_present_processes
	export LC_ALL=C.UTF-8
}

# script CLIENT SERVER - write w.yaml.
script()
{
	cat >w.yaml <<-EOF
	name: w
	summary: s
	client: [$1]
	server: [$2]
	deadline: 300ms
	EOF
}

# refused MESSAGE - by `check`, and by `run` before it begins.
refused()
{
	local command
	for command in 'check' 'run -q -n 1 -t host -o r -w'; do
		# shellcheck disable=SC2086 # words of a command line
		run -2 --separate-stderr "$RSTLAB" $command ./w.yaml
		[ "${stderr_lines[0]}" = "./w.yaml$1" ] || {
			echo "$stderr"
			return 1
		}
		[ ! -e r ]
	done
}

# ends OUTCOME APP - three trials are over with that outcome; the pattern APP
# matches what "CLIENT/SERVER" saw in them; and nothing is left.
ends()
{
	local before
	need_namespaces
	before=$(world)
	timeout 60 "$RSTLAB" run -q -t host -w ./w.yaml -n 3 -o r --json \
		>out 2>err || [ $? = 6 ]
	[ "$(jq -c ".cells[0].outcomes.$1" out)" = 3 ] || {
		cat out
		return 1
	}
	jq -r '.cells[0].app | "\(.client | keys[0])/\(.server | keys[0])"' \
		out >app
	grep -qxE -- "$2" app || { cat app; return 1; }
	"$RSTLAB" explain r:host/w:1 >told
	grep -qF "host/w · trial 1 · $1" told
	expect_world "$before"
}

@test "both sides wait for what the other would send" {
	script 'connect, recv 1' 'listen, accept, recv 1'
	ends other 'recv (timeout|ENODATA)/recv (timeout|ENODATA)'
}

@test "both sides wait for the other's FIN" {
	script 'connect, recv-eof' 'listen, accept, recv-eof'
	ends other '(recv-eof timeout|ok)/(recv-eof timeout|ok)'
}

@test "both sides wait for a break that does not come" {
	script 'connect, wait-broken' 'listen, accept, wait-broken'
	ends other 'wait-broken timeout/wait-broken timeout'
}

@test "a side sends more than anybody reads" {
	script 'connect, send 64M' 'listen, accept, wait-peer'
	ends reset 'send timeout/ok'
}

@test "a socket that does not go is not waited for without end" {
	script 'connect, wait-forgotten' 'listen, accept, wait-peer'
	ends other 'wait-forgotten timeout/ok'
}

@test "a child that is not ended ends with its list" {
	script 'connect, fork, close, recv-eof' 'listen, accept, recv-eof'
	refused ':3:32: error: recv-eof: there is no open connection here'
	script 'connect, fork, close' 'listen, accept, recv-eof'
	need_namespaces
	before=$(world)
	"$RSTLAB" run -q -t host -w ./w.yaml -n 3 -o r --json >out
	[ "$(jq -c '.cells[0].outcomes.clean' out)" = 3 ]
	expect_world "$before"
}

@test "syncs in another order, which would dead-lock, are refused" {
	script 'connect, sync a, sync b' 'listen, accept, sync b, sync a'
	refused ":4:31: error: sync 'b' meets sync 'a' of the client: neither would go on"
}

@test "a sync of one side only is refused" {
	script 'connect, sync a' 'listen, accept'
	refused ":3:24: error: sync 'a' is not in the script of the server"
}

@test "both sides waiting for the end of the other are refused" {
	script 'connect, wait-peer' 'listen, accept, wait-peer'
	refused ':4:9: error: both sides end with wait-peer: neither would end'
}

@test "unknown steps, segments and sysctls are named, with what was meant" {
	script 'connect, sned 64' 'listen, accept'
	refused ":3:19: error: unknown step 'sned' (did you mean 'send'?)"
	script 'connect, inject rts' 'listen, accept'
	refused ":3:26: error: unknown segment 'rts' (did you mean 'rst'?)"
	script 'sysctl tcp_mem=1, connect' 'listen, accept'
	refused ":3:17: error: sysctl takes NAME=VALUE of \`rstlab list sysctls\`, not 'tcp_mem=1'"
	script 'sysctl tcp_rfc1337=2, connect' 'listen, accept'
	refused ":3:17: error: sysctl takes NAME=VALUE of \`rstlab list sysctls\`, not 'tcp_rfc1337=2'"
}

@test "sizes and times below what there can be are refused" {
	local bytes='a number of bytes from 1 to 64M, such as 17, 4K or 1M'
	script 'connect, send -1' 'listen, accept'
	refused ":3:24: error: send takes $bytes, not '-1'"
	script 'connect, recv 0' 'listen, accept'
	refused ":3:24: error: recv takes $bytes, not '0'"
	script 'connect, connect-end' 'listen, accept, linger -1'
	refused ":4:33: error: linger takes a number of seconds from 0 to 3600, not '-1'"
}

@test "a second dialling before the first is over is refused" {
	script 'redial' 'listen'
	refused ':3:10: error: redial: there was no connect before'
	script 'connect, redial' 'listen'
	refused ':3:19: error: redial: a script has one connection at a time'
}
