# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/import/beside.c \
	lab/import/filter.c lab/import/filter.h \
	lab/import/import.c lab/import/import.h \
	lab/import/jail.c lab/import/jail.h \
	lab/import/judge.c lab/import/judge.h \
	lab/import/lane.c lab/import/lane.h \
	lab/import/record.c lab/import/record.h \
	lab/import/scan.c lab/import/scan.h \
	lab/import/tally.c lab/import/tally.h lab/import/tally-parts.h \
	lab/import/tally-summary.c \
	lab/import/tap.c lab/import/tap.h

e2e_tests += tests/e2e/import.bats tests/e2e/import-tools.bats
EXTRA_DIST += tests/e2e/import-fragment.py tests/e2e/import-interrupt.py tests/e2e/import-relink.py tests/e2e/import-traffic.py
EXTRA_DIST += tests/fuzz/corpus-capture

if HAVE_CMOCKA
unit_tests += tests/unit/test-record
tests_unit_test_record_SOURCES = tests/unit/test-record.c
unit_tests += tests/unit/test-lane
tests_unit_test_lane_SOURCES = tests/unit/test-lane.c
unit_tests += tests/unit/test-scan
tests_unit_test_scan_SOURCES = tests/unit/test-scan.c
unit_tests += tests/fuzz/test-fuzz-import
tests_fuzz_test_fuzz_import_SOURCES = tests/fuzz/test-fuzz-import.c \
	tests/fuzz/fuzz-import.c tests/fuzz/fuzz-flow.h
endif
