#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make install` puts somewhere works there, and `make uninstall` takes
# all of it away again.

load helpers

setup()
{
	enter_own_directory
	stage=$BATS_TEST_TMPDIR/stage
	prefix=$(sed -n 's/^prefix = //p' "$builddir/Makefile")
}

install_to_stage()
{
	make -s -C "$builddir" install DESTDIR="$stage" >log 2>&1 ||
		{ cat log; return 1; }
}

@test "an installation holds program, probes, data and pages" {
	install_to_stage
	[ -x "$stage$prefix/bin/rstlab" ]
	[ -n "$(find "$stage$prefix/libexec/rstlab" -type f -perm -u+x)" ]
	[ -e "$stage$prefix/share/rstlab/topologies/host.yaml" ]
	[ -n "$(find "$stage$prefix/share/rstlab" \
		-name clean-close-client.yaml)" ]
	[ -n "$(find "$stage$prefix/share/man" -name 'rstlab*.[157]')" ]
}

@test "an installed program works from where it was installed" {
	need_namespaces
	[ -d "$prefix" ] || mkdir -p "$prefix" ||
		skip "$prefix cannot be made"
	install_to_stage
	# The prefix was compiled in, so the stage is laid over it, privately.
	# shellcheck disable=SC2016 # for the inner shell
	stage=$stage prefix=$prefix may_mount sh -euc '
		mount --bind "$stage$prefix" "$prefix"
		"$prefix/bin/rstlab" list topologies >list
		exec "$prefix/bin/rstlab" run -t host -w clean-close-client \
			-n 3 -o run --json' >out
	grep -q '^host\>' list
	[ "$(jq '.cells[0].trials' out)" = 3 ]
}

@test "uninstalling leaves no file" {
	install_to_stage
	make -s -C "$builddir" uninstall DESTDIR="$stage" >log 2>&1
	[ -z "$(find "$stage" ! -type d)" ]
}
