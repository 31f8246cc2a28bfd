/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short fixed walk around the captures of the corpus, for every `make check`:
 * one of each format and link type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/own.h"
#include "lab/base/rng.h"
#include "tests/fuzz/fuzz-flow.h"

#include <dirent.h>
#include <string.h>

enum { INPUTS = 150, INPUT_BYTES_MAX = 8192 };

static size_t read_file(const char *dir, const char *name, uint8_t *data)
{
	own_file FILE *f = NULL;
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	assert_non_null(f);
	return fread(data, 1, INPUT_BYTES_MAX, f);
}

static void walk(const uint8_t *whole, size_t n, struct rng *rng)
{
	static uint8_t data[INPUT_BYTES_MAX];

	assert_int_equal(LLVMFuzzerTestOneInput(whole, n), 0);
	for (int i = 0; i < INPUTS; i++) {
		memcpy(data, whole, n);
		for (uint64_t k = 1 + rng_below(rng, 4); k > 0; k--)
			data[rng_below(rng, n)] = (uint8_t)rng_next(rng);
		assert_int_equal(
			LLVMFuzzerTestOneInput(
				data, i % 2 ? n : n - rng_below(rng, n)),
			0);
	}
}

static void damaged_captures_are_judged_within_their_bounds(void **state)
{
	static uint8_t whole[INPUT_BYTES_MAX];
	const char *srcdir = getenv("srcdir");
	struct rng rng = { 7341 };
	const struct dirent *entry;
	char path[512];
	size_t files = 0;
	DIR *dir;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus-capture",
		       srcdir ? srcdir : ".");
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		walk(whole, read_file(path, entry->d_name, whole), &rng);
		files++;
	}
	(void)closedir(dir);
	assert_true(files >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			damaged_captures_are_judged_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
