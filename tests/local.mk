# SPDX-License-Identifier: GPL-2.0-or-later
# Unit and namespace tests are listed by the folder they test, scripts here.
lint_tests += \
	tests/lint/docs.test \
	tests/lint/format.test \
	tests/lint/json-schema.test \
	tests/lint/layers.test \
	tests/lint/registered.test \
	tests/lint/shellcheck.test \
	tests/lint/sizes.test \
	tests/lint/spdx.test \
	tests/lint/words.test

e2e_tests += \
	tests/e2e/captures.bats \
	tests/e2e/every-topology.bats \
	tests/e2e/faults.bats \
	tests/e2e/install.bats \
	tests/e2e/judgement.bats \
	tests/e2e/leftovers.bats \
	tests/e2e/own.bats \
	tests/e2e/readme.bats \
	tests/e2e/who-closes.bats

# Whole tables of cells, each cell a case.
table_tests += \
	tests/e2e/truth-table.test

check_PROGRAMS += $(unit_tests) $(netns_tests)
TESTS += $(unit_tests) $(netns_tests) $(table_tests) $(lint_tests)
if HAVE_BATS
TESTS += $(e2e_tests) $(root_tests)
endif

# A test that hangs is a test that failed.
LOG_COMPILER = timeout
AM_LOG_FLAGS = -k 5 180
TEST_EXTENSIONS = .test .bats
TEST_LOG_COMPILER = timeout
AM_TEST_LOG_FLAGS = -k 5 180 $(SHELL)
BATS_LOG_COMPILER = $(SHELL)
AM_BATS_LOG_FLAGS = $(srcdir)/build-aux/run-bats.sh

# No absolute name from configure: a built tree may be copied and checked.
AM_TESTS_ENVIRONMENT = \
	builddir=`pwd`; srcdir=`cd $(srcdir) && pwd`; RSTLAB=$$builddir/rstlab; \
	export builddir srcdir RSTLAB;

# Automake counts files; a reader wants to know how many cases there were.
# This takes the place of its rule, and adds the sum, also after a failure.
AM_MAKEFLAGS = --no-print-directory
check-TESTS: $(check_PROGRAMS)
	@rm -f $(TEST_LOGS) $(TEST_LOGS:.log=.trs) $(TEST_SUITE_LOG)
	@status=0; $(MAKE) $(AM_MAKEFLAGS) $(TEST_SUITE_LOG) || status=$$?; \
	$(SHELL) $(srcdir)/build-aux/count-cases.sh $(TEST_LOGS) || status=1; \
	exit $$status

# What rstlab is measured against; see tests/bench/run.
bench_programs += tests/bench/make-capture tests/bench/count-packets \
	tests/bench/cost
tests_bench_cost_SOURCES = tests/bench/cost.c
tests_bench_count_packets_SOURCES = tests/bench/count-packets.c
tests_bench_make_capture_SOURCES = tests/bench/make-capture.c
bench_programs += tests/bench/bare-loop tests/bench/grpc-loop \
	tests/bench/run-lab tests/bench/own-share \
	tests/bench/bench-raw-build
tests_bench_bare_loop_SOURCES = tests/bench/bare-loop.c
tests_bench_grpc_loop_SOURCES = tests/bench/grpc-loop.c
tests_bench_own_share_SOURCES = tests/bench/own-share.c
tests_bench_run_lab_SOURCES = tests/bench/run-lab.c
tests_bench_bench_raw_build_SOURCES = tests/bench/bench-raw-build.c

EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)
bench: all $(bench_programs)
	builddir=. $(SHELL) $(srcdir)/tests/bench/run
.PHONY: bench

# Takes 4 minutes and 2 GiB of disk.
bench-import: all $(bench_programs)
	builddir=. $(SHELL) $(srcdir)/tests/bench/import
.PHONY: bench-import

# The truth table of docs/mirrors.md alone.
check-truth: all
	@$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/e2e/truth-table.test
.PHONY: check-truth

# What each workload expects, in every topology: some ten minutes.
# TOPOLOGIES='host docker-proxy' chooses some.
check-selftest: all
	@$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/e2e/selftest-all.test \
		AM_TEST_LOG_FLAGS='-k 5 3600 $(SHELL)'
.PHONY: check-selftest

EXTRA_DIST += tests/e2e/selftest-all.test $(lint_tests) $(e2e_tests) $(root_tests) $(table_tests) \
	tests/e2e/own-client.py tests/e2e/own-server.py \
	build-aux/count-cases.sh build-aux/run-bats.sh \
	tests/bench/import tests/bench/run \
	tests/e2e/containers.bash tests/e2e/helpers.bash tests/e2e/truth-hops.txt \
	tests/e2e/truth-table.txt \
	tests/lint/lint.sh
