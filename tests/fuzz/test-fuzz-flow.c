/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short fixed walk through the fuzzing target, for every `make check`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/rng.h"
#include "tests/fuzz/fuzz-flow.h"

enum { INPUTS = 1500, INPUT_BYTES_MAX = 600 };

static void random_bytes_keep_the_books_balanced(void **state)
{
	struct rng rng = { 7341 };
	uint8_t data[INPUT_BYTES_MAX];

	(void)state;
	for (int i = 0; i < INPUTS; i++) {
		const size_t n = rng_below(&rng, sizeof(data));

		for (size_t j = 0; j < n; j++)
			data[j] = (uint8_t)rng_next(&rng);
		assert_int_equal(LLVMFuzzerTestOneInput(data, n), 0);
	}
}

/* Steps of one connection only, at few points, mostly sane flags. */
static void random_segments_keep_the_books_balanced(void **state)
{
	/* SYN, SYN-ACK, ACK, PSH-ACK, FIN-ACK, RST-ACK, RST */
	static const uint8_t flags[] = { 2, 18, 16, 24, 17, 20, 4 };
	struct rng rng = { 20 };
	uint8_t data[INPUT_BYTES_MAX];

	(void)state;
	for (int i = 0; i < INPUTS; i++) {
		for (size_t j = 0; j < sizeof(data); j += 6) {
			data[j] = (uint8_t)rng_below(&rng, 16);
			data[j + 1] = (uint8_t)(rng_next(&rng) & 0x28);
			data[j + 2] = flags[rng_below(&rng, sizeof(flags))];
			data[j + 3] = (uint8_t)rng_below(&rng, 8);
			data[j + 4] = (uint8_t)rng_below(&rng, 8);
			data[j + 5] = (uint8_t)rng_below(&rng, 4);
		}
		assert_int_equal(LLVMFuzzerTestOneInput(data, sizeof(data)), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes_keep_the_books_balanced),
		cmocka_unit_test(random_segments_keep_the_books_balanced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
