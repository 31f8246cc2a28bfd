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

# fill_disk SIZE ARGS: a run that fills a disk of SIZE; sets $status, leaves
# out, err, and what `rstlab report` says of it in ./report.
fill_disk()
{
	local size=$1
	shift
	mkdir small
	status=0
	# shellcheck disable=SC2016 # for the inner shell
	RSTLAB=$RSTLAB may_mount sh -c '
		size=$1 && shift &&
		mount -t tmpfs -o size="$size" none small || exit 99
		status=0
		"$RSTLAB" run -t host -w clean-close-client -n 200000 \
			-o small/run "$@" >out 2>err || status=$?
		"$RSTLAB" report small/run >report 2>&1
		exit $status' sh "$size" "$@" || status=$?
	cat err
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

@test "a full disk stops the run with 7 and a document of what is stored" {
	need_namespaces
	fill_disk 1200k --json
	[ "$status" = 7 ]
	[ "$(jq -s length out)" = 1 ]
	[ "$(jq -r .schema out)" = rstlab.run/1 ]
	jq -e '.complete == false and (.stopped | test("No space|full"))' out
	jq -e '.cells[0].trials > 0' out
}

@test "a disk without room for a trial leaves nothing but the advice" {
	need_namespaces
	fill_disk 64k --progress none
	[ "$status" = 7 ]
	[ ! -s out ]
	grep -qE '^rstlab: .*: No space left on device: make room, or choose another place with -o$' err
	run grep Saved err
	[ "$status" != 0 ]
}

@test "a full disk prints the table, and the error before where the data are" {
	need_namespaces
	fill_disk 1200k --progress none
	[ "$status" = 7 ]
	grep -q '^Incomplete$' out
	grep -qE '^  write .*: .*; the rates are of the [0-9]+ trials that ran$' out
	[ "$(cut -c1-13 err)" = 'rstlab: 1 top
rstlab: write
Saved small/r
  again   rst
  why     rst' ]
	grep -qE '^rstlab: write .*: No space left on device: make room, or choose another place with -o$' err
	grep -q ' incomplete: ' report
	run grep -E 'it was killed' report
	[ "$status" != 0 ]
}

@test "a disk too full for one block leaves nothing, and one error document" {
	need_namespaces
	fill_disk 256k --json
	[ "$status" = 7 ]
	[ "$(jq -r .schema out)" = rstlab.error/1 ]
	[ "$(jq -s length out)" = 1 ]
	expect_complaint 'No space'
}

@test "too few open files are an error of the machine, with the fix" {
	need_namespaces
	status=0
	(ulimit -n 64 && exec "$RSTLAB" run -w refused -n 1) >out 2>err ||
		status=$?
	[ "$status" = 3 ]
	# shellcheck disable=SC2016 # not a command
	expect_complaint 'raise `ulimit -n`'
	expect_complaint 'Too many open files'
}

@test "a low soft limit of open files is no hindrance, and stays for programs" {
	need_namespaces
	[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 1024 ] ||
		skip 'the hard limit is low too'
	ulimit -Sn 64
	rstlab run -w refused -n 1
	cat err
	[ "$status" = 0 ]
	rstlab exec host -- sh -c 'ulimit -Sn'
	[ "$(cat out)" = 64 ]
}

@test "a program without its data says where it looked, and how to name it" {
	mkdir alone
	cp "$RSTLAB" alone/rstlab
	for words in 'list topologies' 'show host' 'run -t host' run; do
		status=0
		# shellcheck disable=SC2086 # several words
		alone/rstlab $words >out 2>err || status=$?
		[ "$status" = 3 ]
		expect_complaint /topologies
		expect_complaint RSTLAB_PATH
	done
}

@test "a missing probe is told before the run begins, with the way out" {
	export RSTLAB_LIBEXEC=/nonexistent
	rstlab run -t host -w refused -n 1
	[ "$status" = 3 ]
	expect_complaint "the probe '/nonexistent/sock' cannot be run"
	expect_complaint RSTLAB_LIBEXEC
	[ ! -e rstlab-runs ]
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

# The process @1 has waited for one thing since it was looked at ten times: a
# lab whose probe is stopped waits for the trial that the probe was given.
waits_on()
{
	local now
	now=$(grep -h ctxt_switches "/proc/$1/task/"*/status)
	[ "$now" = "${before-}" ] && looks=$((${looks-0} + 1)) || looks=0
	before=$now
	[ "$looks" -ge 10 ]
}

@test "a killed probe costs its trials, not the run" {
	local pid
	need_namespaces
	know_present_processes
	start run run -t host -w clean-close-client -n 20000 -o out --json
	wait_until 20 grep -q '/20000\]' run.err
	pid=$(probe_pid)
	kill -STOP "$pid"
	wait_until 20 waits_on "$started"
	kill -KILL "$pid"
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
