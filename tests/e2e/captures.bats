#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the capture files of a run say of themselves and of each RST.

load helpers

setup()
{
	enter_own_directory
	need_namespaces
	export LC_ALL=C.UTF-8
}

need()
{
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# A private directory for tshark: it must not read anybody's settings.
tshark_reads()
{
	HOME=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR \
		tshark -r "$@" 2>/dev/null
}

# Each RST of file $1: "FIRST COMMENT|SECOND COMMENT".
comments_of()
{
	tshark_reads "$1" -Y 'tcp.flags.reset == 1' -T fields \
		-E 'aggregator=|' -e frame.comment
}

readonly RESETS=unread-close,late-data,server-linger0,refused

@test "every RST at every point has a comment with its cause" {
	need tshark
	local file n=0
	"$RSTLAB" run -t host,docker-publish,docker-proxy -n 3 -o run \
		-w $RESETS,clean-close-client >out
	for file in run/captures/*; do
		comments_of "$file" >comments
		[ "$(tshark_reads "$file" -Y frame.comment | wc -l)" = \
			"$(wc -l <comments)" ]
		n=$((n + $(wc -l <comments)))
		[ "$(grep -cE '^(close-unread|late-data|linger-zero|refused) \((certain|strong)\), sent by the (client|server) \([a-z]+\): .*\|rstlab:\{"run":' \
			comments)" = "$(wc -l <comments)" ]
	done
	[ "$n" = "$(sqlite3 run/run.db 'SELECT count(*) FROM sighting')" ]
}

@test "the second comment is what the database says, as JSON" {
	need tshark
	"$RSTLAB" run -t docker-publish -n 2 -o run -w $RESETS --param cpus=1 \
		>out
	comments_of run/captures/docker-publish+cpus=1.remote.eth0.pcapng |
		sed 's/.*|rstlab://' |
		jq -r '[.cell, .trial, .cause, .confidence, .bytes // "",
			.emitter, .node, .form, .first] | join("|")' |
		sort >theirs
	sqlite3 run/run.db "
		SELECT 'docker-publish+cpus=1/' || c.workload, t.number,
			y.cause, y.confidence, y.bytes, r.emitter, r.node,
			r.form, 'true'
		FROM reset r JOIN connection k ON k.id = r.connection
		JOIN trial t ON t.id = k.trial JOIN cell c ON c.id = t.cell
		JOIN cause y ON y.connection = k.id" | sort >ours
	[ "$(wc -l <ours)" = 8 ]
	diff ours theirs
	[ "$(sqlite3 run/run.db 'SELECT id FROM run')" = "$(
		comments_of run/captures/docker-publish+cpus=1.remote.eth0.pcapng |
			sed 's/.*|rstlab://' | jq -r .run | sort -u)" ]
}

@test "the name of a trial in a comment is one that explain takes" {
	need tshark
	local name
	"$RSTLAB" run -t docker-publish -n 1 -o run -w late-data \
		--param cpus=1 >out
	name=$(comments_of run/captures/*.remote.eth0.pcapng |
		sed 's/.*|rstlab://' | jq -r '"\(.cell):\(.trial)"')
	"$RSTLAB" explain "run:$name" >out
	grep -q '^  late-data, ' out
}

@test "capinfos shows the run, the machine, the interface" {
	need capinfos
	local file=run/captures/docker-publish.web.eth0.pcapng
	"$RSTLAB" run -t docker-publish -n 1 -o run -w late-data --seed 7 >out
	capinfos "$file" >info
	grep -qE "^Capture hardware: +$(uname -m), .*[0-9]+ processors$" info
	grep -qE "^Capture oper-sys: +Linux $(uname -r)$" info
	grep -qE '^Capture application: rstlab ' info
	grep -qE "^Capture comment: +run $(sqlite3 run/run.db 'SELECT id FROM run'), topology docker-publish, seed 7, command: .*run -t docker-publish -n 1 -o run -w late-data --seed 7$" info
	grep -qE '^ +Name = web:eth0$' info
	grep -qE '^ +Description = interface eth0 of node web of topology docker-publish: the server runs there$' info
	grep -qE '^Number of resolved IPv4 addresses in file: [1-9]' info
}

@test "addresses have the names of their nodes" {
	need tshark
	"$RSTLAB" run -t docker-publish -n 1 -o run -w late-data >out
	tshark_reads run/captures/docker-publish.web.eth0.pcapng -N n \
		-Y 'tcp.flags.reset == 1' >out
	grep -qE ' remote +→ web ' out
	tshark_reads run/captures/docker-publish.remote.eth0.pcapng -N n \
		-Y 'tcp.flags.reset == 1' >out
	grep -qE ' remote +→ host ' out
}

@test "frames are in the order in which they came, with comments too" {
	need tshark
	"$RSTLAB" run -t docker-publish -n 20 -o run -w $RESETS >out
	for file in run/captures/*; do
		tshark_reads "$file" -T fields -e frame.time_epoch >times
		sort -n times | diff times -
	done
	[ "$(for file in run/captures/*; do
		tshark_reads "$file"
	done | wc -l)" -ge 100 ]
}

@test "libpcap reads the files" {
	need tcpdump
	"$RSTLAB" run -t host -n 5 -o run -w $RESETS >out
	[ "$(tcpdump -nr run/captures/host.machine.lo.pcapng \
		'tcp[tcpflags] & tcp-rst != 0' 2>err | wc -l)" = 20 ]
}

@test "a run that is killed leaves files that can be read, with the causes so far" {
	need tshark
	start run run -t host -w late-data -n 1000000 -o out
	# shellcheck disable=SC2016 # for eval, each time anew
	wait_until 20 eval 'has_stored_trials out || gone "$started"'
	wait_until 20 eval '[ "$(stat -c %s out/captures/*)" -gt 100000 ]'
	kill -KILL "$started"
	status_of_started
	# it ends in the middle of a packet, and tshark says so
	comments_of out/captures/host.machine.lo.pcapng >comments || :
	[ "$(grep -c '^late-data (' comments)" -gt 10 ]
	"$RSTLAB" explain out:host/late-data:1 >explained
	grep -q '^  late-data, ' explained
}

@test "an interrupted run has all its comments" {
	need tshark
	start run run -t host -w late-data -n 1000000 -o out
	# shellcheck disable=SC2016 # for eval, each time anew
	wait_until 20 eval 'has_stored_trials out || gone "$started"'
	kill -INT "$started"
	status_of_started
	[ "$(tshark_reads out/captures/host.machine.lo.pcapng \
		-Y 'tcp.flags.reset == 1 && !frame.comment' | wc -l)" = 0 ]
	comments_of out/captures/host.machine.lo.pcapng >comments
	[ "$(grep -c '^late-data (' comments)" -gt 10 ]
}
