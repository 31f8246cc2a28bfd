# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/capture/gap.c lab/capture/gap.h \
	lab/capture/live.c lab/capture/live.h \
	lab/capture/pcapng.c lab/capture/pcapng.h

if HAVE_CMOCKA
unit_tests += tests/unit/test-gap tests/unit/test-pcapng
tests_unit_test_gap_SOURCES = tests/unit/test-gap.c
tests_unit_test_pcapng_SOURCES = tests/unit/test-pcapng.c
netns_tests += tests/netns/test-live
tests_netns_test_live_SOURCES = tests/netns/test-live.c
endif
