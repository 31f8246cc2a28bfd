#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever ends a run, nothing of it stays: no process, namespace, link, rule,
# mount or temporary file; and what it had measured can be read.

load helpers

setup()
{
	enter_own_directory
	need_namespaces
	know_present_processes
	before=$(world)
}

@test "a run that ends leaves nothing behind" {
	"$RSTLAB" run -t docker-publish -w clean-close-client -n 5 -o out
	expect_world "$before"
}

@test "a run that fails leaves nothing behind" {
	run "$RSTLAB" run -t no-such-topology -w clean-close-client -o out
	[ "$status" -ne 0 ]
	expect_world "$before"
}

@test "a command in a lab leaves nothing behind, whatever its exit status" {
	run "$RSTLAB" exec docker-publish host -- sh -c 'exit 3'
	[ "$status" = 3 ]
	expect_world "$before"
}

@test "a program left in the background of a lab does not outlive it" {
	"$RSTLAB" exec host machine -- sh -c 'sleep 1000 >/dev/null 2>&1 &'
	expect_world "$before"
}

@test "Ctrl-C ends a run within its block, keeps the data, exits with 5" {
	start_and_let_store
	kill -INT -- "-$started"
	status_of_started
	cat run.err
	[ "$status" = 5 ]
	expect_world "$before"
	expect_whole_blocks out
}

@test "SIGTERM ends a run within its block, keeps the data, exits with 5" {
	start_and_let_store
	kill -TERM "$started"
	status_of_started
	cat run.err
	[ "$status" = 5 ]
	expect_world "$before"
	expect_whole_blocks out
}

# end_early ARGS... - rstlab, ended before it has a child that does the work:
# its first line does not go through while the pipe is full, and its directory
# is there.
end_early()
{
	rm -f talk
	mkfifo talk
	exec 8<>talk
	# until it would block
	dd if=/dev/zero of=talk bs=4K oflag=nonblock 2>dd.err || :
	"$RSTLAB" "$@" >run.out 2>talk 3>&- 8>&- &
	started=$!
	wait_until 10 test -d rstlab-runs
	kill -TERM "$started"
	dd bs=64K count=1 status=none <&8 >dd.out
	status_of_started
	exec 8>&-
	[ "$status" = 5 ]
	[ ! -e rstlab-runs ]
}

@test "what is ended before its child began takes its directory away" {
	end_early run -t host -w refused -n 200000
	end_early selftest -t host -w refused
	expect_world "$before"
}

@test "an interrupted run still prints one valid document" {
	start_and_let_store --json
	kill -INT "$started"
	status_of_started
	[ "$(jq -r '.complete' run.out)" = false ]
	[ "$(jq -s length run.out)" = 1 ]
}

@test "SIGKILL of the program that was started leaves nothing behind" {
	start_and_let_store
	kill -KILL "$started"
	status_of_started
	[ "$status" = 137 ]
	expect_world "$before"
	expect_whole_blocks out
}

# The moment is drawn, not awaited: any instant must be as good as another.
kill_one_at_random()
{
	local victims
	start run run -t 'host,docker-publish' -w 'clean-close-*' -n 200000 \
		-o "out$1"
	sleep "0.$(printf %03d $((RANDOM % 400)))"
	mapfile -t victims < <(processes)
	if ((${#victims[@]})); then
		kill -KILL "${victims[RANDOM % ${#victims[@]}]%% *}" || :
	fi
	# A killed probe does not end the run: end it at its parent, likewise.
	kill -KILL "$started" 2>/dev/null || :
	status_of_started
	expect_world "$before"
	if [ -s "out$1/run.db" ] && [ "$(stored_trials "out$1")" -gt 0 ]; then
		expect_whole_blocks "out$1"
		kept=$((kept + 1))
	fi
	rm -rf "out$1"
}

@test "20 kills -9 of random processes at random moments leave nothing behind" {
	local i kept=0
	RANDOM=${RSTLAB_TEST_SEED:-7341}
	for i in {1..20}; do
		kill_one_at_random "$i"
	done
	# The moments reach beyond the start-up, or this shows too little.
	((kept > 0))
}
