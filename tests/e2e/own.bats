#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs of the user as client and server: what becomes of a trial when they
# do well, and when they do not.

load helpers

setup()
{
	enter_own_directory
	need_namespaces
	command -v python3 >/dev/null || skip 'there is no python3'
	cp "$srcdir"/tests/e2e/own-*.py .
	know_present_processes
	before=$(world)
}

# own SERVER CLIENT ARGS... - two trials of the two scripts behaving so.
own()
{
	local server=$1 client=$2 user=()
	shift 2
	! is_root || user=(--user root) # this directory is root's alone
	run "$RSTLAB" run -t host -n 2 -o out --no-files --progress none \
		"${user[@]}" --server "python3 own-server.py $server {port}" \
		--client "python3 own-client.py $client {host} {port}" "$@"
	echo "$output"
}

# The answer to a query about the last run.
ask()
{
	sqlite3 out/run.db "$1"
}

outcomes()
{
	ask "SELECT DISTINCT outcome || ' ' || client_app || ' ' || server_app
		|| ifnull(' ' || why, '') FROM trial"
}

# Do the calls of a program count as evidence?
calls()
{
	ask "SELECT state || ifnull(': ' || why, '') FROM source
		WHERE name = 'calls'"
}

@test "two programs that behave are a clean trial, with their output" {
	own well well
	[ "$status" = 0 ]
	[ "$(outcomes)" = 'clean ok ok' ]
	[ "$(calls)" = 'off: no workload is a script' ]
	[ "$(ask 'SELECT count(*) FROM connection WHERE trial')" = 2 ]
	[ "$(ask "SELECT DISTINCT command, status FROM program
		WHERE side = 'client'")" = \
		'python3 own-client.py well 127.0.0.1 8080|0' ]
	[ "$(ask "SELECT DISTINCT stopped, CAST(out AS TEXT) FROM program
		WHERE side = 'server'")" = $'1|listening' ]
	expect_world "$before"
}

@test "a server may live as long as the lab" {
	own well well --server-lifetime lab -w clean-close-client
	[ "$status" = 0 ]
	[ "$(ask "SELECT count(*) FROM trial WHERE outcome = 'clean'")" = 4 ]
	[ "$(calls)" = used ] # of the scripts
	expect_world "$before"
}

@test "a server that closes first need not set SO_REUSEADDR" {
	own plain well
	[ "$(outcomes)" = 'clean ok ok' ]
}

@test "a reset counts, whatever the exit status" {
	own unread well
	[ "$(outcomes)" = 'reset exit 1 ok' ]
	rm -r out
	own unread brave
	[ "$(outcomes)" = 'reset ok ok' ]
}

@test "each connection of a client counts" {
	own well three --connections 3
	[ "$status" = 0 ]
	[ "$(ask 'SELECT count(*) FROM connection WHERE trial')" = 6 ]
	rm -r out
	own well three --connections 5
	[ "$status" = 6 ]
	[ "$(outcomes)" = 'other ok ok the client made 3 of 5 connections' ]
}

