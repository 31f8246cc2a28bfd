#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every cell of truth-table.txt, measured: each topology once with all its
# workloads, ten trials of each in seeded random order, all topologies side by
# side, since most of the time is spent waiting for deadlines.

load helpers

readonly TABLE=$BATS_TEST_DIRNAME/truth-table.txt
readonly TRIALS=10 SIDE_BY_SIDE=8

# The columns of the table's lines without spaces around them.
table()
{
	sed -e '/^#/d; /^$/d' -e 's/ *| */|/g' "$TABLE"
}

# A topology of ours that is only needed here.
write_topology()
{
	cat >"$BATS_FILE_TMPDIR/docker-egress-drop-invalid.yaml" <<-END
		include: ${builddir:?}/topologies/docker-egress.yaml
		name: docker-egress-drop-invalid
		summary: as docker-egress, and the host drops INVALID on its way in
		mirrors: iptables -I INPUT -m conntrack --ctstate INVALID -j DROP
		nodes:
		  - name: host
		    kind: host
		    nft: |
		      table ip filter {
		        chain INPUT {
		          ct state invalid counter drop
		        }
		      }
	END
}

path_of()
{
	local own=$BATS_FILE_TMPDIR/$1.yaml
	if [ -e "$own" ]; then echo "$own"; else echo "$1"; fi
}

# What the database $1 knows of each cell, as the table has it; the number of
# RSTs is that of one trial.
cells()
{
	sqlite3 -readonly -separator '|' "$1" <<-'END'
		SELECT c.workload,
		  (SELECT group_concat(v, ' or ') FROM (SELECT DISTINCT client_app ||
		    CASE WHEN client_app LIKE 'send E%' THEN ' after ' || (
		      SELECT count(*) FROM json_each(client_calls) j
		      WHERE json_extract(j.value, '$[0]') = 'send'
		      AND json_extract(j.value, '$[1]') = 1
		      AND json_extract(j.value, '$[2]') IS NULL)
		    ELSE '' END v FROM trial WHERE cell = c.id)),
		  (SELECT group_concat(v, ' or ') FROM (
		    SELECT DISTINCT server_app v FROM trial WHERE cell = c.id)),
		  (SELECT group_concat(v, ' or ') FROM (
		    SELECT DISTINCT outcome v FROM trial WHERE cell = c.id)),
		  -- born: seen to leave its node, or to come out of a program in
		  -- another node (a user-mode network)
		  (SELECT coalesce(group_concat(v, ' '), '-') FROM (
		    SELECT r.node || ':' || (count(*) * 1.0 / n.trials) v
		    FROM reset r JOIN connection k ON k.id = r.connection
		    JOIN sighting s ON s.connection = k.id
		      AND s.reset = r.number AND s.number = 1
		    WHERE k.cell = c.id AND
		      (coalesce(s.direction, 'out') = 'out') = (s.node = r.node)
		    GROUP BY r.node))
		FROM cell c JOIN (SELECT cell, count(*) AS trials FROM trial
		  GROUP BY cell) n ON n.cell = c.id;
	END
}

# measure TOPOLOGY PARAMETER - all its cells, into files named by both.
measure()
{
	local name=$BATS_FILE_TMPDIR/$1,$2 workloads status=0
	local -a param=()
	workloads=$(table | awk -F'|' -v t="$1" -v p="$2" \
		'$1 == t && $2 == p { printf "%s%s", n++ ? "," : "", $3 }')
	[ "$2" = - ] || param=(--param "$2")
	"$RSTLAB" run --json -t "$(path_of "$1")" -w "$workloads" -n "$TRIALS" \
		"${param[@]}" -o "$name.run" >"$name.json" 2>"$name.err" \
		</dev/null || status=$?
	echo "$status" >"$name.status"
	[ ! -e "$name.run/run.db" ] || cells "$name.run/run.db" >"$name.cells"
}

