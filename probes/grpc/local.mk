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

# With Debian's sources, never with the network's.  Where there is no home, the
# compiler's cache is made here.
if HAVE_GRPC_GO
pkglibexec_SCRIPTS += probes/bin/grpc-go
probes/bin/grpc-go: probes/grpc/greeter.go
	$(AM_V_GEN)$(MKDIR_P) probes/bin && \
		GOPATH='$(GRPC_GOPATH)' GO111MODULE=off GOFLAGS= \
		CGO_ENABLED=0 HOME="$${HOME:-$(abs_builddir)/probes/grpc}" \
		$(GO) build -o $@ '$(srcdir)/probes/grpc/greeter.go'
CLEANFILES += probes/bin/grpc-go
endif
EXTRA_DIST += probes/grpc/greeter.go

grpc_scripts = probes/bin/greeter.js probes/bin/greeter.py \
	probes/bin/grpc-curl probes/bin/grpc-node probes/bin/grpc-python \
	probes/bin/helloworld.proto
pkglibexec_SCRIPTS += $(grpc_scripts)
CLEANFILES += $(grpc_scripts)
EXTRA_DIST += probes/grpc/greeter.js probes/grpc/greeter.py \
	probes/grpc/grpcurl.sh probes/grpc/helloworld.proto \
	probes/grpc/node.sh probes/grpc/python.sh
COPY_SCRIPT = $(AM_V_GEN)$(MKDIR_P) probes/bin && rm -f $@ && \
	cp $? $@ && chmod 755 $@

probes/bin/greeter.js: probes/grpc/greeter.js
	$(COPY_SCRIPT)
probes/bin/greeter.py: probes/grpc/greeter.py
	$(COPY_SCRIPT)
probes/bin/grpc-curl: probes/grpc/grpcurl.sh
	$(COPY_SCRIPT)
probes/bin/grpc-node: probes/grpc/node.sh
	$(COPY_SCRIPT)
probes/bin/grpc-python: probes/grpc/python.sh
	$(COPY_SCRIPT)
probes/bin/helloworld.proto: probes/grpc/helloworld.proto
	$(COPY_SCRIPT)

e2e_tests += tests/e2e/grpc.bats
