/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short fixed walk around a good capture, for every `make check`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/own.h"
#include "lab/base/rng.h"
#include "lab/capture/pcapng.h"
#include "tests/fuzz/fuzz-flow.h"

#include <string.h>

static const struct pcapng_interface host_lo = { .name = "host:lo",
						 .linktype = 276,
						 .snap_bytes = 256 };

enum { INPUTS = 3000, INPUT_BYTES_MAX = 4096 };

/* Our own form of pcapng, with all the options that we write. */
static size_t make_pcapng(uint8_t *data)
{
	char dir[] = "/tmp/rstlab-XXXXXX", path[64];
	const struct pcapng_meta meta = { "x", "y", "z", "comment" };
	own_file FILE *f = NULL;
	struct pcapng *w = NULL;
	struct err e;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/a.pcapng", dir);
	assert_int_equal(pcapng_create(&w, path, &meta, &e), 0);
	assert_int_equal(pcapng_add_interface(w, &host_lo, &e), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pcapng_write(
				w,
				&(struct pcapng_frame){
					.time_ns = i,
					.data = (const uint8_t *)"abcdefgh",
					.captured = (uint32_t)i * 2,
					.length = 90,
					.comment = "why" },
				&e),
			0);
	assert_int_equal(pcapng_close(w, &e), 0);
	f = fopen(path, "re");
	assert_non_null(f);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	return fread(data, 1, INPUT_BYTES_MAX, f);
}

static size_t read_golden(uint8_t *data)
{
	const char *srcdir = getenv("srcdir");
	own_file FILE *f = NULL;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/tests/golden/flow/linger0.pcap",
		       srcdir ? srcdir : ".");
	f = fopen(path, "re");
	assert_non_null(f);
	return fread(data, 1, INPUT_BYTES_MAX, f);
}

/* Most changes go into the first bytes of blocks, which is where lengths are.
 */
static void walk(const uint8_t *whole, size_t n)
{
	static uint8_t data[INPUT_BYTES_MAX];
	struct rng rng = { 7341 };

	assert_int_equal(LLVMFuzzerTestOneInput(whole, n), 0);
	for (int i = 0; i < INPUTS; i++) {
		memcpy(data, whole, n);
		for (uint64_t k = 1 + rng_below(&rng, 4); k > 0; k--) {
			const size_t at = rng_below(&rng, n / 4) * 4;

			data[at + rng_below(&rng, 4)] = (uint8_t)rng_next(&rng);
		}
		assert_int_equal(
			LLVMFuzzerTestOneInput(data, n - rng_below(&rng, n)),
			0);
	}
}

static void damaged_pcapng_is_read_within_its_bounds(void **state)
{
	static uint8_t whole[INPUT_BYTES_MAX];

	(void)state;
	walk(whole, make_pcapng(whole));
}

static void damaged_pcap_is_read_within_its_bounds(void **state)
{
	static uint8_t whole[INPUT_BYTES_MAX];

	(void)state;
	walk(whole, read_golden(whole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_pcapng_is_read_within_its_bounds),
		cmocka_unit_test(damaged_pcap_is_read_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
