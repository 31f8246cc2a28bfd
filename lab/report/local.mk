# SPDX-License-Identifier: GPL-2.0-or-later
# A new format: one file and one line here, in the order of --help.
report_files = \
	lab/report/table.c \
	lab/report/json.c \
	lab/report/csv.c \
	lab/report/markdown.c

librstlab_a_SOURCES += $(report_files) \
	lab/report/causes.c lab/report/causes.h \
	lab/report/checks.c lab/report/checks.h \
	lab/report/format.c lab/report/format.h \
	lab/report/frames.c lab/report/frames.h \
	lab/report/grid.c lab/report/grid.h \
	lab/report/groups.c lab/report/groups.h \
	lab/report/json-error.c lab/report/json-error.h \
	lab/report/json-text.c lab/report/json-text.h \
	lab/report/ladder.c lab/report/ladder.h \
	lab/report/markdown-text.c lab/report/markdown-text.h \
	lab/report/matrix.c lab/report/matrix.h \
	lab/report/observer.c lab/report/observer.h \
	lab/report/published.c lab/report/published.h \
	lab/report/report.h \
	lab/report/runtimes.c lab/report/runtimes.h \
	lab/report/seen.c lab/report/seen.h \
	lab/report/senders.c lab/report/senders.h \
	lab/report/states.c lab/report/states.h \
	lab/report/where.c lab/report/where.h
nodist_librstlab_a_SOURCES += lab/report/reports.c
CLEANFILES += lab/report/reports.c

lab/report/reports.c: Makefile build-aux/mkregistry.sh
	$(AM_V_GEN)$(MKDIR_P) lab/report && \
		$(SHELL) $(srcdir)/build-aux/mkregistry.sh report \
		lab/report/report.h $(report_files) > $@-t && mv $@-t $@

EXTRA_DIST += \
	docs/writing-a-report.md \
	tests/golden/report/app.csv \
	tests/golden/report/app.txt \
	tests/golden/report/causes.csv \
	tests/golden/report/causes.txt \
	tests/golden/report/cells.csv \
	tests/golden/report/connections.csv \
	tests/golden/report/run.json \
	tests/golden/report/run.md \
	tests/golden/report/states-80.txt \
	tests/golden/report/states.csv \
	tests/golden/report/states.txt \
	tests/golden/report/surprises.txt \
	tests/golden/report/table-80.txt \
	tests/golden/report/table-color.txt \
	tests/golden/report/table.txt \
	tests/golden/report/unbalanced.md \
	tests/golden/report/unbalanced.txt \
	tests/golden/report/views.json

if HAVE_CMOCKA
report_test = tests/unit/report-run.c tests/unit/report-run.h \
	tests/unit/report-test.c tests/unit/report-test.h
tests_unit_test_observer_SOURCES = tests/unit/test-observer.c \
	tests/unit/sample-run.h
unit_tests += tests/unit/test-observer
unit_tests += tests/unit/test-ladder tests/unit/test-report tests/unit/test-report-json \
	tests/unit/test-report-params tests/unit/test-report-table \
	tests/unit/test-report-views
tests_unit_test_ladder_SOURCES = tests/unit/test-ladder.c
tests_unit_test_report_json_SOURCES = tests/unit/test-report-json.c \
	$(report_test)
tests_unit_test_report_views_SOURCES = tests/unit/test-report-views.c \
	$(report_test)
tests_unit_test_report_table_SOURCES = tests/unit/test-report-table.c \
	$(report_test)
tests_unit_test_report_SOURCES = tests/unit/test-report.c $(report_test)
tests_unit_test_report_params_SOURCES = tests/unit/test-report-params.c \
	tests/unit/report-run.c tests/unit/report-run.h
tests_unit_test_report_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=summary_each_connection
endif
