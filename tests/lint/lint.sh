# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# lint.sh - what the lint tests share.  A test sources it and then, for each
# of its cases, calls `verdict NAME COMPLAINTS`.
#
# Needs: srcdir, or the current directory is the top of the source tree.
set -eu
: "${srcdir:=.}" "${builddir:=$srcdir}"
LC_ALL=C
export LC_ALL

n_cases=0
n_failed=0

# verdict NAME COMPLAINTS - the case passes when there are none.
verdict()
{
	n_cases=$((n_cases + 1))
	if [ -z "$2" ]; then
		echo "ok $n_cases - $1"
		return
	fi
	n_failed=$((n_failed + 1))
	printf '%s\n' "$2" | sed 's/^/# /'
	echo "not ok $n_cases - $1"
}

skip()
{
	n_cases=$((n_cases + 1))
	echo "ok $n_cases - $1 # SKIP $2"
}

finish()
{
	echo "1..$n_cases"
	exit $((n_failed > 0))
}

# Every file that belongs to the project, one a line, from the top: what git
# knows or would add; without git, what lies in the project's folders.
files_by_git()
{
	git -C "$srcdir" ls-files --cached --others --exclude-standard |
		while read -r f; do
			# git lists a file that was deleted but not yet staged
			[ ! -f "$srcdir/$f" ] || echo "$f"
		done
}

files_by_folder()
{
	(
		cd "$srcdir"
		for f in *.md *.ac *.am LICENSE bootstrap .ci/run build-aux/*; do
			[ ! -f "$f" ] || [ -L "$f" ] || echo "$f"
		done | grep -vE '/(compile|depcomp|install-sh|missing|ar-lib|test-driver|config\..*)$'
		find lab probes topologies docs tests -type f |
			grep -E '\.(c|h|def|mk|yaml|md|json|test|bats|bash|sh|txt)$|/run$'
	) | while read -r f; do
		grep -qm 1 '^/\* Made by ' "$srcdir/$f" || echo "$f"
	done
}

if [ -e "$srcdir/.git" ] && git -C "$srcdir" ls-files >/dev/null 2>&1; then
	project=$(files_by_git | sort -u)
else
	project=$(files_by_folder | sort -u)
fi

project_files()
{
	printf '%s\n' "$project"
}

c_files()
{
	project_files | grep '\.[ch]$' || :
}
