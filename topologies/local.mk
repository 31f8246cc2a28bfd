# SPDX-License-Identifier: GPL-2.0-or-later
# Topologies and workloads are data: a file that lies in its folder is shipped
# and installed.  What topologies include lies in topologies/base/, where it is
# found beside them but not taken for one of them.
EXTRA_DIST += topologies probes/workloads

# In the tree and, below $(pkgdatadir), installed.
DATA_FOLDERS = topologies:topologies topologies/base:topologies/base \
	topologies/plans:plans \
	probes/workloads:workloads

install-data-local:
	@set -e; for pair in $(DATA_FOLDERS); do \
		to="$(DESTDIR)$(pkgdatadir)/$${pair#*:}"; \
		$(MKDIR_P) "$$to"; \
		for f in $(srcdir)/$${pair%:*}/*.yaml; do \
			$(INSTALL_DATA) "$$f" "$$to"; \
		done; \
	done

uninstall-local:
	for pair in $(DATA_FOLDERS); do \
		for f in $(srcdir)/$${pair%:*}/*.yaml; do \
			rm -f "$(DESTDIR)$(pkgdatadir)/$${pair#*:}/$${f##*/}"; \
		done; \
	done
	-rmdir "$(DESTDIR)$(pkgdatadir)/topologies/base" \
		"$(DESTDIR)$(pkgdatadir)/plans" \
		"$(DESTDIR)$(pkgdatadir)/topologies" \
		"$(DESTDIR)$(pkgdatadir)/workloads" \
		"$(DESTDIR)$(pkgdatadir)" 2>/dev/null || :

EXTRA_DIST += docs/endings.md docs/mirrors.md \
	docs/writing-a-plan.md docs/writing-a-topology.md docs/writing-a-workload.md \
	tests/golden/mirrors
e2e_tests += tests/e2e/bad-input.bats tests/e2e/bad-scripts.bats \
	tests/e2e/families.bats
lint_tests += tests/lint/chains.test tests/lint/endings.test \
	tests/lint/mirrors.test \
	tests/lint/spec-docs.test
