# SPDX-License-Identifier: GPL-2.0-or-later
# Probes link what they use of the library and nothing else: rstlab's own
# libraries and theirs must not meet in one program.
pkglibexec_PROGRAMS += probes/sock/sock
probes_sock_sock_SOURCES = \
	probes/sock/main.c \
	probes/sock/pace.c probes/sock/pace.h \
	probes/sock/step.c probes/sock/step.h \
	probes/sock/trial.c probes/sock/trial.h \
	probes/wire.h
nodist_probes_sock_sock_SOURCES = probes/sock/steps.c probes/sock/steps.h
probes_sock_sock_LDADD = librstlab.a

STEPS_DEF = $(srcdir)/lab/spec/steps.def
STEP_IDS = $(SED) -n 's/^STEP(\([A-Z_]*\),.*/\1/p' $(STEPS_DEF)

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
	echo '#define STEP(id, name, argument, sides, help) \'; \
	echo '	[STEP_##id] = { name, STEP_ARG_##argument, STEP_##sides, RUN_##id },'; \
	for id in `$(STEP_IDS)`; do \
		echo "#define RUN_$$id step_`echo $$id | tr A-Z a-z`"; \
	done; \
	echo 'const struct step_row step_rows[STEP_COUNT] = {'; \
	echo '#include "lab/spec/steps.def"'; \
	echo '};'; } > $@.tmp && mv $@.tmp $@

probes/sock/step.$(OBJEXT) probes/sock/steps.$(OBJEXT): probes/sock/steps.h
BUILT_SOURCES += probes/sock/steps.h probes/sock/steps.c
CLEANFILES += probes/sock/steps.h probes/sock/steps.c
