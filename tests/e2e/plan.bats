#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Named plans: listed, shown, checked, run, and refused.

bats_require_minimum_version 1.5.0
load helpers

setup()
{
	enter_own_directory
	export LC_ALL=C.UTF-8
}

my_plan()
{
	cat >mine.yaml <<-'YAML'
		name: mine
		summary: a plan of my own
		topologies: [host, vm-lo]
		workloads: [unread-close, clean-close-*]
		trials: 3
		source: a page of somebody
		published:
		  - {place: a desk, topology: host, workload: unread-close, reported: often, trials: 20, resets: 14}
		  - {place: a cloud, topology: docker-lo, workload: refused, reported: never}
	YAML
}

@test "the plans are listed, shown and found right" {
	"$RSTLAB" list plans >out
	grep -qE '^founding  +gRPC clients in the places' out
	"$RSTLAB" show founding >out
	grep -qE '^  topologies host, docker-lo, ' out
	grep -qE '^    directly on the Ubuntu 20.04 host +host +grpc-python +occurs$' out
	"$RSTLAB" show founding --format yaml >copy
	cmp copy "$srcdir/topologies/plans/founding.yaml"
	for plan in "$srcdir"/topologies/plans/*.yaml; do
		"$RSTLAB" check "$plan"
	done
}

@test "a plan of one's own runs what it says, beside what was published" {
	need_namespaces
	my_plan
	"$RSTLAB" run ./mine.yaml -q -o run >out
	[ "$(sqlite3 run/run.db 'SELECT count(DISTINCT cell), count(*) FROM trial')" = '8|24' ]
	grep -qxE '  a desk +unread-close +often: 70.0 % \[48.1-85.5\] 14/20 +host +100.0 % \[43.9-100\] 3/3' out ||
		{ cat out; return 1; }
	grep -qxE '  a cloud +refused +never +docker-lo +not run' out
	grep -qxF '  source of what was published: a page of somebody' out
}

@test "options say it otherwise" {
	need_namespaces
	my_plan
	"$RSTLAB" run ./mine.yaml -q -o run -n 1 -t host -p sysctl:net.ipv4.tcp_sack=0,1 \
		-w unread-close >out
	[ "$(sqlite3 run/run.db 'SELECT count(DISTINCT cell), count(*) FROM trial')" = '2|2' ]
	[ "$(grep -cE '^  a desk .* host sysctl:net.ipv4.tcp_sack=(0|1) +100.0 %' out)" = 2 ]
}

@test "every report of a plan's run has what was published" {
	need_namespaces
	my_plan
	"$RSTLAB" run ./mine.yaml -q -n 1 -o run --json >out
	jq -e '.schema == "rstlab.run/1" and (.cells | length == 8)' out
	jq -e '.plan | .name == "mine" and .source == "a page of somebody" and
		(.published[0] | .counted.resets == 14 and .reported == "often"
			and .topology == "host"
			and (.measured == [{trials: 1, resets: 1, rate: 1,
				low: .measured[0].low, high: 1, params: {}}]))
		and (.published[1] | .counted == null and .measured == [])' out
	"$RSTLAB" report run --format json >again
	diff out again
	"$RSTLAB" report run --format markdown >out
	grep -qxF '### Beside what was published' out
	grep -qE '^\| a desk \| unread-close \| often: 70.0 % .* 14/20 \| host \| 100.0 % .* 1/1 \|$' out
	"$RSTLAB" report run >out
	grep -qE '^  a cloud +refused +never +docker-lo +not run$' out
}

@test "a run without a plan has none" {
	need_namespaces
	"$RSTLAB" run -q -t host -w unread-close -n 1 --json >out
	jq -e '.plan == null' out
}

@test "what is no plan is refused in one line" {
	my_plan
	run -2 --separate-stderr "$RSTLAB" run foundng
	[ "$stderr" = "rstlab: no plan 'foundng' (did you mean 'founding'?)" ]
	run -2 --separate-stderr "$RSTLAB" run founding mine
	[[ $stderr = *"'mine'"* ]]
	run -2 --separate-stderr "$RSTLAB" run host
	[ "$stderr" = "rstlab: no plan 'host', but a topology has that name: \`rstlab run -t host\`" ]
	"$RSTLAB" show host -f yaml >host.yaml
	run -2 --separate-stderr "$RSTLAB" run ./host.yaml
	[ "$stderr" = "rstlab: './host.yaml' is no plan, but a topology: \`rstlab run -t ./host.yaml\`" ]
	sed -i 's/trials: 3/trials: many/' mine.yaml
	run -2 --separate-stderr "$RSTLAB" run ./mine.yaml
	[[ $stderr = *"mine.yaml:5:9: error: trials must be a whole number"* ]]
	run -2 --separate-stderr "$RSTLAB" check mine.yaml
	[[ $stderr = *"mine.yaml:5:9: error: trials must be a whole number"* ]]
}

@test "a glob that means several is refused where there is room for one" {
	run -2 --separate-stderr "$RSTLAB" run 'founding*'
	[ "$stderr" = "rstlab: 'founding*' matches 2 plans; name one" ]
	run -2 --separate-stderr "$RSTLAB" exec 'vm-*' -- true
	[[ $stderr =~ ^"rstlab: 'vm-*' matches "[0-9]+" topologies; name one"$ ]]
}

@test "what nothing mirrors is said" {
	"$RSTLAB" show founding >out
	grep -qE '^    directly on macOS +- +grpc-python +does not occur$' out
	grep -qE '^    Docker container.* docker-lo +grpc-go +sometimes.*: 3 of 14$' out
	"$RSTLAB" show founding-delay >out
	grep -qE '^  params +delay=0ms,1ms,2ms$' out
}

# Which clients there are depends on the machine; what it needs is told.
@test "the founding plan runs the clients that are installed" {
	need_namespaces
	status=0
	"$RSTLAB" run founding -n 1 -t host,docker-lo -o run --progress none \
		>out 2>err || status=$?
	if [ $status = 3 ]; then
		grep -q 'is left out: .*apt-get install' err
		skip 'no gRPC client is installed'
	fi
	[ $status = 0 ] || { cat out err; return 1; }
	grep -qE '^  directly on the Ubuntu 20.04 host +grpc-python +occurs +host ' out
	[ "$(sqlite3 run/run.db "SELECT count(*) FROM connection k
		LEFT JOIN frame f ON f.connection = k.id
		WHERE k.was_reset AND f.what IS NULL")" = 0 ]
}
