#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Links of kind netem, where the kernel has it and where it has not.

load ../e2e/helpers

setup()
{
	need_namespaces
	enter_own_directory
}

has_netem()
{
	[ "$("$RSTLAB" doctor --json | jq -r '.checks[] |
		select(.check == "netem") | .state')" = ok ]
}

need_netem()
{
	has_netem || skip 'this kernel lacks netem'
}

@test "a kernel without netem: one line, with the place and what to do" {
	local status=0
	two_machines slow 'kind: netem, delay: 2ms'
	"$RSTLAB" check --build ./slow.yaml >out 2>err || status=$?
	if has_netem; then
		[ "$status" = 0 ]
		[ ! -s err ]
		return
	fi
	[ "$status" = 3 ]
	[ "$(cat err)" = "rstlab: ./slow.yaml:18:12: link 'cable': the kernel has no netem: load it with \`modprobe sch_netem\`, or write \`kind: wire\`" ]
	status=0
	"$RSTLAB" run -q -t ./slow.yaml -w clean-close-client -o r >out 2>err ||
		status=$?
	[ "$status" = 3 ]
	[ ! -e r ]
	[ "$(wc -l <err)" = 1 ]
}

@test "netem delays each way" {
	need_netem
	two_machines slow 'kind: netem, there: {delay: 20ms}, back: {delay: 30ms}'
	"$RSTLAB" run -q -t ./slow.yaml -w clean-close-client,unread-close \
		-n 5 -o r --json >out.json
	[ "$(jq .books.balanced out.json)" = true ]
	# A capture sees a frame when it comes out of netem: between SYN and
	# SYN,ACK at the server lies the way back, and a round trip is both.
	[ "$(sqlite3 r/run.db 'SELECT min(duration_ns) >= 50000000
		FROM connection')" = 1 ]
}

@test "--param sets what netem does" {
	need_netem
	two_machines slow 'kind: netem, delay: 1ms'
	"$RSTLAB" run -q -t ./slow.yaml -w clean-close-client -n 3 \
		-p delay=0,40ms -o r >out
	[ "$(sqlite3 r/run.db "SELECT min(duration_ns) >= 40000000
		FROM connection k JOIN cell c ON c.id = k.cell
		WHERE c.params LIKE '%40ms%'")" = 1 ]
}

# tc itself reads back what the kernel was told.
# shellcheck disable=SC2016 # for the inner shell
@test "the lines of show --format commands say the same to the kernel" {
	local user=()
	need_netem
	is_root || user=(--user --map-root-user)
	two_machines all 'kind: netem, delay: 20ms, there: {loss: 5%, rate: 10mbit},
    back: {jitter: 1500us, duplicate: 1%, reorder: 2%, loss: 0.1%,
      burst-loss: {begin: 0.05%, end: 20%, loss: 90%}}'
	"$RSTLAB" show --format commands ./all.yaml >all.sh
	unshare "${user[@]}" --mount --net sh -euc '
		mount -t tmpfs tmpfs /run
		sh all.sh other
		for node in near far; do
			tc -n "other-$node" -j qdisc show dev eth0 >$node.script
		done'
	for node in near far; do
		"$RSTLAB" exec ./all.yaml $node -- \
			tc -j qdisc show dev eth0 >$node.lab
		for from in script lab; do
			jq -S '.[] | del(.handle, .refcnt, .options.seed)' \
				$node.$from >$node.$from.json
		done
		[ "$(jq -r .kind $node.lab.json)" = netem ]
		diff $node.script.json $node.lab.json
	done
}

# A capture sees what comes out of netem: lost resets never, repeated ones twice.
@test "the books balance where netem loses or repeats resets" {
	need_netem
	two_machines twice 'kind: netem, there: {duplicate: 100%}'
	"$RSTLAB" run -q -t ./twice.yaml -w linger0 -n 5 -o twice --json \
		>out.json
	[ "$(jq .books.balanced out.json)" = true ]
	[ "$(jq '.books.nodes[] | select(.node == "near") |
		.rst_foreign >= 5' out.json)" = true ]
	two_machines lossy 'kind: netem, loss: 20%'
	"$RSTLAB" run -q -t ./lossy.yaml -w linger0 -n 10 -o lossy --json \
		>out.json || [ $? = 7 ] # a trial may find no way through
	[ "$(jq .books.balanced out.json)" = true ]
}
