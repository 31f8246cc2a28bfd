#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands that README.md shows are commands that work.

load helpers

setup()
{
	enter_own_directory
	ln -s "$RSTLAB" rstlab
}

# The lines of the ```sh blocks; what builds the program is CI's own business.
commands()
{
	awk '/^```sh$/ { inside = 1; next }
		/^```/ { inside = 0 }
		inside && NF && !/^#/' "$srcdir/README.md" |
		grep -vE '^(git clone|cd |\./bootstrap|autoreconf|\./configure|make|sudo )'
}

@test "README.md shows how to run, explain and check" {
	[ "$(commands | wc -l)" -ge 4 ]
	commands | grep -q '^\./rstlab'
}

@test "every command in README.md does what it is shown for" {
	need_namespaces
	local line
	while read -r line; do
		echo "# $line"
		sh -euc "$line" </dev/null >out 2>&1 || {
			status=$?
			cat out
			echo "exit status $status: $line"
			return 1
		}
	done < <(commands)
}
