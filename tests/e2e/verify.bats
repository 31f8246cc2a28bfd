#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rstlab verify where there is nothing to compare with, and what it then says.

load helpers

setup()
{
	enter_own_directory
}

@test "where no daemon is reached, verify says what to do" {
	run env DOCKER_HOST=unix:///nonexistent/docker.sock \
		"$RSTLAB" verify docker-publish --against docker
	[ "$status" = 3 ]
	[ "$output" = "rstlab: no Docker daemon is reached at /nonexistent/docker.sock: No such file or directory; start it (\`sudo systemctl start docker\`), or name its socket in DOCKER_HOST=unix:///PATH" ]
}

@test "a daemon on another machine is refused" {
	run env DOCKER_HOST=tcp://192.0.2.1:2375 \
		"$RSTLAB" verify docker-publish --against docker --json
	[ "$status" = 3 ]
	echo "$output" | grep -v '^rstlab: ' | jq -e '.schema == "rstlab.error/1"'
}

@test "a topology with nothing to compare with ends with 4" {
	run "$RSTLAB" verify host --against docker
	[ "$status" = 4 ]
	[ "$output" = "rstlab: nothing to compare 'host' with: it mirrors neither Docker nor Podman" ]
	run "$RSTLAB" verify docker-publish --against podman
	[ "$status" = 4 ]
	[ "$output" = "rstlab: nothing to compare 'docker-publish' with: it mirrors Docker; say --against docker" ]
}

@test "a wrong command line ends with 2" {
	run "$RSTLAB" verify docker-publish
	[ "$status" = 2 ]
	[[ "$output" == 'rstlab: say with what to compare: --against docker or --against podman'* ]]
	run "$RSTLAB" verify no-such --against docker
	[ "$status" = 2 ]
	run "$RSTLAB" verify docker-publish --against docker --remote none
	[ "$status" = 2 ]
	[ "$output" = "rstlab: --remote none: there is no namespace /run/netns/none: No such file or directory" ]
}
