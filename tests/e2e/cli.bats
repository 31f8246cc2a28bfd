#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What each verb prints, where, and with which exit status.

load helpers

setup()
{
	enter_own_directory
	unset NO_COLOR CLICOLOR_FORCE RSTLAB_PATH RSTLAB_LIBEXEC
}

# rstlab ARGS: sets $status, leaves out and err.
rstlab()
{
	status=0
	"$RSTLAB" "$@" >out 2>err </dev/null || status=$?
}

# expect STATUS: of the last rstlab.
expect()
{
	[ "$status" = "$1" ] || { echo "exit status $status"; cat out err; return 1; }
}

# The whole of file $1 is the text $2.
expect_text()
{
	diff <(printf '%s\n' "$2") "$1"
}

expect_empty()
{
	[ ! -s "$1" ] || { cat "$1"; return 1; }
}

# File $1 holds the text $2, or does not.
has()
{
	grep -qF -- "$2" "$1" || { cat "$1"; return 1; }
}

has_not()
{
	if grep -qF -- "$2" "$1"; then
		cat "$1"
		return 1
	fi
}

has_escapes()
{
	grep -q "$(printf '\033')" "$1"
}

# One valid JSON document, and nothing else, of schema $1, in out.
expect_document()
{
	[ "$(jq -s length out)" = 1 ]
	[ "$(jq -r .schema out)" = "$1" ]
}

need_lab()
{
	need_namespaces
	"$RSTLAB" doctor >/dev/null || skip 'no lab can be built here'
}

small_run()
{
	rstlab run -t host -w refused -n 3 --seed 7 "$@"
}

# --- help ------------------------------------------------------------------

@test "help that was asked for goes to standard output, exit 0" {
	for words in --help -h help 'run -h' 'run --help' 'help run' \
		'-t host --help'; do
		# shellcheck disable=SC2086 # several words
		rstlab $words
		expect 0
		expect_empty err
		has out 'Usage: rstlab'
	done
}

@test "every verb explains itself in 80 columns, and -h is the shorter one" {
	"$RSTLAB" __complete verbs >verbs
	[ "$(wc -l <verbs)" -ge 10 ]
	while read -r verb; do
		"$RSTLAB" "$verb" -h >short
		"$RSTLAB" "$verb" --help >full
		has full "Usage: rstlab"
		[ "$(wc -L <full)" -le 80 ]
		[ "$(wc -l <short)" -le "$(($(wc -l <full) + 2))" ]
		"$RSTLAB" help "$verb" | cmp - full
	done <verbs
}

@test "version prints name and version, as does --version" {
	rstlab version
	expect 0
	grep -qE '^rstlab [0-9]+\.[0-9]+' out
	"$RSTLAB" --version | cmp - out
}

