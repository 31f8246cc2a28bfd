# SPDX-License-Identifier: GPL-2.0-or-later
# Probes link what they use of the library and nothing else: rstlab's own
# libraries and theirs must not meet in one program.  All are built into
# probes/bin/, where the lab looks before it is installed.
pkglibexec_PROGRAMS += probes/bin/sock
probes_bin_sock_SOURCES = \
	probes/sock/duet.c probes/sock/duet.h \
	probes/sock/hold.c \
	probes/sock/loan.c probes/sock/loan.h \
	probes/sock/main.c \
	probes/sock/pace.c probes/sock/pace.h \
	probes/sock/play.c probes/sock/play.h \
	probes/sock/step.c probes/sock/step.h \
	probes/sock/step-ack.c \
	probes/sock/step-frame.c \
	probes/sock/step-open.c \
	probes/sock/step-option.c \
	probes/sock/step-process.c \
	probes/sock/step-wish.c \
	probes/sock/trial.c probes/sock/trial.h \
	probes/sock/wait.c probes/sock/wait.h \
	probes/protocol.h \
	probes/signals.c probes/signals.h
nodist_probes_bin_sock_SOURCES = probes/sock/steps.c probes/sock/steps.h
# libnghttp2 (MIT) packs headers.
probes_bin_sock_LDADD = librstlab.a $(NGHTTP2_LIBS)

# Programs that are part of a topology.
pkglibexec_PROGRAMS += probes/bin/pasta probes/bin/relay probes/bin/wire
probes_bin_pasta_SOURCES = \
	probes/control.c probes/control.h \
	probes/signals.c probes/signals.h \
	probes/pasta/main.c
probes_bin_pasta_LDADD = librstlab.a
probes_bin_relay_SOURCES = \
	probes/control.c probes/control.h \
	probes/signals.c probes/signals.h \
	probes/relay/copy.c probes/relay/copy.h \
	probes/relay/main.c \
	probes/relay/relay.c probes/relay/relay.h
probes_bin_relay_LDADD = librstlab.a
probes_bin_wire_SOURCES = \
	probes/control.c probes/control.h \
	probes/signals.c probes/signals.h \
	probes/wire/impair.c probes/wire/impair.h \
	probes/wire/line.c probes/wire/line.h \
	probes/wire/main.c \
	probes/wire/wire.c probes/wire/wire.h
probes_bin_wire_LDADD = librstlab.a

# The only program of a container's image: static, and without the sanitizers,
# which cannot be.
pause_sources = probes/pause/main.c
if HAVE_STATIC
pkglibexec_PROGRAMS += probes/bin/pause
probes_bin_pause_SOURCES = $(pause_sources)
probes_bin_pause_CFLAGS = -std=gnu17 -Wall -Wextra $(WERROR_CFLAGS)
probes_bin_pause_LDFLAGS = -static
probes_bin_pause_LDADD =
endif
EXTRA_DIST += $(pause_sources)

# Nothing but this program is linked with libslirp (BSD licence).
usernet_sources = \
	probes/control.c probes/control.h \
	probes/signals.c probes/signals.h \
	probes/usernet/main.c \
	probes/usernet/usernet.c probes/usernet/usernet.h
if HAVE_SLIRP
pkglibexec_PROGRAMS += probes/bin/usernet
probes_bin_usernet_SOURCES = $(usernet_sources)
probes_bin_usernet_LDADD = librstlab.a $(SLIRP_LIBS)
endif
EXTRA_DIST += $(usernet_sources)

if HAVE_CMOCKA
unit_tests += tests/unit/test-impair
tests_unit_test_impair_SOURCES = tests/unit/test-impair.c \
	probes/wire/impair.c probes/wire/impair.h

netns_tests += tests/netns/test-relay tests/netns/test-usernet \
	tests/netns/test-wire
tests_netns_test_relay_SOURCES = tests/netns/test-relay.c \
	tests/netns/program-test.h
tests_netns_test_usernet_SOURCES = tests/netns/test-usernet.c \
	tests/netns/program-test.h
tests_netns_test_wire_SOURCES = tests/netns/test-wire.c \
	tests/netns/program-test.h \
	probes/wire/impair.c probes/wire/impair.h probes/wire/wire.h
endif

bench_programs += tests/bench/bench-wire
tests_bench_bench_wire_SOURCES = tests/bench/bench-wire.c \
	tests/netns/node-test.h

STEPS_DEF = $(srcdir)/lab/spec/steps.def
STEP_IDS = $(SED) -n 's/^STEP(\([A-Z0-9_]*\),.*/\1/p' $(STEPS_DEF)

probes/sock/steps.h: lab/spec/steps.def
	$(AM_V_GEN)$(MKDIR_P) probes/sock && { \
	echo '/* Made from lab/spec/steps.def; do not edit. */'; \
	for id in `$(STEP_IDS) | tr A-Z a-z`; do \
		echo "int step_$$id(struct run *r, int64_t number);"; \
	done; } > $@.tmp && mv $@.tmp $@

probes/sock/steps.c: lab/spec/steps.def
	$(AM_V_GEN)$(MKDIR_P) probes/sock && { \
	echo '/* Made from lab/spec/steps.def; do not edit. */'; \
	echo '#include "probes/sock/step.h"'; \
	echo '#include "probes/sock/steps.h"'; \
	echo '#define STEP(id, name, argument, sides, needs, does, who, help) \'; \
	echo '	[STEP_##id] = { name, STEP_ARG_##argument, STEP_##sides, RUN_##id },'; \
	for id in `$(STEP_IDS)`; do \
		echo "#define RUN_$$id step_`echo $$id | tr A-Z a-z`"; \
	done; \
	echo 'const struct step_row step_rows[STEP_COUNT] = {'; \
	echo '#include "lab/spec/steps.def"'; \
	echo '};'; } > $@.tmp && mv $@.tmp $@

probes/sock/hold.$(OBJEXT) probes/sock/step.$(OBJEXT) \
	probes/sock/step-ack.$(OBJEXT) probes/sock/step-frame.$(OBJEXT) \
	probes/sock/step-open.$(OBJEXT) probes/sock/step-option.$(OBJEXT) \
	probes/sock/step-process.$(OBJEXT) probes/sock/step-wish.$(OBJEXT) \
	probes/sock/steps.$(OBJEXT): \
	probes/sock/steps.h
BUILT_SOURCES += probes/sock/steps.h probes/sock/steps.c
CLEANFILES += probes/sock/steps.h probes/sock/steps.c
