# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/net/baseline.c \
	lab/net/build.c lab/net/build.h \
	lab/net/counters.c lab/net/counters.h \
	lab/net/feature.c lab/net/feature.h \
	lab/net/filter.c lab/net/filter.h \
	lab/net/links.c lab/net/links.h \
	lab/net/multicast.c lab/net/multicast.h \
	lab/net/net.c lab/net/net.h \
	lab/net/netem.c lab/net/netem.h \
	lab/net/netns.c lab/net/netns.h \
	lab/net/nft.c lab/net/nft.h \
	lab/net/rtnl-address.c lab/net/rtnl-link.c \
	lab/net/rtnl-qdisc.c lab/net/rtnl-qdisc.h lab/net/rtnl-request.h \
	lab/net/rtnl.c lab/net/rtnl.h \
	lab/net/settings.c lab/net/settings.h \
	lab/net/dying.c lab/net/dying.h \
	lab/net/sockdiag.c lab/net/sockdiag.h \
	lab/net/sysctl.c lab/net/sysctl.h \
	lab/net/tap.c lab/net/tap.h \
	lab/net/tracking.c lab/net/tracking.h

bench_programs += tests/bench/bench-net-build
tests_bench_bench_net_build_SOURCES = tests/bench/bench-net-build.c

e2e_tests += tests/netns/netem.bats

if HAVE_CMOCKA
netns_tests += \
	tests/kernel/test-net-assumptions \
	tests/netns/test-counters tests/netns/test-dying \
	tests/netns/test-filter \
	tests/netns/test-net \
	tests/netns/test-net-refusals tests/netns/test-netem \
	tests/netns/test-nft \
	tests/netns/test-netns \
	tests/netns/test-sockdiag \
	tests/netns/test-tap \
	tests/netns/test-tracking
tests_netns_test_tracking_SOURCES = tests/netns/test-tracking.c \
	tests/netns/loopback.h tests/netns/netns-test.h
tests_kernel_test_net_assumptions_SOURCES = \
	tests/kernel/test-net-assumptions.c \
	tests/netns/loopback.h tests/netns/netns-test.h
tests_netns_test_counters_SOURCES = tests/netns/test-counters.c \
	tests/netns/loopback.h tests/netns/netns-test.h
tests_netns_test_dying_SOURCES = tests/netns/test-dying.c \
	tests/netns/loopback.h tests/netns/netns-test.h
tests_netns_test_filter_SOURCES = tests/netns/test-filter.c \
	tests/netns/loopback.h tests/netns/netns-test.h
tests_netns_test_net_SOURCES = tests/netns/test-net.c \
	tests/netns/netns-test.h tests/netns/topology-text.h
tests_netns_test_netem_SOURCES = \
	tests/netns/test-netem.c tests/netns/netns-test.h
tests_netns_test_nft_SOURCES = tests/netns/test-nft.c tests/netns/netns-test.h
tests_netns_test_net_refusals_SOURCES = tests/netns/test-net-refusals.c \
	tests/netns/netns-test.h tests/netns/topology-text.h
tests_netns_test_netns_SOURCES = \
	tests/netns/test-netns.c tests/netns/netns-test.h
tests_netns_test_sockdiag_SOURCES = tests/netns/test-sockdiag.c \
	tests/netns/loopback.h tests/netns/netns-test.h
tests_netns_test_tap_SOURCES = tests/netns/test-tap.c \
	tests/netns/netns-test.h tests/netns/topology-text.h
endif
