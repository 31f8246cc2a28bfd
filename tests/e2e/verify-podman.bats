#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rstlab verify: labs against real containers of podman, whose network and
# store are those of this file's own namespaces.
#
# What is compared depends on the podman that is here.  Behaviour, links and
# offloads have to agree with any.  The topologies mirror netavark 2 with
# nftables; one before 1.10 writes iptables rules, which differ in every line,
# and verify has to say so.

load containers

# why_no_podman - the reason, or nothing
why_no_podman()
{
	if ! is_root; then
		echo 'containers with a network of their own take root'
	elif [ -z "${RSTLAB_SANDBOX:-}" ]; then
		echo 'private PID and network namespaces are refused here'
	elif ! command -v podman >/dev/null; then
		echo 'podman is not installed'
	elif [ ! -x "$builddir/probes/bin/pause" ]; then
		echo 'there is no static C library to build the image with'
	fi
}

# The store is in memory and private: gone with the mount namespace.
setup_file()
{
	[ -z "$(why_no_podman)" ] || return 0
	mkdir -p /var/lib/containers
	mount -t tmpfs tmpfs /run
	mount -t tmpfs tmpfs /var/lib/containers
	"$srcdir/tests/e2e/own-cgroups"
	ip link set lo up
	unshare --net sleep infinity >/dev/null 2>&1 3>&- &
	remote=$!
	export remote
	join_remote $$ "$remote"
}

teardown_file()
{
	[ -z "${remote:-}" ] || kill -KILL "$remote"
}

need_podman()
{
	need_engine "$(why_no_podman)"
}

setup()
{
	enter_own_directory
}

# What podman has of us.
leftovers()
{
	podman ps --all --quiet
	podman images --quiet
	podman network ls --quiet --filter label=rstlab.verify
	find "$TMPDIR" -mindepth 1
}

# agrees TOPOLOGY ARGS... - verify finds no behavioural difference, nor one of
# links and offloads.  The document is kept in ./out.
agrees()
{
	need_podman
	behaves_as podman "$@"
	jq -c '.facts.links.differences, .facts.offloads.differences' out
	jq -e '.facts | .links.compared > 0 and .offloads.compared > 0 and
		.links.differences == [] and .offloads.differences == []' out
}

# Of the version's rules: those that are mirrored, or verify says whose they are.
expect_rules_noted()
{
	jq -c '.notes' out
	jq -e '.facts.rules.differences == [] or (.notes | any(test(
		"^this is Podman [0-9.]+[^ ]*, which is not what the topology mirrors: Podman")))' \
		out
}

@test "a published port behaves as the lab's, from a remote client" {
	agrees podman-publish --remote "${remote:-}"
	expect_rules_noted
	jq -e '.notes | any(test("in the place of a remote client")) | not' out
}

@test "without a remote client the host dials, and verify says so" {
	agrees podman-publish
	jq -e '.notes | any(test("^the host dials its own address"))' out
}

@test "containers on podman0 behave as the lab's" {
	agrees podman-bridge
	expect_rules_noted
}

@test "a published port behaves as the lab's at 127.0.0.1, where no proxy is" {
	agrees podman-local
	expect_rules_noted
	# what makes the case worth comparing: docker-proxy would accept
	jq -e '.behaviour[] | select(.workload == "refused" and
		.side == "client") | .real == {"connect ECONNREFUSED": 5}' out
}

@test "outgoing connections behave as the lab's" {
	agrees podman-egress --remote "${remote:-}"
	expect_rules_noted
}

@test "Ctrl-C removes the containers that were started, and leaves one document" {
	need_podman
	# shellcheck disable=SC2016 # for eval, each time anew
	start_and_let_run podman podman-publish '[ -n "$(podman ps --quiet)" ]' --json
	expect_interrupted
}

@test "SIGKILL of the program removes the containers that were started" {
	need_podman
	# shellcheck disable=SC2016 # for eval, each time anew
	start_and_let_run podman podman-publish '[ -n "$(podman ps --quiet)" ]'
	expect_killed
}

@test "where podman is not installed, verify says what to do" {
	run env PATH=/nonexistent "$RSTLAB" verify podman-publish --against podman
	[ "$status" = 3 ]
	[ "$output" = 'rstlab: there is no podman: install it (Debian: `sudo apt-get install podman`)' ]
}
