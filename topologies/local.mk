# SPDX-License-Identifier: GPL-2.0-or-later
# Topologies and workloads are data: a file that lies in its folder is shipped
# and installed.
EXTRA_DIST += topologies probes/workloads

install-data-local:
	@set -e; \
	$(MKDIR_P) "$(DESTDIR)$(pkgdatadir)/topologies" \
		"$(DESTDIR)$(pkgdatadir)/workloads"; \
	for f in $(srcdir)/topologies/*.yaml; do \
		$(INSTALL_DATA) "$$f" "$(DESTDIR)$(pkgdatadir)/topologies"; \
	done; \
	for f in $(srcdir)/probes/workloads/*.yaml; do \
		$(INSTALL_DATA) "$$f" "$(DESTDIR)$(pkgdatadir)/workloads"; \
	done

uninstall-local:
	for f in $(srcdir)/topologies/*.yaml; do \
		rm -f "$(DESTDIR)$(pkgdatadir)/topologies/$${f##*/}"; \
	done
	for f in $(srcdir)/probes/workloads/*.yaml; do \
		rm -f "$(DESTDIR)$(pkgdatadir)/workloads/$${f##*/}"; \
	done
	-rmdir "$(DESTDIR)$(pkgdatadir)/topologies" \
		"$(DESTDIR)$(pkgdatadir)/workloads" \
		"$(DESTDIR)$(pkgdatadir)" 2>/dev/null || :

EXTRA_DIST += docs/writing-a-topology.md docs/writing-a-workload.md
lint_tests += tests/lint/spec-docs.test
