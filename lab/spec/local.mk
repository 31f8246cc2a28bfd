# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/spec/casting.c lab/spec/casting.h \
	lab/spec/check.h lab/spec/counters.def \
	lab/spec/diag.c \
	lab/spec/document.c lab/spec/document.h \
	lab/spec/exec.c lab/spec/exec.h \
	lab/spec/exec-param.c lab/spec/exec-param.h \
	lab/spec/expect.c lab/spec/expect.h \
	lab/spec/faults.def lab/spec/features.def \
	lab/spec/frames.def \
	lab/spec/hold.c lab/spec/hold.h \
	lab/spec/include.c \
	lab/spec/link.c lab/spec/link-check.c \
	lab/spec/name.c lab/spec/name.h \
	lab/spec/named-plan.c lab/spec/named-plan.h \
	lab/spec/nft-check.c \
	lab/spec/param.c lab/spec/param.h lab/spec/param-axis.c \
	lab/spec/param-address.c lab/spec/param-note.c lab/spec/param-parts.h \
	lab/spec/param-wire.c \
	lab/spec/process-check.c \
	lab/spec/quantity.c lab/spec/quantity.h \
	lab/spec/read.h \
	lab/spec/script.c lab/spec/script.h \
	lab/spec/segments.def \
	lab/spec/spec.c lab/spec/spec.h \
	lab/spec/step.c lab/spec/step.h \
	lab/spec/steps.def lab/spec/sysctls.def \
	lab/spec/topology.c lab/spec/topology.h \
	lab/spec/topology-check.c lab/spec/topology-check.h \
	lab/spec/topology-tables.h lab/spec/through.def \
	lab/spec/workload.c lab/spec/workload.h

e2e_tests += tests/e2e/params.bats

if HAVE_CMOCKA
unit_tests += tests/unit/test-casting \
	tests/unit/test-exec tests/unit/test-expect \
	tests/unit/test-nft-check \
	tests/unit/test-include tests/unit/test-named-plan \
	tests/unit/test-param \
	tests/unit/test-quantity \
	tests/unit/test-spec tests/unit/test-spec-errors \
	tests/unit/test-topology tests/unit/test-topology-errors \
	tests/unit/test-topology-processes \
	tests/unit/test-workload
spec_test = tests/unit/spec-test.c tests/unit/spec-test.h
tests_unit_test_casting_SOURCES = tests/unit/test-casting.c \
	tests/unit/spec-folder.c tests/unit/spec-folder.h
tests_unit_test_exec_SOURCES = tests/unit/test-exec.c $(spec_test)
tests_unit_test_expect_SOURCES = tests/unit/test-expect.c $(spec_test)
tests_unit_test_include_SOURCES = tests/unit/test-include.c \
	tests/unit/spec-folder.c tests/unit/spec-folder.h
tests_unit_test_named_plan_SOURCES = tests/unit/test-named-plan.c \
	$(spec_test)
tests_unit_test_param_SOURCES = tests/unit/test-param.c \
	tests/unit/spec-folder.c tests/unit/spec-folder.h
tests_unit_test_quantity_SOURCES = tests/unit/test-quantity.c
tests_unit_test_spec_SOURCES = tests/unit/test-spec.c \
	tests/unit/spec-tree.h $(spec_test)
tests_unit_test_spec_errors_SOURCES = tests/unit/test-spec-errors.c \
	tests/unit/spec-tree.h $(spec_test)
tests_unit_test_topology_SOURCES = tests/unit/test-topology.c $(spec_test)
tests_unit_test_topology_errors_SOURCES = tests/unit/test-topology-errors.c \
	$(spec_test)
tests_unit_test_nft_check_SOURCES = tests/unit/test-nft-check.c \
	$(spec_test)
tests_unit_test_topology_processes_SOURCES = \
	tests/unit/test-topology-processes.c $(spec_test)
tests_unit_test_workload_SOURCES = tests/unit/test-workload.c $(spec_test)
endif