@test "an unknown verb suggests a near one, in two lines, exit 2" {
	rstlab rnu
	expect 2
	expect_empty out
	expect_text err "rstlab: no command 'rnu' (did you mean 'run'?)
Try \`rstlab --help\`."
}

@test "an unknown option suggests a near one, in two lines, exit 2" {
	rstlab run --trails 5
	expect 2
	expect_empty out
	expect_text err "rstlab: no option '--trails' (did you mean '--trials'?)
Try \`rstlab run --help\`."
}

@test "options without a verb are those of run" {
	rstlab --trails 5
	expect 2
	has err "did you mean '--trials'?"
	has err "rstlab run --help"
}

@test "a number out of range is refused with the range, exit 2" {
	rstlab run -n 0
	expect 2
	expect_text err "rstlab: --trials must be a whole number from 1 to 1000000, not '0'
Try \`rstlab run --help\`."
}

@test "help about an unknown verb suggests a near one" {
	rstlab help shwo
	expect 2
	expect_text err "rstlab: no help about 'shwo' (did you mean 'show'?)"
}

@test "the manual page has no mistakes and names every verb" {
	"$RSTLAB" help --man >page
	while read -r verb; do
		grep -q "^\.SS \"rstlab $verb" page
	done < <("$RSTLAB" __complete verbs)
	command -v groff >/dev/null || skip 'groff is missing'
	[ -z "$(groff -man -ww -Tutf8 -z page 2>&1)" ]
}

@test "bash completes verbs, options, lists, runs and nodes" {
	mkdir -p rstlab-runs/20261121-074512-7341
	touch rstlab-runs/20261121-074512-7341/run.db
	"$RSTLAB" help --completion bash >completion
	cat >ask <<-'SCRIPT'
		. ./completion
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_rstlab
		echo "${COMPREPLY[*]}"
	SCRIPT
	[ "$(bash ask "$RSTLAB" rep)" = report ]
	[ "$(bash ask "$RSTLAB" run --see)" = --seed ]
	[ "$(bash ask "$RSTLAB" run -t host,vm-l)" = host,vm-lo ]
	[ "$(bash ask "$RSTLAB" -w peek)" = peek-close ]
	[ "$(bash ask "$RSTLAB" run --color al)" = always ]
	[ "$(bash ask "$RSTLAB" report 2026)" = 20261121-074512-7341 ]
	[ "$(bash ask "$RSTLAB" report --format mark)" = markdown ]
	[ "$(bash ask "$RSTLAB" shell docker-publish we)" = web ]
	[ "$(bash ask "$RSTLAB" list end)" = endings ]
}

# --- list, show, check -----------------------------------------------------

@test "every list is completed, in the help and in the answer to a wrong name" {
	local lists
	"$RSTLAB" __complete lists | sort >completed
	rstlab list zzz
	expect 2
	lists=$(sed -n "s/^rstlab: no list of 'zzz'; there are //p" err)
	diff completed <(echo "$lists" | sed 's/, \| and /\n/g' | sort)
	rstlab list --help
	diff completed <(tr '\n' ' ' <out | tr -s ' ' |
		sed 's/.*The lists are \([^;]*\);.*/\1/; s/, \| and /\n/g' | sort)
}

@test "list names topologies and workloads with their summaries" {
	rstlab list topologies
	expect 0
	grep -qE '^host  +[^ ]' out
	rstlab list workloads
	grep -qE '^clean-close-client  +[^ ]' out
}

@test "list endings has the names that Zeek and Wireshark give" {
	rstlab list endings
	expect 0
	grep -qE '^name +wire +zeek +completeness$' out
	grep -qE '^fin-rstack +.* +RSTO/RSTR +63' out
}

@test "list without a word prints every list under its title" {
	rstlab list
	expect 0
	[ "$(grep -cE '^(Topologies|Workloads|Endings|Reports|Parameters)$' out)" = 5 ]
}

@test "every list is available as JSON" {
	for kind in topologies workloads endings reports params; do
		rstlab list $kind --json
		expect 0
		expect_document rstlab.list/1
		[ "$(jq -r .kind out)" = $kind ]
		[ "$(jq '.items | length' out)" -ge 3 ]
	done
}

@test "an unknown list suggests a near one; with --json as a document" {
	rstlab list topologys
	expect 2
	has err "did you mean 'topologies'?"
	rstlab list topologys --json
	expect 2
	expect_document rstlab.error/1
}

@test "a reader that stops early is no error" {
	"$RSTLAB" list | head -n 1 >first
	[ "$(cat first)" = Topologies ]
	status=0
	{ "$RSTLAB" show docker-publish 2>err || echo $? >status; } | true
	expect_empty err
}

@test "a result that cannot be written is an error" {
	[ -e /dev/full ] || skip 'there is no /dev/full'
	status=0
	"$RSTLAB" list topologies >/dev/full 2>err || status=$?
	expect 7
	has err 'cannot write to standard output'
}

@test "show draws a topology with nodes, addresses, routes and rules" {
	rstlab show docker-publish
	expect 0
	has out 'docker-publish: '
	has out 'dials '
	grep -qE 'docker0 bridge  172\.17\.0\.1/16' out
	has out 'route default via 172.17.0.1'
	has out 'masquerade'
	has out 'Every node also gets'
}

@test "show says what lies between client and server, or nothing" {
	local topology
	topology=$(grep -lx 'through: usernet-in + dnat' \
		"$srcdir"/topologies/*.yaml)
	rstlab show "$topology"
	expect 0
	[ "$(grep '^  through ' out)" = "  through dnat: a host translates the server's address, as for a published port
  through usernet-in: a user-mode network accepts for the server, its guest" ]
	rstlab show host
	expect 0
	has_not out '  through '
}

@test "show puts both scripts of a workload side by side, syncs in line" {
	mkdir -p p/workloads
	cat >p/workloads/meet.yaml <<-'YAML'
		name: meet
		summary: the client waits for the server
		client: [connect, sync here, close]
		server: [listen, accept, sync here, close]
	YAML
	RSTLAB_PATH=$PWD/p LC_ALL=C rstlab show meet
	expect 0
	grep -qxE '  connect +listen' out
	grep -qxE ' +accept' out
	grep -qxE '  sync here +--- sync here' out
	grep -qxE '  close +close' out
}

@test "show --format yaml prints the file itself" {
	mkdir -p p/workloads
	"$RSTLAB" show refused --format yaml >p/workloads/copy.yaml
	sed -i 's/^name: .*/name: copy/' p/workloads/copy.yaml
	RSTLAB_PATH=$PWD/p rstlab show copy -f yaml
	expect 0
	cmp out p/workloads/copy.yaml
	rstlab show ./p/workloads/copy.yaml
	expect 0
	has out 'copy: '
}

@test "show of an unknown name suggests a near one" {
	rstlab show docker-publsh
	expect 2
	expect_text err "rstlab: no topology, workload, plan or cause 'docker-publsh' (did you mean 'docker-publish'?)"
}

@test "a directory of RSTLAB_PATH comes before the installed data" {
	mkdir -p p/topologies
	"$RSTLAB" show host -f yaml |
		sed 's/^summary: .*/summary: another host/' >p/topologies/host.yaml
	RSTLAB_PATH=/nonexistent:$PWD/p rstlab list topologies
	expect 0
	grep -qE '^host +another host$' out
	[ "$(grep -cE '^host ' out)" = 1 ]
}

@test "check says what a right file is" {
	"$RSTLAB" show host -f yaml >host.yaml
	"$RSTLAB" show refused -f yaml >refused.yaml
	rstlab check host.yaml refused.yaml
	expect 0
	expect_empty err
	grep -qE '^host\.yaml: ok, topology, 1 node, [0-9]+ interfaces?$' out
	grep -qE '^refused\.yaml: ok, workload, [0-9]+ client steps?, [0-9]+ server steps?$' out
	rstlab check -q host.yaml
	expect 0
	expect_empty out
}

@test "check takes files, and says so of a name" {
	rstlab check host
	expect 2
	expect_text err "rstlab: no file 'host': check takes files, by their path, such as ./host.yaml"
}

@test "check reports every mistake with its line, and goes on" {
	"$RSTLAB" show refused -f yaml >refused.yaml
	"$RSTLAB" show host -f yaml | sed 's/^client:/cleint:/' >host.yaml
	echo 'what: is this' >other.yaml
	rstlab check host.yaml missing.yaml other.yaml refused.yaml
	expect 2
	grep -qE "^host\.yaml:[0-9]+:1: error: unknown key 'cleint'" err
	has err 'rstlab: read missing.yaml: No such file or directory'
	has err "other.yaml: neither a topology, which has 'nodes'"
	has out 'refused.yaml: ok'
}

# --- run and report --------------------------------------------------------

@test "run prints the table on standard output, the talk on standard error" {
	need_lab
	small_run
	expect 0
	has out 'RST per trial'
	has out 'refused'
	has err 'seed 7'
	has err 'Saved rstlab-runs/'
	has err 'rstlab report latest --format markdown'
	has err '  why     rstlab explain latest'
	has_not out Saved
	[ -s rstlab-runs/latest/run.db ]
	[ -n "$(ls rstlab-runs/latest/captures)" ]
}

@test "run --quiet says nothing but the result" {
	need_lab
	small_run -q
	expect 0
	expect_empty err
	has out 'RST per trial'
}

@test "run --json prints one document" {
	need_lab
	small_run --json
	expect 0
	expect_document rstlab.run/1
	jq -e '.complete and .stopped == null and .seed == 7 and
		.cells[0].trials == 3' out
}

@test "without --seed a seed of 32 bits is chosen and told" {
	need_lab
	rstlab run -t host -w refused -n 1
	expect 0
	seed=$(sed -n 's/.* seed \([0-9]*\)$/\1/p' err)
	[ "$seed" -lt 4294967296 ]
	has out "seed $seed"
}

@test "run --no-files writes no captures" {
	need_lab
	small_run --no-files
	expect 0
	[ -z "$(find rstlab-runs -name '*.pcapng')" ]
}

@test "run -o writes where it was told, and latest is not touched" {
	need_lab
	small_run -o mine
	expect 0
	[ -s mine/run.db ]
	[ ! -e rstlab-runs ]
	has err 'rstlab report mine --format markdown'
	has err '  why     rstlab explain mine'
}

@test "a list of names and globs runs each once, in the order asked for" {
	need_lab
	rstlab run -t vm-lo,'host*',host -w refused -n 1 --json
	expect 0
	[ "$(jq -c '[.cells[].topology]' out)" = '["vm-lo","host","host-pair","host-routed"]' ]
}

@test "a topology given by its path is run" {
	need_lab
	"$RSTLAB" show host -f yaml | sed 's/^name: .*/name: mine/' >mine.yaml
	rstlab run -t ./mine.yaml -w refused -n 1 --json
	expect 0
	[ "$(jq -r '.cells[0].topology' out)" = mine ]
}

@test "two files of one name are refused: a result could not tell them apart" {
	"$RSTLAB" show host -f yaml >host.yaml
	rstlab run -t host,./host.yaml -w refused -n 1
	expect 2
	has err "two topologies are called 'host'"
	[ ! -e rstlab-runs ]
}

@test "an unknown name is exit 2, a glob without a match exit 4" {
	rstlab run -t dokcer-lo -w refused
	expect 2
	expect_text err "rstlab: no topology 'dokcer-lo' (did you mean 'docker-lo'?)"
	rstlab run -t refused
	expect 2
	expect_text err "rstlab: no topology 'refused', but a workload has that name: \`rstlab run -w refused\`"
	"$RSTLAB" show refused -f yaml >refused.yaml
	rstlab run -t ./refused.yaml
	expect 2
	expect_text err "rstlab: './refused.yaml' is no topology, but a workload: \`rstlab run -w ./refused.yaml\`"
	rstlab run -w 'zzz*'
	expect 4
	expect_text err "rstlab: no workload matches 'zzz*'; \`rstlab list workloads\` shows what there is"
	[ ! -e rstlab-runs ]
}

@test "with --json every failure prints one error document" {
	for words in '-t dokcer-lo' '-w zzz*' '-n many' '--trails 4'; do
		# shellcheck disable=SC2086 # several words
		rstlab run --json $words
		[ "$status" != 0 ]
		expect_document rstlab.error/1
		[ "$(jq .error.exit out)" = "$status" ]
	done
}

@test "a file with mistakes stops a run before it begins" {
	"$RSTLAB" show host -f yaml | sed 's/^client:/cleint:/' >bad.yaml
	rstlab run -t ./bad.yaml -w refused --json
	expect 2
	expect_document rstlab.error/1
	grep -qE "^\./bad\.yaml:[0-9]+:1: error: unknown key 'cleint'" err
	jq -e --rawfile told <(grep -v '^rstlab: ' err) \
		'.error.message | endswith("\n" + ($told | rtrimstr("\n")))' out
	[ ! -e rstlab-runs ]
}

@test "a directory that holds something is left alone, exit 2" {
	mkdir full
	echo precious >full/file
	small_run -o full
	expect 2
	has err full
	[ "$(cat full/file)" = precious ]
}

@test "a directory that cannot be made is exit 2, with the way out" {
	touch file
	small_run -o file/run
	expect 2
	has err 'choose another place with -o'
}

@test "a run that cannot begin leaves no directory, and latest as it was" {
	need_lab
	small_run
	expect 0
	latest=$(readlink rstlab-runs/latest)
	RSTLAB_LIBEXEC=/nonexistent small_run
	[ "$status" != 0 ]
	[ "$(readlink rstlab-runs/latest)" = "$latest" ]
	[ "$(ls rstlab-runs | wc -l)" = 2 ]
}

@test "run --max-time stops early, keeps what it has, exit 5" {
	need_lab
	rstlab "${LONG_RUN[@]}" --max-time 200ms --json
	expect 5
	expect_document rstlab.run/1
	jq -e '.complete == false and .cells[0].trials > 0' out
	has err '--max-time'
	rstlab report --format csv
	expect 5
}

@test "an interrupted run prints what it measured, exit 5" {
	need_lab
	start_and_let_store --json
	kill -INT "$started"
	status_of_started
	expect_whole_blocks out
	mv out stored
	mv run.out out
	mv run.err err
	expect 5
	expect_document rstlab.run/1
	jq -e '.complete == false and .stopped == "interrupted"' out
	has err interrupted
}

@test "colours follow --color, NO_COLOR and CLICOLOR_FORCE" {
	need_lab
	small_run --color always
	has_escapes out
	small_run
	run has_escapes out
	[ "$status" != 0 ]
	CLICOLOR_FORCE=1 rstlab report
	has_escapes out
	CLICOLOR_FORCE=1 NO_COLOR=1 rstlab report
	run has_escapes out
	[ "$status" != 0 ]
	NO_COLOR=1 rstlab report --color always
	has_escapes out
}

@test "without a terminal progress is a line every 10 %, and no bar" {
	need_lab
	rstlab run -t host -w refused -n 2000 --no-files
	expect 0
	grep -qE '^\[2000/2000\] 100 %' err
	[ "$(grep -cE '^\[' err)" -le 10 ]
	run has_escapes err
	[ "$status" != 0 ]
	rstlab run -t host -w refused -n 5 --progress none
	has_not err '%'
}

@test "report prints a run in every format, to a file too" {
	need_lab
	small_run
	rstlab report
	has out 'RST per trial'
	for format in table json csv markdown; do
		rstlab report latest --format $format
		expect 0
		rstlab report latest --format $format -o saved
		expect 0
		expect_empty out
		[ -s saved ]
		[ ! -e saved.part ]
	done
	rstlab report --format json
	expect_document rstlab.run/1
	rstlab report --format csv --connections
	expect 0
	[ "$(wc -l <out)" = 4 ]
	grep -q '^id,topology,workload,trial,' out
}

@test "report knows which options go together" {
	rstlab report --format json --connections
	expect 2
	expect_text err 'rstlab: --connections goes with --format csv'
}

@test "report without any run says so, exit 2" {
	rstlab report
	expect 2
	expect_empty out
	has err "no run 'latest'"
}

# --- shell, exec, doctor ---------------------------------------------------

@test "exec runs a command in a node and returns its status" {
	need_lab
	rstlab exec docker-publish host -- ip -o address show docker0
	expect 0
	has out '172.17.0.1/16'
	rstlab exec docker-publish web -- sh -c 'hostname; exit 9'
	expect 9
	expect_text out web
	# shellcheck disable=SC2016 # for the inner shell
	rstlab exec host -- sh -c 'kill -TERM $$'
	expect 143
}

@test "exec passes standard input on, and options to the command" {
	need_lab
	echo hello | "$RSTLAB" exec host -- cat -A >out
	expect_text out 'hello$'
}

@test "exec of an unknown node suggests a near one, exit 2" {
	rstlab exec docker-publish hots -- true
	expect 2
	expect_text err "rstlab: topology 'docker-publish' has no node 'hots' (did you mean 'host'?)"
	rstlab exec docker-publish zzzzzzzz -- true
	expect 2
	has err 'its nodes are host, web, remote'
}

@test "exec without a command says how to give one" {
	rstlab exec docker-publish host
	expect 2
	expect_text err "rstlab: say what to run: \`rstlab exec docker-publish host -- COMMAND\`"
}

@test "exec tells what is wrong with its words" {
	rstlab exec -- true
	expect 2
	expect_text err "rstlab: name a topology before the --: \`rstlab exec TOPOLOGY NODE -- COMMAND\`"
	rstlab exec host -h
	expect 2
	expect_text err "rstlab: '-h' is no node: \`rstlab exec host NODE -- COMMAND\`; \`rstlab exec --help\` explains it"
}

@test "exec is 127 without the program, 126 when it cannot be executed" {
	need_lab
	rstlab exec host -- nosuchprogram
	expect 127
	expect_text err "rstlab: start 'nosuchprogram' in node 'machine': no program 'nosuchprogram' in PATH"
	rstlab exec docker-bridge app -- /nonexistent/program
	expect 127
	rstlab exec host -- /etc/passwd
	expect 126
	printf '#!/nonexistent\n' >script
	chmod +x script
	rstlab exec host -- ./script
	expect 126
	expect_text err "rstlab: start './script' in node 'machine': execute './script': its interpreter is missing"
}

# examples VERB: the command lines in its help.
examples()
{
	"$RSTLAB" "$1" --help | sed -n '/^Examples$/,$s/^  rstlab/rstlab/p'
}

@test "the examples of list, show, help, exec and shell do what they say" {
	need_lab
	PATH=$(dirname "$RSTLAB"):$PATH:/usr/sbin:/sbin
	for verb in list show help exec shell; do
		examples $verb >lines
		[ -s lines ]
		while read -r line; do
			case $line in
			*' nft '*) command -v nft >/dev/null || continue ;;
			esac
			bash -c "$line" >out 2>err </dev/null || {
				echo "$line"
				cat err
				return 1
			}
		done <lines
	done
}

@test "Ctrl-Z does not stop what exec runs, which nobody would wake" {
	need_lab
	command -v script >/dev/null || skip 'script is missing'
	# One process; a shell with a child; in a container, where the shell
	# is PID 1 and is stopped by nothing; and beside a pipe.
	# shellcheck disable=SC2016 # for the inner shells
	local child='sh -c '\''echo ready; (read -r x; echo "got $x"); exit 5'\'
	for words in 'host -- sh -c '\''echo ready; read -r x; echo "got $x"; exit 5'\' \
		"host -- $child" "docker-publish web -- $child"; do
		rm -f keys out
		mkfifo keys
		timeout 30 script -qec "$RSTLAB exec $words" /dev/null \
			<keys >out 2>&1 3>&- &
		exec 7>keys
		wait_until 10 grep -q ready out
		printf '\032' >&7
		wait_until 10 grep -q '\^Z' out
		printf 'word\n' >&7
		status=0
		wait $! || status=$?
		exec 7>&-
		expect 5
		has out 'got word'
	done
}

@test "Ctrl-Z beside a pipe does not stop what exec runs either" {
	need_lab
	command -v script >/dev/null || skip 'script is missing'
	mkfifo keys word
	# As a job of a shell: there is somebody for whom it could stop.
	cat >job <<-SCRIPT
		set -m
		$RSTLAB exec host -- sh -c \
			'echo ready; read -r x; echo got \$x; exit 5' <word
	SCRIPT
	timeout 30 script -qec 'bash job' /dev/null <keys >out 2>&1 3>&- &
	exec 7>keys 8>word
	wait_until 10 grep -q ready out
	printf '\032' >&7
	wait_until 10 grep -q '\^Z' out
	echo word >&8
	status=0
	wait $! || status=$?
	exec 7>&- 8>&-
	expect 5
	has out 'got word'
}

@test "shell opens where the client runs and returns its status" {
	need_lab
	status=0
	echo 'ip -o address show eth0; exit 6' |
		"$RSTLAB" shell docker-publish >out 2>err || status=$?
	expect 6
	has out '198.51.100.2/24'
}

@test "a shell on a terminal shows the node in its prompt" {
	need_lab
	command -v script >/dev/null || skip 'script is missing'
	status=0
	echo 'exit 4' | script -qec "$RSTLAB shell docker-publish host" \
		/dev/null >out || status=$?
	expect 4
	has out 'host@docker-publish# '
}

@test "doctor says what this machine can do, and agrees with its status" {
	rstlab doctor --json
	expect_document rstlab.doctor/1
	if [ "$(jq .ready out)" = true ]; then
		expect 0
	else
		expect 3
	fi
	jq -e 'all(.checks[]; .state as $s |
		["ok", "info", "warn", "fail"] | index($s))' out
	rstlab doctor
	[ "$status" = 0 ] || [ "$status" = 3 ]
	grep -qE '^(ok|FAIL) +private namespaces' out
	run grep -vE '^((ok|info|warn|FAIL) | {8}|$|ready|[0-9]+ of )' out
	[ "$status" != 0 ]
}

@test "doctor without the probe fails, with the fix" {
	RSTLAB_LIBEXEC=/nonexistent rstlab doctor
	expect 3
	grep -qE '^FAIL +socket probe' out
	has out '/nonexistent/sock is missing'
	has out 'fix: make install'
}
