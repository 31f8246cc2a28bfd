#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every topology, in one interleaved run: a close is clean, and a close with
# data unread is a reset that the other program sees, unless a program between
# the two makes a FIN of it.

load helpers

# Nothing gets through by design; their cells are in truth-table.txt.
readonly CLOSED='docker-noicc docker28-unpublished libvirt-nat-inbound
libvirt-nat-inbound-nft'

# Who ends TCP between the two, and so hides the RST of one side from the other:
# docker-proxy of both, a user-mode network of the side that is its guest.
readonly OF_SERVER='docker-in-vagrant docker-proxy docker-proxy-self docker-proxy6
docker28-proxy docker29-proxy qemu-user-forward rootless-slirp4netns-publish
vagrant-forward'
readonly OF_CLIENT='docker-proxy docker-proxy-self docker-proxy6 docker28-proxy
docker29-proxy qemu-user-egress rootless-slirp4netns vagrant-egress'

# pasta gives the guest's RST to the outer side as a FIN or as an RST, whichever
# way its socket still holds bytes that the other end has not acknowledged: a
# race, so neither is asked for.
readonly MIXED='rootless-pasta rootless-pasta-publish'

# The words of "$@", one a line, sorted.
lines()
{
	# shellcheck disable=SC2068 # words
	printf '%s\n' $@ | sort
}

open_topologies()
{
	local absent=
	command -v pasta >/dev/null || [ "${RSTLAB_MUST_RUN:-}" = 1 ] ||
		absent=$MIXED
	"$RSTLAB" list topologies --json | jq -r '.items[].name' | sort |
		comm -23 - <(lines "$CLOSED" "$absent")
}

settled()
{
	comm -23 - <(lines "$MIXED")
}

# What this machine cannot do is said by the run itself, by exit status 3.
setup_file()
{
	local status=0
	[ -n "${RSTLAB_SANDBOX:-}" ] || return 0
	cd "$BATS_FILE_TMPDIR" || return 1
	"$RSTLAB" run --json --no-files -t "$(open_topologies | paste -sd,)" \
		-w clean-close-client,clean-close-server,server-unread,unread-close \
		-n 2 >all.json 2>err </dev/null || status=$?
	echo "$status" >status
}

setup()
{
	need_namespaces
	cd "$BATS_FILE_TMPDIR" || return 1
	if [ "$(<status)" = 3 ] && [ "${RSTLAB_MUST_RUN:-}" != 1 ]; then
		skip "$(grep '^rstlab: ' err | tail -n 1)"
	fi
}

# not_all OUTCOME PATTERN: cells of these workloads with another outcome
not_all()
{
	jq -r --arg o "$1" --arg w "$2" '.cells[]
		| select((.workload | test($w)) and .outcomes[$o] != .trials)
		| "\(.topology) \(.workload) \(.outcomes) \(.app)"' all.json
}

# deaf WORKLOAD SIDE: where SIDE saw no error of the reset
deaf()
{
	jq -r --arg w "$1" --arg s "$2" '.cells[]
		| select(.workload == $w and .app[$s].ok == .trials)
		| .topology' all.json | sort
}

# hears WORKLOAD SIDE: where it saw ECONNRESET in every trial
hears()
{
	jq -r --arg w "$1" --arg s "$2" '.cells[]
		| select(.workload == $w and
			.app[$s] == {"recv-eof ECONNRESET": .trials})
		| .topology' all.json | sort
}

@test "every topology is measured, and all books balance" {
	[ "$(<status)" = 0 ] || { cat err; false; }
	diff <(open_topologies) <(jq -r '.cells[].topology' all.json | sort -u)
	jq -e '.complete and .books.balanced' all.json
}

@test "no clean close is reset in any topology" {
	run not_all clean '^clean'
	[ "$output" = '' ]
}

@test "every close with unread data is a reset in every topology" {
	run not_all reset 'unread'
	[ "$output" = '' ]
}

@test "the client sees the server's reset but where a program ends TCP before it" {
	diff <(lines "$OF_SERVER") <(deaf server-unread client | settled)
	diff <(open_topologies | settled | comm -23 - <(lines "$OF_SERVER")) \
		<(hears server-unread client | settled)
}

@test "the server sees the client's reset but where a program ends TCP before it" {
	diff <(lines "$OF_CLIENT") <(deaf unread-close server | settled)
	diff <(open_topologies | settled | comm -23 - <(lines "$OF_CLIENT")) \
		<(hears unread-close server | settled)
}
