#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong is said in one line that helps, with the right exit status.

load helpers

setup()
{
	enter_own_directory
}

# The program said "rstlab: ..." on standard error, and only that, about $1.
expect_complaint()
{
	grep -qF -- "$1" err || { cat err; return 1; }
	! grep -qE '(Assertion|AddressSanitizer|runtime error)' err
}

# rstlab ARGS: sets $status, leaves out and err.
rstlab()
{
	status=0
	"$RSTLAB" "$@" >out 2>err </dev/null || status=$?
}

@test "an unknown topology is a usage error, with the name that was meant" {
	rstlab run -t docker-publsh -w clean-close-client -n 1
	[ "$status" = 2 ]
	expect_complaint docker-publsh
	expect_complaint 'did you mean'
	expect_complaint docker-publish
	[ ! -s out ]
}

@test "an unknown workload is a usage error, with the name that was meant" {
	rstlab run -t host -w clean-close-clint -n 1
	[ "$status" = 2 ]
	expect_complaint 'did you mean'
	expect_complaint clean-close-client
}

@test "a pattern that matches nothing exits with 4" {
	rstlab run -t 'zz*' -w clean-close-client -n 1
	[ "$status" = 4 ]
	expect_complaint 'zz*'
}

@test "an unknown option is a usage error" {
	rstlab run --no-such-option
	[ "$status" = 2 ]
	expect_complaint --no-such-option
}

@test "an unknown verb is a usage error, with the verb that was meant" {
	rstlab reprot
	[ "$status" = 2 ]
	expect_complaint report
}

@test "no trials at all is a usage error" {
	rstlab run -t host -w clean-close-client -n 0
	[ "$status" = 2 ]
}

@test "a run directory that is in use is refused and left alone" {
	mkdir taken
	echo mine >taken/file
	rstlab run -t host -w clean-close-client -n 1 -o taken
	[ "$status" = 2 ]
	expect_complaint taken
	[ "$(cat taken/file)" = mine ]
	[ "$(ls taken)" = file ]
}

@test "a run directory that cannot be made is refused" {
	rstlab run -t host -w clean-close-client -n 1 -o /proc/nowhere/run
	[ "$status" = 2 ]
	expect_complaint /proc/nowhere
}

@test "a report of what is no run is refused" {
	mkdir empty
	rstlab report empty --format json
	[ "$status" = 2 ]
	expect_complaint empty
}

@test "a database of something else is refused" {
	mkdir other
	sqlite3 other/run.db 'CREATE TABLE trial (a); PRAGMA user_version = 77'
	rstlab report other --format json
	[ "$status" = 2 ]
	expect_complaint other
}

@test "a full disk stops the run with 7 and one valid document" {
	need_namespaces
	mkdir small
	status=0
	# shellcheck disable=SC2016 # $RSTLAB is for the inner shell
	RSTLAB=$RSTLAB may_mount sh -c '
		mount -t tmpfs -o size=256k none small &&
		exec "$RSTLAB" run -t host -w clean-close-client -n 200000 \
			-o small/run --json' >out 2>err || status=$?
	cat err
	[ "$status" = 7 ]
	grep -qiE 'no space|full' err
	[ "$(jq -r .schema out)" = rstlab.error/1 ]
	[ "$(jq -s length out)" = 1 ]
}

@test "standard output that cannot be written is not taken for success" {
	need_namespaces
	status=0
	"$RSTLAB" run -t host -w clean-close-client -n 2 -o run --json \
		>/dev/full 2>err || status=$?
	[ "$status" != 0 ]
	[ "$status" -lt 128 ]
}

# The pid of one of the lab's socket probes.
probe_pid()
{
	local pid name
	processes | while read -r pid name; do
		[ "$name" != sock ] || { echo "$pid"; break; }
	done
}

has_probe()
{
	[ -n "$(probe_pid)" ]
}

@test "a killed probe costs its trials, not the run" {
	need_namespaces
	know_present_processes
	start run run -t host -w clean-close-client -n 20000 -o out --json
	wait_until 20 has_probe
	kill -KILL "$(probe_pid)"
	status_of_started
	cat run.err
	[ "$(jq -r .complete run.out)" = true ]
	[ "$(jq '.cells[0].outcomes.invalid' run.out)" -ge 1 ]
	[ "$(jq '.cells[0].outcomes.clean' run.out)" -ge 1 ]
	[ "$(jq '.cells[0].outcomes | add' run.out)" = 20000 ]
}

@test "where user namespaces are forbidden it says so, and how to allow them" {
	need_namespaces
	status=0
	# A user namespace whose own limit is 0, and no rights left in it.
	# shellcheck disable=SC2016 # $RSTLAB is for the inner shell
	RSTLAB=$RSTLAB unshare --user --map-root-user sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces &&
		exec setpriv --inh-caps=-all --ambient-caps=-all \
			--bounding-set=-all "$RSTLAB" run -t host \
			-w clean-close-client -n 1 -o run' >out 2>err || status=$?
	cat err
	[ "$status" = 3 ]
	grep -q '^rstlab: cannot make private namespaces: ' err
	grep -q 'sysctl user.max_user_namespaces=' err
	[ ! -s out ]
}
