/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/capture/live.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"
#include "lab/capture/gap.h"

#include <assert.h>
#include <endian.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	/* a TPACKET_V2 slot with that snap length takes 352 bytes, eleven to
	 * a page: 8 MiB hold 23 826 frames */
	BUFFER_BYTES = 8 << 20,
	/* with larger slots so many frames, as far as memory is in reason */
	BUFFER_FRAMES = 8192,
	BUFFER_BYTES_MAX = 64 << 20,
	SLOT_HEADER_BYTES = 96,
	DRAIN_PASSES = 16, /* of at most a ring each */
};

/* A frame may be stamped before a drain and arrive after it. */
#define STAMP_SLACK_NS NS_PER_MS

/* LINKTYPE_LINUX_SLL2; DLT_ values from 104 up are LINKTYPE_ values. */
enum { LINKTYPE_SLL2 = 276 };
static_assert(DLT_LINUX_SLL2 == LINKTYPE_SLL2, "one number for both");

struct live {
	pcap_t *pcap;
	struct gap gap;
	int64_t drained_ns; /* monotonic: begin of the last drain */
	uint64_t seen;
};

/* One handle to open, by a thread of its own. */
struct opening {
	int netns;
	struct live_options options;
	pcap_t *pcap; /* when .r is 0 */
	pthread_t thread;
	int r;
	struct err e;
};

static int refuse(struct err *e, pcap_t *p, int status)
{
	if (status == PCAP_ERROR_PERM_DENIED)
		return err_set(e, ERR_HOST, EPERM,
			       "start a capture: not permitted; it needs "
			       "CAP_NET_RAW over the namespace");
	return err_set(e, ERR_SYSTEM, EIO, "start a capture: %s",
		       status == PCAP_ERROR ? pcap_geterr(p)
					    : pcap_statustostr(status));
}

/* Everything that must be said before the handle is activated. */
static void prepare(pcap_t *p, const struct live_options *o)
{
	(void)pcap_set_snaplen(p, (int)o->snap_bytes);
	(void)pcap_set_buffer_size(p, (int)o->buffer_bytes);
	(void)pcap_set_immediate_mode(p, 1);
	(void)pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
}

static bool has_only_loopback(void)
{
	struct if_nameindex *all = if_nameindex();
	const bool only = all && all[0].if_index && !all[1].if_index;

	if (all)
		if_freenameindex(all);
	return only;
}

/*
 * On lo a segment leaves and enters at once, and libpcap passes on what enters
 * only.  Where there is nothing but lo the kernel need not copy the other for
 * it: that is nearly half of what a capture costs.  A kernel that cannot
 * (before 4.20) goes on copying.
 */
static void skip_leaving_loopback(pcap_t *p)
{
	const int yes = 1;

	if (has_only_loopback())
		(void)setsockopt(pcap_fileno(p), SOL_PACKET,
				 PACKET_IGNORE_OUTGOING, &yes, sizeof(yes));
}

static int activate(pcap_t *p, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE];
	const int status = pcap_activate(p);

	if (status < 0)
		return refuse(e, p, status);
	if (pcap_set_datalink(p, DLT_LINUX_SLL2) < 0)
		return refuse(e, p, PCAP_ERROR);
	if (pcap_setnonblock(p, 1, why) < 0)
		return err_set(e, ERR_SYSTEM, EIO, "start a capture: %s", why);
	skip_leaving_loopback(p);
	return 0;
}

static int open_here(struct opening *o)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("any", why);
	int r;

	if (!p)
		return err_set(&o->e, ERR_SYSTEM, EIO, "start a capture: %s",
			       why);
	prepare(p, &o->options);
	r = activate(p, &o->e);
	if (r < 0) {
		pcap_close(p);
		return r;
	}
	o->pcap = p;
	return 0;
}

/* The thread ends in the namespace it entered; nobody else notices. */
static void *open_thread(void *arg)
{
	struct opening *o = arg;

	if (setns(o->netns, CLONE_NEWNET) < 0)
		o->r = err_errno(&o->e, "enter a node to capture in it");
	else
		o->r = open_here(o);
	return NULL;
}

/* Threads made in between get no signals: those are the caller's. */
static sigset_t hold_signals(void)
{
	sigset_t all, old;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	return old;
}

static void release_signals(const sigset_t *old)
{
	(void)pthread_sigmask(SIG_SETMASK, old, NULL);
}

/* Open all of them side by side: each waits a grace period, not its turn.
 * Returns: how many threads ran. */
static size_t open_all(struct opening *o, size_t n)
{
	const sigset_t old = hold_signals();
	size_t started = 0;

	while (started < n && !pthread_create(&o[started].thread, NULL,
					      open_thread, &o[started]))
		started++;
	release_signals(&old);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(o[i].thread, NULL);
	return started;
}

static int first_failure(const struct opening *o, size_t n, size_t started,
			 struct err *e)
{
	for (size_t i = 0; i < started; i++)
		if (o[i].r < 0) {
			*e = o[i].e;
			return o[i].r;
		}
	if (started < n)
		return err_set(e, ERR_SYSTEM, EAGAIN,
			       "start a capture: no more threads");
	return 0;
}

