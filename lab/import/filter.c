/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/filter.h"

#include "lab/flow/packet.h"

#include <pcap/pcap.h>
#include <string.h>

/* Numbers in files and in the library differ for raw IP alone.
 * Source: https://www.tcpdump.org/linktypes.html */
static const struct link {
	uint32_t linktype;
	int dlt;
} links[] = {
	{ LINK_ETHERNET, DLT_EN10MB },
	{ LINK_NULL, DLT_NULL },
	{ LINK_LOOP, DLT_LOOP },
	{ LINK_RAW, DLT_RAW },
	{ LINK_IPV4, DLT_IPV4 },
	{ LINK_IPV6, DLT_IPV6 },
	{ LINK_PPP, DLT_PPP },
	{ LINK_LINUX_SLL, DLT_LINUX_SLL },
	{ LINK_LINUX_SLL2, DLT_LINUX_SLL2 },
	{ LINK_PKTAP, DLT_PKTAP },
};
enum { LINKS = ARRAY_SIZE(links), SNAP_BYTES = 262144 };

struct filter {
	struct bpf_program programs[LINKS]; /* .bf_insns NULL: none */
	char why[LINKS][PCAP_ERRBUF_SIZE];
};

static int compile(struct filter *f, size_t i, const char *expression,
		   struct err *e)
{
	pcap_t *p = pcap_open_dead(links[i].dlt, SNAP_BYTES);

	if (!p)
		return err_no_memory(e);
	if (pcap_compile(p, &f->programs[i], expression, 1,
			 PCAP_NETMASK_UNKNOWN) < 0) {
		f->programs[i].bf_insns = NULL;
		(void)snprintf(f->why[i], sizeof(f->why[i]), "%s",
			       pcap_geterr(p));
	}
	pcap_close(p);
	return 0;
}

static bool any(const struct filter *f)
{
	for (size_t i = 0; i < LINKS; i++)
		if (f->programs[i].bf_insns)
			return true;
	return false;
}

int filter_new(struct filter **ret, const char *expression, struct err *e)
{
	own_filter struct filter *f = calloc(1, sizeof(*f));
	int r = 0;

	if (!f)
		return err_no_memory(e);
	for (size_t i = 0; r == 0 && i < LINKS; i++)
		r = compile(f, i, expression, e);
	if (r == 0 && !any(f))
		r = err_set(e, ERR_INPUT, EINVAL, "--filter '%s': %s",
			    expression, f->why[0]);
	if (r == 0)
		*ret = take_ptr(&f);
	return r;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < LINKS; i++)
		if (f->programs[i].bf_insns)
			pcap_freecode(&f->programs[i]);
	free(f);
}

/* A link type that is not decoded has nothing to be filtered. */
int filter_wants(const struct filter *f, const struct reader_packet *p,
		 struct err *e)
{
	const struct pcap_pkthdr h = { .caplen = p->captured,
				       .len = p->length };

	for (size_t i = 0; i < LINKS; i++) {
		if (links[i].linktype != p->interface->linktype)
			continue;
		if (!f->programs[i].bf_insns)
			return err_set(e, ERR_INPUT, EINVAL, "--filter: %s",
				       f->why[i]);
		return pcap_offline_filter(&f->programs[i], &h, p->data) != 0;
	}
	return 0;
}
