#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A topology that cannot be: one message that says where, exit status 2 or 3,
# no run directory and nothing left of the network.

bats_require_minimum_version 1.5.0
load helpers

setup()
{
	enter_own_directory
	know_present_processes
	need_namespaces
}

# topology [SED-SCRIPT] - write t.yaml, changed by the script.
topology()
{
	sed "${1:-}" >t.yaml <<'EOF2'
name: t
summary: s
mirrors: m
client: a
server: b
connect: 192.0.2.1:8080
listen: 192.0.2.1:8080
nodes:
  - name: a
    kind: host
    interfaces:
      - {name: eth0, link: l, addresses: [192.0.2.2/24]}
  - name: b
    kind: host
    interfaces:
      - {name: eth0, link: l, addresses: [192.0.2.1/24]}
    sysctls:
      net.ipv4.tcp_sack: 1
    nft: |
      table ip t {
      }
EOF2
}

# refused STATUS MESSAGE - by `run` and by `check --build`.  The message comes
# first, after the words that say in which topology, and is the only one.
refused()
{
	local before status command
	before=$(world)
	for command in 'run -q -n 1 -w refused -o r -t' 'check --build'; do
		status=0
		# shellcheck disable=SC2086 # words of a command line
		"$RSTLAB" $command ./t.yaml >out 2>err || status=$?
		echo "$command: $status, $(cat err)" >&2
		[ "$status" = "$1" ]
		sed -n '1s/^rstlab: //; 1s/^topology .t.: //; 1p' err >first
		[ "$(cat first)" = "./t.yaml$2" ]
		[ "$(grep -c 'yaml:[0-9]' err)" = 1 ]
		[ ! -s out ] && [ ! -e r ]
	done
	expect_world "$before"
}

@test "the topology that the others are made from is right" {
	topology
	"$RSTLAB" check --build ./t.yaml >out
	[ "$(cat out)" = './t.yaml: ok, topology, 2 nodes, 2 interfaces, built' ]
}

@test "a node that is missing" {
	topology 's/client: a/client: c/'
	refused 2 ":4:9: error: no node 'c' (did you mean 'a'?)"
}

@test "an address that a node has twice" {
	topology 's/192.0.2.1\/24]/192.0.2.1\/24, 192.0.2.1\/25]/'
	refused 2 ":16:16: error: address 192.0.2.1 is in node 'b' more than once"
}

@test "a kind of link that there is not" {
	topology '12s/link: l, addr/kind: ipvlan, addr/; 16s/link: l, //; 16s/eth0/br0, kind: bridge/'
	refused 2 ":12:28: error: unknown kind 'ipvlan', known are: veth, bridge, macvlan, vxlan, tap (did you mean 'macvlan'?)"
}

@test "a rule that nft does not understand" {
	topology 's/table ip t {/add tabel ip t/; 21d'
	refused 2 ":20:17: node 'b': nft: syntax error, unexpected ip, expecting string"
}

@test "a rule that nft understands and the kernel does not find" {
	topology 's/table ip t {/add rule ip t nowhere accept/; 21d'
	refused 2 ":20:19: node 'b': nft: Could not process rule: No such file or directory"
}

@test "an include of nft does not show the file" {
	echo 'the secret' >secret
	topology "s|table ip t|include \"$PWD/secret\"; table ip t|"
	refused 2 ":20:7: error: nft's include would read a file of this machine: write its rules here, or include a topology"
	! grep -r 'the secret' out err
}

@test "a sysctl that the kernel lacks" {
	topology 's/tcp_sack/no_such_thing/'
	refused 3 ":18:7: node 'b': the kernel has no sysctl 'net.ipv4.no_such_thing': is it spelt right, or newer than this kernel?"
}

@test "a value that the kernel refuses" {
	topology 's/tcp_sack: 1/tcp_sack: maybe/'
	refused 2 ":18:7: node 'b': set sysctl 'net.ipv4.tcp_sack' to 'maybe': Invalid argument"
}

@test "a program of the topology that is not installed" {
	run -3 --separate-stderr env PATH=/nonexistent \
		"$RSTLAB" run -q -n 1 -w refused -o r -t rootless-pasta
	[[ "$stderr" == *"/base/pasta.yaml:"*": pasta in node 'host': pasta is not installed (Debian: "* ]] ||
		[[ "$stderr" == *'open /dev/net/tun: not permitted'* ]]
	[ "${#stderr_lines[@]}" = 1 ]
	[ -z "$output" ] && [ ! -e r ]
}

@test "a cycle of includes" {
	topology '1s/^/include: u.yaml\n/'
	printf 'include: t.yaml\n' >u.yaml
	for command in 'run -q -n 1 -w refused -o r -t' check; do
		# shellcheck disable=SC2086 # words of a command line
		run -2 --separate-stderr "$RSTLAB" $command ./t.yaml
		[[ "$stderr" == *"./u.yaml:1:10: error: a cycle of includes: ./t.yaml -> ./u.yaml -> "* ]]
		[ "$(grep -c 'yaml:[0-9]' <<<"$stderr")" = 1 ]
		[ -z "$output" ] && [ ! -e r ]
	done
}

@test "a bomb of aliases" {
	{
		printf 'a: &a [x, x, x, x, x, x, x, x, x]\n'
		for n in b c d e f g h i; do
			printf '%s: &%s [*a, *a, *a, *a, *a, *a, *a, *a]\n' $n $n
		done
		echo 'nodes: *i'
	} >t.yaml
	refused 2 ':1:4: error: anchors, aliases and tags are not allowed'
}

@test "a file of 2 MiB" {
	topology
	head -c 2097152 /dev/zero | tr '\0' '#' >>t.yaml
	run -2 --separate-stderr "$RSTLAB" check ./t.yaml
	[ "${#stderr_lines[@]}" = 1 ]
}