/* The handles, made of what the threads opened. */
static int wrap(struct opening *o, size_t n, struct live **ret, struct err *e)
{
	const struct gap gap = gap_measure();

	for (size_t i = 0; i < n; i++) {
		ret[i] = calloc(1, sizeof(**ret));
		if (!ret[i]) {
			while (i--)
				free(ret[i]);
			return err_no_memory(e);
		}
		ret[i]->gap = gap;
		ret[i]->drained_ns = clock_now_ns();
		ret[i]->pcap = o[i].pcap;
	}
	return 0;
}

static uint32_t buffer_for(uint32_t snap_bytes)
{
	const uint32_t wanted =
		BUFFER_FRAMES * (snap_bytes + SLOT_HEADER_BYTES);

	if (wanted <= BUFFER_BYTES)
		return BUFFER_BYTES;
	return wanted < BUFFER_BYTES_MAX ? wanted : BUFFER_BYTES_MAX;
}

int live_open(const int *netns, size_t n, const struct live_options *o,
	      struct live **ret, struct err *e)
{
	own_mem struct opening *opening = calloc(n ? n : 1, sizeof(*opening));
	size_t started;
	int r;

	if (!opening)
		return err_errno(e, "start a capture");
	for (size_t i = 0; i < n; i++) {
		opening[i].netns = netns[i];
		opening[i].options.snap_bytes =
			o && o->snap_bytes ? o->snap_bytes : LIVE_SNAP_BYTES;
		opening[i].options.buffer_bytes =
			o && o->buffer_bytes
				? o->buffer_bytes
				: buffer_for(opening[i].options.snap_bytes);
	}
	started = open_all(opening, n);
	r = first_failure(opening, n, started, e);
	if (r == 0)
		r = wrap(opening, n, ret, e);
	for (size_t i = 0; r < 0 && i < n; i++)
		if (opening[i].pcap)
			pcap_close(opening[i].pcap);
	return r;
}

struct drain {
	struct live *live;
	frame_fn fn;
	void *arg;
	struct gap gap; /* now; .live's is that of the last drain */
	int64_t now_ns;
	int n;
};

/* Source: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html */
static void read_sll2(const u_char *data, struct frame *f)
{
	struct sll2_header h;

	memcpy(&h, data, sizeof(h));
	f->interface = (int)be32toh(h.sll2_if_index);
	f->outgoing = h.sll2_pkttype == LINUX_SLL_OUTGOING;
}
static_assert(sizeof(struct sll2_header) == SLL2_HDR_LEN, "as on the wire");

static void on_packet(u_char *user, const struct pcap_pkthdr *h,
		      const u_char *data)
{
	struct drain *d = (struct drain *)(void *)user;
	struct frame f = {
		.data = data,
		.captured = h->caplen,
		.length = h->len,
		.linktype = LINKTYPE_SLL2,
	};

	if (h->caplen < SLL2_HDR_LEN)
		return; /* cannot be: the snap length is larger */
	/* tv_usec holds nanoseconds: PCAP_TSTAMP_PRECISION_NANO */
	f.time_ns = gap_monotonic(&d->live->gap, &d->gap,
				  h->ts.tv_sec * NS_PER_S + h->ts.tv_usec,
				  d->live->drained_ns - STAMP_SLACK_NS,
				  d->now_ns + STAMP_SLACK_NS);
	read_sll2(data, &f);
	d->n++;
	d->fn(&f, d->arg);
}

int live_drain(struct live *l, frame_fn fn, void *arg, struct err *e)
{
	struct drain d = {
		.live = l,
		.fn = fn,
		.arg = arg,
		.gap = gap_now(),
		.now_ns = clock_now_ns(),
	};
	int got = 1;

	if (gap_agrees(&d.gap, &l->gap))
		d.gap = l->gap;
	for (int i = 0; got > 0 && i < DRAIN_PASSES; i++)
		got = pcap_dispatch(l->pcap, -1, on_packet, (u_char *)&d);
	l->gap = d.gap;
	l->drained_ns = d.now_ns;
	l->seen += (uint64_t)d.n;
	if (got < 0)
		return err_set(e, ERR_SYSTEM, EIO, "read captured frames: %s",
			       pcap_geterr(l->pcap));
	return d.n;
}

int live_fd(struct live *l)
{
	return pcap_get_selectable_fd(l->pcap);
}

int live_stats(struct live *l, uint64_t *ret_seen, uint64_t *ret_dropped,
	       struct err *e)
{
	struct pcap_stat st;

	if (pcap_stats(l->pcap, &st) < 0)
		return err_set(e, ERR_SYSTEM, EIO,
			       "read the capture's statistics: %s",
			       pcap_geterr(l->pcap));
	*ret_seen = l->seen;
	*ret_dropped = st.ps_drop;
	return 0;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	pcap_close(l->pcap);
	free(l);
}

static void *close_thread(void *arg)
{
	live_close(arg);
	return NULL;
}

void live_close_all(struct live *const *l, size_t n)
{
	own_mem pthread_t *threads = calloc(n ? n : 1, sizeof(*threads));
	const sigset_t old = hold_signals();
	size_t started = 0;

	while (threads && started < n &&
	       !pthread_create(&threads[started], NULL, close_thread,
			       l[started]))
		started++;
	release_signals(&old);
	for (size_t i = started; i < n; i++)
		live_close(l[i]); /* no thread for it: one after the other */
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
}
