#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands that README.md and the pages show are commands that work; those
# about gRPC are in grpc.bats.

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

# example PAGE NAME - the first file that the page shows, as NAME.yaml.
example()
{
	sed -n '/^```yaml$/,/^```$/p' "$srcdir/docs/$1" | sed '1d;/^```$/,$d' \
		>"$2.yaml"
}

# The commands of pages, with one trial; programs that only have a name there
# are left out.
commands_of()
{
	awk '/^```/ { inside = !inside; next }
		inside && /^(\$ )?rstlab [a-z]+ / { sub(/^\$ /, ""); print }' \
		"${@/#/$srcdir/docs/}" | grep -v '\./server' |
		sed -E '/^rstlab run /s/$/ -n 1/'
}

@test "every command of the pages about files and mirrors works" {
	need_namespaces
	local line
	example writing-a-topology.md shop
	example writing-a-workload.md half-read
	example writing-a-plan.md close-races
	cp "$srcdir/tests/golden/flow/late-data.pcap" prod.pcap
	./rstlab run -q ./close-races.yaml -n 1 >out
	./rstlab run -q -t host -w unread-close -n 1 -p port=50051 -o mac >out
	cp mac/captures/*.pcapng mac.pcapng
	commands_of writing-a-topology.md writing-a-workload.md mirrors.md \
		import.md >commands
	[ "$(wc -l <commands)" = 10 ]
	while read -r line; do
		echo "# $line"
		PATH=$PWD:$PATH sh -euc "$line" </dev/null >out 2>&1 || {
			cat out
			return 1
		}
	done <commands
}
