/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relay LISTEN CONNECT - docker-proxy: accepts at LISTEN, dials CONNECT for
 * each connection, and copies both ways.
 *
 *   relay 0.0.0.0:8080 172.17.0.2:80
 *   relay '[::]:8080' 172.17.0.2:80
 *
 * Started by rstlab as probes/control.h says; it has no taps.
 */
#include "probes/control.h"
#include "probes/relay/relay.h"
#include "probes/signals.h"

#include <errno.h>

static int run(int argc, char **argv, struct err *e)
{
	struct ip_endpoint listen, connect;

	if (argc != 3 || !ip_endpoint_parse(argv[1], &listen) ||
	    !ip_endpoint_parse(argv[2], &connect))
		return err_set(e, ERR_BUG, EINVAL,
			       "usage: relay ADDRESS:PORT ADDRESS:PORT "
			       "(started by rstlab)");
	return relay_run(&listen, &connect, e);
}

int main(int argc, char **argv)
{
	struct err e = { .code = 0 };

	probe_ignore_signals();
	return control_end("relay", run(argc, argv, &e), &e);
}
