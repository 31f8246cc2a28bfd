#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# count-cases.sh LOG... - how many cases passed, failed and were skipped.
#
# How it works.  Automake's harness leaves NAME.log (the output of a test) and
# NAME.trs (its verdict on the whole file).  Cases are read from the output:
# cmocka's standard form, or TAP.  A case that began and did not end, a plan
# that was not fulfilled, a failed file without a failed case and a passed
# file without any case each count as one failure.  With RSTLAB_MUST_RUN=1 a
# skip counts as a failure unless its reason says "kernel lacks".
#
# Prints what failed and was skipped, and the sum alone on the last line.
# Returns 1 when anything failed.
set -eu

verdict_of()
{
	sed -n 's/^:test-result: *//p' "${1%.log}.trs" 2>/dev/null || :
}

for log; do
	if [ ! -r "$log" ]; then
		printf 'file %s MISSING\n' "${log%.log}"
		continue
	fi
	printf 'file %s %s\n' "${log%.log}" "$(verdict_of "$log")"
	sed 's/^/| /' "$log"
done | LC_ALL=C awk -v must_run="${RSTLAB_MUST_RUN:-}" '
function fail(name) { failed++; here_failed++; print "failed: " file ": " name }
function pass() { passed++ }
function skip(name, reason) {
	if (must_run == "1" && reason !~ /kernel lacks/) {
		fail(name " (skipped: " reason ")")
		return
	}
	skipped++
	print "skipped: " file ": " name (reason == "" ? "" : ": " reason)
}
function cases() { return passed + failed + skipped }
function close_running() {
	if (running != "")
		fail(running " (did not end)")
	running = ""
}
function close_file() {
	if (file == "")
		return
	close_running()
	if (planned > seen)
		fail((planned - seen) " of " planned " cases did not run")
	if (verdict == "SKIP" && cases() == before)
		skip("whole file", last)
	else if (verdict !~ /^(PASS|SKIP)$/ && !here_failed)
		fail("ended with " (verdict == "" ? "no verdict" : verdict))
	else if (cases() == before && !empty_plan)
		fail("ran no case")
}
function tap_name(text) {
	sub(/^(not )?ok [0-9]+ *-? */, "", text)
	sub(/ *# *[Ss][Kk][Ii][Pp].*$/, "", text)
	return text
}
function tap_reason(text) {
	sub(/^.*# *[Ss][Kk][Ii][Pp][^ ]* */, "", text)
	gsub(/^\(|\)$/, "", text)
	return text
}
/^file / {
	close_file()
	file = $2; verdict = $3
	before = cases(); here_failed = planned = seen = empty_plan = 0
	last = running = note = ""
	next
}
{ sub(/^\| /, ""); if ($0 != "") { previous = last; last = $0 } }

/^\[ RUN      \]/ { close_running(); running = $4; note = ""; next }
running != "" && /^\[       OK \]/ { pass(); running = ""; next }
running != "" && /^\[  FAILED  \]/ { fail(running); running = ""; next }
running != "" && /^\[  SKIPPED \]/ { skip(running, note); running = ""; next }
running != "" { note = $0; next }

/^1\.\.[0-9]+/ {
	planned = substr($1, 4) + 0
	if (planned == 0) { empty_plan = 1; skip("whole file", tap_reason($0)) }
	next
}
/^ok [0-9]+/ {
	seen++
	if ($0 ~ /# *[Ss][Kk][Ii][Pp]/)
		skip(tap_name($0), tap_reason($0))
	else
		pass()
	next
}
/^not ok [0-9]+/ { seen++; fail(tap_name($0)); next }
END {
	close_file()
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0
}'
