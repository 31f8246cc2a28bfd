/* SPDX-License-Identifier: GPL-2.0-or-later */
/* count-packets FILE - the least that a program does with libpcap. */
#include <pcap/pcap.h>
#include <stdio.h>

struct count {
	unsigned long packets, bytes;
};

static void add(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct count *c = (struct count *)(void *)user;

	(void)data;
	c->packets++;
	c->bytes += h->len;
}

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	struct count c = { 0, 0 };
	pcap_t *p = argc == 2 ? pcap_open_offline(argv[1], why) : NULL;

	if (!p || pcap_loop(p, -1, add, (u_char *)&c) < 0)
		return 1;
	pcap_close(p);
	return printf("%lu packets, %lu bytes\n", c.packets, c.bytes) < 0;
}