setup_file()
{
	local topology parameter running=0
	[ -n "${RSTLAB_SANDBOX:-}" ] || return 0
	write_topology
	while IFS='|' read -r topology parameter; do
		((running++ < SIDE_BY_SIDE)) || wait -n
		measure "$topology" "$parameter" 3>&- 4>&- &
	done < <(table | cut -d'|' -f1,2 | sort -u)
	wait
}

setup()
{
	need_namespaces
}

# one_of WHAT EXPECTED MEASURED - each of what was measured is expected.
one_of()
{
	local left="$3 or " value
	while [ -n "$left" ]; do
		value=${left%%" or "*}
		left=${left#*" or "}
		[[ " or $2 or " == *" or $value or "* ]] && continue
		echo "$1: '$value', expected '$2'"
		return 1
	done
}

# born_in EXPECTED MEASURED - the nodes that sent RSTs, and how many.
born_in()
{
	local node want got
	for node in ${2/#-/}; do
		[[ " $1 " =~ \ ${node%%:*}[:?\ ] ]] ||
			{ echo "RSTs: ${node%%:*} sent some, expected '$1'"; return 1; }
	done
	for want in ${1/#-/}; do
		[[ $want != *'?' ]] || continue
		got=$(printf '%s\n' "$2" | tr ' ' '\n' | grep "^${want%%:*}:") ||
			{ echo "RSTs: ${want%%:*} sent none, expected '$1'"; return 1; }
		[[ $want != *:* || $got = "$want.0" ]] ||
			{ echo "RSTs: $got a trial, expected '$1'"; return 1; }
	done
}

# cell TOPOLOGY PARAMETER WORKLOAD - is it as the table says?
cell()
{
	local name=$BATS_FILE_TMPDIR/$1,$2 status client server outcome resets
	local -a got
	IFS='|' read -r _ _ _ client server outcome resets < <(
		table | awk -F'|' -v t="$1" -v p="$2" -v w="$3" \
			'$1 == t && $2 == p && $3 == w')
	status=$(<"$name.status")
	if [ "$status" = 3 ] && [ "${RSTLAB_MUST_RUN:-}" != 1 ]; then
		skip "$(grep '^rstlab: ' "$name.err" | tail -n 1)"
	fi
	# 6: none of its workloads is there to be judged clean or reset
	[ "$status" = 0 ] || [ "$status" = 6 ] ||
		{ echo "exit status $status"; cat "$name.err"; return 1; }
	IFS='|' read -r -a got < <(awk -F'|' -v w="$3" '$1 == w' "$name.cells")
	one_of client "$client" "${got[1]}"
	one_of server "$server" "${got[2]}"
	one_of outcome "$outcome" "${got[3]}"
	born_in "$resets" "${got[4]}"
}

@test "every cell of the table has its case here" {
	diff <(table | cut -d'|' -f1-3 | sort) \
		<(sed -n 's/^\tcell \(.*\)$/\1/p' "$BATS_TEST_FILENAME" |
			tr ' ' '|' | sort)
}

@test "host, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host - clean-close-client
}

@test "host, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by machine" {
	cell host - refused-read
}

@test "host, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by machine" {
	cell host - refused-send
}

@test "host, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by machine" {
	cell host - server-linger0
}

@test "host, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by machine" {
	cell host - server-unread
}

@test "host, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by machine" {
	cell host - late-data-client
}

@test "host, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by machine" {
	cell host - linger0
}

@test "host, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by machine" {
	cell host - unread-close
}

@test "host, idle-expired: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host - idle-expired
}

@test "host, server-gone: the client sees send EPIPE after 1, the server killed; RST by machine" {
	cell host - server-gone
}

@test "host, server-paused: the client sees recv timeout, the server nothing wrong; no RST" {
	cell host - server-paused
}

@test "host, accept-queue-full: the client sees connect timeout, the server nothing wrong; no RST" {
	cell host - accept-queue-full
}

@test "host, segment-ahead: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host - segment-ahead
}

