# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # helpers set $started and $status
# containers.bash - what the tests of `rstlab verify` share, whichever engine
# runs the real containers.  A file that loads it defines leftovers: what the
# engine has of us.
load helpers

# need_engine WHY - skip for the reason, if there is one; or fail where nothing
# may be skipped.
need_engine()
{
	[ -n "$1" ] || return 0
	if is_root && [ "${RSTLAB_MUST_RUN:-0}" = 1 ]; then
		echo "$1" >&2
		return 1
	fi
	skip "$1"
}

# join_remote HOST REMOTE - the network of process REMOTE as a machine beside
# that of process HOST, as the topologies have it.  REMOTE may still be about
# to leave this network.
join_remote()
{
	local host=/proc/$1/ns/net remote=/proc/$2/ns/net
	# shellcheck disable=SC2016 # for eval, each time anew
	wait_until 10 eval \
		'[ "$(readlink "$remote")" != "$(readlink /proc/self/ns/net)" ]'
	nsenter --net="$host" ip link add eth0 type veth \
		peer name eth0 netns "$2"
	nsenter --net="$host" ip address add 198.51.100.1/24 dev eth0
	nsenter --net="$host" ip link set eth0 up
	nsenter --net="$remote" ip address add 198.51.100.2/24 dev eth0
	nsenter --net="$remote" ip link set eth0 up
}

nothing_left()
{
	[ -z "$(leftovers)" ]
}

# behaves_as ENGINE TOPOLOGY ARGS... - verify finds no behavioural difference.
# The document is kept in ./out.
behaves_as()
{
	"$RSTLAB" verify "$2" --against "$1" --trials 5 --json "${@:3}" >out ||
		{ cat out; return 1; }
	jq -e '.schema == "rstlab.verify/1" and .agrees' out >/dev/null
	jq -e '.behaviour | length > 0' out >/dev/null
	jq -e '[.behaviour[].differs] | any | not' out >/dev/null
	leftovers
	nothing_left
}

# start_and_let_run ENGINE TOPOLOGY READY ARGS... - begin a verify that is not
# over before READY, a test for eval, says that its containers run.
start_and_let_run()
{
	start verify verify "$2" --against "$1" -n 1000 "${@:4}"
	wait_until 30 eval "$3"
}

# expect_interrupted - Ctrl-C ends what start_and_let_run began with --json:
# with one document, and without a trace.
expect_interrupted()
{
	kill -INT -- "-$started"
	status_of_started
	cat verify.err verify.out
	[ "$status" = 130 ]
	[ "$(jq -r .schema verify.out)" = rstlab.error/1 ]
	leftovers
	nothing_left
}

# expect_killed - and so does SIGKILL, a moment later.
expect_killed()
{
	kill -KILL "$started"
	status_of_started
	[ "$status" = 137 ]
	wait_until 60 nothing_left
}
