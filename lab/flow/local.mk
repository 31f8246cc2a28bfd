librstlab_a_SOURCES += \
	lab/flow/ending.c lab/flow/ending.h \
	lab/flow/flow.c lab/flow/flow.h \
	lab/flow/index.c lab/flow/index.h \
	lab/flow/packet.c lab/flow/packet.h \
	lab/flow/reset.c \
	lab/flow/tcpseq.h \
	lab/flow/track.c lab/flow/track.h \
	lab/flow/zeek.c lab/flow/zeek.h

if HAVE_CMOCKA
unit_tests += tests/unit/test-packet
tests_unit_test_packet_SOURCES = tests/unit/test-packet.c
unit_tests += tests/unit/test-flow tests/unit/test-flow-astray
tests_unit_test_flow_SOURCES = tests/unit/test-flow.c tests/unit/story.h
tests_unit_test_flow_astray_SOURCES = tests/unit/test-flow-astray.c \
	tests/unit/story.h
unit_tests += tests/unit/test-ending
tests_unit_test_ending_SOURCES = tests/unit/test-ending.c tests/unit/story.h
unit_tests += tests/fuzz/test-fuzz-flow
tests_fuzz_test_fuzz_flow_SOURCES = tests/fuzz/test-fuzz-flow.c \
	tests/fuzz/fuzz-flow.c tests/fuzz/fuzz-flow.h
unit_tests += tests/golden/test-golden-flow
tests_golden_test_golden_flow_SOURCES = tests/golden/test-golden-flow.c
endif
EXTRA_DIST += \
	tests/golden/flow/make.py \
	tests/golden/flow/clean-close-client.pcap \
	tests/golden/flow/clean-close-server.pcap \
	tests/golden/flow/late-data.pcap \
	tests/golden/flow/late-data-and-fin.pcap \
	tests/golden/flow/linger0.pcap \
	tests/golden/flow/peer-fin-unread.pcap \
	tests/golden/flow/refused.pcap \
	tests/golden/flow/server-killed.pcap \
	tests/golden/flow/shutdown-unread.pcap \
	tests/golden/flow/unread-close.pcap

bench_programs += tests/bench/bench-flow
tests_bench_bench_flow_SOURCES = tests/bench/bench-flow.c
