#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real gRPC: every client there is, in the places where people met its resets.

load helpers

setup()
{
	enter_own_directory
	need_namespaces
	know_present_processes
	before=$(world)
}

# The answer to a query about the last run.
ask()
{
	sqlite3 out/run.db "$1"
}

# grpc ARGS... - a run whose trials are all judged, and all answered.
grpc()
{
	run "$RSTLAB" run -o out --progress none "$@"
	echo "$output"
	[ "$status" = 0 ]
	[ "$(ask "SELECT count(*) FROM trial
		WHERE outcome NOT IN ('clean', 'reset')")" = 0 ]
	[ "$(ask 'SELECT DISTINCT client_app FROM trial')" = ok ]
}

# Each reset is one of a close too early, by the side that closed, and what came
# too late is named by its frame.
expect_known_resets()
{
	[ "$(ask "SELECT count(*) FROM connection WHERE was_reset
		AND ending NOT IN ('fin-rst', 'fin-rstack', 'rstack', 'rst')")" = 0 ]
	local trial
	ask "SELECT c.topology || '/' || c.workload || ':' || t.number
		FROM trial t JOIN cell c ON c.id = t.cell
		WHERE t.outcome = 'reset' LIMIT 6" >reset
	while read -r trial; do
		"$RSTLAB" explain "out:$trial" --all
	done <reset | grep 'what came too late' >late || :
	cat late
	! grep -vE 'PING|GOAWAY|WINDOW_UPDATE|RST_STREAM|SETTINGS|a FIN' late
}

@test "each client calls in each place where its resets were met" {
	grpc -t host,docker-lo,docker-bridge,docker-publish,vm-lo \
		-w 'grpc-*' -n 2
	expect_known_resets
	expect_world "$before"
}

@test "on a delayed wire, too" {
	grpc -t vm-bridged -p delay=1ms -w 'grpc-*' -n 2
	expect_known_resets
}