@test "host, segment-behind: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host - segment-behind
}

@test "host, segment-ack: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host - segment-ack
}

@test "host-pair, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host-pair - clean-close-client
}

@test "host-pair, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by server" {
	cell host-pair - refused-read
}

@test "host-pair, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by server" {
	cell host-pair - refused-send
}

@test "host-pair, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by server" {
	cell host-pair - server-linger0
}

@test "host-pair, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by server" {
	cell host-pair - server-unread
}

@test "host-pair, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by server" {
	cell host-pair - late-data-client
}

@test "host-pair, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by client" {
	cell host-pair - linger0
}

@test "host-pair, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by client" {
	cell host-pair - unread-close
}

@test "host-pair, idle-expired: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host-pair - idle-expired
}

@test "host-pair, segment-ahead: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host-pair - segment-ahead
}

@test "host-pair, segment-behind: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host-pair - segment-behind
}

@test "host-pair, segment-ack: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell host-pair - segment-ack
}

@test "docker-publish, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-publish - clean-close-client
}

@test "docker-publish, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-publish - refused-read
}

@test "docker-publish, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-publish - refused-send
}

@test "docker-publish, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-publish - server-linger0
}

@test "docker-publish, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-publish - server-unread
}

@test "docker-publish, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell docker-publish - late-data-client
}

@test "docker-publish, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell docker-publish - linger0
}

@test "docker-publish, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell docker-publish - unread-close
}

@test "docker-publish, idle-expired: the client sees recv timeout, the server recv-eof ECONNRESET; RST by host and remote" {
	cell docker-publish - idle-expired
}

@test "docker-publish, server-gone: the client sees send EPIPE after 1, the server killed; RST by web" {
	cell docker-publish - server-gone
}

@test "docker-publish, server-paused: the client sees recv timeout, the server nothing wrong; no RST" {
	cell docker-publish - server-paused
}

@test "docker-publish, disconnected: the client sees recv ECONNRESET, the server nothing wrong; RST by host" {
	cell docker-publish - disconnected
}

@test "docker-publish, accept-queue-full: the client sees connect timeout, the server nothing wrong; no RST" {
	cell docker-publish - accept-queue-full
}

@test "docker-publish with nf_conntrack_tcp_loose=0, idle-expired: the client sees recv timeout, the server recv-eof timeout; RST by host" {
	cell docker-publish nf_conntrack_tcp_loose=0 idle-expired
}

@test "docker-publish with sysctl:net.ipv4.tcp_abort_on_overflow=1, accept-queue-full: the client sees connect timeout, the server nothing wrong; no RST" {
	cell docker-publish sysctl:net.ipv4.tcp_abort_on_overflow=1 accept-queue-full
}

@test "docker-publish-local, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-publish-local - clean-close-client
}

@test "docker-publish-local, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-publish-local - refused-read
}

@test "docker-publish-local, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-publish-local - refused-send
}

@test "docker-publish-local, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-publish-local - server-linger0
}

@test "docker-publish-local, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-publish-local - server-unread
}

@test "docker-publish-local, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell docker-publish-local - late-data-client
}

@test "docker-publish-local, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host" {
	cell docker-publish-local - linger0
}

@test "docker-publish-local, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host" {
	cell docker-publish-local - unread-close
}

@test "docker-publish-local, idle-expired: the client sees recv timeout, the server recv-eof ECONNRESET; RST by host" {
	cell docker-publish-local - idle-expired
}

@test "docker-publish-local, disconnected: the client sees recv ECONNRESET, the server nothing wrong; RST by host" {
	cell docker-publish-local - disconnected
}

@test "docker-publish-local with nf_conntrack_tcp_loose=0, idle-expired: the client sees recv timeout, the server recv-eof ECONNRESET; RST by host" {
	cell docker-publish-local nf_conntrack_tcp_loose=0 idle-expired
}

