/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures of a real kernel (tests/golden/flow/make.py) and what is in them.
 * The completeness was printed by `tshark -2` when they were made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/own.h"
#include "lab/flow/flow.h"

#include <string.h>

enum { FILE_HEADER_BYTES = 24, FRAME_MAX = 65536 };

/* Source: draft-ietf-opsawg-pcap, written here in host order */
struct record_header {
	uint32_t seconds, microseconds, captured, length;
};

static const struct golden {
	const char *file;
	const char *facts; /* one line per connection */
} goldens[] = {
	/* file; ending, phase, form, resets, Zeek's state and history,
	 * completeness, segments, bytes of the client/server */
	{ "clean-close-client.pcap",
	  "fin-both none - 0 SF ShADadFf 31 10 7/17" },
	{ "clean-close-server.pcap",
	  "fin-both none - 0 SF ShADadfF 31 10 7/17" },
	{ "unread-close.pcap", "rstack data rst-ack 1 RSTO ShADadR 47 8 7/17" },
	{ "linger0.pcap", "rstack data rst-ack 1 RSTO ShAR 39 4 0/0" },
	{ "late-data.pcap", "fin-rst closing rst 1 RSTO ShADaFdR 63 8 7/17" },
	/* the response and the server's FIN are one segment, and refused */
	{ "late-data-and-fin.pcap",
	  "fin-rst closing rst 1 SF ShADaFfR 63 8 7/17" },
	{ "shutdown-unread.pcap",
	  "fin-rstack closing rst-ack 1 RSTO ShADadFR 63 9 7/17" },
	{ "peer-fin-unread.pcap",
	  "rstack-after-peer-fin closing rst-ack 1 RSTO ShADadfR 63 9 7/17" },
	{ "server-killed.pcap", "rstack data rst-ack 1 RSTR ShADar 47 6 10/0" },
	{ "refused.pcap",
	  "rstack data rst-ack 1 RSTO ShAR 39 4 0/0; "
	  "syn-rstack handshake rst-ack-zero 1 REJ Sr 37 2 0/0" },
};

static void write_facts(const struct connection *c, void *arg)
{
	const struct reset *first = connection_first_reset(c);
	char line[160];

	(void)snprintf(line, sizeof(line), "%s%s %s %s %zu %s %s %u %u %lu/%lu",
		       *(char *)arg ? "; " : "", ending_infos[c->ending].name,
		       phase_names[c->phase],
		       first ? reset_form_names[first->form] : "-", c->n_resets,
		       c->zeek_state, c->zeek_history, c->completeness,
		       c->packets, (unsigned long)c->bytes[SIDE_CLIENT],
		       (unsigned long)c->bytes[SIDE_SERVER]);
	(void)strcat(arg, line);
	assert_true(c->judged);
}

static FILE *open_capture(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	uint8_t header[FILE_HEADER_BYTES];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tests/golden/flow/%s",
		       srcdir ? srcdir : ".", name);
	file = fopen(path, "rbe");
	assert_non_null(file);
	assert_int_equal(fread(header, 1, sizeof(header), file),
			 sizeof(header));
	return file;
}

static void add_all(struct flow *f, FILE *file)
{
	static uint8_t frame[FRAME_MAX];
	struct record_header h;
	struct flow_item item = { .direction = FLOW_UNKNOWN };
	struct err e;

	while (fread(&h, sizeof(h), 1, file) == 1) {
		assert_true(h.captured <= sizeof(frame));
		assert_int_equal(fread(frame, 1, h.captured, file), h.captured);
		if (packet_decode(LINK_ETHERNET, frame, h.captured, h.length,
				  &item.segment) != PACKET_TCP)
			continue;
		item.time_ns =
			h.seconds * 1000000000LL + h.microseconds * 1000LL;
		assert_int_equal(flow_add(f, &item, &e), 0);
	}
}

static void real_captures_hold_what_the_kernel_did(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++) {
		own_flow struct flow *f = NULL;
		own_file FILE *file = open_capture(goldens[i].file);
		char facts[512] = "";
		struct err e;

		assert_int_equal(flow_new(&f, &e), 0);
		add_all(f, file);
		assert_int_equal(flow_unfinished(f), 0);
		flow_flush(f, write_facts, facts);
		if (strcmp(facts, goldens[i].facts))
			print_message("# %s\n", goldens[i].file);
		assert_string_equal(facts, goldens[i].facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_captures_hold_what_the_kernel_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
