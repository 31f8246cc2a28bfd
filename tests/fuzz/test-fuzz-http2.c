/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The corpus, and a short fixed walk around it, for every `make check`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/own.h"
#include "lab/base/rng.h"
#include "tests/fuzz/fuzz-flow.h"

#include <string.h>

enum { INPUTS = 300, INPUT_BYTES_MAX = 8192 };

static const char *const corpus[] = {
	"unary", "stream", "error", "unknown", "many", "gzip",
};

static size_t read_corpus(const char *name, uint8_t *data)
{
	const char *srcdir = getenv("srcdir");
	own_file FILE *f = NULL;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus-http2/%s",
		       srcdir ? srcdir : ".", name);
	f = fopen(path, "re");
	assert_non_null(f);
	return fread(data, 1, INPUT_BYTES_MAX, f);
}

/* Change, drop or repeat some bytes, as a fuzzer would first. */
static size_t mutate(struct rng *rng, uint8_t *data, size_t n)
{
	for (uint64_t i = 1 + rng_below(rng, 8); i > 0; i--) {
		const size_t at = rng_below(rng, n);

		switch (rng_below(rng, 4)) {
		case 0:
			data[at] = (uint8_t)rng_next(rng);
			break;
		case 1:
			data[at] ^= (uint8_t)(1U << rng_below(rng, 8));
			break;
		case 2:
			memmove(data + at, data + at + 1, n - at - 1);
			break;
		default:
			memmove(data + at + 1, data + at, n - at - 1);
			break;
		}
	}
	return n - rng_below(rng, n / 4);
}

static void
the_corpus_and_its_neighbours_keep_frames_in_their_streams(void **state)
{
	struct rng rng = { 7341 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(corpus); i++) {
		static uint8_t whole[INPUT_BYTES_MAX], data[INPUT_BYTES_MAX];
		const size_t n = read_corpus(corpus[i], whole);

		assert_true(n > 100);
		assert_int_equal(LLVMFuzzerTestOneInput(whole, n), 0);
		for (int j = 0; j < INPUTS; j++) {
			memcpy(data, whole, n);
			assert_int_equal(LLVMFuzzerTestOneInput(
						 data, mutate(&rng, data, n)),
					 0);
		}
	}
}

static void random_bytes_keep_frames_in_their_streams(void **state)
{
	struct rng rng = { 20 };
	uint8_t data[600];

	(void)state;
	for (int i = 0; i < INPUTS; i++) {
		const size_t n = rng_below(&rng, sizeof(data));

		for (size_t j = 0; j < n; j++)
			data[j] = (uint8_t)rng_next(&rng);
		assert_int_equal(LLVMFuzzerTestOneInput(data, n), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_corpus_and_its_neighbours_keep_frames_in_their_streams),
		cmocka_unit_test(random_bytes_keep_frames_in_their_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