@test "docker-bridge, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-bridge - clean-close-client
}

@test "docker-bridge, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-bridge - refused-read
}

@test "docker-bridge, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-bridge - refused-send
}

@test "docker-bridge, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-bridge - server-linger0
}

@test "docker-bridge, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-bridge - server-unread
}

@test "docker-bridge, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell docker-bridge - late-data-client
}

@test "docker-bridge, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by app" {
	cell docker-bridge - linger0
}

@test "docker-bridge, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by app" {
	cell docker-bridge - unread-close
}

@test "docker-bridge, idle-expired: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-bridge - idle-expired
}

@test "docker-bridge with nf_conntrack_tcp_loose=0, idle-expired: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-bridge nf_conntrack_tcp_loose=0 idle-expired
}

@test "docker-egress, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-egress - clean-close-client
}

@test "docker-egress, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell docker-egress - refused-read
}

@test "docker-egress, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell docker-egress - refused-send
}

@test "docker-egress, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell docker-egress - server-linger0
}

@test "docker-egress, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell docker-egress - server-unread
}

@test "docker-egress, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by remote" {
	cell docker-egress - late-data-client
}

@test "docker-egress, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by web" {
	cell docker-egress - linger0
}

@test "docker-egress, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by web" {
	cell docker-egress - unread-close
}

@test "docker-egress, idle-expired: the client sees recv timeout, the server recv-eof ECONNRESET; RST by host" {
	cell docker-egress - idle-expired
}

@test "docker-egress, idle-expired-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-egress - idle-expired-client
}

@test "docker-egress, snat-full: the client sees connect timeout, the server nothing wrong; no RST" {
	cell docker-egress - snat-full
}

@test "docker-egress, segment-ahead: the client sees recv timeout, the server send ECONNRESET or recv-eof ECONNRESET; RST by host and remote" {
	cell docker-egress - segment-ahead
}

@test "docker-egress, segment-behind: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-egress - segment-behind
}

@test "docker-egress, segment-ack: the client sees nothing wrong, the server nothing wrong; RST by host" {
	cell docker-egress - segment-ack
}

@test "docker-egress with nf_conntrack_tcp_loose=0, idle-expired: the client sees recv timeout, the server recv-eof ECONNRESET; RST by host" {
	cell docker-egress nf_conntrack_tcp_loose=0 idle-expired
}

@test "docker-egress with nf_conntrack_tcp_be_liberal=1, segment-ahead: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-egress nf_conntrack_tcp_be_liberal=1 segment-ahead
}

@test "docker-egress with nf_conntrack_tcp_be_liberal=1, segment-behind: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-egress nf_conntrack_tcp_be_liberal=1 segment-behind
}

@test "docker-egress with nf_conntrack_tcp_be_liberal=1, segment-ack: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-egress nf_conntrack_tcp_be_liberal=1 segment-ack
}

@test "docker-egress-drop-invalid, segment-ahead: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-egress-drop-invalid - segment-ahead
}

@test "docker-egress-drop-invalid, segment-behind: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-egress-drop-invalid - segment-behind
}

@test "docker-egress-drop-invalid, segment-ack: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-egress-drop-invalid - segment-ack
}

@test "docker28-publish, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker28-publish - clean-close-client
}

@test "docker28-publish, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker28-publish - refused-read
}

@test "docker28-publish, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker28-publish - refused-send
}

@test "docker28-publish, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker28-publish - server-linger0
}

@test "docker28-publish, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker28-publish - server-unread
}

@test "docker28-publish, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell docker28-publish - late-data-client
}

@test "docker28-publish, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell docker28-publish - linger0
}

@test "docker28-publish, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell docker28-publish - unread-close
}

@test "docker28-unpublished, idle-expired: the client sees connect timeout, the server accept timeout; no RST" {
	cell docker28-unpublished - idle-expired
}

