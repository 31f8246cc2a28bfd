librstlab_a_SOURCES += \
	lab/flow/bundle.c lab/flow/bundle.h \
	lab/flow/bundler.c lab/flow/bundler.h \
	lab/flow/bytes.h \
	lab/flow/defrag.c lab/flow/defrag.h \
	lab/flow/ending.c lab/flow/ending.h \
	lab/flow/flow.c lab/flow/flow.h lab/flow/flow-parts.h \
	lab/flow/hpack.c lab/flow/hpack.h \
	lab/flow/http2.c lab/flow/http2.h \
	lab/flow/http2-streams.c lab/flow/http2-streams.h \
	lab/flow/http2-text.c lab/flow/http2-text.h \
	lab/flow/index.c lab/flow/index.h \
	lab/flow/packet.c lab/flow/packet.h lab/flow/plain.h \
	lab/flow/reset.c lab/flow/retire.c \
	lab/flow/stream.c lab/flow/stream.h \
	lab/flow/tcpseq.h \
	lab/flow/track.c lab/flow/track.h \
	lab/flow/transcript.c lab/flow/transcript.h \
	lab/flow/transcript-late.c lab/flow/transcript-text.c \
	lab/flow/unread.c lab/flow/unread.h \
	lab/flow/zeek.c lab/flow/zeek.h

if HAVE_CMOCKA
unit_tests += tests/unit/test-bundle
tests_unit_test_bundle_SOURCES = tests/unit/test-bundle.c
unit_tests += tests/unit/test-bundler
tests_unit_test_bundler_SOURCES = tests/unit/test-bundler.c
unit_tests += tests/unit/test-defrag
tests_unit_test_defrag_SOURCES = tests/unit/test-defrag.c
unit_tests += tests/unit/test-index
tests_unit_test_index_SOURCES = tests/unit/test-index.c
unit_tests += tests/unit/test-packet
tests_unit_test_packet_SOURCES = tests/unit/test-packet.c
unit_tests += tests/unit/test-flow tests/unit/test-flow-astray
unit_tests += tests/unit/test-flow-again
tests_unit_test_flow_again_SOURCES = tests/unit/test-flow-again.c \
	tests/unit/story.h
unit_tests += tests/unit/test-flow-long
tests_unit_test_flow_long_SOURCES = tests/unit/test-flow-long.c \
	tests/unit/story.h
tests_unit_test_flow_SOURCES = tests/unit/test-flow.c tests/unit/story.h
tests_unit_test_flow_astray_SOURCES = tests/unit/test-flow-astray.c \
	tests/unit/story.h
unit_tests += tests/unit/test-ending
tests_unit_test_ending_SOURCES = tests/unit/test-ending.c tests/unit/story.h
unit_tests += tests/unit/test-transcript
tests_unit_test_transcript_SOURCES = tests/unit/test-transcript.c \
	tests/unit/wire.h
unit_tests += tests/unit/test-http2
tests_unit_test_http2_SOURCES = tests/unit/test-http2.c tests/unit/wire.h
unit_tests += tests/unit/test-stream tests/unit/test-unread
tests_unit_test_stream_SOURCES = tests/unit/test-stream.c
tests_unit_test_unread_SOURCES = tests/unit/test-unread.c
unit_tests += tests/fuzz/test-fuzz-flow
tests_fuzz_test_fuzz_flow_SOURCES = tests/fuzz/test-fuzz-flow.c \
	tests/fuzz/fuzz-flow.c tests/fuzz/fuzz-flow.h
unit_tests += tests/fuzz/test-fuzz-http2
tests_fuzz_test_fuzz_http2_SOURCES = tests/fuzz/test-fuzz-http2.c \
	tests/fuzz/fuzz-http2.c tests/fuzz/fuzz-flow.h
unit_tests += tests/golden/test-golden-flow
tests_golden_test_golden_flow_SOURCES = tests/golden/test-golden-flow.c
unit_tests += tests/golden/test-golden-http2
tests_golden_test_golden_http2_SOURCES = tests/golden/test-golden-http2.c
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
EXTRA_DIST += tests/fuzz/corpus-http2 \
	tests/golden/http2/make.py \
	tests/golden/http2/unary.pcap tests/golden/http2/unary.txt \
	tests/golden/http2/stream.pcap tests/golden/http2/stream.txt \
	tests/golden/http2/error.pcap tests/golden/http2/error.txt \
	tests/golden/http2/unknown.pcap tests/golden/http2/unknown.txt \
	tests/golden/http2/many.pcap tests/golden/http2/many.txt \
	tests/golden/http2/gzip.pcap tests/golden/http2/gzip.txt \
	tests/golden/http2/snap-200.pcap tests/golden/http2/snap-200.txt

bench_programs += tests/bench/bench-flow tests/bench/bench-http2
tests_bench_bench_http2_SOURCES = tests/bench/bench-http2.c
tests_bench_bench_flow_SOURCES = tests/bench/bench-flow.c
