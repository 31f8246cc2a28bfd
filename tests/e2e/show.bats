#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The forms of `rstlab show`: the script builds the lab that rstlab builds, the
# graphs are as recorded.
#
# golden/show holds a graph per topology and form.  After a wanted change:
# for f in tests/golden/show/*.*; do n=${f##*/}
# ./rstlab show "${n%.*}" -f "${n##*.}" >"$f"; done

load helpers

setup()
{
	enter_own_directory
	unset RSTLAB_PATH RSTLAB_LIBEXEC
}

# rstlab ARGS: sets $status, leaves out and err.
rstlab()
{
	status=0
	"$RSTLAB" "$@" >out 2>err </dev/null || status=$?
}

topologies()
{
	"$RSTLAB" __complete topologies
}

# --- the script -------------------------------------------------------------

need_ip_netns()
{
	local tool
	need_namespaces
	for tool in ip nft sysctl jq; do
		command -v "$tool" >/dev/null || skip "$tool is missing"
	done
	in_own_world true 2>err || skip "ip netns cannot be used: $(cat err)"
}

# Run "$@" where `ip netns` keeps its names in a place of our own.
# shellcheck disable=SC2016 # for the inner shell
in_own_world()
{
	local user=()
	is_root || user=(--user --map-root-user)
	unshare "${user[@]}" --mount --net sh -euc '
		mount -t tmpfs tmpfs /run
		ip netns add try
		ip netns exec try true
		ip netns delete try
		"$@"' sh "$@"
}

# What there is in the namespace where this runs: a document a line, then the
# sysctls.  A container of rstlab's may not read rules: an empty line.
write_ask()
{
	cat >ask.sh <<-'SH'
		ip -j -d link show
		ip -j -d address show
		ip -j -4 route show table all
		ip -j -6 route show table all
		nft -j list ruleset 2>/dev/null || echo
		sysctl -a -r '^net\.' 2>/dev/null
	SH
}

# script_nodes FILE: the nodes that a script makes.
script_nodes()
{
	sed -n 's/^for node in \(.*\); do$/\1/p' "$1" | head -n 1
}

# build_and_ask TOPOLOGY: the script's lab into TOPOLOGY.NODE.script.
build_and_ask()
{
	cat >build.sh <<-'SH'
		set -eu
		topology=$1
		shift
		sh "$topology.sh" other
		for node; do
			ip netns exec "other-$node" sh ask.sh \
				>"$topology.$node.script"
		done
	SH
	# shellcheck disable=SC2046 # several words
	in_own_world sh build.sh "$1" $(script_nodes "$1.sh")
}

# Sysctls that are counts, secrets, or in the lab for its own purposes (a socket
# table for each node, lab/run/privilege.c).
readonly NOT_COMPARED='^net\.(netfilter\.nf_conntrack_count|ipv4\.(tcp_ehash_entries|tcp_fastopen_key|fib_multipath_hash_seed)|ipv6\.conf\..*\.stable_secret) '

# normal FILE TOPOLOGY TAPS RULES: what can be compared.
normal()
{
	local macs lines='1,5p'
	macs=$(grep -o 'address [0-9a-f:]\{17\}' "$2.sh" | cut -d' ' -f2 |
		jq -R . | jq -sc .)
	[ -n "$4" ] || lines='1,4p'
	sed -n "$lines" "$1" | jq -S --argjson macs "$macs" --argjson taps "$3" \
		-f "$BATS_TEST_DIRNAME/same-lab.jq"
	sed 1,5d "$1" | grep -vE "$NOT_COMPARED"
}

# same_node TOPOLOGY NODE
same_node()
{
	local taps rules
	"$RSTLAB" exec "$1" "$2" -- sh "$PWD/ask.sh" >"$1.$2.lab"
	taps=$(sed -n 1p "$1.$2.lab" | jq -c \
		'[.[] | select(.linkinfo.info_kind? == "tun") | .ifname]')
	rules=$(sed -n 5p "$1.$2.lab")
	[ -z "$rules" ] || echo "$1.$2" >>rules-compared
	# nothing would be the same as nothing
	[ "$(sed 1,5d "$1.$2.lab" | wc -l)" -gt 100 ]
	diff <(normal "$1.$2.lab" "$1" "$taps" "$rules") \
		<(normal "$1.$2.script" "$1" "$taps" "$rules") ||
		{ echo "$1: node $2 is not the same"; return 1; }
}

