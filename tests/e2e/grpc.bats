#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real gRPC: every client there is, in the places where people met its resets.

load helpers

setup()
{
	enter_own_directory
	need_namespaces
	know_present_processes
	export LC_ALL=C.UTF-8
	before=$(world)
}

# The answer to a query about the last run.
ask()
{
	sqlite3 out/run.db "$1"
}

# grpc ARGS... - a run whose trials are all judged, and all answered.
grpc()
{
	run "$RSTLAB" run -o out --progress none "$@"
	echo "$output"
	[ "$status" = 0 ]
	[ "$(ask "SELECT count(*) FROM trial
		WHERE outcome NOT IN ('clean', 'reset')")" = 0 ]
	[ "$(ask 'SELECT DISTINCT client_app FROM trial')" = ok ]
}

# Each reset is one of a close too early, by the side that closed, and what came
# too late is named by its frame.
expect_known_resets()
{
	[ "$(ask "SELECT count(*) FROM connection WHERE was_reset
		AND ending NOT IN ('fin-rst', 'fin-rstack', 'rstack', 'rst')")" = 0 ]
	local trial
	ask "SELECT c.topology || '/' || c.workload || ':' || t.number
		FROM trial t JOIN cell c ON c.id = t.cell
		WHERE t.outcome = 'reset' LIMIT 6" >reset
	while read -r trial; do
		"$RSTLAB" explain "out:$trial" --all
	done <reset | grep 'what came too late' >late || :
	cat late
	! grep -vE 'PING|GOAWAY|WINDOW_UPDATE|RST_STREAM|SETTINGS|a FIN' late
}

# What `bootstrap --check` installs.
need_runtimes()
{
	run "$RSTLAB" run -t host -w 'grpc-*' -n 1 -o probe --no-files \
		--progress none
	[[ $output != *'is left out'* ]] ||
		skip "$(grep -m 1 'is left out' <<<"$output")"
}

@test "each client calls in each place where its resets were met" {
	need_runtimes
	grpc -t host,docker-lo,docker-bridge,docker-publish,vm-lo \
		-w 'grpc-*' -n 2
	[ "$(ask 'SELECT count(DISTINCT workload) FROM cell')" = 4 ]
	[ "$(ask 'SELECT count(*) FROM trial')" = 40 ]
	expect_known_resets
	expect_world "$before"
}

@test "on a delayed wire, too" {
	need_runtimes
	[ -r /dev/net/tun ] && [ -w /dev/net/tun ] ||
		skip '/dev/net/tun may not be used here'
	grpc -t vm-bridged -p delay=1ms -w 'grpc-*' -n 2
	expect_known_resets
}

@test "any client can be run against any server" {
	need_runtimes
	grpc -t host -w 'grpc-*' -p grpc-server=c,go,node,python -n 1
	[ "$(ask 'SELECT count(*) FROM cell')" = 16 ]
	ask "SELECT DISTINCT command FROM program WHERE side = 'server'" >servers
	for kind in c go node python; do
		grep -q "/grpc-$kind server " servers
	done
}

@test "a run knows the versions of what it ran" {
	need_runtimes
	grpc -t host -w grpc-c,grpc-python -p grpc-server=go -n 1
	"$RSTLAB" report out --format json >json
	jq -e '.runtimes | keys == ["grpc-c", "grpc-go", "grpc-python"]' json
	[ "$(ask "SELECT json_extract(environment, '$.runtimes.grpc-c')
		FROM run")" = "$(jq -r '.runtimes["grpc-c"]' json)" ]
	grep -q "rstlab: grpc-go: $(jq -r '.runtimes["grpc-go"]' json)" \
		<<<"$output"
	grep -A 1 '^Runtimes$' <<<"$output" | grep -q 'grpc-c: .*; grpc-go: '
}

# connections WORKLOAD SERVER-PORT... - those servers, in that order, in each of
# its trials.
expect_dialled()
{
	local workload=$1
	shift
	[ "$(ask "SELECT DISTINCT group_concat(server, ' ') FROM (
		SELECT k.trial, k.server FROM connection k
		JOIN cell c ON c.id = k.cell WHERE c.workload = '$workload'
		AND k.server_port = 50051 ORDER BY k.trial, k.start_ns)
		GROUP BY trial")" = "$*" ]
}

