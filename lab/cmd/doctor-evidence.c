/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can each source of evidence be had?  Capture, kernel events and the programs
 * have checks of their own. */
#include "lab/cmd/doctor-evidence.h"

#include "lab/base/own.h"
#include "lab/net/counters.h"
#include "lab/net/dying.h"
#include "lab/net/filter.h"
#include "lab/net/netns.h"
#include "lab/net/tracking.h"

int doctor_probe_counters(struct err *e)
{
	struct counter_source *s = NULL;
	struct counters now;
	own_fd int netns = -1;
	int r = netns_new(&netns, e);

	if (r == 0)
		r = counters_open(&s, netns, e);
	if (r < 0)
		return r;
	r = counters_read(s, &now, e);
	counters_close(s);
	return r;
}

int doctor_probe_deaths(struct err *e)
{
	struct dying *d = NULL;
	own_fd int netns = -1;
	int r = netns_new(&netns, e);

	if (r == 0)
		r = dying_open(&d, netns, e);
	if (r < 0)
		return r;
	r = dying_listen(d, true, e);
	dying_close(d);
	return r > 0 ? err_set(e, ERR_HOST, EOPNOTSUPP,
			       "this kernel does not tell which sockets it "
			       "destroys")
		     : r;
}

int doctor_probe_tracking(struct err *e)
{
	struct tracking *t = NULL;
	own_fd int netns = -1;
	int r = netns_new(&netns, e);

	if (r == 0)
		r = tracking_open(&t, netns, e);
	if (r == 0)
		tracking_close(t);
	return r;
}

int doctor_probe_filter(struct err *e)
{
	own_filter struct filter *f = NULL;
	struct filter_counts now;
	own_fd int netns = -1;
	int r = netns_new(&netns, e);

	if (r == 0)
		r = filter_open(&f, netns, e);
	return r < 0 ? r : filter_read(f, &now, e);
}
