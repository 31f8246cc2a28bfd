#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --param: combinations become rows, and what makes no sense is refused.

bats_require_minimum_version 1.5.0
load helpers

setup()
{
	enter_own_directory
	cat >wired.yaml <<'EOF'
include: parts/two.yaml
name: wired
summary: two hosts
links:
  - {name: cable, kind: veth}
EOF
	mkdir parts
	cat >parts/two.yaml <<'EOF'
mirrors: nothing
client: a
server: b
connect: 192.0.2.1:8080
listen: 192.0.2.1:8080
nodes:
  - name: a
    kind: host
    interfaces:
      - {name: eth0, link: cable, addresses: [192.0.2.2/24]}
  - name: b
    kind: host
    interfaces:
      - {name: eth0, link: cable, addresses: [192.0.2.1/24]}
EOF
}

sql()
{
	python3 -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print(*row, sep="|")' "$@"
}

@test "every combination of parameters is a cell, a capture and an account" {
	need_namespaces
	"$RSTLAB" run -q -t ./wired.yaml -w clean-close-client -n 2 \
		-p mtu=1400,9000 -p sysctl:net.ipv4.tcp_sack=0 -o r >out
	grep -q 'wired mtu=1400 sysctl:net.ipv4.tcp_sack=0 ' out
	grep -q 'wired mtu=9000 sysctl:net.ipv4.tcp_sack=0 ' out
	grep -q ' 1 topology in 2 variants x ' out
	[ "$(sql r/run.db 'SELECT count(*) FROM cell')" = 2 ]
	[ "$(sql r/run.db 'SELECT count(*) FROM topology')" = 1 ]
	[ "$(sql r/run.db 'SELECT count(*) FROM books')" = 4 ]
	[ "$(sql r/run.db "SELECT count(DISTINCT params), min(value), max(value)
		FROM sysctl WHERE key = 'net.ipv4.tcp_sack'")" = '2|0|0' ]
	[ "$(find r/captures -name 'wired+mtu=1400+*.pcapng' | wc -l)" = 2 ]
	[ "$(find r/captures -name 'wired+mtu=9000+*.pcapng' | wc -l)" = 2 ]
}

@test "the run keeps the text of an included file" {
	need_namespaces
	"$RSTLAB" run -q -t ./wired.yaml -w clean-close-client -n 1 -o r >out
	sql r/run.db 'SELECT yaml FROM topology' >yaml
	grep -qxF '# included: ./parts/two.yaml' yaml
	grep -qxF 'client: a' yaml
	grep -qxF 'name: wired' yaml
}

@test "the JSON document names the parameters of each cell" {
	need_namespaces
	"$RSTLAB" run -q --json -t ./wired.yaml -w clean-close-client -n 1 \
		-p cpus=1,2 -o r >out.json
	jq -e '[.cells[].params] == [{"cpus": "1"}, {"cpus": "2"}]' out.json
	jq -e '[.books.nodes[].params.cpus] == ["1", "1", "2", "2"]' out.json
}

@test "parameters may stand in one word" {
	need_namespaces
	"$RSTLAB" run -q --json -t ./wired.yaml -w clean-close-client -n 1 \
		--param mtu=1400,1500,cpus=1 -o r >out.json
	jq -e '[.cells[].params.mtu] == ["1400", "1500"]' out.json
}

# refused WORDS-OF-THE-COMMAND-LINE... MESSAGE
refused()
{
	local status=0 message=${*: -1}

	"$RSTLAB" run -t ./wired.yaml -w clean-close-client -o r \
		"${@:1:$#-1}" >out 2>err || status=$?
	[ "$status" = 2 ]
	[ ! -e r ]
	[ "$(cat err)" = "rstlab: $message" ] || {
		cat err
		return 1
	}
}

