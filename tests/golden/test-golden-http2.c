/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures of a real gRPC (tests/golden/http2/make.py), and beside each what is
 * in it, packet by packet and frame by frame.  tests/e2e/tshark.bats holds the
 * same against tshark.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/capture/reader.h"
#include "lab/flow/transcript.h"

#include <fcntl.h>
#include <string.h>

static const char *const captures[] = {
	"unary", "stream", "error", "unknown", "many", "gzip", "snap-200",
};

static void path_of(char path[512], const char *name, const char *suffix)
{
	const char *srcdir = getenv("srcdir");

	(void)snprintf(path, 512, "%s/tests/golden/http2/%s.%s",
		       srcdir ? srcdir : ".", name, suffix);
}

static struct transcript *read_capture(const char *name)
{
	own_reader struct reader *r = NULL;
	struct transcript *t = NULL;
	struct reader_packet p;
	own_fd int fd = -1;
	char path[512];
	struct err e;

	path_of(path, name, "pcap");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(reader_open(&r, fd, path, NULL, &e), 0);
	while (reader_next(r, &p, &e) > 0) {
		struct segment s;

		assert_int_equal(packet_decode(p.interface->linktype, p.data,
					       p.captured, p.length, &s),
				 PACKET_TCP);
		if (!t)
			assert_int_equal(transcript_new(&t, &s.src, &e), 0);
		assert_int_equal(transcript_add(t, p.time_ns, &s, p.data, &e),
				 0);
	}
	assert_null(reader_cut(r));
	assert_non_null(t);
	assert_int_equal(transcript_finish(t, &e), 0);
	return t;
}

/* Ports differ from capture to capture and say nothing. */
static void add_ports_hidden(struct text *out, const char *info)
{
	const char *bracket = strchr(info, '[');

	text_add(out, strstr(info, " → ") && bracket ? bracket : info);
}

static void add_late(struct text *out, const struct transcript *t, size_t i)
{
	struct stream_range r;
	struct err e;

	if (!transcript_late(t, i, &r))
		return;
	text_add(out, "; late: ");
	assert_int_equal(
		transcript_add_names(t, !t->packets[i].side, r, out, &e), 0);
}

static void tell(const struct transcript *t, struct text *out)
{
	for (size_t i = 0; i < t->n_packets; i++) {
		const struct transcript_packet *p = &t->packets[i];
		own_text struct text info = { .s = NULL };

		transcript_add_info(t, i, &info);
		text_addf(out, "%zu %c %s ", i + 1, p->side ? 'S' : 'C',
			  transcript_protocol(t, i));
		add_ports_hidden(out, text_str(&info));
		add_late(out, t, i);
		text_add(out, "\n");
		for (size_t j = 0; j < p->n_frames; j++)
			text_add(out, t->frames[p->first + j].details);
	}
	for (int side = 0; side < 2; side++) {
		const size_t before = out->n;

		transcript_add_doubt(t, side, out);
		if (out->n > before)
			text_add(out, "\n");
	}
}

static void read_text(const char *name, char *buf, size_t n)
{
	own_file FILE *f = NULL;
	char path[512];

	path_of(path, name, "txt");
	f = fopen(path, "re");
	assert_non_null(f);
	n = fread(buf, 1, n - 1, f);
	buf[n] = '\0';
}

/* GOLDEN_OUT=DIR keeps what was found, to look at and to take over. */
static void keep(const char *name, const char *got)
{
	const char *dir = getenv("GOLDEN_OUT");
	own_file FILE *f = NULL;
	char path[512];

	if (!dir)
		return;
	(void)snprintf(path, sizeof(path), "%s/%s.txt", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(got, f) >= 0);
}

/* Line by line: cmocka cuts long texts. */
static void expect_lines(const char *name, const char *got, const char *wanted)
{
	for (int line = 1; *got || *wanted; line++) {
		const size_t n = strcspn(got, "\n");
		const size_t m = strcspn(wanted, "\n");

		if (n != m || memcmp(got, wanted, n) != 0)
			fail_msg("%s.txt:%d: found '%.*s', not '%.*s'", name,
				 line, (int)n, got, (int)m, wanted);
		got += n + !!got[n];
		wanted += m + !!wanted[m];
	}
}

static void real_captures_hold_what_grpc_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(captures); i++) {
		own_transcript struct transcript *t = read_capture(captures[i]);
		own_text struct text out = { .s = NULL };
		static char wanted[65536];

		tell(t, &out);
		keep(captures[i], text_str(&out));
		read_text(captures[i], wanted, sizeof(wanted));
		expect_lines(captures[i], text_str(&out), wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_captures_hold_what_grpc_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