@test "on port 50051, also where that is a published one" {
	need_runtimes
	grpc -t host,docker-lo,docker-publish,vm-lo -w grpc-c,grpc-go \
		-p port=50051 -n 1
	[ "$(ask 'SELECT DISTINCT server_port FROM connection')" = 50051 ]
	"$RSTLAB" explain "out:docker-publish port=50051/grpc-c:1" \
		--point all >explained
	grep -qE '→ 172\.17\.0\.2 .* → 50051 \[SYN\]' explained
	expect_world "$before"
}

# The C core asks c-ares, which adds ::1 to whatever the hosts file says of
# localhost (RFC 6761 6.3); the others take it at its word.
@test "localhost is 127.0.0.1, ::1 or both, and each client tries them in turn" {
	need_runtimes
	grpc -t host -w 'grpc-*' -p port=50051,localhost=6 -n 2
	for workload in grpc-c grpc-go grpc-node grpc-python; do
		expect_dialled $workload ::1
	done
	rm -rf out
	grpc -t host -w 'grpc-*' -p port=50051,localhost=4 -n 2
	expect_dialled grpc-go 127.0.0.1
	expect_dialled grpc-node 127.0.0.1
	rm -rf out
	grpc -t host -w 'grpc-*' -p port=50051,localhost=both -n 2
	for workload in grpc-c grpc-go grpc-node grpc-python; do
		expect_dialled $workload ::1 127.0.0.1
	done
	[ "$(ask "SELECT DISTINCT k.ending || ' ' || s.cause || ' ' || r.emitter
		FROM connection k JOIN cause s ON s.connection = k.id
		JOIN reset r ON r.connection = k.id
		WHERE k.server = '::1'")" = 'syn-rstack refused server' ]
	expect_world "$before"
}

@test "a script dials no name, and that is said" {
	run "$RSTLAB" run -t host -w grpc-go,late-data -p localhost=4 -o none
	[ "$status" = 2 ]
	[ "${lines[-1]}" = "rstlab: --param: workload 'late-data' is a script, which dials addresses, and not the name localhost; leave it out of -w, or the parameter away" ]
	[ ! -e none ]
}

# Frames of one type that one side of a trial sent, by the captured packets.
pings_of()
{
	"$RSTLAB" explain "out:$1" --all | grep -c ' PING\[0\]' || :
}

# bdp_probe=off leaves the PINGs of the keepalive alone; Node has no others.
@test "keepalive sends PINGs on an idle channel" {
	need_runtimes
	local cell
	grpc -t host -w grpc-c,grpc-python \
		-p bdp_probe=off,think=400ms,keepalive=0ms,20ms -n 1
	for cell in grpc-c grpc-python; do
		[ "$(pings_of "host+bdp_probe=off+keepalive=0ms+think=400ms/$cell:1")" = 0 ]
		[ "$(pings_of "host+bdp_probe=off+keepalive=20ms+think=400ms/$cell:1")" -ge 1 ]
	done
	rm -rf out
	grpc -t host -w grpc-node -p think=400ms,keepalive=0ms,20ms -n 1
	[ "$(pings_of 'host+keepalive=0ms+think=400ms/grpc-node:1')" = 0 ]
	[ "$(pings_of 'host+keepalive=20ms+think=400ms/grpc-node:1')" -ge 1 ]
}

@test "streams of the server and of both" {
	need_runtimes
	grpc -t docker-bridge -w 'grpc-*' -p call=server-stream,bidi -n 1
	[ "$(ask 'SELECT count(*) FROM trial')" = 8 ]
}

@test "over TLS nothing can be read on the wire, and all are answered" {
	need_runtimes
	local workload
	grpc -t host,docker-publish -w 'grpc-*' -p tls=off,on -n 1
	[ "$(ask 'SELECT count(*) FROM trial')" = 16 ]
	for workload in grpc-c grpc-go grpc-node grpc-python; do
		"$RSTLAB" explain "out:host tls=off/$workload:1" --all >plain
		grep -q 'HEADERS\[1\]: POST /helloworld.Greeter/SayHello' plain
		"$RSTLAB" explain "out:host tls=on/$workload:1" --all >secret
		[ "$(grep -cE 'SayHello|HEADERS' secret)" = 0 ]
		grep -q '\[PSH, ACK\]' secret
	done
	expect_world "$before"
}