@test "docker29-publish, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker29-publish - clean-close-client
}

@test "docker29-publish, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker29-publish - refused-read
}

@test "docker29-publish, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker29-publish - refused-send
}

@test "docker29-publish, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker29-publish - server-linger0
}

@test "docker29-publish, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker29-publish - server-unread
}

@test "docker29-publish, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell docker29-publish - late-data-client
}

@test "docker29-publish, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell docker29-publish - linger0
}

@test "docker29-publish, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell docker29-publish - unread-close
}

@test "docker29-egress, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker29-egress - clean-close-client
}

@test "docker29-egress, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell docker29-egress - refused-read
}

@test "docker29-egress, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell docker29-egress - refused-send
}

@test "docker29-egress, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell docker29-egress - server-linger0
}

@test "docker29-egress, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell docker29-egress - server-unread
}

@test "docker29-egress, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by remote" {
	cell docker29-egress - late-data-client
}

@test "docker29-egress, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by web" {
	cell docker29-egress - linger0
}

@test "docker29-egress, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by web" {
	cell docker29-egress - unread-close
}

@test "docker29-egress, idle-expired: the client sees recv timeout, the server recv-eof ECONNRESET; RST by host" {
	cell docker29-egress - idle-expired
}

@test "docker29-egress, segment-ahead: the client sees recv timeout, the server send ECONNRESET or recv-eof ECONNRESET; RST by host and remote" {
	cell docker29-egress - segment-ahead
}

@test "docker-proxy, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-proxy - clean-close-client
}

@test "docker-proxy, refused-read: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker-proxy - refused-read
}

@test "docker-proxy, refused-send: the client sees ok or recv-eof ECONNRESET, the server nothing wrong; RST by host and web" {
	cell docker-proxy - refused-send
}

@test "docker-proxy, server-linger0: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker-proxy - server-linger0
}

@test "docker-proxy, server-unread: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker-proxy - server-unread
}

@test "docker-proxy, late-data-client: the client sees ok or send EPIPE after 3, the server nothing wrong; RST by web" {
	cell docker-proxy - late-data-client
}

@test "docker-proxy, linger0: the client sees nothing wrong, the server nothing wrong; RST by host" {
	cell docker-proxy - linger0
}

@test "docker-proxy, unread-close: the client sees nothing wrong, the server nothing wrong; RST by host" {
	cell docker-proxy - unread-close
}

@test "docker-proxy, idle-expired: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-proxy - idle-expired
}

@test "docker-proxy, server-gone: the client sees nothing wrong, the server killed; RST by web" {
	cell docker-proxy - server-gone
}

@test "docker-proxy, server-paused: the client sees recv timeout, the server nothing wrong; no RST" {
	cell docker-proxy - server-paused
}

@test "docker-proxy with nf_conntrack_tcp_loose=0, idle-expired: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-proxy nf_conntrack_tcp_loose=0 idle-expired
}

@test "docker-proxy-self, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-proxy-self - clean-close-client
}

@test "docker-proxy-self, refused-read: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker-proxy-self - refused-read
}

@test "docker-proxy-self, refused-send: the client sees ok or recv-eof ECONNRESET, the server nothing wrong; RST by host and web" {
	cell docker-proxy-self - refused-send
}

@test "docker-proxy-self, server-linger0: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker-proxy-self - server-linger0
}

@test "docker-proxy-self, server-unread: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker-proxy-self - server-unread
}

@test "docker-proxy-self, late-data-client: the client sees ok or send EPIPE after 3, the server nothing wrong; RST by web" {
	cell docker-proxy-self - late-data-client
}

@test "docker-proxy-self, linger0: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker-proxy-self - linger0
}

@test "docker-proxy-self, unread-close: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker-proxy-self - unread-close
}

@test "docker29-proxy, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker29-proxy - clean-close-client
}

@test "docker29-proxy, refused-read: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker29-proxy - refused-read
}

