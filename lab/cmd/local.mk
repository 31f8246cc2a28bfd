# SPDX-License-Identifier: GPL-2.0-or-later
# A new verb: one file and one line here, in the order of --help.  The first
# is the one that runs when none is named.
verb_files = \
	lab/cmd/verbs/run.c \
	lab/cmd/verbs/report.c \
	lab/cmd/verbs/explain.c \
	lab/cmd/verbs/import.c \
	lab/cmd/verbs/watch.c \
	lab/cmd/verbs/selftest.c \
	lab/cmd/verbs/list.c \
	lab/cmd/verbs/show.c \
	lab/cmd/verbs/check.c \
	lab/cmd/verbs/shell.c \
	lab/cmd/verbs/exec.c \
	lab/cmd/verbs/verify.c \
	lab/cmd/verbs/doctor.c \
	lab/cmd/verbs/version.c \
	lab/cmd/verbs/help.c \
	lab/cmd/verbs/complete.c

# A new form of `rstlab show`: one file and one line here, in the order of
# --help.
drawing_files = \
	lab/cmd/drawings/text.c \
	lab/cmd/drawings/yaml.c \
	lab/cmd/drawings/dot.c \
	lab/cmd/drawings/mermaid.c \
	lab/cmd/drawings/commands.c

librstlab_a_SOURCES += $(verb_files) $(drawing_files) \
	lab/cmd/address.c lab/cmd/address.h \
	lab/cmd/answer.c lab/cmd/answer.h \
	lab/cmd/ask.c lab/cmd/ask.h \
	lab/cmd/bash.c \
	lab/cmd/calls.c lab/cmd/calls.h \
	lab/cmd/catalog.c lab/cmd/catalog.h \
	lab/cmd/course.c lab/cmd/course.h \
	lab/cmd/certificate.c lab/cmd/certificate.h \
	lab/cmd/doctor.c lab/cmd/doctor.h \
	lab/cmd/doctor-evidence.c lab/cmd/doctor-evidence.h \
	lab/cmd/drawing.h \
	lab/cmd/explain.h lab/cmd/explain-json.c lab/cmd/explain-lists.c \
	lab/cmd/explain-trial.c \
	lab/cmd/facts.c lab/cmd/facts.h \
	lab/cmd/findings.c lab/cmd/findings.h \
	lab/cmd/graph.c lab/cmd/graph.h \
	lab/cmd/help.c lab/cmd/help.h \
	lab/cmd/import-rows.c lab/cmd/import-rows.h \
	lab/cmd/imported.c lab/cmd/imported.h \
	lab/cmd/inside.c lab/cmd/inside.h \
	lab/cmd/job.c lab/cmd/job.h \
	lab/cmd/kind.c lab/cmd/kind.h \
	lab/cmd/listing.c lab/cmd/listing.h \
	lab/cmd/man.c \
	lab/cmd/node.c lab/cmd/node.h \
	lab/cmd/opt.c lab/cmd/opt.h lab/cmd/opt-rows.h \
	lab/cmd/own.c lab/cmd/own.h \
	lab/cmd/packet-list.c lab/cmd/packet-list.h \
	lab/cmd/param-list.c lab/cmd/param-list.h \
	lab/cmd/partners.c lab/cmd/partners.h \
	lab/cmd/parts.c lab/cmd/parts.h \
	lab/cmd/plans.c lab/cmd/plans.h \
	lab/cmd/places.c lab/cmd/places.h \
	lab/cmd/progress.c lab/cmd/progress.h \
	lab/cmd/rehearsal.c lab/cmd/rehearsal.h \
	lab/cmd/request.c lab/cmd/request.h \
	lab/cmd/runtime.c lab/cmd/runtime.h \
	lab/cmd/session.c lab/cmd/session.h \
	lab/cmd/selection.c lab/cmd/selection.h lab/cmd/variants.c \
	lab/cmd/show-cause.c lab/cmd/show-topology.c \
	lab/cmd/show-workload.c lab/cmd/show.h \
	lab/cmd/socket-list.c lab/cmd/socket-list.h \
	lab/cmd/stop.c lab/cmd/stop.h \
	lab/cmd/tc.c lab/cmd/tc.h \
	lab/cmd/terminal.c lab/cmd/terminal.h \
	lab/cmd/trial-view.c lab/cmd/trial-view.h \
	lab/cmd/undo.c lab/cmd/undo.h \
	lab/cmd/verdict.c lab/cmd/verdict.h \
	lab/cmd/why.c lab/cmd/why.h \
	lab/cmd/verb.h
nodist_librstlab_a_SOURCES += lab/cmd/verbs.c lab/cmd/drawings.c
CLEANFILES += lab/cmd/verbs.c lab/cmd/drawings.c

rstlab_SOURCES = lab/cmd/main.c
rstlab_LDADD = librstlab.a $(LAB_LIBS)

lab/cmd/verbs.c: Makefile build-aux/mkregistry.sh
	$(AM_V_GEN)$(MKDIR_P) lab/cmd && \
		$(SHELL) $(srcdir)/build-aux/mkregistry.sh verb \
		lab/cmd/verb.h $(verb_files) > $@-t && mv $@-t $@

lab/cmd/drawings.c: Makefile build-aux/mkregistry.sh
	$(AM_V_GEN)$(MKDIR_P) lab/cmd && \
		$(SHELL) $(srcdir)/build-aux/mkregistry.sh drawing \
		lab/cmd/drawing.h $(drawing_files) > $@-t && mv $@-t $@

# The manual page and the completion come out of the program's own tables.
# When building for another machine, name a program that runs on this one:
# make RSTLAB_FOR_BUILD=/usr/bin/rstlab
RSTLAB_FOR_BUILD = ./rstlab$(EXEEXT)
nodist_man1_MANS = lab/cmd/rstlab.1
nodist_bashcompletion_DATA = lab/cmd/completion/rstlab
CLEANFILES += lab/cmd/rstlab.1 lab/cmd/completion/rstlab

lab/cmd/rstlab.1: rstlab$(EXEEXT)
	$(AM_V_GEN)$(RSTLAB_FOR_BUILD) help --man > $@-t && mv $@-t $@

lab/cmd/completion/rstlab: rstlab$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) lab/cmd/completion && \
		$(RSTLAB_FOR_BUILD) help --completion bash > $@-t && mv $@-t $@

lint_tests += tests/lint/exit-status.test

e2e_tests += tests/e2e/cli.bats tests/e2e/explain.bats tests/e2e/selftest.bats \
	tests/e2e/h2.bats tests/e2e/plan.bats tests/e2e/show.bats tests/e2e/tshark.bats
EXTRA_DIST += tests/e2e/same-lab.jq tests/e2e/transplant.py tests/golden/show

if HAVE_CMOCKA
unit_tests += tests/unit/test-answer tests/unit/test-opt tests/unit/test-tc
tests_unit_test_answer_SOURCES = tests/unit/test-answer.c
tests_unit_test_opt_SOURCES = tests/unit/test-opt.c
tests_unit_test_tc_SOURCES = tests/unit/test-tc.c
endif
