#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rstlab verify: labs against real containers, of a daemon that runs in
# namespaces of this test.

load containers

# why_no_daemon - the reason, or nothing
why_no_daemon()
{
	if ! is_root; then
		echo 'a Docker daemon of our own takes root'
	elif [ -z "${RSTLAB_SANDBOX:-}" ]; then
		echo 'private PID and network namespaces are refused here'
	elif ! command -v dockerd >/dev/null; then
		echo 'dockerd is not installed (Debian: docker.io)'
	elif ! command -v iptables >/dev/null; then
		echo 'iptables is not installed'
	elif [ ! -x "$builddir/probes/bin/pause" ]; then
		echo 'there is no static C library to build the image with'
	fi
}

# The children of the process $1.
children_of()
{
	cat "/proc/$1/task/$1/children"
}

setup_file()
{
	local host
	[ -z "$(why_no_daemon)" ] || return 0
	# A socket's path is short: 108 bytes.
	daemon_dir=$(mktemp -d /tmp/rstlab-docker-XXXXXX)
	unshare --net --mount --pid --fork --kill-child --mount-proc \
		"$srcdir/tests/e2e/docker-daemon" "$daemon_dir" \
		>"$daemon_dir/log" 2>&1 3>&- &
	daemon=$!
	# shellcheck disable=SC2016 # for eval, each time anew
	wait_until 60 eval '[ -S "$daemon_dir/docker.sock" ] || gone $daemon'
	unshare --net sleep infinity >"$daemon_dir/remote" 2>&1 3>&- &
	remote=$!
	host=$(children_of "$daemon")
	join_remote "${host% }" "$remote"
	DOCKER_HOST=unix://$daemon_dir/docker.sock
	export daemon daemon_dir remote DOCKER_HOST
}

teardown_file()
{
	[ -n "${daemon:-}" ] || return 0
	# unshare passes no signal on; what it started dies with it
	kill -KILL "$remote" "$daemon" || :
	wait_until 20 gone "$daemon" || :
	rm -rf "$daemon_dir"
}

need_daemon()
{
	need_engine "$(why_no_daemon)"
}

setup()
{
	enter_own_directory
}

# What the daemon has of us.
leftovers()
{
	docker ps --all --quiet
	docker images --quiet
	docker network ls --quiet --filter label=rstlab.verify
}

# Rules and routes that only one of the two has, but for what docs/mirrors.md
# lists: chains that decide nothing, and link-local IPv6.
unlisted()
{
	jq -r '.facts.rules.differences[] |
		select(.key | test("(INPUT|OUTPUT|PREROUTING): type .* policy accept$") | not) |
		.node + " " + .key' out
	jq -r '.facts.routes.differences[], .facts.addresses.differences[] |
		select(.key | test("fe80::") | not) | .node + " " + .key' out
	jq -r '.facts.links.differences[], .facts.offloads.differences[] |
		.node + " " + .key' out
}

@test "a published port behaves as the lab's, from a remote client" {
	need_daemon
	behaves_as docker docker-publish --remote "$remote"
	unlisted
	[ -z "$(unlisted)" ]
	[ "$(jq '.notes | length' out)" = 0 ]
}

@test "without a remote client the host dials, and verify says so" {
	need_daemon
	behaves_as docker docker-publish
	jq -e '.notes | length == 1 and (.[0] |
		startswith("the host dials its own address"))' out
}

@test "containers on docker0 behave as the lab's" {
	need_daemon
	behaves_as docker docker-bridge
	unlisted
	[ -z "$(unlisted)" ]
}

@test "docker-proxy behaves as the relay" {
	need_daemon
	behaves_as docker docker-proxy
	# what makes the case worth comparing: an RST becomes a FIN
	jq -e '.behaviour[] | select(.workload == "refused" and
		.side == "client") | .real == {"connect ECONNREFUSED": 5} | not' out
	behaves_as docker docker-proxy-self
}

@test "outgoing connections behave as the lab's" {
	need_daemon
	behaves_as docker docker-egress --remote "$remote"
	unlisted
	[ -z "$(unlisted)" ]
}

@test "a network of the user's own behaves as the lab's" {
	need_daemon
	behaves_as docker docker-userbridge
}

@test "a daemon with a proxy is not what docker-noproxy mirrors" {
	need_daemon
	run "$RSTLAB" verify docker-noproxy --against docker -w refused -n 5
	echo "$output"
	[ "$status" = 1 ]
	[[ "$output" == *'! refused '*'connect ECONNREFUSED x5'* ]]
	[[ "$output" == *'docker-noproxy does not behave as docker does'* ]]
	nothing_left
}

@test "Ctrl-C removes what was started, and leaves one document" {
	need_daemon
	# shellcheck disable=SC2016 # for eval, each time anew
	start_and_let_run docker docker-publish '[ "$(docker ps --quiet | wc -l)" = 2 ]' --json
	expect_interrupted
}

@test "SIGKILL of the program removes what was started" {
	need_daemon
	# shellcheck disable=SC2016 # for eval, each time anew
	start_and_let_run docker docker-publish '[ "$(docker ps --quiet | wc -l)" = 2 ]'
	expect_killed
}
