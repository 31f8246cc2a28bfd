#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run-bats.sh FILE - run one end-to-end test file in a world of its own.
#
# How it works.  The file runs in private PID, mount and network namespaces,
# and, for an ordinary user, in a user namespace in which it is that same user
# and holds no rights.  Every process, interface, rule and mount it can see is
# then its own, so "nothing was left behind" can be told exactly, whatever
# else the machine does meanwhile.  The program under test notices nothing:
# it is root, or an ordinary user, as before.
#
# Where such namespaces are refused the file runs as it is and its tests
# find RSTLAB_SANDBOX empty.
set -eu

if [ "$(id -u)" = 0 ]; then
	user=
else
	user='--user --map-current-user'
fi
# shellcheck disable=SC2086 # $user is two words or none
if unshare $user --mount --pid --fork --mount-proc --net true 2>/dev/null; then
	RSTLAB_SANDBOX=1
	set -- unshare $user --mount --pid --fork --kill-child --mount-proc \
		--net bats --tap "$@"
else
	RSTLAB_SANDBOX=
	set -- bats --tap "$@"
fi
# A case that hangs is a case that failed.
BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-120}
export RSTLAB_SANDBOX BATS_TEST_TIMEOUT
exec timeout -k 5 300 "$@" </dev/null