@test "without openssl there is no TLS, and that is said" {
	need_runtimes
	mkdir bin
	ln -s /usr/bin/* /bin/* bin/ 2>/dev/null || :
	rm bin/openssl
	PATH=$PWD/bin run "$RSTLAB" run -q -t host -w grpc-c -p tls=on -n 1 -o none
	[ "$status" = 3 ]
	[ "$output" = 'rstlab: tls=on needs a certificate, and openssl cannot be run: No such file or directory; to install it: apt-get install openssl' ]
}

@test "one process may have all trials, each with a channel of its own" {
	need_runtimes
	grpc -t host,docker-publish -w 'grpc-*' -p client-lifetime=lab -n 4
	[ "$(ask 'SELECT count(*) FROM trial')" = 32 ]
	[ "$(ask 'SELECT count(*) FROM connection WHERE trial')" = 32 ]
	expect_known_resets
	expect_world "$before"
}

# lasting NAME SUMMARY - NAME.yaml: client.py has all trials, and server.py.
lasting()
{
	cat >"$1.yaml" <<EOF
name: $1
summary: $2
exec:
  client: [python3, client.py, '{host}', '{port}']
  server: [python3, server.py, '{host}', '{port}']
  server-lifetime: lab
  user: rstlab
  own-params: {client-lifetime: lab|trial}
deadline: 2s
EOF
}

# The first of four connects, the second fails, the third hangs.
@test "a client of many trials that fails or hangs is followed by another" {
	cat >client.py <<'EOF'
import os, socket, sys, time
for line in sys.stdin:
    n = len(os.listdir("count"))
    open(f"count/{n}", "w").close()
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as s:
        s.recv(1)
    if n == 1:
        sys.exit("no more")
    if n == 2:
        time.sleep(1000)
    print("over", flush=True)
EOF
	cat >server.py <<'EOF'
import socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    listener.accept()[0].close()
EOF
	lasting fickle 'the second trial fails, the third hangs'
	mkdir count
	run "$RSTLAB" run -q -t host -w ./fickle.yaml -n 4 -o out
	echo "$output"
	[ "$(sqlite3 out/run.db "SELECT group_concat(client_app, ', ')
		FROM trial")" = 'ok, exit 1, timeout, ok' ]
	expect_world "$before"
}

# Each trial says by its source port which one it is; the odd ones are reset, and
# each seventh says something.
@test "trials of one client that follow each other are never taken for another" {
	cat >client.py <<'EOF'
import socket, struct, sys
for n, line in enumerate(sys.stdin, 1):
    with socket.socket() as s:
        s.bind(("", 20000 + n))
        s.connect((sys.argv[1], int(sys.argv[2])))
        s.send(b"?")
        s.recv(1)
        if n % 2:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
    if n % 7 == 0:
        print("I am", n, file=sys.stderr, flush=True)
    print("over", n, flush=True)
EOF
	cat >server.py <<'EOF'
import socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=8)
while True:
    with listener.accept()[0] as s:
        try:
            while s.recv(1):
                s.send(b"!")
        except ConnectionResetError:
            pass
EOF
	lasting steady 'the odd ones are reset'
	run "$RSTLAB" run -q -t host,docker-bridge -w ./steady.yaml -n 150 -o out
	echo "$output"
	[ "$(ask 'SELECT count(*) FROM trial')" = 300 ]
	[ "$(ask "SELECT count(*) FROM trial t LEFT JOIN connection c
		ON c.trial = t.id WHERE c.client_port IS NOT 20000 + t.number
		OR t.outcome <> iif(t.number % 2, 'reset', 'clean')")" = 0 ]
	[ "$(ask "SELECT count(*) FROM trial t JOIN program p ON p.trial = t.id
		WHERE p.side = 'client' AND p.stopped AND p.status IS NULL
		AND cast(p.out AS TEXT) = 'over ' || t.number || char(10)
		AND cast(p.err AS TEXT) = iif(t.number % 7, '',
			'I am ' || t.number || char(10))")" = 300 ]
	[ "$(ask "SELECT count(*) FROM program WHERE side = 'server'
		AND stopped AND status IS NULL AND out_bytes = 0")" = 300 ]
	[ "$(ask "SELECT count(*) FROM trial a JOIN trial b ON a.cell = b.cell
		AND b.number = a.number + 1
		WHERE a.start_ns + a.duration_ns > b.start_ns")" = 0 ]
	expect_world "$before"
}

@test "without its PINGs to measure, gRPC's core is not reset" {
	need_runtimes
	grpc -t host -w grpc-c,grpc-python,grpc-go -p bdp_probe=off -n 4
	[ "$(ask "SELECT count(*) FROM trial WHERE outcome = 'reset'")" = 0 ]
	for workload in grpc-c grpc-python grpc-go; do
		"$RSTLAB" explain "out:host bdp_probe=off/$workload:1" --all
	done >explained
	[ "$(grep -c PING explained)" = 0 ]
}

@test "grpcurl is asked for what our own clients ask" {
	need_runtimes
	# not grpcurl, but what its words say, said by another client
	mkdir bin
	cat >bin/grpcurl <<EOF
#!/bin/sh
case \$1 in
-version) echo 'grpcurl of this test' >&2; exit ;;
-plaintext) ;;
*) exit 9 ;;
esac
printf '%s\n' "\$@" >words
shift 9
method=\${2##*/}
case \$method in
SayHello) call=unary n=1 ;;
SayHelloStreamReply) call=server-stream n=3 ;;
SayHelloBidiStream) call=bidi n=3 ;;
esac
"$builddir/probes/bin/grpc-c" client "\$1" "call=\$call" || exit
while [ \$n -gt 0 ]; do echo '{"message": "Hello world"}'; n=\$((n - 1)); done
EOF
	chmod 755 bin/grpcurl
	PATH=$PWD/bin:$PATH
	grpc -t host -w grpcurl -p call=unary,server-stream,bidi -n 1
	grep -q 'rstlab: grpcurl: grpcurl of this test' <<<"$output"
	grep -qx -- '-max-time' words
}

