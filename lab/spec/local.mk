# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/spec/diag.c \
	lab/spec/document.c lab/spec/document.h \
	lab/spec/name.c lab/spec/name.h \
	lab/spec/spec.c lab/spec/spec.h \
	lab/spec/steps.def \
	lab/spec/topology.c lab/spec/topology.h \
	lab/spec/topology-check.c lab/spec/topology-check.h \
	lab/spec/workload.c lab/spec/workload.h

if HAVE_CMOCKA
unit_tests += \
	tests/unit/test-spec tests/unit/test-spec-errors \
	tests/unit/test-topology tests/unit/test-topology-errors \
	tests/unit/test-workload
spec_test = tests/unit/spec-test.c tests/unit/spec-test.h
tests_unit_test_spec_SOURCES = tests/unit/test-spec.c \
	tests/unit/spec-tree.h $(spec_test)
tests_unit_test_spec_errors_SOURCES = tests/unit/test-spec-errors.c \
	tests/unit/spec-tree.h $(spec_test)
tests_unit_test_topology_SOURCES = tests/unit/test-topology.c $(spec_test)
tests_unit_test_topology_errors_SOURCES = tests/unit/test-topology-errors.c \
	$(spec_test)
tests_unit_test_workload_SOURCES = tests/unit/test-workload.c $(spec_test)
endif
