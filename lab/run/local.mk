# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/run/annotate.c lab/run/annotate.h \
	lab/run/batch.c lab/run/batch.h lab/run/batch-parts.h \
	lab/run/batch-store.c \
	lab/run/block-check.c lab/run/block-check.h \
	lab/run/level.h \
	lab/run/books.c lab/run/books.h \
	lab/run/captured.c lab/run/captured.h \
	lab/run/child.c lab/run/child.h lab/run/child-parts.h \
	lab/run/child-end.c lab/run/child-find.c \
	lab/run/collect.c lab/run/collect.h \
	lab/run/command.c lab/run/command.h \
	lab/run/counted.c lab/run/counted.h \
	lab/run/deaths.c lab/run/deaths.h \
	lab/run/driver.c lab/run/driver.h \
	lab/run/environment.c lab/run/environment.h \
	lab/run/evidence.c lab/run/evidence.h \
	lab/run/fault.c lab/run/fault.h lab/run/fault-parts.h \
	lab/run/filtered.c lab/run/filtered.h \
	lab/run/found.c lab/run/found.h \
	lab/run/fault-conntrack.c lab/run/fault-fin.c lab/run/fault-link.c \
	lab/run/fault-loss.c lab/run/fault-loss.h lab/run/fault-segment.c \
	lab/run/fault-socket.c \
	lab/run/hosts.c lab/run/hosts.h \
	lab/run/keep.c lab/run/keep.h \
	lab/run/lab.c lab/run/lab.h \
	lab/run/limit.h \
	lab/run/look.c lab/run/look.h \
	lab/run/match.c lab/run/match.h \
	lab/run/notes.c lab/run/notes.h \
	lab/run/observer.c lab/run/observer.h \
	lab/run/outcome.c lab/run/outcome.h \
	lab/run/plan.c lab/run/plan.h \
	lab/run/privilege.c lab/run/privilege.h \
	lab/run/probe.c lab/run/probe.h \
	lab/run/process.c lab/run/process.h \
	lab/run/process-job.c lab/run/process-job.h \
	lab/run/program.c lab/run/program.h \
	lab/run/programs.c lab/run/programs.h lab/run/programs-parts.h \
	lab/run/programs-past.c lab/run/programs-sockets.c \
	lab/run/programs-verdict.c \
	lab/run/recorder.c lab/run/recorder.h \
	lab/run/reset-frame.c lab/run/reset-frame.h \
	lab/run/role.c lab/run/role.h \
	lab/run/run.c lab/run/run.h \
	lab/run/silent.c lab/run/silent.h \
	lab/run/sources.c lab/run/sources.def lab/run/sources.h \
	lab/run/tracks.c lab/run/tracks.h \
	lab/run/rundir.c lab/run/rundir.h \
	lab/run/selftest.c lab/run/selftest.h lab/run/selftest-parts.h \
	lab/run/selftest-judge.c \
	lab/run/skip.c lab/run/skip.h \
	lab/run/tally.c lab/run/tally.h \
	lab/run/wish.c lab/run/wish.h

if HAVE_CMOCKA
unit_tests += \
	tests/unit/test-match \
	tests/unit/test-notes \
	tests/unit/test-outcome \
	tests/unit/test-plan \
	tests/unit/test-reset-frame \
	tests/unit/test-role \
	tests/unit/test-rundir \
	tests/unit/test-selftest
tests_unit_test_match_SOURCES = tests/unit/test-match.c
tests_unit_test_notes_SOURCES = tests/unit/test-notes.c
tests_unit_test_outcome_SOURCES = tests/unit/test-outcome.c
tests_unit_test_plan_SOURCES = tests/unit/test-plan.c
tests_unit_test_reset_frame_SOURCES = tests/unit/test-reset-frame.c \
	tests/unit/wire.h
tests_unit_test_role_SOURCES = tests/unit/test-role.c
tests_unit_test_rundir_SOURCES = tests/unit/test-rundir.c
tests_unit_test_selftest_SOURCES = tests/unit/test-selftest.c

netns_tests += tests/netns/test-child tests/netns/test-driver \
	tests/netns/test-privilege \
	tests/netns/test-fault tests/netns/test-process \
	tests/netns/test-sock-duet tests/netns/test-sock-probe \
	tests/netns/test-sock-probe-apart tests/netns/test-sock-steps \
	tests/netns/test-sources tests/netns/test-wish \
	tests/netns/test-sock-frames
tests_netns_test_fault_SOURCES = tests/netns/test-fault.c \
	tests/netns/node-test.h tests/netns/topology-text.h
tests_netns_test_sources_SOURCES = tests/netns/test-sources.c \
	tests/netns/loopback.h tests/netns/netns-test.h \
	tests/unit/sample-run.h tests/unit/store-answer.h
tests_netns_test_wish_SOURCES = tests/netns/test-wish.c \
	tests/netns/node-test.h tests/netns/topology-text.h
tests_netns_test_driver_SOURCES = tests/netns/test-driver.c \
	tests/netns/node-test.h tests/netns/sock-test.h \
	tests/netns/topology-text.h
tests_netns_test_child_SOURCES = tests/netns/test-child.c \
	tests/netns/node-test.h
tests_netns_test_privilege_SOURCES = tests/netns/test-privilege.c
tests_netns_test_process_SOURCES = tests/netns/test-process.c \
	tests/netns/netns-test.h tests/netns/node-test.h \
	tests/netns/topology-text.h
tests_netns_test_sock_duet_SOURCES = tests/netns/test-sock-duet.c \
	tests/netns/node-test.h tests/netns/sock-test.h
tests_netns_test_sock_probe_SOURCES = tests/netns/test-sock-probe.c \
	tests/netns/node-test.h tests/netns/sock-test.h
tests_netns_test_sock_frames_SOURCES = tests/netns/test-sock-frames.c \
	tests/netns/sock-test.h tests/netns/node-test.h
tests_netns_test_sock_steps_SOURCES = tests/netns/test-sock-steps.c \
	tests/netns/node-test.h tests/netns/sock-test.h
tests_netns_test_sock_probe_apart_SOURCES = tests/netns/test-sock-probe.c \
	tests/netns/node-test.h tests/netns/sock-test.h
tests_netns_test_sock_probe_apart_CPPFLAGS = $(AM_CPPFLAGS) -DAPART
endif

bench_programs += tests/bench/bench-sock
bench_programs += tests/bench/bench-evidence
tests_bench_bench_evidence_SOURCES = tests/bench/bench-evidence.c
tests_bench_bench_sock_SOURCES = tests/bench/bench-sock.c \
	tests/netns/node-test.h

e2e_tests += tests/e2e/states.bats tests/netns/lab.bats
