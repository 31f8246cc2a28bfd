# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/fidelity/behaviour.c lab/fidelity/behaviour.h \
	lab/fidelity/engine.c lab/fidelity/engine.h \
	lab/fidelity/engine-netns.c lab/fidelity/engine-open.c \
	lab/fidelity/engine-parts.h lab/fidelity/engine-tar.c \
	lab/fidelity/facts.c lab/fidelity/facts.h \
	lab/fidelity/gather.c lab/fidelity/gather.h \
	lab/fidelity/gather-offloads.c lab/fidelity/gather-sysctls.c \
	lab/fidelity/http.c lab/fidelity/http.h \
	lab/fidelity/kept.c lab/fidelity/kept.h \
	lab/fidelity/rules.c lab/fidelity/rules.h \
	lab/fidelity/scene.c lab/fidelity/scene.h \
	lab/fidelity/setup.c lab/fidelity/setup.h \
	lab/fidelity/site.c lab/fidelity/site.h \
	lab/fidelity/verify.c lab/fidelity/verify.h \
	lab/fidelity/view.c lab/fidelity/view.h

if HAVE_CMOCKA
unit_tests += tests/unit/test-fidelity tests/unit/test-setup
tests_unit_test_fidelity_SOURCES = tests/unit/test-fidelity.c
tests_unit_test_setup_SOURCES = tests/unit/test-setup.c
endif

e2e_tests += tests/e2e/verify.bats
root_tests += tests/e2e/verify-daemon.bats tests/e2e/verify-podman.bats
EXTRA_DIST += tests/e2e/docker-daemon tests/e2e/own-cgroups
