librstlab_a_SOURCES += \
	lab/base/clock.h \
	lab/base/err.c lab/base/err.h \
	lab/base/grow.c lab/base/grow.h \
	lab/base/ip.c lab/base/ip.h \
	lab/base/num.c lab/base/num.h \
	lab/base/outcome.c lab/base/outcome.h \
	lab/base/own.h \
	lab/base/quote.c lab/base/quote.h \
	lab/base/rng.h \
	lab/base/side.c lab/base/side.h \
	lab/base/text.c lab/base/text.h

if HAVE_CMOCKA
unit_tests += tests/unit/test-base
tests_unit_test_base_SOURCES = tests/unit/test-base.c
endif
