# SPDX-License-Identifier: GPL-2.0-or-later
# Clients and servers of gRPC.  Those that need no compiler are copied to where
# the lab looks for them; whether their runtime is there shows when they run.
grpc_sources = \
	probes/grpc/client.c \
	probes/grpc/greeter.c probes/grpc/greeter.h \
	probes/grpc/main.c \
	probes/grpc/server.c
if HAVE_GRPC
pkglibexec_PROGRAMS += probes/bin/grpc-c
probes_bin_grpc_c_SOURCES = $(grpc_sources)
probes_bin_grpc_c_CFLAGS = $(AM_CFLAGS) $(GRPC_CFLAGS)
probes_bin_grpc_c_LDADD = librstlab.a $(GRPC_LIBS)
endif
EXTRA_DIST += $(grpc_sources)

grpc_scripts = probes/bin/grpc-python probes/bin/greeter.py
pkglibexec_SCRIPTS += $(grpc_scripts)
CLEANFILES += $(grpc_scripts)
EXTRA_DIST += probes/grpc/python.sh probes/grpc/greeter.py
COPY_SCRIPT = $(AM_V_GEN)$(MKDIR_P) probes/bin && rm -f $@ && \
	cp $? $@ && chmod 755 $@

probes/bin/grpc-python: probes/grpc/python.sh
	$(COPY_SCRIPT)
probes/bin/greeter.py: probes/grpc/greeter.py
	$(COPY_SCRIPT)

e2e_tests += tests/e2e/grpc.bats
