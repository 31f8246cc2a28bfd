#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Captures that other tools wrote: `rstlab import` and tshark see the same
# connections in them.

load helpers

setup()
{
	enter_own_directory
	golden=$srcdir/tests/golden/flow
}

# What tshark says, a line for each connection: who opened it, packets, RSTs
# and completeness.
by_tshark()
{
	tshark -2 -n -r "$1" -o tcp.relative_sequence_numbers:FALSE -Y tcp \
		-T fields -e tcp.stream -e ip.src -e ipv6.src -e tcp.srcport \
		-e ip.dst -e ipv6.dst -e tcp.dstport -e tcp.flags.reset \
		-e tcp.completeness 2>tshark.err |
		python3 -c '
import sys
streams = {}
for line in sys.stdin:
    f = line.rstrip("\n").split("\t")
    s = streams.setdefault(int(f[0]), [None, 0, 0, 0])
    s[0] = s[0] or (f[1] or f[2], f[3], f[4] or f[5], f[6])
    s[1] += 1
    s[2] += f[7] in ("1", "True")
    s[3] = max(s[3], int(f[8]))
for s in streams.values():
    print(*s[0], *s[1:])' | sort
}

by_rstlab()
{
	"$RSTLAB" import "$1" --no-store -q -f csv "${@:2}" >rows.csv || return
	python3 -c '
import csv
for r in csv.DictReader(open("rows.csv")):
    print(*(r[k] for k in ("client", "client_port", "server", "server_port",
                           "packets", "rst_count", "completeness")))' | sort
}

agree()
{
	by_tshark "$1" >expected
	by_rstlab "$@" >got
	[ -s expected ]
	diff expected got
}

# Connections of every kind, over lo, while the command captures into $3.
capture_traffic()
{
	"$@" >capture.out 2>capture.err &
	local pid=$!
	until grep -qiE 'listening on|capturing on|^File: ' capture.err; do
		kill -0 "$pid" || { cat capture.err; return 1; }
	done
	# dumpcap says so before the first packet counts
	python3 "$srcdir/tests/e2e/import-traffic.py" "$3"
	kill -INT "$pid"
	wait "$pid" || :
}

# traffic TOOL -w FILE...
traffic()
{
	need_namespaces
	export -f capture_traffic
	export srcdir
	may_capture capture_traffic "$@"
}

@test "tcpdump: over lo, in microseconds and nanoseconds" {
	traffic tcpdump -w us.pcap -i lo -n -U -Z root
	agree us.pcap
	[ "$(wc -l <got)" -ge 12 ]
	traffic tcpdump -w ns.pcap --nano -i lo -n -U -Z root
	agree ns.pcap
}

@test "tcpdump: any interface, in both forms of Linux" {
	traffic tcpdump -w sll.pcap -y LINUX_SLL -i any -n -U -Z root
	agree sll.pcap
	traffic tcpdump -w sll2.pcap -y LINUX_SLL2 -i any -n -U -Z root
	agree sll2.pcap
}

@test "tcpdump: a snap length that leaves no payload" {
	traffic tcpdump -w short.pcap -s 96 -i lo -n -U -Z root
	agree short.pcap
}

@test "dumpcap: pcapng" {
	traffic dumpcap -w dumpcap.pcapng -i lo
	agree dumpcap.pcapng
}

