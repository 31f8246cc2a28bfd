#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What explain and the decoder say, held against tshark.

load helpers

setup()
{
	enter_own_directory
	command -v tshark >/dev/null || skip 'tshark is not installed'
	export LC_ALL=C.UTF-8
}

# A private directory for tshark: it must not read anybody's settings.
tshark_reads()
{
	HOME=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR \
		tshark -2 -r "$@" 2>/dev/null
}

# The golden text of a capture, as "packet TYPE[stream] length" per frame, and
# "packet name: value" per header.
our_frames()
{
	awk '/^[0-9]+ [CS] / { packet = $1; next }
		/^[A-Z].*\[[0-9]+\].*, length [0-9]+/ {
			name = $1
			sub(/[:,]$/, "", name)
			sub(/\(ACK\)/, "", name)
			match($0, /, length [0-9]+/)
			print packet, name, substr($0, RSTART + 9, RLENGTH - 9)
		}' "$1"
}

our_headers()
{
	awk '/^[0-9]+ [CS] / { packet = $1; next }
		/^[A-Z]/ { in_headers = /^(HEADERS|CONTINUATION)/; next }
		in_headers && /^  / { sub(/^  /, ""); print packet, $0 }' "$1"
}

# With tabs between fields and | between values of one field.
fields()
{
	local file=$1 port
	shift
	port=$(tshark_reads "$file" -T fields -e tcp.dstport -c 1)
	tshark_reads "$file" -d "tcp.port==$port,http2" -T fields \
		-E aggregator='|' "$@"
}

their_frames()
{
	fields "$1" -e frame.number -e http2.type -e http2.streamid \
		-e http2.length |
		awk -F'\t' 'BEGIN {
			split("DATA HEADERS PRIORITY RST_STREAM SETTINGS " \
				"PUSH_PROMISE PING GOAWAY WINDOW_UPDATE " \
				"CONTINUATION", names, " ")
		}
		$2 != "" {
			split($2, type, "|")
			n = split($3, stream, "|")
			split($4, bytes, "|")
			for (i = 1; i <= n; i++)
				print $1, names[type[i] + 1] "[" stream[i] "]",
					bytes[i]
		}'
}

their_headers()
{
	fields "$1" -e frame.number -e http2.header.name -e http2.header.value |
		awk -F'\t' '$2 != "" {
			n = split($2, name, "|")
			split($3, value, "|")
			for (i = 1; i <= n; i++)
				print $1, name[i] ": " value[i]
		}'
}

readonly WHOLE='unary stream error unknown many gzip'

@test "tshark finds the same HTTP/2 frames in the same packets" {
	for name in $WHOLE; do
		their_frames "$srcdir/tests/golden/http2/$name.pcap" >theirs
		our_frames "$srcdir/tests/golden/http2/$name.txt" >ours
		[ "$(wc -l <theirs)" -ge 10 ]
		diff ours theirs
	done
}

@test "tshark decodes the same headers" {
	for name in $WHOLE; do
		their_headers "$srcdir/tests/golden/http2/$name.pcap" >theirs
		our_headers "$srcdir/tests/golden/http2/$name.txt" >ours
		[ "$(wc -l <theirs)" -ge 10 ]
		diff ours theirs
	done
}

# Of a packet without frames the whole line, else only what it is.
@test "tshark tells the same of the packets without HTTP/2, RSTs included" {
	local port
	for name in $WHOLE; do
		grep -E '^[0-9]+ [CS] TCP ' "$srcdir/tests/golden/http2/$name.txt" |
			sed -E 's/^([0-9]+) [CS] TCP /\1 /;s/;.*//' >ours
		port=$(tshark_reads "$srcdir/tests/golden/http2/$name.pcap" \
			-T fields -e tcp.dstport -c 1)
		tshark_reads "$srcdir/tests/golden/http2/$name.pcap" \
			-d "tcp.port==$port,http2" |
			grep ' TCP ' | to_our_form >theirs
		diff ours theirs
	done
	grep -q '\[RST\]\|\[RST, ACK\]' "$srcdir"/tests/golden/http2/*.txt
}

# "15 0.0062 127.0.0.1 → 127.0.0.1 TCP 54 51594 → 34493 [RST] Seq=429 ..."
to_our_form()
{
	sed -E 's/^ *([0-9]+) .* TCP [0-9]+ .*[0-9]+ → [0-9]+ (\[.*)/\1 \2/
		s/ SACK_PERM//
		s/ TSval=[0-9]+ TSecr=[0-9]+//'
}

# Packet numbers and what tshark says of each; then the same by explain.
@test "explain lists the packets of a run as tshark does" {
	need_namespaces
	for workload in clean-close-both late-data unread-close linger0 \
		refused server-killed; do
		rm -rf run
		"$RSTLAB" run -t host -w $workload -n 1 -o run >/dev/null
		"$RSTLAB" explain "run:host/$workload:1" >out
		grep ' TCP ' out |
			sed -E 's/^ *([0-9]+) .*[0-9]+ → [0-9]+ (\[.*)/\1 \2/
				s/  .*//' >ours
		tshark_reads run/captures/host.machine.lo.pcapng \
			--disable-protocol http | to_our_form >theirs
		[ "$(wc -l <theirs)" -ge 2 ]
		diff ours theirs
	done
}

