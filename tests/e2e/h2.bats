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
