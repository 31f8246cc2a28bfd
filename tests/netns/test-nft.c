/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/netns-test.h"

#include "lab/net/nft.h"

#include <sys/select.h>
#include <sys/stat.h>

/* Open until no number below FD_SETSIZE is free, and one more. */
static void use_up_low_descriptors(void)
{
	struct rlimit all;
	int fd;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	all.rlim_cur = all.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	if (all.rlim_max <= FD_SETSIZE + 16)
		netns_skip("more than %d descriptors: the hard limit is %llu",
			   FD_SETSIZE, (unsigned long long)all.rlim_max);
	do {
		fd = dup(STDERR_FILENO);
		assert_true(fd >= 0);
	} while (fd < FD_SETSIZE);
}

static int load(struct err *e)
{
	char text[] = "table ip t { }\n", path[] = "t.yaml", node[] = "a";
	struct nft_piece piece = { .text = text };
	const struct nft_rules rules = { &piece, 1, path, node };

	return nft_load(&rules, e);
}

static void rules_are_loaded_beside_a_thousand_descriptors(void)
{
	struct err e = { .code = 0 };
	struct stat before, after;

	assert_done(load(&e), &e);
	assert_int_equal(fstat(STDIN_FILENO, &before), 0);
	use_up_low_descriptors();
	assert_done(load(&e), &e);
	assert_int_equal(fstat(STDIN_FILENO, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(rules_are_loaded_beside_a_thousand_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
