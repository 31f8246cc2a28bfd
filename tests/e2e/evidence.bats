#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the sources of evidence agree, where they may not, and where a block is
# marked because they should.

load helpers

setup()
{
	need_namespaces
	enter_own_directory
}

run_pair()
{
	run --separate-stderr "$RSTLAB" run -t ./pair.yaml -n 3 --json \
		--no-files "$@"
}

causes()
{
	jq -r '.cells[].causes[] | "\(.cause) \(.confidence) \(.connections)"' \
		<<<"$output"
}

mismatches()
{
	jq -r '.consistency | "\(.marked)", (.mismatches[] |
		"\(.node) \(.what) \(.expected) \(.seen) \(.why)")' <<<"$output"
}

@test "doctor says of each source whether it can be had, and what for" {
	"$RSTLAB" doctor >doctor || true
	for source in 'kernel events' 'destroyed sockets' 'packet capture' \
		'connection tracking events' 'packet filter counters' \
		'TCP counters' 'socket probe'; do
		grep -qE "^(ok|info|warn|FAIL) +$source: [a-z]" doctor
	done
	if ! hears_kernel; then
		grep -q 'kernel events need' doctor
		grep -q 'fix: sudo rstlab' doctor
	fi
}

@test "a rule that rejects is named by its counter, in its own machine too" {
	filtered_pair server input 'tcp dport 8080 counter reject with tcp reset'
	for evidence in full light; do
		run_pair -w clean-close-client --evidence $evidence
		[ "$status" -eq 0 ]
		[ "$(causes)" = 'rejected certain 3' ]
		[ "$(mismatches)" = 0 ]
		jq -e '.books.balanced' <<<"$output"
		jq -e '.books.nodes[] | select(.node == "server") |
			.rst_foreign == 3 and .rst_counted == 0' <<<"$output"
	done
}

@test "a rule that rejects and does not count is only strong" {
	filtered_pair server input 'tcp dport 8080 reject with tcp reset'
	run_pair -w clean-close-client
	# without kernel events nothing tells whose RSTs are not in the books
	[ "$status" -eq "$(hears_kernel && echo 0 || echo 7)" ]
	[ "$(causes)" = 'rejected strong 3' ]
}

@test "the nearest that is none: nobody listens, and a rule counts other packets" {
	filtered_pair server input 'tcp dport 9 counter reject with tcp reset'
	run_pair -w refused
	[ "$(causes)" = "refused $(hears_kernel && echo certain || echo strong) 3" ]
	[ "$(mismatches)" = 0 ]
}

@test "an RST that is dropped before it leaves is a known row" {
	filtered_pair client output 'tcp flags & rst == rst counter drop'
	cat >lost.yaml <<-'EOF'
	name: lost
	summary: linger 0, and the RST is dropped where it is sent
	client: [connect, send 64, recv 64, linger 0, close]
	server: [listen, accept, recv 64, send 64, wait-peer]
	EOF
	run_pair -w ./lost.yaml
	[ "$status" -eq 7 ] # the books say that they left no machine
	[ "$(jq '.consistency.marked' <<<"$output")" = 0 ]
	jq -e '.consistency.mismatches | length > 0 and
		all(.why | startswith("dropped by a rule of the node"))' \
		<<<"$output"
}

@test "one that an answer loses is known by the counter of the rule" {
	write_late
	filtered_pair client output 'tcp flags & rst == rst counter drop'
	run_pair -w ./late.yaml
	[ "$status" -eq 7 ]
	[ "$(jq '.consistency.marked' <<<"$output")" = 0 ]
	jq -e '.consistency.mismatches | length > 0 and
		all(.why == "dropped by a rule of the node, which counted it")' \
		<<<"$output"
}

@test "a block is marked when nothing tells where its RSTs are" {
	write_late
	filtered_pair client output 'tcp flags & rst == rst drop'
	run_pair -w ./late.yaml
	[ "$status" -eq 7 ]
	[ "$(jq '.consistency.marked > 0' <<<"$output")" = true ]
	jq -e '.consistency.mismatches | any(.what == "OutRsts, captured" and
		.why == null and .expected > .seen)' <<<"$output"
}

# The client closes, and what the server sends then is answered by an RST.
write_late()
{
	cat >late.yaml <<-'EOF'
	name: late
	summary: data for a client that has closed
	client: [connect, send 64, close, sync closed]
	server: [listen, accept, recv 64, sync closed, send 17, close]
	EOF
}

# sure_of RUN: workload, cause and confidence of each reset
sure_of()
{
	sqlite3 -separator ' ' "$1/run.db" "SELECT DISTINCT workload, cause,
		confidence FROM cause JOIN connection k
		ON k.id = cause.connection JOIN cell c ON c.id = k.cell"
}

# What a user meets often, and what must be sure without the kernel's events.
frequent='^(unread-close|server-unread|server-killed|peek-close|linger0|server-linger0|late-data|late-data-client|refused|unconnect|half-read|h2-ping-ack-late|h2-ping-ack-unread) '

@test "each scenario of the host has its own cause, and is sure of it" {
	run "$RSTLAB" selftest -t host -n 1 -o st
	[ "$status" -eq 0 ] # none has another cause than it should
	sure_of st >sure
	[ "$(wc -l <sure)" -gt 50 ]
	if hears_kernel; then
		run grep -v ' certain$' sure
	else
		run grep -vE ' (certain|strong)$' <(grep -E "$frequent" sure)
	fi
	[ -z "$output" ]
}

@test "without root none has another, and the frequent ones are sure" {
	unshare --user --map-root-user true ||
		skip 'an ordinary user has no namespaces here'
	run unshare --user --map-root-user \
		"$RSTLAB" selftest -t host -n 1 -o st
	[ "$status" -eq 0 ]
	[ "$(sqlite3 st/run.db "SELECT state FROM source
		WHERE name = 'kernel-events'")" = missing ]
	sure_of st >sure
	run grep -vE ' strong$' <(grep -E "$frequent" sure)
	[ -z "$output" ]
	"$RSTLAB" explain st:host/linger0:1 | grep -q '^Not heard: kernel-events: '
	# unknown is allowed; what is likely must be right, see above
	[ "$(grep -c ' unknown$' sure)" -lt 12 ]
}
