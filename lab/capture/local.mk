# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/capture/gap.c lab/capture/gap.h \
	lab/capture/guess.c \
	lab/capture/input.c lab/capture/input.h \
	lab/capture/live.c lab/capture/live.h \
	lab/capture/pcapng.c lab/capture/pcapng.h \
	lab/capture/read-pcap.c lab/capture/read-pcapng.c \
	lab/capture/reader.c lab/capture/reader.h lab/capture/reader-parts.h \
	lab/capture/source.c lab/capture/source.h \
	lab/capture/unpack.c lab/capture/unpack.h

if HAVE_CMOCKA
unit_tests += tests/unit/test-gap tests/unit/test-pcapng
tests_unit_test_gap_SOURCES = tests/unit/test-gap.c
tests_unit_test_pcapng_SOURCES = tests/unit/test-pcapng.c
unit_tests += tests/unit/test-input
tests_unit_test_input_SOURCES = tests/unit/test-input.c
unit_tests += tests/unit/test-reader
tests_unit_test_reader_SOURCES = tests/unit/test-reader.c
unit_tests += tests/unit/test-unpack
tests_unit_test_unpack_SOURCES = tests/unit/test-unpack.c
unit_tests += tests/fuzz/test-fuzz-reader
tests_fuzz_test_fuzz_reader_SOURCES = tests/fuzz/test-fuzz-reader.c \
	tests/fuzz/fuzz-reader.c tests/fuzz/fuzz-flow.h
netns_tests += tests/netns/test-live
tests_netns_test_live_SOURCES = tests/netns/test-live.c
endif
