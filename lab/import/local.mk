# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/import/beside.c \
	lab/import/filter.c lab/import/filter.h \
	lab/import/import.c lab/import/import.h \
	lab/import/jail.c lab/import/jail.h \
	lab/import/judge.c lab/import/judge.h \
	lab/import/record.c lab/import/record.h \
	lab/import/scan.c lab/import/scan.h \
	lab/import/source.c lab/import/source.h \
	lab/import/tally.c lab/import/tally.h

e2e_tests += tests/e2e/import.bats