@test "editcap: other formats, cut packets, shifted times, packed" {
	mergecap -w all.pcapng "$golden"/*.pcap
	agree all.pcapng
	editcap -F pcap all.pcapng all.pcap
	agree all.pcap
	editcap -F nsecpcap all.pcapng nano.pcap
	agree nano.pcap
	editcap -s 80 all.pcapng snapped.pcapng
	agree snapped.pcapng
	editcap -t 3600.5 all.pcapng later.pcapng
	agree later.pcapng
	gzip -k all.pcapng
	agree all.pcapng.gz
	zstd -q all.pcap -o all.pcap.zst
	by_tshark all.pcap >expected
	by_rstlab all.pcap.zst >got
	diff expected got
}

@test "editcap: packets that the capture lost" {
	editcap "$golden/late-data.pcap" lost.pcap 4
	agree lost.pcap
	python3 -c 'import csv
rows = list(csv.DictReader(open("rows.csv")))
assert [r["judged"] for r in rows] == ["0"], rows
assert rows[0]["why"] == "acknowledged bytes were not captured", rows'
	editcap "$golden/late-data.pcap" headless.pcap 1-3
	by_rstlab headless.pcap
	grep -q ',0,{},open before the capture began$' rows.csv
	"$RSTLAB" import headless.pcap --no-store >out 2>err
	grep -qE '^imported +-!$' out
	grep -qE '^ +1  open before the capture began$' err
}

@test "IP fragments, in IPv4 and IPv6, in order and in reverse" {
	for f in late-data unread-close clean-close-server; do
		python3 "$srcdir/tests/e2e/import-fragment.py" \
			"$golden/$f.pcap" .
		agree frag4.pcap
		agree frag6.pcap
		by_rstlab "$golden/$f.pcap" >expected
		cut -d, -f12-22 rows.csv >whole
		by_rstlab frag4.pcap >got
		diff expected got
		diff whole <(cut -d, -f12-22 rows.csv)
	done
	"$RSTLAB" import frag4.pcap --no-store 2>err >out
	! grep -q fragments err
}

@test "IP fragments of which some were not captured" {
	python3 "$srcdir/tests/e2e/import-fragment.py" \
		"$golden/clean-close-server.pcap" .
	"$RSTLAB" import lost.pcap --no-store >out 2>err
	grep -qE '^imported +-!$' out
	grep -qE '^ +1  IP fragments of its segments were not captured$' err
	run "$RSTLAB" import lost.pcap --no-store --port 1
	[ "$status" -eq 4 ]
	[[ "$output" == *"holds no TCP to analyse"*"not selected by --port"* ]]
}

@test "mergecap: several files, one after the other and mixed" {
	mergecap -a -w joined.pcapng "$golden"/*.pcap
	agree joined.pcapng
	mergecap -w merged.pcapng "$golden"/*.pcap
	by_tshark merged.pcapng >expected
	"$RSTLAB" import "$golden"/*.pcap --no-store -q -f csv >rows.csv
	[ "$(($(wc -l <rows.csv) - 1))" = "$(wc -l <expected)" ]
}

@test "tcprewrite: other addresses, VLAN tags" {
	for f in late-data linger0 refused unread-close; do
		tcprewrite --pnat=127.0.0.0/8:10.9.0.0/16 -i "$golden/$f.pcap" \
			-o "$f.pcap" 2>/dev/null || continue
		agree "$f.pcap"
		tcprewrite --enet-vlan=add --enet-vlan-tag=42 \
			--enet-vlan-cfi=0 --enet-vlan-pri=0 -i "$f.pcap" \
			-o "$f-vlan.pcap"
		agree "$f-vlan.pcap"
	done
	[ -s got ]
}

@test "text2pcap: an interface without TCP takes no place among those with it" {
	echo '0000 ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01' >arp
	text2pcap -q -N arponly arp arp.pcapng
	mergecap -a -I none -w mixed.pcapng arp.pcapng "$golden/refused.pcap"
	"$RSTLAB" import mixed.pcapng -q -o run
	ls run/captures >names
	[ "$(wc -l <names)" -eq 1 ]
	run ! grep arponly names
}

@test "text2pcap: link types by number, among them that of a Mac's loopback" {
	python3 "$srcdir/tests/e2e/import-relink.py" "$golden/late-data.pcap" .
	for f in *.txt; do
		text2pcap -q -l "$(head -n 1 "$f" | cut -c2-)" "$f" "$f.pcap"
		agree "$f.pcap"
		[ "$(wc -l <got)" = 1 ]
	done
}

@test "sequence numbers that wrap change nothing" {
	local f
	for f in late-data unread-close clean-close-server; do
		python3 "$srcdir/tests/e2e/import-relink.py" \
			"$golden/$f.pcap" .
		text2pcap -q -l 101 wrapped.txt wrapped.pcap
		agree wrapped.pcap
		cut -d, -f11-22 rows.csv >wrapped
		by_rstlab "$golden/$f.pcap" >got
		diff wrapped <(cut -d, -f11-22 rows.csv)
	done
}

@test "both sides of a NAT in one file are one connection" {
	local inside=inside.pcap
	tcprewrite --pnat=127.0.0.0/8:10.9.0.0/16 --ttl=-1 \
		-i "$golden/late-data.pcap" -o "$inside"
	editcap -t 0.000002 "$inside" later.pcap
	# one interface, as of tcpdump -i any; and one for each side
	mergecap -F pcap -w one.pcap "$golden/late-data.pcap" later.pcap
	mergecap -w two.pcapng "$golden/late-data.pcap" later.pcap
	by_rstlab "$golden/late-data.pcap" >expected
	cut -d, -f1-22 rows.csv >whole
	for f in one.pcap two.pcapng; do
		by_rstlab "$f"
		diff whole <(cut -d, -f1-22 rows.csv)
	done
}

# Refused connections until the first is told.
watch_lo()
{
	"$RSTLAB" watch -i lo -f csv --port 4242 >rows.csv 2>err &
	local pid=$!
	until grep -q '^rstlab: watching lo; Ctrl-C ends it$' err; do
		kill -0 "$pid" || { cat err; return 1; }
	done
	while [ ! -s rows.csv ]; do
		kill -0 "$pid" || { cat err; return 1; }
		(exec 3<>/dev/tcp/127.0.0.1/4242) 2>/dev/null || :
	done
	kill -TERM "$pid"
	wait "$pid"
}

@test "watch: a row for each connection of a running interface, until it is ended" {
	need_namespaces
	export -f watch_lo
	export RSTLAB
	may_capture watch_lo
	sed 1d rows.csv | cut -d, -f7-8,13,21-22 | sort -u >kinds
	diff kinds <(echo 127.0.0.1,4242,syn-rstack,refused,strong)
}

# Refused connections to 2000 ports; memory for 100 of them.
watch_many()
{
	env --default-signal=INT "$RSTLAB" watch -i lo --connections 100 --filter 'dst port 4242 and
		tcp[tcpflags] == tcp-syn' >out 2>err &
	local pid=$! i
	until grep -q '^rstlab: watching lo; Ctrl-C ends it$' err; do
		kill -0 "$pid" || { cat err; return 1; }
	done
	for i in {1..2000}; do
		(exec 3<>/dev/tcp/127.0.0.1/4242) 2>/dev/null || :
	done
	kill -INT "$pid"
	wait "$pid"
}

@test "watch: Ctrl-C prints the table, of more connections than it follows" {
	need_namespaces
	export -f watch_many
	export RSTLAB
	may_capture watch_many
	grep -qE '^imported +-\*$' out
	grep -qE " 2000  its SYN was not answered$" err
}

@test "watch: what cannot be captured is refused" {
	need_namespaces
	status=0
	may_capture "$RSTLAB" watch -i nowhere 2>err || status=$?
	[ "$status" = 2 ]
	diff err <(echo "rstlab: cannot capture on 'nowhere': No such device exists")
	status=0
	"$RSTLAB" watch 2>err || status=$?
	[ "$status" = 2 ]
	status=0
	setpriv --inh-caps=-all --bounding-set=-all \
		"$RSTLAB" watch -i lo 2>err || status=$?
	[ "$status" = 3 ]
	diff err <(echo "rstlab: capturing on 'lo' is for root or CAP_NET_RAW: try with sudo, or \`rstlab import -\` behind a tcpdump that may")
}
