# SPDX-License-Identifier: GPL-2.0-or-later
librstlab_a_SOURCES += \
	lab/store/checks.c lab/store/checks.h \
	lab/store/connection.c lab/store/statement.h \
	lab/store/db.c lab/store/db.h \
	lab/store/facts.c lab/store/facts.h \
	lab/store/observer.c lab/store/observer.h \
	lab/store/program.c lab/store/program.h \
	lab/store/reasons.c lab/store/reasons.h \
	lab/store/rows.c \
	lab/store/schema.c lab/store/schema.h \
	lab/store/socket.c lab/store/socket.h \
	lab/store/sockets.c lab/store/sockets.h \
	lab/store/store.c lab/store/store.h \
	lab/store/summary.c lab/store/summary.h \
	lab/store/trial.c lab/store/trial.h \
	lab/store/views.c lab/store/views.h

if HAVE_CMOCKA
unit_tests += tests/unit/test-facts tests/unit/test-program \
	tests/unit/test-socket tests/unit/test-store \
	tests/unit/test-summary tests/unit/test-trial tests/unit/test-views
store_test = tests/unit/sample-run.h tests/unit/store-answer.h
tests_unit_test_facts_SOURCES = tests/unit/test-facts.c tests/unit/sample-run.h
tests_unit_test_program_SOURCES = tests/unit/test-program.c $(store_test)
tests_unit_test_socket_SOURCES = tests/unit/test-socket.c $(store_test)
tests_unit_test_views_SOURCES = tests/unit/test-views.c $(store_test)
tests_unit_test_store_SOURCES = tests/unit/test-store.c $(store_test)
tests_unit_test_trial_SOURCES = tests/unit/test-trial.c $(store_test)
tests_unit_test_summary_SOURCES = tests/unit/test-summary.c tests/unit/sample-run.h
endif
