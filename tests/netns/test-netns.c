/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/netns-test.h"

#include "lab/net/netns.h"

#include <net/if.h>
#include <sys/capability.h>
#include <sys/stat.h>

#define NOT_PERMITTED                                                   \
	"make a network namespace: not permitted; it needs root, or a " \
	"user namespace with a network namespace of its own"

static ino_t own_namespace(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	return st.st_ino;
}

static ino_t namespace_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static void a_new_namespace_is_another_one_and_we_are_home(void)
{
	const ino_t home = own_namespace();
	own_fd int fd = -1;
	struct err e = { .code = 0 };

	assert_done(netns_new(&fd, &e), &e);
	assert_int_equal(own_namespace(), home);
	assert_int_not_equal(namespace_of(fd), home);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void a_visit_ends_with_its_block(void)
{
	const ino_t home = own_namespace();
	own_fd int fd = -1;
	struct err e = { .code = 0 };

	assert_done(netns_new(&fd, &e), &e);
	{
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;

		assert_done(netns_enter(&visit, fd, &e), &e);
		assert_int_equal(own_namespace(), namespace_of(fd));
	}
	assert_int_equal(own_namespace(), home);
}

static void visits_nest(void)
{
	own_fd int outer = -1, inner = -1;
	struct err e = { .code = 0 };

	assert_done(netns_new(&outer, &e), &e);
	assert_done(netns_new(&inner, &e), &e);
	own_netns_visit struct netns_visit first = NETNS_VISIT_NONE;
	assert_done(netns_enter(&first, outer, &e), &e);
	{
		own_netns_visit struct netns_visit second = NETNS_VISIT_NONE;

		assert_done(netns_enter(&second, inner, &e), &e);
		assert_int_equal(own_namespace(), namespace_of(inner));
	}
	assert_int_equal(own_namespace(), namespace_of(outer));
}

static void entering_what_is_no_namespace_leaves_us_home(void)
{
	const ino_t home = own_namespace();
	own_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };

	assert_int_equal(netns_enter(&visit, fd, &e), -EINVAL);
	assert_string_equal(e.text,
			    "enter a network namespace: Invalid argument");
	assert_int_equal(visit.home, -1);
	assert_int_equal(own_namespace(), home);
}

static void without_rights_the_message_says_what_is_needed(void)
{
	cap_t none = cap_init();
	struct err e = { .code = 0 };
	int fd = -1;

	assert_int_equal(cap_set_proc(none), 0);
	(void)cap_free(none);
	assert_int_equal(netns_new(&fd, &e), -EPERM);
	assert_string_equal(e.text, NOT_PERMITTED);
	assert_int_equal(e.class, ERR_HOST);
	assert_int_equal(fd, -1);
}

static void what_could_not_be_returned_to_is_not_left(void)
{
	const ino_t home = own_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_fd int before = -1;
	struct err e = { .code = 0 };
	int fd = -1;

	assert_done(netns_new(&before, &e), &e);
	/* rights over what is made from here on, but none over home */
	if (unshare(CLONE_NEWUSER) < 0)
		netns_skip("a user namespace: %s", strerror(errno));
	assert_int_equal(netns_new(&fd, &e), -EPERM);
	assert_string_equal(e.text, NOT_PERMITTED);
	assert_int_equal(netns_enter(&visit, before, &e), -EPERM);
	assert_string_equal(e.text, "enter a network namespace: Operation not "
				    "permitted");
	assert_int_equal(own_namespace(), home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(a_new_namespace_is_another_one_and_we_are_home),
		netns_test(a_visit_ends_with_its_block),
		netns_test(visits_nest),
		netns_test(entering_what_is_no_namespace_leaves_us_home),
		netns_test(without_rights_the_message_says_what_is_needed),
		netns_test(what_could_not_be_returned_to_is_not_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
