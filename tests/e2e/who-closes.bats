#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Four orders of closing, and what ss would have shown at both ends meanwhile
# and afterwards, in every topology that lets a connection through: the same
# everywhere, whatever translates, relays or carries it.

load helpers

readonly ORDERS='both-close-client-first client-closes-first listener-closed
server-closes-first'

# "workload point client/server".
readonly EXPECTED='both-close-client-first after TIME-WAIT/-
both-close-client-first both-closed TIME-WAIT/-
both-close-client-first client-closed FIN-WAIT-2/CLOSE-WAIT
client-closes-first after TIME-WAIT/-
client-closes-first client-closed FIN-WAIT-2/CLOSE-WAIT
listener-closed after -/TIME-WAIT
listener-closed listener-closed ESTAB/ESTAB
server-closes-first after -/TIME-WAIT
server-closes-first server-closed CLOSE-WAIT/FIN-WAIT-2'

# Without those whose filter drops or rejects each SYN, and without what needs
# a program that is not here.
open_topologies()
{
	local absent='^$'
	command -v pasta >/dev/null || [ "${RSTLAB_MUST_RUN:-}" = 1 ] ||
		absent='^rootless-pasta'
	grep -LE '^through: (drop|reject)' "$srcdir"/topologies/*.yaml |
		xargs -n 1 basename -s .yaml | grep -vE "$absent"
}

# "topology workload point client/server" of every look.
seen()
{
	sqlite3 -separator ' ' run/run.db "SELECT c.topology, c.workload,
		coalesce(l.hold, 'after'),
		coalesce((SELECT state FROM socket WHERE look = l.id
			AND role = 'client'), '-') || '/' ||
		coalesce((SELECT state FROM socket WHERE look = l.id
			AND role = 'server'), '-')
		FROM look l JOIN trial t ON t.id = l.trial
		JOIN cell c ON c.id = t.cell ORDER BY 1, 2, 3"
}

@test 'who closes first, and what ss shows meanwhile, in every topology' {
	need_namespaces
	enter_own_directory
	open_topologies >open
	[ "$(wc -l <open)" -ge 50 ]
	"$RSTLAB" run -q --no-files -o run -n 1 --seed 7 \
		-t "$(paste -sd, open)" -w "$(echo $ORDERS | tr ' ' ,)" \
		>out 2>err </dev/null || { cat err; return 1; }
	seen >seen
	while read -r topology; do
		sed "s/^/$topology /" <<<"$EXPECTED"
	done <open | sort | diff - <(sort seen)
	[ "$(sqlite3 run/run.db "SELECT count(*) FROM trial
		WHERE outcome <> 'clean'")" = 0 ]
	"$RSTLAB" report run --states >table
	grep -qE '^ +client-closed +[0-9]+ +client +FIN-WAIT-2 ' table
}
