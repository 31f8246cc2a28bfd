#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The scripted HTTP/2 peer, and the frame that each reset was about.

bats_require_minimum_version 1.5.0
load helpers

setup()
{
	enter_own_directory
	need_namespaces
	export LC_ALL=C.UTF-8
}

# What stands in the table `frame` of the run in ./run, a line for each kind.
frames_of_run()
{
	sqlite3 -separator ' | ' run/run.db \
		"SELECT c.workload, f.what, f.frames, f.bytes, f.wait_ns > 0,
			count(*)
		 FROM frame f JOIN connection k ON k.id = f.connection
		 JOIN cell c ON c.id = k.cell GROUP BY 1, 2, 3 ORDER BY 1"
}

all_frames()
{
	cat <<-'END'
		h2-goaway-late | late | GOAWAY 17 bytes | 17 | 1 | 4
		h2-goaway-unread | unread | GOAWAY 17 bytes | 17 | 1 | 4
		h2-ping-ack-late | late | PING(ACK) 17 bytes | 17 | 1 | 4
		h2-ping-ack-late-acked | late | PING(ACK) 17 bytes | 17 | 1 | 4
		h2-ping-ack-unread | unread | PING(ACK) 17 bytes | 17 | 1 | 4
		h2-ping-ack-unread-go | unread | PING(ACK) 17 bytes | 17 | 1 | 4
		h2-rst-stream-unread | unread | RST_STREAM[1] 13 bytes | 13 | 1 | 4
		h2-settings-ack-late | late | SETTINGS(ACK) 9 bytes | 9 | 1 | 4
		h2-settings-ack-unread | unread | SETTINGS(ACK) 9 bytes | 9 | 1 | 4
		h2-window-update-unread | unread | WINDOW_UPDATE 13 bytes | 13 | 1 | 4
	END
}

@test "every race of the close ends as its workload says" {
	"$RSTLAB" selftest -q -w 'h2-*' \
		-t host,docker-bridge,docker-publish,vm-lo >out ||
		{ cat out; return 1; }
}

@test "each reset names the frame that was unread or late" {
	"$RSTLAB" run -q -o run -n 2 -t host,docker-publish -w 'h2-*' >out
	diff <(frames_of_run) <(all_frames)
	grep -qE '^       4  h2-ping-ack-late  +PING\(ACK\) 17 bytes  +[0-9.]+ us to [0-9.]+ us after the FIN +both topologies, 2 each$' out ||
		{ cat out; return 1; }
}

@test "the document has the frames with their times" {
	"$RSTLAB" run -q --json -n 3 -t host -w h2-ping-ack-unread,h2-ping-ack-read >out
	jq -e '.frames | length == 1 and (.[0] |
		.what == "unread" and .frames == "PING(ACK) 17 bytes" and
		.connections == 3 and .wait_ns.least > 0 and
		.wait_ns.least <= .wait_ns.median and
		.wait_ns.median <= .wait_ns.most)' out
}

@test "explain says how long the frame lay unread" {
	"$RSTLAB" run -q -o run -n 1 -t host -w h2-ping-ack-unread,h2-ping-ack-late >out
	"$RSTLAB" explain run:host/h2-ping-ack-unread:1 >out
	grep -qE 'sent by the client \(machine\); PING\(ACK\) 17 bytes, unread for [0-9.]+ (us|ms)$' out ||
		{ cat out; return 1; }
	"$RSTLAB" explain run:host/h2-ping-ack-late:1 >out
	grep -qE 'PING\(ACK\) 17 bytes came too late, [0-9.]+ (us|ms) after its FIN$' out ||
		{ cat out; return 1; }
}

@test "an unknown frame is refused with the one that was meant" {
	cat >mine.yaml <<-'YAML'
		name: mine
		summary: a frame that there is not
		client: [connect, frame pong, close]
		server: [listen, accept, close]
	YAML
	run -2 --separate-stderr "$RSTLAB" check mine.yaml
	[[ $stderr = *"mine.yaml:3:25: error: unknown frame 'pong' (did you mean 'ping'?)"* ]]
}

# What the kernel says of each form of the founding question, and what an
# ordinary user can know without it.
reasons_of_run()
{
	sqlite3 -separator ' ' run/run.db \
		"SELECT DISTINCT c.workload, k.ending, s.cause, s.confidence,
			s.bytes, coalesce(s.kernel_reason, '-'), f.frames
		 FROM cause s JOIN connection k ON k.id = s.connection
		 JOIN cell c ON c.id = k.cell
		 JOIN frame f ON f.connection = k.id ORDER BY 1"
}

run_founding_forms()
{
	"$RSTLAB" run -q -o run -n 3 -t host,docker-publish -w \
		h2-ping-ack-unread,h2-ping-ack-unread-go \
		-w h2-ping-ack-late,h2-ping-ack-late-acked "$@" >out
}

@test "the kernel's own reason, the 17 bytes and the frame fit together" {
	run_founding_forms
	if ! hears_kernel; then
		# an ordinary user does not hear them, and is told no reason
		[ "$(reasons_of_run | grep -c TCP_)" = 0 ]
		return
	fi
	# an ACK of its own may overtake the frame, and then it is as with -acked
	sqlite3 run/run.db "SELECT DISTINCT s.kernel_reason FROM cause s
		JOIN connection k ON k.id = s.connection
		JOIN cell c ON c.id = k.cell
		WHERE c.workload = 'h2-ping-ack-late'" >late
	[ "$(grep -vcx 'TCP_ABORT_ON_DATA\|TCP_TIMEWAIT_SOCKET' late)" = 0 ]
	diff <(reasons_of_run | grep -v '^h2-ping-ack-late ') - <<-'END'
		h2-ping-ack-late-acked fin-rst late-data certain 17 TCP_TIMEWAIT_SOCKET PING(ACK) 17 bytes
		h2-ping-ack-unread fin-rstack close-unread certain 17 TCP_ABORT_ON_CLOSE PING(ACK) 17 bytes
		h2-ping-ack-unread-go rstack close-unread certain 17 TCP_ABORT_ON_CLOSE PING(ACK) 17 bytes
	END
	"$RSTLAB" explain run:host/h2-ping-ack-late-acked:1 >out
	grep -qxF '  + the kernel gave the reason: TCP_TIMEWAIT_SOCKET' out
}

@test "without the kernel's events the same frames are named, by two sources" {
	run_founding_forms --evidence light
	reasons_of_run >reasons
	[ "$(cut -d' ' -f1-3,7- reasons)" = 'h2-ping-ack-late fin-rst late-data PING(ACK) 17 bytes
h2-ping-ack-late-acked fin-rst late-data PING(ACK) 17 bytes
h2-ping-ack-unread fin-rstack close-unread PING(ACK) 17 bytes
h2-ping-ack-unread-go rstack close-unread PING(ACK) 17 bytes' ] ||
		{ cat reasons; return 1; }
	[ "$(grep -cE ' (strong|likely) ' reasons)" = 4 ]
	[ "$(grep -c TCP_ reasons)" = 0 ]
}