@test "a parameter that changes nothing in a topology is refused by name" {
	refused -p delay=0,2ms "--param: topology 'wired' has no wire, nor a cable to another machine that could become one"
	refused -p family=4,6 \
		"--param: topology 'wired' has no IPv6: no connect6 and listen6"
}

@test "a cable to another machine can be given a delay" {
	need_namespaces
	"$RSTLAB" run -q -t docker-publish -w clean-close-client -n 3 \
		-p delay=0,20ms -o r >out
	grep -q '^docker-publish delay=0 *0.0 %' out
	grep -q '^docker-publish delay=20ms *0.0 %' out
	# there and back, before anything is sent
	"$RSTLAB" explain --json >told \
		r:docker-publish+delay=20ms/clean-close-client:1
	[ "$(jq '.connections[0].points[0].packets[1].time_ns >= 40000000' \
		told)" = true ]
}

@test "an unknown parameter is refused with the one that was meant" {
	refused -p mut=1400 \
		"--param: no parameter 'mut' (did you mean 'mtu'?)"
}

@test "a parameter given twice, or without end, is refused" {
	refused -p mtu=1400 -p mtu=1500 \
		"parameter 'mtu' is given twice; write mtu=VALUE,VALUE"
	refused -p mtu \
		"parameter 'mtu' has no value; write NAME=VALUE[,VALUE...]"
	many=$(seq -s, 1000 2100)
	refused -p "mtu=$many" 'more than 1024 combinations of parameters'
}

@test "a cycle of includes is one message and exit status 2" {
	printf 'include: ../wired.yaml\n' >parts/two.yaml
	run -2 "$RSTLAB" check wired.yaml
	[[ "$output" == *'a cycle of includes: wired.yaml -> parts/two.yaml -> parts/../wired.yaml'* ]]
}

@test "list params names what can be varied" {
	"$RSTLAB" list params >out
	grep -q '^cpus=N ' out
	grep -q '^sysctl:KEY=VALUE ' out
	"$RSTLAB" list params --json | jq -e \
		'.items | map(.param) | index("family=4|6|4mapped") != null'
}

@test "list params names those of the workloads, with who knows them" {
	"$RSTLAB" list params >out
	cat out
	grep -qE '^bdp_probe=on\|off +of grpc-c, grpc-go, grpc-python$' out
	grep -qE '^keepalive=TIME +of grpc-c, grpc-node, grpc-python$' out
	grep -qE '^grpc-server=c\|go\|node\|python +whose server serves grpc-c, grpc-go, grpc-node, grpc-python, grpcurl$' \
		out
	"$RSTLAB" list params --json >json
	jq -e '.items[] | select(.param == "think=TIME").workloads
		== "grpc-c, grpc-go, grpc-node, grpc-python"' json
	jq -e '.items[] | select(.param == "cpus=N").workloads == ""' json
}

@test "list params reads what stands beside, and passes over mistakes" {
	mkdir -p mine/workloads
	cat >mine/workloads/shop.yaml <<'EOF'
name: shop
summary: a shop
exec:
  client: [shop, '{host}', '{colour}']
  params: {colour: red|blue}
EOF
	echo 'name: [7' >mine/workloads/broken.yaml
	RSTLAB_PATH=$PWD/mine "$RSTLAB" list params >out
	cat out
	grep -qE '^colour=red\|blue +of shop$' out
}

@test "another port goes through every translation and relay" {
	need_namespaces
	"$RSTLAB" run -q -w clean-close-client -n 1 -p port=50051 -o r \
		-t docker-publish,docker29-publish,docker-proxy,docker-proxy6 \
		-t docker-noproxy-hairpin,cni-portmap,k8s-nodeport,k8s-service \
		-t podman-publish,libvirt-nat-egress >out
	[ "$(sql r/run.db 'SELECT count(*), min(outcome), max(outcome)
		FROM trial')" = '10|clean|clean' ]
	[ "$(sql r/run.db 'SELECT DISTINCT server_port FROM connection')" = 50051 ]
}