@test "each reset of a client that makes several connections counts" {
	own unread rough --json
	[ "$(outcomes)" = 'reset ok ok' ]
	[ "$(ask 'SELECT count(*), sum(was_reset) FROM connection
		WHERE trial')" = '6|6' ]
	"$RSTLAB" report out --format json >document
	[ "$(jq -c '.cells[0] | [.trials, .connections, .resets, .rate]' \
		document)" = '[2,6,6,1]' ]
}

@test "words in braces are filled in, and doubled braces are left alone" {
	own well well -n 1 --seed 7 --client 'echo {host} {port} {address}
		{node} {topology} {workload} {seed} {trial} {{host}} {other'
	[ "$(ask "SELECT CAST(out AS TEXT) FROM program
		WHERE side = 'client'")" = \
		'127.0.0.1 8080 127.0.0.1:8080 machine host own 7 1 {host} {other' ]
}

@test "a server knows where it is, too" {
	own well well -n 1 --seed 7 --topology docker-publish --server \
		'sh -c "env >$RSTLAB_NODE.env; exec python3 own-server.py well {port}"'
	[ "$(outcomes)" = 'clean ok ok' ]
	grep -qx RSTLAB_HOST=172.17.0.2 web.env
	grep -qx RSTLAB_PORT=80 web.env
	grep -qx RSTLAB_TOPOLOGY=docker-publish web.env
	grep -qx RSTLAB_TRIAL=1 web.env
	grep -qx RSTLAB_SEED=7 web.env
}

@test "programs know where they are" {
	own well well --client 'env' -n 1 --seed 7
	ask 'SELECT CAST(out AS TEXT) FROM program' >env
	grep -qx RSTLAB_HOST=127.0.0.1 env
	grep -qx RSTLAB_PORT=8080 env
	grep -qx RSTLAB_ADDRESS=127.0.0.1:8080 env
	grep -qx RSTLAB_NODE=machine env
	grep -qx RSTLAB_TOPOLOGY=host env
	grep -qx RSTLAB_WORKLOAD=own env
	grep -qx RSTLAB_SEED=7 env
	grep -qx RSTLAB_TRIAL=1 env
	[ "$(outcomes)" = 'invalid ok ok the client made no connection' ]
}

@test "a server that ends before it listens is named, with its last words" {
	own exit well
	[ "$status" = 7 ]
	[[ $output == *':host/own:1: invalid: the server ended with status 3 before it listened at 127.0.0.1:8080; the server said: cannot go on'* ]]
	[ "$(outcomes)" = 'invalid not started no listener the server ended with status 3 before it listened at 127.0.0.1:8080' ]
	expect_world "$before"
}

@test "a server that does not listen, or elsewhere, is given up" {
	own silent well --deadline 300ms
	[ "$(outcomes)" = 'invalid not started no listener the server did not listen at 127.0.0.1:8080 within 300ms' ]
	rm -r out
	own elsewhere well -n 1 --deadline 5s
	[[ $(outcomes) == *'; somebody in its node listens at 0.0.0.0:9999' ]]
	expect_world "$before"
}

@test "a server that forks away serves, and ends with its trial" {
	own daemon well
	[ "$status" = 0 ]
	[ "$(outcomes)" = 'clean ok ok' ]
	expect_world "$before"
}

@test "a server that ignores SIGTERM or prints without end is ended" {
	own stubborn well
	[ "$(outcomes)" = 'clean ok ok' ]
	rm -r out
	own flood well
	[ "$(outcomes)" = 'clean ok ok' ]
	[ "$(ask "SELECT count(*) FROM program WHERE side = 'server'
		AND length(err) <= 16450 AND err_bytes > length(err)")" = 2 ]
	expect_world "$before"
}

@test "a server that dies is told with its signal, and started anew" {
	own abort well
	[ "$(outcomes)" = 'reset exit 1 SIGABRT' ]
	rm -r out
	own abort well --server-lifetime lab
	[ "$(outcomes)" = 'reset exit 1 SIGABRT' ]
	expect_world "$before"
}

@test "a client that hangs ends at its deadline, and its end is no reset" {
	own keep hang -n 1 --deadline 5s
	[ "$status" = 6 ]
	[ "$(outcomes)" = 'other timeout ok the deadline passed' ]
	expect_world "$before"
}

@test "a client that ignores SIGTERM and floods its stderr is ended" {
	own well stubborn -n 1 --deadline 2s
	[ "$status" = 7 ]
	[[ $(outcomes) == 'invalid timeout ok the client made no connection until the deadline'* ]]
	[ "$(ask "SELECT length(err) <= 16450 AND err_bytes > length(err)
		FROM program WHERE side = 'client'")" = 1 ]
	expect_world "$before"
}

@test "a client that crashes, fails or leaves a process behind" {
	own well crash
	[ "$(outcomes)" = 'other SIGSEGV ok the client was killed by signal 11 (Segmentation fault)' ]
	rm -r out
	own well seven
	[ "$(outcomes)" = 'other exit 7 ok the client ended with status 7' ]
	rm -r out
	own well fork
	[ "$(outcomes)" = 'clean ok ok' ]
	expect_world "$before"
}

@test "of megabytes the beginning and the end are kept" {
	own well print
	[ "$(outcomes)" = 'clean ok ok' ]
	[ "$(ask "SELECT DISTINCT out_bytes, substr(CAST(out AS TEXT), 1, 5),
		substr(CAST(out AS TEXT), -4) FROM program
		WHERE side = 'client'")" = '3000009|first|last' ]
	ask "SELECT CAST(out AS TEXT) FROM program WHERE side = 'client'" |
		grep -qx '\[... 2983625 bytes left out ...\]'
}

@test "a client without a server is refused" {
	run "$RSTLAB" run -t host -n 2 -o out -q --no-files \
		--client 'curl -s http://{address}/'
	[ "$(outcomes)" = 'reset exit 7 none' ]
}

# One line on standard error, and the exit status.
refused()
{
	local want=$1 code=$2
	shift 2
	run "$RSTLAB" run -t host -n 1 -o out -q --seed 1 "$@"
	echo "$output"
	[ "$status" = "$code" ]
	[ "$output" = "rstlab: $want" ]
	[ ! -e out ]
}

@test "a command line that makes no sense is refused in one line" {
	refused "programs of your own need a client: --client 'COMMAND {host} {port}'" \
		2 --server true
	refused "--client: the quote ' is not closed in: 'b c" 2 --client "a 'b c"
	refused '--client: the command is empty' 2 --client ' '
	refused 'unknown word {hots}; {{hots}} stands for {hots} itself (did you mean '\''host'\''?)' \
		2 --client 'curl {hots}'
	refused "trial host/own:1: start 'no-such-program' in node 'machine': no program 'no-such-program' in PATH" \
		2 --client no-such-program
	refused "trial host/own:1: start './own-client.py' in node 'machine': program './own-client.py': Permission denied$(! is_root || echo ' for its user')" \
		2 --client ./own-client.py
	expect_world "$before"
}

# Run by root: nobody, or the user that is named; in a container its root.
users_of_root()
{
	run env -u SUDO_UID "$RSTLAB" run -t host,docker-bridge -n 1 -o out -q \
		--no-files --client 'sh -c "id -u; grep -E ^CapBnd: /proc/self/status"'
	[ "$(ask "SELECT DISTINCT CAST(out AS TEXT) FROM program, trial
		WHERE trial.id = trial AND cell = 0")" = $'65534\nCapBnd:\t0000000000000000' ]
	[ "$(ask "SELECT DISTINCT CAST(out AS TEXT) FROM program, trial
		WHERE trial.id = trial AND cell = 1")" = $'0\nCapBnd:\t00000000a80425fb' ]
	rm -r out
	run "$RSTLAB" run -t host -n 1 -o out -q --no-files --user root \
		--client 'sh -c "id -u; grep -E ^CapEff: /proc/self/status"'
	[ "$(ask "SELECT DISTINCT CAST(out AS TEXT) FROM program")" = $'0\nCapEff:\t0000000000000000' ]
	rm -r out
	refused "trial host/own:1: there is no user 'no-such-user'" 2 \
		--client true --user no-such-user
}

# Run by an ordinary user: that user, without any right, and nobody else.
user_of_user()
{
	touch mine
	run "$RSTLAB" run -t host -n 1 -o out -q --no-files --client \
		'sh -c "test -O mine; echo $?; grep -E ^CapBnd: /proc/self/status"'
	[ "$(ask 'SELECT CAST(out AS TEXT) FROM program')" = $'0\nCapBnd:\t0000000000000000' ]
	rm -r out
	refused "trial host/own:1: user 'root': only root can run programs as another user: run \`sudo rstlab ...\`, or leave the user out" \
		3 --client true --user root
}

@test "programs run as somebody without rights" {
	if is_root; then users_of_root; else user_of_user; fi
}

@test "a program has the files of its user, and what it writes stays" {
	local place=$PWD user=()
	if is_root; then
		place=$(mktemp -d -p /tmp) # which everybody may enter
		cp own-*.py "$place"
		user=(--user daemon)
	fi
	echo treasure >"$place/secret"
	chmod 600 "$place/secret"
	! is_root || chown -R daemon: "$place"
	# Where python3 of the PATH may be in the home of root.
	(cd "$place" && PATH=/usr/bin:/bin "$RSTLAB" run -q -n 1 --no-files \
		-t host,docker-bridge -o out "${user[@]}" \
		--server 'python3 own-server.py well {port}' \
		--client 'sh -c "cat secret; id -un >>who; exec python3 own-client.py well {host} {port}"' \
		>table
		sqlite3 out/run.db "SELECT outcome, rtrim(CAST(out AS TEXT),
			char(10)) FROM trial JOIN program ON trial = trial.id
			WHERE side = 'client'"
		sort -u who) >said || :
	! is_root || rm -rf "$place"
	[ "$(cat said)" = "clean|treasure
clean|treasure
$(if is_root; then echo daemon; else echo root; fi)" ] || {
		cat said
		return 1
	}
}

