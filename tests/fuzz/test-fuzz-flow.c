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

/* One frame of TCP in IPv4 in Ethernet, with up to three bits turned over. */
static size_t write_frame(struct rng *rng, uint8_t *frame)
{
	const size_t header = 20 + 4 * rng_below(rng, 11);
	const size_t payload = rng_below(rng, 60);
	const size_t n = 14 + 20 + header + payload;
	const size_t total = n - 14;

	for (size_t i = 0; i < n; i++)
		frame[i] = (uint8_t)rng_next(rng);
	frame[12] = 0x08;
	frame[13] = 0x00;
	frame[14] = 0x45;
	frame[16] = (uint8_t)(total >> 8);
	frame[17] = (uint8_t)total;
	frame[20] = frame[21] = 0;
	frame[23] = 6;
	frame[14 + 20 + 12] = (uint8_t)(header / 4 << 4);
	for (uint64_t flips = rng_below(rng, 4); flips; flips--)
		frame[12 + rng_below(rng, n - 12)] ^=
			(uint8_t)(1U << rng_below(rng, 8));
	return n;
}

static void plain_frames_are_decoded_as_any_other(void **state)
{
	enum { HEAD_BYTES = 4, FRAMES = 4 };
	struct rng rng = { 88 };
	uint8_t data[FRAMES * (HEAD_BYTES + 200)];

	(void)state;
	for (int i = 0; i < INPUTS; i++) {
		size_t n = 1;

		data[0] = 0; /* no limits */
		for (int j = 0; j < FRAMES; j++) {
			uint8_t *head = data + n;

			head[0] = 0xf0; /* a step that reads a frame ... */
			head[1] = 0;	/* ... of Ethernet */
			head[2] = (uint8_t)write_frame(&rng, head + HEAD_BYTES);
			head[3] = (uint8_t)rng_below(&rng, 3);
			n += HEAD_BYTES + head[2];
			head[2] -= (uint8_t)(rng_below(&rng, 8) == 0);
		}
		assert_int_equal(LLVMFuzzerTestOneInput(data, n), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes_keep_the_books_balanced),
		cmocka_unit_test(random_segments_keep_the_books_balanced),
		cmocka_unit_test(plain_frames_are_decoded_as_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