@test "docker29-proxy, refused-send: the client sees ok or recv-eof ECONNRESET, the server nothing wrong; RST by host and web" {
	cell docker29-proxy - refused-send
}

@test "docker29-proxy, server-linger0: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker29-proxy - server-linger0
}

@test "docker29-proxy, server-unread: the client sees nothing wrong, the server nothing wrong; RST by web" {
	cell docker29-proxy - server-unread
}

@test "docker29-proxy, late-data-client: the client sees ok or send EPIPE after 3, the server nothing wrong; RST by web" {
	cell docker29-proxy - late-data-client
}

@test "docker29-proxy, linger0: the client sees nothing wrong, the server nothing wrong; RST by host" {
	cell docker29-proxy - linger0
}

@test "docker29-proxy, unread-close: the client sees nothing wrong, the server nothing wrong; RST by host" {
	cell docker29-proxy - unread-close
}

@test "docker-noproxy, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-noproxy - clean-close-client
}

@test "docker-noproxy, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-noproxy - refused-read
}

@test "docker-noproxy, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-noproxy - refused-send
}

@test "docker-noproxy, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-noproxy - server-linger0
}

@test "docker-noproxy, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-noproxy - server-unread
}

@test "docker-noproxy, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell docker-noproxy - late-data-client
}

@test "docker-noproxy, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host" {
	cell docker-noproxy - linger0
}

@test "docker-noproxy, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host" {
	cell docker-noproxy - unread-close
}

@test "docker-noproxy-hairpin, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell docker-noproxy-hairpin - clean-close-client
}

@test "docker-noproxy-hairpin, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-noproxy-hairpin - refused-read
}

@test "docker-noproxy-hairpin, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell docker-noproxy-hairpin - refused-send
}

@test "docker-noproxy-hairpin, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-noproxy-hairpin - server-linger0
}

@test "docker-noproxy-hairpin, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell docker-noproxy-hairpin - server-unread
}

@test "docker-noproxy-hairpin, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell docker-noproxy-hairpin - late-data-client
}

@test "docker-noproxy-hairpin, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by web" {
	cell docker-noproxy-hairpin - linger0
}

@test "docker-noproxy-hairpin, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by web" {
	cell docker-noproxy-hairpin - unread-close
}

@test "podman-publish, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell podman-publish - clean-close-client
}

@test "podman-publish, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell podman-publish - refused-read
}

@test "podman-publish, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell podman-publish - refused-send
}

@test "podman-publish, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell podman-publish - server-linger0
}

@test "podman-publish, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell podman-publish - server-unread
}

@test "podman-publish, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell podman-publish - late-data-client
}

@test "podman-publish, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell podman-publish - linger0
}

@test "podman-publish, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell podman-publish - unread-close
}

@test "podman-local, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell podman-local - clean-close-client
}

@test "podman-local, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell podman-local - refused-read
}

@test "podman-local, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell podman-local - refused-send
}

@test "podman-local, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell podman-local - server-linger0
}

@test "podman-local, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell podman-local - server-unread
}

@test "podman-local, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell podman-local - late-data-client
}

@test "podman-local, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host" {
	cell podman-local - linger0
}

@test "podman-local, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host" {
	cell podman-local - unread-close
}

@test "podman-egress, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell podman-egress - clean-close-client
}

@test "podman-egress, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell podman-egress - refused-read
}

@test "podman-egress, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell podman-egress - refused-send
}

@test "podman-egress, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell podman-egress - server-linger0
}

@test "podman-egress, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell podman-egress - server-unread
}

@test "podman-egress, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by remote" {
	cell podman-egress - late-data-client
}

@test "podman-egress, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by app" {
	cell podman-egress - linger0
}

@test "podman-egress, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by app" {
	cell podman-egress - unread-close
}