@test "what cannot be run is left out, with the way to install it" {
	PATH=/usr/bin:/bin RSTLAB_PYTHON=/nonexistent/python \
		run "$RSTLAB" run -t host -w grpc-python,clean-close-client -n 1 \
		-o out --progress none
	echo "$output"
	[ "$status" = 0 ]
	grep -qE '^rstlab: grpc-python is left out: .*/nonexistent/python: not found; to install it: apt-get install python3-grpcio$' \
		<<<"$output"
	[ "$(ask 'SELECT workload FROM cell')" = clean-close-client ]
	RSTLAB_PYTHON=/nonexistent/python \
		run "$RSTLAB" run -q -t host -w grpc-python -n 1 -o none
	[ "$status" = 3 ]
	[ "${lines[-1]}" = 'rstlab: nothing is left to run on this machine' ]
	[ ! -e none ]
}

@test "a runtime of the wrong version is named" {
	mkdir -p old/grpc
	echo '__version__ = "1.2.3"
class GenericRpcHandler: pass' >old/grpc/__init__.py
	PYTHONPATH=$PWD/old run "$RSTLAB" run -q -t host -w grpc-python -n 1 -o none
	[ "$status" = 3 ]
	[ "${lines[0]}" = 'rstlab: grpc-python is left out: grpcio 1.2.3 is too old, 1.30 is needed; to install it: apt-get install python3-grpcio' ]
}

@test "a check that hangs, dies or prints without end is bounded" {
	local case
	# shellcheck disable=SC2016 # for the shell of the check
	for case in 'kill -SEGV $$' 'head -c 9000000 /dev/zero; exit 1' \
		'exec /nonexistent' 'sleep 1000 & exec sleep 1000'; do
		cat >broken.yaml <<EOF
name: broken
summary: its check fails
exec:
  client: ['true']
  check: [sh, -c, "$case"]
EOF
		run timeout 60 "$RSTLAB" run -q -t host -w ./broken.yaml -n 1 -o none
		echo "$output"
		[ "$status" = 3 ]
		[ "${#output}" -lt 400 ]
		[[ ${lines[0]} == 'rstlab: broken is left out: '* ]]
	done
}