# An ordinary user may be kept from taps.
may_build()
{
	[ -w /dev/net/tun ] || ! grep -qE '^# .* are taps |tuntap' "$1"
}

# same_labs PATTERN: of the topologies whose names match it.
same_labs()
{
	local topology node
	need_ip_netns
	write_ask
	for topology in $(topologies); do
		# shellcheck disable=SC2254 # a pattern
		case $topology in
		$1) ;;
		*) continue ;;
		esac
		"$RSTLAB" show "$topology" -f commands >"$topology.sh"
		may_build "$topology.sh" || continue
		build_and_ask "$topology"
		for node in $(script_nodes "$topology.sh"); do
			same_node "$topology" "$node"
		done
	done
	[ -s rules-compared ]
}

@test "the script of each Docker 20 to 27 topology builds the same lab" {
	same_labs 'docker-*'
}

@test "the script of each Docker 28 and 29 topology builds the same lab" {
	same_labs 'docker[0-9]*'
}

@test "the script of each topology of hosts, guests and services builds the same lab" {
	shopt -s extglob
	same_labs '!(docker*|[m-z]*)'
}

@test "the script of each other topology builds the same lab" {
	same_labs '[m-z]*'
}

@test "the script of a topology with a parameter builds that lab" {
	need_ip_netns
	write_ask
	"$RSTLAB" show host-pair -p mtu=1400 -p sysctl:net.ipv4.tcp_sack=0 \
		-f commands >host-pair.sh
	grep -qF '# with {"mtu":' host-pair.sh
	build_and_ask host-pair
	jq -es '.[0][] | select(.ifname == "eth0") | .mtu == 1400' \
		<(sed -n 1p host-pair.client.script)
	grep -qx 'net.ipv4.tcp_sack = 0' host-pair.server.script
}

@test "a script that fails half-way leaves no namespace behind" {
	need_ip_netns
	"$RSTLAB" show docker-bridge -f commands |
		sed 's/ type bridge/ type no-such-kind/' >broken.sh
	# shellcheck disable=SC2016 # for the inner shell
	in_own_world sh -c '! sh broken.sh 2>err && [ -z "$(ip netns list)" ]'
	[ -s err ]
}

@test "two labs of one topology stand side by side" {
	need_ip_netns
	"$RSTLAB" show host-pair -f commands >lab.sh
	# shellcheck disable=SC2016 # for the inner shell
	in_own_world sh -ec 'sh lab.sh; sh lab.sh two
		[ "$(ip netns list | wc -l)" = 4 ]
		LC_ALL=C ip netns exec two-client bash -c \
			"echo >/dev/tcp/198.51.100.1/9" 2>&1 |
			grep -q "Connection refused"'
}

@test "the scripts have no mistake that shellcheck knows" {
	command -v shellcheck >/dev/null || skip 'shellcheck is missing'
	local topology
	for topology in docker-publish libvirt-guests vxlan-pair vagrant-forward \
		docker-macvlan; do
		"$RSTLAB" show "$topology" -f commands >"$topology.sh"
	done
	shellcheck -s sh ./*.sh
}

@test "rules cannot end their here-document" {
	cat >sly.yaml <<-'YAML'
		name: sly
		summary: its rules have the script's own last line
		mirrors: nothing
		client: machine
		server: machine
		connect: 127.0.0.1:8080
		listen: 127.0.0.1:8080
		nodes:
		  - name: machine
		    kind: host
		    nft: |
		      table ip sly {
		      }
		      END
	YAML
	rstlab show ./sly.yaml -f commands
	[ "$status" = 0 ] || { cat err; return 1; }
	grep -qF "nft -f - <<'END_'" out
	[ "$(grep -cx END_ out)" = 1 ]
}

# --- the graphs -------------------------------------------------------------

@test "the graphs are as recorded" {
	local file name n=0
	for file in "$srcdir"/tests/golden/show/*.*; do
		name=${file##*/}
		"$RSTLAB" show "${name%.*}" --format "${name##*.}" |
			diff "$file" -
		n=$((n + 1))
	done
	[ "$n" = 6 ]
}