@test "podman-egress, idle-expired: the client sees recv timeout, the server recv-eof ECONNRESET; RST by host" {
	cell podman-egress - idle-expired
}

@test "podman-egress, segment-ahead: the client sees recv timeout, the server send ECONNRESET or recv-eof ECONNRESET; RST by host and remote" {
	cell podman-egress - segment-ahead
}

@test "libvirt-nat-egress, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell libvirt-nat-egress - clean-close-client
}

@test "libvirt-nat-egress, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress - refused-read
}

@test "libvirt-nat-egress, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress - refused-send
}

@test "libvirt-nat-egress, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress - server-linger0
}

@test "libvirt-nat-egress, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress - server-unread
}

@test "libvirt-nat-egress, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress - late-data-client
}

@test "libvirt-nat-egress, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by guest" {
	cell libvirt-nat-egress - linger0
}

@test "libvirt-nat-egress, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by guest" {
	cell libvirt-nat-egress - unread-close
}

@test "libvirt-nat-egress, idle-expired: the client sees recv timeout, the server recv-eof ECONNRESET; RST by hypervisor" {
	cell libvirt-nat-egress - idle-expired
}

@test "libvirt-nat-egress, segment-ahead: the client sees recv timeout, the server send ECONNRESET or recv-eof ECONNRESET; RST by hypervisor and remote" {
	cell libvirt-nat-egress - segment-ahead
}

@test "libvirt-nat-egress-nft, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell libvirt-nat-egress-nft - clean-close-client
}

@test "libvirt-nat-egress-nft, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress-nft - refused-read
}

@test "libvirt-nat-egress-nft, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress-nft - refused-send
}

@test "libvirt-nat-egress-nft, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress-nft - server-linger0
}

@test "libvirt-nat-egress-nft, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress-nft - server-unread
}

@test "libvirt-nat-egress-nft, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by remote" {
	cell libvirt-nat-egress-nft - late-data-client
}

@test "libvirt-nat-egress-nft, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by guest" {
	cell libvirt-nat-egress-nft - linger0
}

@test "libvirt-nat-egress-nft, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by guest" {
	cell libvirt-nat-egress-nft - unread-close
}

@test "libvirt-nat-inbound, idle-expired: the client sees connect ECONNREFUSED, the server accept timeout; no RST" {
	cell libvirt-nat-inbound - idle-expired
}

@test "libvirt-nat-inbound-nft, idle-expired: the client sees connect ECONNREFUSED, the server accept timeout; no RST" {
	cell libvirt-nat-inbound-nft - idle-expired
}

@test "k8s-service, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell k8s-service - clean-close-client
}

@test "k8s-service, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell k8s-service - refused-read
}

@test "k8s-service, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell k8s-service - refused-send
}

@test "k8s-service, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell k8s-service - server-linger0
}

@test "k8s-service, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell k8s-service - server-unread
}

@test "k8s-service, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell k8s-service - late-data-client
}

@test "k8s-service, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by app" {
	cell k8s-service - linger0
}

@test "k8s-service, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by app" {
	cell k8s-service - unread-close
}

@test "k8s-nodeport, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell k8s-nodeport - clean-close-client
}

@test "k8s-nodeport, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell k8s-nodeport - refused-read
}

@test "k8s-nodeport, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by web" {
	cell k8s-nodeport - refused-send
}

@test "k8s-nodeport, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell k8s-nodeport - server-linger0
}

@test "k8s-nodeport, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by web" {
	cell k8s-nodeport - server-unread
}

@test "k8s-nodeport, late-data-client: the client sees send EPIPE after 1, the server nothing wrong; RST by web" {
	cell k8s-nodeport - late-data-client
}

@test "k8s-nodeport, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell k8s-nodeport - linger0
}

@test "k8s-nodeport, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by remote" {
	cell k8s-nodeport - unread-close
}

@test "qemu-user-egress, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell qemu-user-egress - clean-close-client
}

