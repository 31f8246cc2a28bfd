# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/stat/newcombe.c lab/stat/newcombe.h \
	lab/stat/wilson.c lab/stat/wilson.h

if HAVE_CMOCKA
unit_tests += tests/unit/test-newcombe tests/unit/test-wilson
tests_unit_test_newcombe_SOURCES = tests/unit/test-newcombe.c
tests_unit_test_wilson_SOURCES = tests/unit/test-wilson.c
endif
