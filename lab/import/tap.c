/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/tap.h"

#include "lab/flow/packet.h"

#include <pcap/pcap.h>
#include <poll.h>
#include <string.h>

/* Headers of TCP over the longest of links; what the kernel keeps while we are
 * not running. */
enum { SNAP_BYTES = 256, BUFFER_BYTES = 8 << 20, TIMEOUT_MS = TAP_LATE_MS / 2 };

struct tap {
	pcap_t *pcap;
	struct reader_interface interface;
	uint64_t packets;
	/* while draining */
	tap_fn fn;
	void *arg;
	struct err *err;
	int result;
};

static int refuse(struct err *e, const char *interface, pcap_t *p, int status)
{
	const char *why =
		*pcap_geterr(p) ? pcap_geterr(p) : pcap_statustostr(status);

	if (status == PCAP_ERROR_PERM_DENIED)
		return err_set(e, ERR_HOST, EPERM,
			       "capturing on '%s' is for root or CAP_NET_RAW: "
			       "try with sudo, or `rstlab import -` behind a "
			       "tcpdump that may",
			       interface);
	return err_set(
		e, status == PCAP_ERROR_NO_SUCH_DEVICE ? ERR_INPUT : ERR_SYSTEM,
		ENODEV, "cannot capture on '%s': %s", interface, why);
}

/* DLT_RAW is the one link type whose number in files is another. */
static uint32_t linktype_of(pcap_t *p)
{
	const int dlt = pcap_datalink(p);

	return dlt == DLT_RAW ? (uint32_t)LINK_RAW : (uint32_t)dlt;
}

static int set_filter(pcap_t *p, const char *filter, struct err *e)
{
	struct bpf_program program;
	int r;

	if (!filter)
		return 0;
	if (pcap_compile(p, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return err_set(e, ERR_INPUT, EINVAL, "--filter '%s': %s",
			       filter, pcap_geterr(p));
	r = pcap_setfilter(p, &program);
	pcap_freecode(&program);
	return r < 0 ? err_set(e, ERR_SYSTEM, EIO, "--filter: %s",
			       pcap_geterr(p))
		     : 0;
}

static int activate(struct tap *t, const char *interface, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE];
	int status;

	t->pcap = pcap_create(interface, why);
	if (!t->pcap)
		return err_set(e, ERR_SYSTEM, EIO, "%s", why);
	(void)pcap_set_snaplen(t->pcap, SNAP_BYTES);
	(void)pcap_set_buffer_size(t->pcap, BUFFER_BYTES);
	(void)pcap_set_timeout(t->pcap, TIMEOUT_MS);
	(void)pcap_set_tstamp_precision(t->pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = pcap_activate(t->pcap);
	if (status < 0)
		return refuse(e, interface, t->pcap, status);
	if (!strcmp(interface, "any"))
		(void)pcap_set_datalink(t->pcap, DLT_LINUX_SLL2);
	if (pcap_setnonblock(t->pcap, 1, why) < 0)
		return err_set(e, ERR_SYSTEM, EIO, "%s", why);
	return 0;
}

int tap_open(struct tap **ret, const char *interface, const char *filter,
	     struct err *e)
{
	own_tap struct tap *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_no_memory(e);
	r = activate(t, interface, e);
	if (r == 0)
		r = set_filter(t->pcap, filter, e);
	if (r < 0)
		return r;
	t->interface.linktype = linktype_of(t->pcap);
	t->interface.serial = 1;
	(void)snprintf(t->interface.name, sizeof(t->interface.name), "%s",
		       interface);
	*ret = take_ptr(&t);
	return 0;
}

void tap_close(struct tap *t)
{
	if (t && t->pcap)
		pcap_close(t->pcap);
	free(t);
}

static void on_packet(u_char *user, const struct pcap_pkthdr *h,
		      const u_char *data)
{
	struct tap *t = (struct tap *)(void *)user;
	const struct reader_packet p = {
		.number = ++t->packets,
		/* the second field is of nanoseconds, as was asked for */
		.time_ns = h->ts.tv_sec * 1000000000LL + h->ts.tv_usec,
		.data = data,
		.captured = h->caplen,
		.length = h->len,
		.interface = &t->interface,
	};

	if (t->result == 0)
		t->result = t->fn(&p, t->arg, t->err);
	if (t->result < 0)
		pcap_breakloop(t->pcap);
}

int tap_drain(struct tap *t, int wait_ms, tap_fn fn, void *arg, struct err *e)
{
	struct pollfd ready = { .fd = pcap_get_selectable_fd(t->pcap),
				.events = POLLIN };

	t->fn = fn;
	t->arg = arg;
	t->err = e;
	t->result = 0;
	(void)poll(&ready, 1, wait_ms);
	if (pcap_dispatch(t->pcap, -1, on_packet, (u_char *)t) == PCAP_ERROR)
		return err_set(e, ERR_SYSTEM, EIO, "capture on '%s': %s",
			       t->interface.name, pcap_geterr(t->pcap));
	return t->result;
}

uint64_t tap_dropped(struct tap *t)
{
	struct pcap_stat st;

	return pcap_stats(t->pcap, &st) < 0 ? 0 : st.ps_drop;
}
