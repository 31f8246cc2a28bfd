# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# helpers.bash - what the end-to-end tests share.
#
# build-aux/run-bats.sh runs each file in private PID, mount and network
# namespaces: whatever process, link, rule or mount shows up there is ours.

: "${srcdir:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
: "${builddir:=$srcdir}" "${RSTLAB:=$builddir/rstlab}"

# Every test works in a directory of its own, and so do its temporary files.
enter_own_directory()
{
	TMPDIR=$BATS_TEST_TMPDIR/tmp
	export TMPDIR
	mkdir -p "$TMPDIR" "$BATS_TEST_TMPDIR/cwd"
	cd "$BATS_TEST_TMPDIR/cwd" || return 1
}

# A machine that cannot build any lab can run few of these tests.
need_namespaces()
{
	[ -n "${RSTLAB_SANDBOX:-}" ] ||
		skip 'private PID and network namespaces are refused here'
}

# two_machines NAME LINK - the topology NAME.yaml: a client, a server, and a
# link of the keys LINK between them.
two_machines()
{
	cat >"$1.yaml" <<YAML
name: $1
summary: two machines
mirrors: none
client: near
server: far
connect: 192.0.2.2:8080
listen: 192.0.2.2:8080
nodes:
  - name: near
    kind: host
    interfaces:
      - {name: eth0, link: cable, addresses: [192.0.2.1/24]}
  - name: far
    kind: host
    interfaces:
      - {name: eth0, link: cable, addresses: [192.0.2.2/24]}
links:
  - {name: cable, $2}
YAML
}

# filtered_pair NODE HOOK RULE - the topology pair.yaml: client and server on
# two machines, and a rule in that hook of one of them.
filtered_pair()
{
	cat >pair.yaml <<-EOF
	name: pair
	summary: two machines, one with a rule
	mirrors: nothing real
	client: client
	server: server
	connect: 192.0.2.2:8080
	listen: 192.0.2.2:8080
	nodes:
	  - name: client
	    kind: host
	    interfaces: [{name: eth0, link: cable, addresses: [192.0.2.1/24]}]
	$(rule_of client "$@")
	  - name: server
	    kind: host
	    interfaces: [{name: eth0, link: cable, addresses: [192.0.2.2/24]}]
	$(rule_of server "$@")
	EOF
}

# rule_of NODE WHOSE HOOK RULE
rule_of()
{
	[ "$1" = "$2" ] || return 0
	cat <<-EOF
	    nft: |
	      table ip filter {
	        chain $3 {
	          type filter hook $3 priority 0; policy accept;
	          $4
	        }
	      }
	EOF
}

# Does a run hear what the kernel says of its resets?
hears_kernel()
{
	"$RSTLAB" doctor 2>&1 | grep -q '^ok .*kernel events'
}

is_root()
{
	[ "$(id -u)" = 0 ]
}

# Run "$@" with the right to mount, in a mount namespace of its own.
may_mount()
{
	if is_root; then
		unshare --mount "$@"
	else
		unshare --user --map-root-user --mount "$@"
	fi
}

# Run "$@", which may be an exported function, with the right to capture, in
# a network of its own with lo up.  Who is root there would be made to change
# the user, by tcpdump.
may_capture()
{
	local user=()
	is_root || user=(--user --map-current-user --keep-caps)
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare "${user[@]}" --net bash -euc 'ip link set lo up; "$@"' bash "$@"
}

# The pids from this shell up to PID 1.
own_line()
{
	local pid=$BASHPID key value
	while ((pid > 0)); do
		echo -n " $pid"
		while read -r key value; do
			[ "$key" != PPid: ] || break
		done <"/proc/$pid/status"
		pid=$value
	done
}

# processes - "pid name" of every process that is neither in $known_pids nor
# on the line from this shell to PID 1.
processes()
{
	local path pid rest own
	own=$(own_line)
	for path in /proc/[0-9]*; do
		pid=${path#/proc/}
		[[ "$known_pids $own $BASHPID " == *" $pid "* ]] && continue
		{ read -r rest <"$path/stat"; } 2>/dev/null || continue
		rest=${rest#*\(}
		echo "$pid ${rest%)*}"
	done
}

know_present_processes()
{
	local path
	known_pids=
	for path in /proc/[0-9]*; do
		known_pids+=" ${path#/proc/}"
	done
	known_pids+=' '
}

net_namespaces()
{
	readlink /proc/[0-9]*/ns/net 2>/dev/null | sort -u
}

# Everything that a run could leave behind, as text to compare.
world()
{
	echo "processes: $(processes)"
	echo "namespaces: $(net_namespaces)"
	echo "links: $(ip -o link)"
	echo "rules: $(if is_root; then nft list ruleset; fi)"
	echo "mounts: $(cat /proc/self/mountinfo)"
	echo "temporary files: $(find "$TMPDIR" -mindepth 1)"
}

# wait_until SECONDS COMMAND... - poll until it succeeds.
wait_until()
{
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}

world_is()
{
	[ "$(world)" = "$1" ]
}

# Fail, and say how, unless the world becomes as it was within 10 s.
expect_world()
{
	local now
	wait_until 10 world_is "$1" && return
	now=$(world)
	diff <(echo "$1") <(echo "$now") >&2 || :
	return 1
}

# start NAME ARGS... - rstlab in the background, leader of its own process
# group as if a shell had started it in the foreground: it hears SIGINT.
# Sets $started to its pid; output goes to NAME.out and NAME.err.
start()
{
	local name=$1
	shift
	env --default-signal=INT,QUIT setsid "$RSTLAB" "$@" \
		>"$name.out" 2>"$name.err" </dev/null 3>&- &
	started=$!
}

# Sets $status to that of $started, also when a signal ended it.
# shellcheck disable=SC2034 # for the test that calls
status_of_started()
{
	status=0
	wait "$started" || status=$?
}

gone()
{
	! kill -0 "$1" 2>/dev/null
}

# A run of rstlab that is not over before a test got at it.
# shellcheck disable=SC2034 # for the tests
readonly LONG_RUN=(run -t host -w clean-close-client -n 1000000)

# How many trials are in the database of run $1; 0 while there is none.
stored_trials()
{
	local n
	n=$(sqlite3 -readonly "$1/run.db" 'SELECT count(*) FROM trial' \
		2>/dev/null) || n=0
	echo "${n:-0}"
}

has_stored_trials()
{
	[ "$(stored_trials "$1")" -gt 0 ]
}

# Start the long run into ./out and wait until its first block is stored.
start_and_let_store()
{
	start run "${LONG_RUN[@]}" -o out "$@"
	# shellcheck disable=SC2016 # for eval, each time anew
	wait_until 20 eval 'has_stored_trials out || gone "$started"'
	has_stored_trials out || { cat run.err; return 1; }
}

# The database of an interrupted run is sound, holds whole blocks only, and
# the program itself can still read it.
expect_whole_blocks()
{
	[ "$(sqlite3 "$1/run.db" 'PRAGMA integrity_check')" = ok ]
	[ "$(sqlite3 "$1/run.db" 'SELECT count(DISTINCT n) FROM (
		SELECT count(*) AS n FROM trial GROUP BY block)')" -le 1 ]
	[ "$(sqlite3 "$1/run.db" 'SELECT ifnull(max(block) + 1, 0)
		= count(DISTINCT block) FROM trial')" = 1 ]
	"$RSTLAB" report "$1" --format json |
		jq -e '.schema == "rstlab.run/1"' >/dev/null
}