@test "qemu-user-egress, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by host and remote" {
	cell qemu-user-egress - refused-read
}

@test "qemu-user-egress, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by host and remote" {
	cell qemu-user-egress - refused-send
}

@test "qemu-user-egress, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by host and remote" {
	cell qemu-user-egress - server-linger0
}

@test "qemu-user-egress, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by host and remote" {
	cell qemu-user-egress - server-unread
}

@test "qemu-user-egress, late-data-client: the client sees send EPIPE after 2, the server nothing wrong; RST by host and remote" {
	cell qemu-user-egress - late-data-client
}

@test "qemu-user-egress, linger0: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell qemu-user-egress - linger0
}

@test "qemu-user-egress, unread-close: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell qemu-user-egress - unread-close
}

@test "qemu-user-forward, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell qemu-user-forward - clean-close-client
}

@test "qemu-user-forward, refused-read: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell qemu-user-forward - refused-read
}

@test "qemu-user-forward, refused-send: the client sees ok or recv-eof ECONNRESET, the server nothing wrong; RST by guest and host" {
	cell qemu-user-forward - refused-send
}

@test "qemu-user-forward, server-linger0: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell qemu-user-forward - server-linger0
}

@test "qemu-user-forward, server-unread: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell qemu-user-forward - server-unread
}

@test "qemu-user-forward, late-data-client: the client sees ok or send EPIPE after 2, the server nothing wrong; RST by guest and host" {
	cell qemu-user-forward - late-data-client
}

@test "qemu-user-forward, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host and remote" {
	cell qemu-user-forward - linger0
}

@test "qemu-user-forward, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host and remote" {
	cell qemu-user-forward - unread-close
}

@test "vagrant-egress, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell vagrant-egress - clean-close-client
}

@test "vagrant-egress, refused-read: the client sees connect ECONNREFUSED, the server nothing wrong; RST by host and remote" {
	cell vagrant-egress - refused-read
}

@test "vagrant-egress, refused-send: the client sees connect ECONNREFUSED, the server nothing wrong; RST by host and remote" {
	cell vagrant-egress - refused-send
}

@test "vagrant-egress, server-linger0: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by host and remote" {
	cell vagrant-egress - server-linger0
}

@test "vagrant-egress, server-unread: the client sees recv-eof ECONNRESET, the server nothing wrong; RST by host and remote" {
	cell vagrant-egress - server-unread
}

@test "vagrant-egress, late-data-client: the client sees send EPIPE after 2, the server nothing wrong; RST by host and remote" {
	cell vagrant-egress - late-data-client
}

@test "vagrant-egress, linger0: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell vagrant-egress - linger0
}

@test "vagrant-egress, unread-close: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell vagrant-egress - unread-close
}

@test "vagrant-forward, clean-close-client: the client sees nothing wrong, the server nothing wrong; no RST" {
	cell vagrant-forward - clean-close-client
}

@test "vagrant-forward, refused-read: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell vagrant-forward - refused-read
}

@test "vagrant-forward, refused-send: the client sees ok or recv-eof ECONNRESET, the server nothing wrong; RST by guest and host" {
	cell vagrant-forward - refused-send
}

@test "vagrant-forward, server-linger0: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell vagrant-forward - server-linger0
}

@test "vagrant-forward, server-unread: the client sees nothing wrong, the server nothing wrong; RST by guest" {
	cell vagrant-forward - server-unread
}

@test "vagrant-forward, late-data-client: the client sees ok or send EPIPE after 2, the server nothing wrong; RST by guest and host" {
	cell vagrant-forward - late-data-client
}

@test "vagrant-forward, linger0: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host" {
	cell vagrant-forward - linger0
}

@test "vagrant-forward, unread-close: the client sees nothing wrong, the server recv-eof ECONNRESET; RST by host" {
	cell vagrant-forward - unread-close
}
