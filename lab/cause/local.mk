# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/cause/cause.c lab/cause/cause.h lab/cause/causes.def \
	lab/cause/event.h lab/cause/kernel.h \
	lab/cause/rule.c lab/cause/rule.h \
	lab/cause/rule-kernel.c lab/cause/rule-parts.h
EXTRA_DIST += lab/cause/kernel.bpf.c

if HAVE_BPF
librstlab_a_SOURCES += lab/cause/kernel.c
nodist_librstlab_a_SOURCES += lab/cause/kernel.skel.h
BUILT_SOURCES += lab/cause/kernel.skel.h
CLEANFILES += lab/cause/kernel.bpf.o lab/cause/kernel.skel.h
LAB_LIBS += $(BPF_LIBS)

# -g: the types that the loader relocates by are debug information.
lab/cause/kernel.bpf.o: lab/cause/kernel.bpf.c lab/cause/event.h
	$(AM_V_CC)$(MKDIR_P) lab/cause && \
	$(BPF_CLANG) -target bpf -mcpu=v3 -O2 -g $(BPF_DEFINE) -I$(srcdir) \
		$(BPF_INCLUDE) -Wall -Wextra -Wno-unused-parameter \
		$(WERROR_CFLAGS) -c $(srcdir)/lab/cause/kernel.bpf.c -o $@
# Made code: our warnings are not for it.
lab/cause/kernel.skel.h: lab/cause/kernel.bpf.o
	$(AM_V_GEN){ echo '/* Made by bpftool from kernel.bpf.c. */' && \
	echo '#pragma GCC system_header' && \
	$(BPFTOOL) gen skeleton lab/cause/kernel.bpf.o name kernel_bpf; \
	} >$@.new && mv $@.new $@
else
librstlab_a_SOURCES += lab/cause/kernel-none.c
endif

if HAVE_CMOCKA
unit_tests += tests/unit/test-rule
tests_unit_test_rule_SOURCES = tests/unit/test-rule.c
unit_tests += tests/unit/test-causes tests/unit/test-causes-wire
tests_unit_test_causes_SOURCES = tests/unit/test-causes.c \
	tests/unit/cause-trace.h
tests_unit_test_causes_wire_SOURCES = tests/unit/test-causes-wire.c \
	tests/unit/cause-trace.h
netns_tests += tests/netns/test-kernel-events
tests_netns_test_kernel_events_SOURCES = tests/netns/test-kernel-events.c \
	tests/netns/loopback.h tests/netns/netns-test.h
endif

e2e_tests += tests/e2e/causes.bats tests/e2e/evidence.bats