# Every line of a dot file, and nothing else; braces match; what a line joins
# was drawn before, once.
@test "a graph of every topology is well formed, in both languages" {
	local topology
	for topology in $(topologies); do
		"$RSTLAB" show "$topology" -f dot >out
		awk -v s='"([^"\\\\]|\\\\.)*"' '
			function bad() { print NR ": " $0; failed = 1 }
			/^\t*(sub)?graph ("[a-z0-9-]+"|cluster_n[0-9]+) \{$/ {
				depth++; next }
			/^\t*}$/ { depth--; next }
			$0 ~ "^\t+label=" s ";$" || /^\tlabelloc=t;$/ ||
				/^\trankdir=LR;$/ || /^\t(node|edge) \[/ { next }
			$0 ~ "^\t\t[a-z0-9]+ \\[label=" s "(, shape=[a-z]+)?\\];$" {
				if (depth != 2 || seen[$1]++) bad(); next }
			/^\t[a-z0-9]+ -- [a-z0-9]+ \[style=[^]]*\];$/ {
				if (depth != 1 || !seen[$1] || !seen[$3]) bad()
				next }
			{ bad() }
			END { exit failed || depth }' out
		"$RSTLAB" show "$topology" -f mermaid >out
		awk -v s='"[^"<>`&]*"' '
			function bad() { print NR ": " $0; failed = 1 }
			{ gsub(/<br>/, "") }
			NR == 1 && /^%% / || NR == 2 && /^flowchart LR$/ { next }
			$0 ~ "^    subgraph n[0-9]+\\[" s "\\]$" { depth++; next }
			/^    end$/ { depth--; next }
			match($0, /^        [a-z0-9]+/) {
				id = substr($0, 9, RLENGTH - 8)
				rest = substr($0, RLENGTH + 1)
				if (depth != 1 || seen[id]++ ||
				    rest !~ "^(\\[" s "\\]|\\[\\[" s "\\]\\]|" \
					"\\(\\[" s "\\]\\))$") bad()
				next }
			$0 ~ "^    [a-z0-9]+ (===|---|-\\.-|-\\.->)(\\|" s \
				"\\|)? [a-z0-9]+$" {
				if (depth || !seen[$1] || !seen[$NF]) bad()
				next }
			{ bad() }
			END { exit failed || depth }' out
	done
}

# --- what does not go together -----------------------------------------------

@test "a workload has no graph and no script" {
	rstlab show refused --format dot
	[ "$status" = 2 ]
	grep -qE "^rstlab: --format dot: '.*refused\.yaml' is a workload; only topologies can be shown so$" err
}

@test "a parameter shows one topology, and not as a file" {
	rstlab show host-pair --param mtu=1400,9000
	[ "$status" = 2 ]
	[ "$(cat err)" = "rstlab: --param: '9000' is one value too many: one topology is shown" ]
	rstlab show host-pair --param mtu=1400 --format yaml
	[ "$status" = 2 ]
	[ "$(cat err)" = 'rstlab: --param does not go with --format yaml: no file says it' ]
	rstlab show refused --param mtu=1400
	[ "$status" = 2 ]
	grep -q 'is a workload; only topologies have parameters$' err
}

@test "text shows wires, taps and the programs between" {
	rstlab show vagrant-forward
	[ "$status" = 0 ]
	grep -qE ' usernet for guest:[a-z0-9]+, ' out
	grep -qE ' tap ' out
	rstlab show libvirt-guests --param delay=2ms
	grep -qE ' hypervisor:vnet0 \(wire, delay 2ms\)' out
}

# shellcheck disable=SC2016 # as they stand there
@test "netem stands in every form" {
	two_machines slow 'kind: netem, delay: 2ms, back: {loss: 0.5%}'
	local words='netem, there delay 2ms, back delay 2ms, loss 0.5%'
	rstlab show ./slow.yaml
	grep -qF " far:eth0 ($words)" out
	for form in dot mermaid; do
		rstlab show ./slow.yaml --format $form
		[ "$status" = 0 ]
		grep -qF "\"$words\"" out
	done
	rstlab show ./slow.yaml --format commands
	grep '^tc ' out >lines
	diff lines - <<-'SH'
		tc -n "$lab-near" qdisc add dev eth0 root netem limit 1000 delay 2ms
		tc -n "$lab-far" qdisc add dev eth0 root netem limit 1000 delay 2ms loss 0.5%
	SH
}
