#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Captures that others made: `rstlab import`, and how it refuses.

load helpers

setup()
{
	enter_own_directory
	golden=$srcdir/tests/golden/flow
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

# column NAME: of the rows in out.
column()
{
	python3 -c 'import csv, sys
for row in csv.DictReader(open("out")):
    print(row[sys.argv[1]])' "$1"
}

# All that the golden captures hold, in one file.
merged()
{
	mergecap -w all.pcapng "$golden"/*.pcap
}

@test "an imported capture is a run: report and explain know it" {
	rstlab import "$golden/late-data.pcap"
	expect 0
	grep -q '^imported  *100.0 % ' out
	grep -q 'late-data (likely): imported=1' out
	cp out import.out
	rstlab report latest
	expect 0
	diff out import.out
	rstlab explain latest:imported/capture:1
	expect 0
	grep -qF 'it answers what came too late: 17 bytes' out
}

@test "the row has the name that --as gives, and stands beside a run" {
	rstlab import "$golden/late-data.pcap" --as mac/late-data -o one
	expect 0
	rstlab import "$golden/unread-close.pcap" --as linux/late-data \
		--no-store --beside one
	expect 0
	grep -qE '^linux +100.0 %' out
	grep -qE '^mac +100.0 %' out
	grep -qE '^closest topology: none; no topology of run .* has a cause in common with these$' err
	rstlab import "$golden/late-data.pcap" --as other/late-data \
		--no-store --beside one
	expect 0
	grep -qF 'closest topology: mac (distance of the causes 0.00, from 0 to 1, in run ' err
	rstlab import "$golden/late-data.pcap" --as mac --no-store --beside one
	expect 2
	expect_error "--beside: run $(basename "$(sqlite3 one/run.db 'select id from run')") has a topology 'mac' already; name this one otherwise with --as"
}

@test "the closest topology is one of the newest run of a lab" {
	rstlab import "$golden/late-data.pcap"
	expect 0
	grep -qx 'closest topology: unknown; there is no run of a lab here to compare with: rstlab run makes one' err
	need_namespaces
	rstlab run -t host,host-pair -w late-data,linger0 -n 2 -q
	expect 0
	local run
	run=$(sqlite3 rstlab-runs/latest/run.db 'select id from run')
	rstlab import "$golden/late-data.pcap" --as prod/late-data
	expect 0
	grep -qx "closest topology: host, host-pair (distance of the causes 0.00, from 0 to 1, in run $run)" err
	grep -qx '  causes alone do not tell these apart' err
	[ "$(grep -c host out)" = 0 ]
	rstlab import "$golden/late-data.pcap" # against both workloads
	expect 0
	grep -qF "closest topology: host, host-pair (distance of the causes 0.50, from 0 to 1, in run $run)" err
}

@test "reports of a capture speak of connections, not of a lab" {
	merged
	editcap all.pcapng gaps.pcapng 1-3 9 20
	rstlab import gaps.pcapng -q -o gaps
	expect 0
	grep -qF ' · capture gaps.pcapng · 11 connections' out
	grep -qx '  ! 2 connections not judged: not captured from beginning to end, so the interval is wider' out
	grep -qx "  none: a capture has no kernel's counters beside it, so nothing says whether every RST is in it" out
	[ "$(grep -cE 'measurement|network|seed|node|trials' out)" = 0 ]
	rstlab report gaps --app
	expect 0
	[ "$(grep -c 'program' out)" = 0 ]
	grep -qE 'reset +imported=3$' out
	rstlab report gaps --format markdown
	expect 0
	grep -qF 'connections reset/judged' out
}

@test "csv has a row for each connection, the same as the run's" {
	merged
	rstlab import all.pcapng -f csv -o kept
	expect 0
	[ "$(column id | wc -l)" = 11 ]
	# the columns are an interface: they only grow, at the end
	head -n 1 out | diff - <(sed '1s/$/,why/;q' \
		"$srcdir/tests/golden/report/connections.csv")
	[ "$(column ending | sort | uniq -c | awk '{ print $2 "=" $1 }' | paste -sd ' ')" = \
		'fin-both=2 fin-rst=2 fin-rstack=1 rstack=4 rstack-after-peer-fin=1 syn-rstack=1' ]
	sed 's/,[^,]*$//' out >import.csv
	rstlab report kept --format csv --connections
	expect 0
	diff out import.csv
}

@test "json is the document of a run, also without storing one" {
	merged
	rstlab import all.pcapng --json --no-store
	expect 0
	jq -e '.schema == "rstlab.run/1" and .cells[0].trials == 11 and
		.cells[0].resets == 9 and .complete' out
	[ ! -e rstlab-runs ]
	rstlab import /nowhere.pcap --json
	expect 2
	jq -e '.schema == "rstlab.error/1"' out
}

@test "a capture that was cut off is reported as far as it goes" {
	merged
	head -c "$(($(stat -c %s all.pcapng) - 20))" all.pcapng >cut.pcapng
	rstlab import cut.pcapng
	expect 5
	grep -q '^imported ' out
	grep -qE '; the rates are of the [0-9]+ connections before that$' out
	tail -n 1 err | grep -qxE "rstlab: 'cut.pcapng' is cut off: it ends in the middle of .*; the result is of what came before"
	rstlab report latest
	expect 5
}

@test "what is no capture is refused, and leaves nothing behind" {
	echo 'No. Time Source' >text.txt
	rstlab import text.txt
	expect 2
	expect_error "'text.txt' is not a capture in pcap or pcapng: it looks like text: tcpdump writes captures with -w"
	: >empty
	rstlab import empty
	expect 2
	rstlab import missing.pcap
	expect 2
	expect_error "cannot read 'missing.pcap': No such file or directory"
	rstlab import
	expect 2
	[ ! -e rstlab-runs ]
}

@test "a capture with nothing in it says why" {
	merged
	editcap -r all.pcapng none.pcapng 9999 || :
	rstlab import none.pcapng
	expect 4
	expect_error 'none.pcapng is a capture without packets: its filter selected nothing, or it ended too soon'
	rstlab import all.pcapng --port 9
	expect 4
	grep -qE '^rstlab: all.pcapng holds no TCP to analyse: [0-9]+ packets; [0-9]+ not selected by --port; [0-9]+ not TCP$' err
}

@test "--filter and --port select connections" {
	merged
	rstlab import all.pcapng --no-store -f csv --port 34829
	expect 0
	[ "$(column id | wc -l)" = 2 ]
	rstlab import all.pcapng --no-store -f csv --filter 'tcp port 34829'
	expect 0
	[ "$(column id | wc -l)" = 2 ]
	rstlab import all.pcapng --no-store --filter 'tcp prot 1'
	expect 2
	grep -q "^rstlab: --filter 'tcp prot 1': " err
}

@test "standard input, and several files as one" {
	merged
	status=0
	"$RSTLAB" import - --no-store -f csv <all.pcapng >out 2>err || status=$?
	expect 0
	[ "$(column id | wc -l)" = 11 ]
	rstlab import --no-store -f csv "$golden"/*.pcap
	expect 0
	[ "$(column id | wc -l)" = 11 ]
	rstlab import --no-store -f csv "$golden"/late-data.pcap text.txt
	expect 2
}

# packets N: how many explain lists of connection N of the newest run.
packets()
{
	rstlab explain "latest:imported/capture:$1"
	expect 0
	grep -c ' TCP  ' out
}

@test "explain reads several files as one, and what came of standard input" {
	merged
	rstlab import all.pcapng -q
	expect 0
	local expected
	expected=$(packets 3)
	editcap -c 30 all.pcapng piece.pcapng
	rstlab import piece_*.pcapng -q
	expect 0
	[ "$(packets 3)" = "$expected" ]
	gzip -c all.pcapng | "$RSTLAB" import - -q >out
	cmp all.pcapng rstlab-runs/latest/captures/standard-input.pcapng
	[ "$(packets 3)" = "$expected" ]
	rm rstlab-runs/latest/captures/standard-input.pcapng
	rstlab explain latest:imported/capture:3
	expect 4
	grep -q '^rstlab: there is no capture of capture:packets: .* is gone$' err
	ln -s standard-input.pcapng \
		rstlab-runs/latest/captures/standard-input.pcapng
	rstlab explain latest:imported/capture:3
	expect 2
	grep -q '^rstlab: read the capture of capture:packets: .*: Too many levels of symbolic links$' err
}

@test "standard input that is no capture leaves nothing behind" {
	status=0
	echo nonsense | "$RSTLAB" import - >out 2>err || status=$?
	expect 2
	[ ! -e rstlab-runs ]
}

@test "standard input can be named once" {
	status=0
	"$RSTLAB" import - - >out 2>err </dev/null || status=$?
	expect 2
	diff err <(echo "rstlab: '-' stands twice: standard input can be read once")
	[ ! -e rstlab-runs ]
}

@test "the file is read by a process that may do nothing else" {
	mkfifo pipe
	"$RSTLAB" import pipe --no-store -q >out 2>err &
	local parent=$!
	exec 9>pipe
	local child=
	while [ -z "$child" ]; do
		read -r child _ <"/proc/$parent/task/$parent/children" || :
	done
	until grep -q '^Seccomp:	2$' "/proc/$child/status"; do :; done
	local thread threads=0
	for thread in "/proc/$child/task"/*; do
		grep -q '^Seccomp:	2$' "$thread/status"
		grep -q '^CapEff:	0000000000000000$' "$thread/status"
		grep -q '^CapPrm:	0000000000000000$' "$thread/status"
		grep -q '^NoNewPrivs:	1$' "$thread/status"
		threads=$((threads + 1))
	done
	[ "$threads" = "$(($(nproc) > 1 ? 2 : 1))" ]
	cat "$golden/late-data.pcap" >&9
	exec 9>&-
	wait "$parent"
}

# interrupt STATUS WHOM BYTES: as import-interrupt.py has them
interrupt()
{
	status=0
	python3 "$srcdir/tests/e2e/import-interrupt.py" "$2" "$3" "$RSTLAB" \
		"$golden/late-data.pcap" >out 2>err || status=$?
	expect "$1"
}

@test "one Ctrl-C is enough, whatever the writer of the pipe does" {
	local whom
	for whom in all rstlab; do
		# how many of the packets it takes in before is open
		interrupt 5 "$whom" 100000
		grep -q '^imported ' out
		[ "$(tail -n 1 err)" = "rstlab: interrupted; the result is of what came before" ]
		interrupt 4 "$whom" 10
		expect_error "interrupted before a packet of standard input had come"
	done
}

@test "the process that reads is ended by the other one alone" {
	interrupt 0 reader 200
	grep -q '^imported .* 1/1$' out
}