# The frames by their names, which tshark writes in the same way.
@test "explain lists the scripted HTTP/2 peer as tshark does" {
	need_namespaces
	local port
	for workload in h2-ping-ack-unread h2-ping-ack-unread-go \
		h2-ping-ack-late h2-goaway-late h2-settings-ack-unread \
		h2-window-update-unread h2-rst-stream-unread; do
		rm -rf run
		"$RSTLAB" run -q -t host -w $workload -n 1 -o run >/dev/null
		"$RSTLAB" explain "run:host/$workload:1" >out
		sed -nE 's/^ *([0-9]+)  .* (TCP|HTTP2|GRPC)  +(.*)/\1 \3/p' out |
			sed -E 's/  .*//; s/[0-9]+ → [0-9]+ (\[)/\1/
				s/ \(gRPC 7 bytes\)//; s/: (grpc-status 0 OK|NO_ERROR|CANCEL)//; s/(SETTINGS|PING)\(ACK\)/\1/' >ours
		port=$(tshark_reads run/captures/host.machine.lo.pcapng \
			-T fields -e tcp.dstport -c 1)
		tshark_reads run/captures/host.machine.lo.pcapng \
			-d "tcp.port==$port,http2" |
			sed -E 's/^ *([0-9]+) .* (TCP|HTTP2|GRPC) [0-9]+ (.*)/\1 \3/
				s/ [0-9]+ → [0-9]+ (\[)/ \1/
				s/ \((GRPC|PROTOBUF)\)//g; s/ SACK_PERM//
				s/ TSval=[0-9]+ TSecr=[0-9]+//
				s/: 200 OK.*/: 200 OK/' >theirs
		[ "$(wc -l <theirs)" -ge 20 ]
		diff ours theirs
	done
}

# Each packet of each trial, as "Seq Ack frames", without what we say besides.
our_list()
{
	local trial
	for trial in $(seq "$1"); do
		"$RSTLAB" explain "run:host/grpc-python:$trial" --all
	done | sed -nE 's/^ *[0-9]+  [0-9.]+ .* (TCP|HTTP2|GRPC) +(.*)/\2/p' |
		sed -E 's/\(ACK\)//g
			s/ \(gRPC [^)]*\)//g
			s/(GOAWAY\[0\]): [A-Z_]+/\1/g
			s/: grpc-status [0-9]+ [A-Z_]+//g
			s/^[0-9]+ → [0-9]+ //
			s/  .*//'
}

their_list()
{
	local port
	port=$(tshark_reads "$1" -T fields -e tcp.dstport -c 1)
	tshark_reads "$1" -d "tcp.port==$port,http2" -t r |
		sed -E 's/^.* (TCP|HTTP2|GRPC|GRPCHTTP2) [0-9]+ (.*)/\2/
			s/ SACK_PERM//
			s/ TSval=[0-9]+ TSecr=[0-9]+//
			s/ SLE=[0-9]+ SRE=[0-9]+//g
			s/ \((GRPC|PROTOBUF)\)//g
			s/^[0-9]+ → [0-9]+ //'
}

@test "explain lists a run of a real gRPC as tshark does" {
	need_namespaces
	local trials=6
	"$RSTLAB" run -t host -w grpc-python -n $trials -o run --progress none \
		>report 2>said || {
		cat said
		! grep -q 'left out' said || skip 'python3-grpcio is not installed'
		return 1
	}
	our_list $trials >ours
	their_list run/captures/host.machine.lo.pcapng >theirs
	[ "$(grep -c 'HEADERS\[1\]: POST /helloworld.Greeter/SayHello' theirs)" = $trials ]
	diff ours theirs
}