@test "Ctrl-C ends programs that hang, and keeps what was measured" {
	local user=()
	! is_root || user=(--user root)
	start run run -t host -n 3 -o out --no-files "${user[@]}" \
		--server 'python3 own-server.py well {port}' \
		--client 'sh -c "touch $PWD/began; python3 own-client.py hang {host} {port}"'
	wait_until 20 test -e began
	kill -INT -- "-$started"
	status_of_started
	cat run.err
	[ "$status" = 5 ]
	[ ! -e out/run.db ] || [ "$(ask 'SELECT count(*) FROM trial')" = 0 ]
	expect_world "$before"
}

@test "a workload file says the same as the command line" {
	cat >web.yaml <<-END
		name: web
		summary: a page
		exec:
		  server: [python3, -m, http.server, '{port}', --bind, '{host}']
		  client: [curl, -sS, -o, /dev/null, 'http://{address}/']
	END
	"$RSTLAB" check web.yaml >said
	[ "$(cat said)" = 'web.yaml: ok, workload, own programs' ]
	"$RSTLAB" show ./web.yaml >shown
	grep -qF "client  curl -sS -o /dev/null 'http://{address}/'" shown
	run "$RSTLAB" run -t host,docker-publish,docker-proxy -w ./web.yaml \
		-n 2 -o out -q
	[ "$status" = 0 ]
	[ "$(outcomes)" = 'clean ok ok' ]
	expect_world "$before"
}