# speaks.py HOST PORT WHAT - a server that speaks anything but gRPC.
write_bad_server()
{
	cat >speaks.py <<'EOF'
import socket, struct, sys
host, port, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
def frame(kind, flags, stream, body, length=None):
    size = len(body) if length is None else length
    return size.to_bytes(3, "big") + bytes((kind, flags)) + \
        struct.pack(">I", stream) + body
settings = frame(4, 0, 0, b"") + frame(4, 1, 0, b"")
said = {
    "nothing": b"",
    "garbage": bytes(range(256)) * 256,
    "http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    # 16 MiB are announced, RFC 9113 4.2 allows 16 KiB
    "giant": settings + frame(0, 0, 1, b"x" * 60000, 0xffffff),
    # one entry of 4 KiB in the table, then a byte for each time it is meant
    "bomb": settings + frame(1, 0, 1, b"\x40\x01x\x7f\x81\x1e" + b"y" * 4000)
        + frame(9, 0, 1, b"\xbe" * 12000) * 40,
}[what]
listener = socket.create_server((host, port))
while True:
    c = listener.accept()[0]
    try:
        c.sendall(said)
        while c.recv(65536):
            pass
    except OSError:
        pass
    c.close()
EOF
}

# As grpc-c and the like are, but for the server; a second is enough to fail.
write_bad_workload()
{
	cat >"$1-$2.yaml" <<EOF
name: $1-$2
summary: a client meets $2
exec:
  client: ['{libexec}/grpc-$1', client, '{address}']
  server: [python3, speaks.py, '{host}', '{port}', $2]
  server-lifetime: lab
  user: rstlab
deadline: 1s
EOF
}

@test "a server of garbage, giant frames or a bomb of headers is survived" {
	need_runtimes
	local client what trial
	write_bad_server
	for client in c go node python; do
		for what in nothing garbage http giant bomb; do
			write_bad_workload $client $what
		done
	done
	run timeout 120 "$RSTLAB" run -q -t host -n 1 -o out \
		-w "$(printf '%s\n' ./*-*.yaml | paste -sd,)"
	echo "$output"
	[ "$status" -lt 8 ]
	[ "$(ask 'SELECT count(*) FROM trial')" = 20 ]
	# each failed, by its own word or because its time was over
	[ "$(ask "SELECT count(*) FROM trial
		WHERE client_app NOT IN ('exit 1', 'timeout')")" = 0 ]
	[ "$(ask "SELECT count(*) FROM trial WHERE outcome = 'clean'")" = 0 ]
	ask "SELECT 'host/' || workload FROM cell" >cells
	while read -r trial; do
		"$RSTLAB" explain "out:$trial:1" --verbose >explained
		[ "$(wc -c <explained)" -lt 100000 ]
	done <cells
	expect_world "$before"
}

# The commands of docs/founding-question.md and docs/grpc.md, with one trial.
commands_of()
{
	awk '/^```/ { inside = !inside; next }
		inside && /^(\$ )?rstlab (run|explain|show|list|selftest|report) / {
			sub(/^\$ /, ""); print
		}' "$srcdir/docs/$1" | sed -E '/^rstlab run /s/$/ -n 1/'
}

@test "every command that the founding question is answered with works" {
	need_runtimes
	local page line
	mkdir bin
	ln -s "$RSTLAB" bin/rstlab
	PATH=$PWD/bin:$PATH
	for page in founding-question.md grpc.md; do
		commands_of $page >commands
		[ "$(wc -l <commands)" -ge 3 ]
		while read -r line; do
			[ -w /dev/net/tun ] || [[ $line != *vm-bridged* ]] ||
				continue
			echo "# $line"
			sh -euc "$line" </dev/null >said 2>&1 || {
				cat said
				return 1
			}
		done <commands
	done
}

@test "what a workload cannot do is refused in one line" {
	refused()
	{
		local want=$1
		shift
		run "$RSTLAB" run -t host -n 1 -o none "$@"
		[ "$status" = 2 ]
		[ "$output" = "rstlab: --param: $want" ]
	}
	refused "workload 'grpc-c' has no server 'rust': there must be a workload 'grpc-rust' with a server" \
		-w grpc-c -p grpc-server=rust
	refused "workload 'grpc-node' has no parameter 'bdp_probe'; leave it out of -w, or the parameter away" \
		-w grpc-c,grpc-node -p bdp_probe=off
	refused "workload 'grpc-c' cannot have call=twice, only unary|server-stream|bidi" \
		-w grpc-c -p call=twice
	refused "workload 'grpc-c' cannot have think=1, only TIME" -w grpc-c -p think=1
	refused "workload 'linger0' has no parameter 'think'; leave it out of -w, or the parameter away" \
		-w grpc-c,linger0 -p think=1ms
	refused "no parameter 'thnik'; \`rstlab list params\` shows what there is" \
		-w grpc-c -p thnik=1ms
}
