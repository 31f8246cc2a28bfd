/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each case works in an empty directory of its own. */
#include "lab/run/rundir.h"

#include "lab/base/own.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

struct place {
	char dir[64];
	int home; /* where the test program was started */
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/rstlab-rundir-XXXXXX");
	p->home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = p;
	return p->home >= 0 && mkdtemp(p->dir) ? chdir(p->dir) : -1;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct place *p = *state;
	int r = fchdir(p->home);

	(void)close(p->home);
	if (nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) < 0)
		r = -1;
	free(p);
	return r;
}

static void make_file(const char *path)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	assert_true(fd >= 0);
}

/* A new run in the default place, with its (empty) database. */
static void make_run(uint64_t seed, char *ret_id)
{
	char db[128];
	own_mem char *path = NULL;
	struct err e;

	assert_int_equal(rundir_create(NULL, seed, ret_id, &path, &e), 0);
	(void)snprintf(db, sizeof(db), "%s/run.db", path);
	make_file(db);
}

static void assert_create_fails(const char *wanted, const char *text)
{
	char id[RUNDIR_ID_MAX] = "untouched";
	char *path = NULL;
	struct err e = { .code = 0 };

	assert_true(rundir_create(wanted, 1, id, &path, &e) < 0);
	assert_string_equal(e.text, text);
	assert_int_equal(e.class, ERR_INPUT);
	assert_string_equal(id, "untouched");
	assert_null(path);
}

static void assert_find_fails(const char *run, const char *text)
{
	char *path = NULL;
	struct err e = { .code = 0 };

	assert_true(rundir_find(run, &path, &e) < 0);
	assert_string_equal(e.text, text);
	assert_int_equal(e.class, ERR_INPUT);
	assert_null(path);
}

static void a_run_gets_a_directory_named_by_time_and_seed(void **state)
{
	char id[RUNDIR_ID_MAX], expected[64];
	own_mem char *path = NULL;
	unsigned date, time_of_day;
	unsigned long long seed;
	struct stat st;
	struct err e;

	(void)state;
	assert_int_equal(rundir_create(NULL, UINT64_MAX, id, &path, &e), 0);
	assert_int_equal(sscanf(id, "%8u-%6u-%llu", &date, &time_of_day, &seed),
			 3);
	assert_true(seed == UINT64_MAX);
	(void)snprintf(expected, sizeof(expected), "rstlab-runs/%s", id);
	assert_string_equal(path, expected);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
}

static void latest_points_at_the_newest_run(void **state)
{
	char first[RUNDIR_ID_MAX], second[RUNDIR_ID_MAX];
	char target[PATH_MAX] = "";

	(void)state;
	make_run(1, first);
	make_run(2, second);
	assert_true(readlink("rstlab-runs/latest", target, sizeof(target)) > 0);
	assert_string_equal(target, second);
}

static void runs_of_the_same_second_and_seed_do_not_collide(void **state)
{
	char ids[5][RUNDIR_ID_MAX];

	(void)state;
	for (int i = 0; i < 5; i++)
		make_run(UINT64_MAX, ids[i]);
	for (int i = 1; i < 5; i++)
		assert_string_not_equal(ids[i], ids[i - 1]);
}

static void wanted_directory_may_be_new_or_empty(void **state)
{
	char id[RUNDIR_ID_MAX];
	own_mem char *made = NULL;
	own_mem char *found = NULL;
	struct err e;

	(void)state;
	assert_int_equal(rundir_create("here", 1, id, &made, &e), 0);
	assert_string_equal(made, "here");
	assert_int_equal(rundir_create("here", 1, id, &found, &e), 0);
	assert_string_equal(found, "here");
	assert_int_equal(access("rstlab-runs", F_OK), -1);
}

static void wanted_directory_with_files_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir("full", 0777), 0);
	make_file("full/notes");
	assert_create_fails("full", "directory 'full' is not empty: remove it, "
				    "or choose another place with -o");
}

static void wanted_file_is_refused(void **state)
{
	(void)state;
	make_file("file");
	assert_create_fails("file", "'file' is not a directory: choose another "
				    "place with -o");
}

static void wanted_directory_without_parent_is_refused(void **state)
{
	(void)state;
	assert_create_fails("no/such",
			    "cannot make directory 'no/such': No such file or "
			    "directory: choose another place with -o");
}

static void a_latest_that_is_no_link_is_refused_and_nothing_stays(void **state)
{
	(void)state;
	assert_int_equal(mkdir("rstlab-runs", 0777), 0);
	assert_int_equal(mkdir("rstlab-runs/latest", 0777), 0);
	assert_create_fails(NULL, "cannot replace 'rstlab-runs/latest': Is a "
				  "directory: remove it, or choose a place "
				  "with -o");
	assert_int_equal(rmdir("rstlab-runs/latest"), 0);
	assert_int_equal(rmdir("rstlab-runs"), 0);
}

static void runs_are_found_by_directory_id_and_latest(void **state)
{
	char id[RUNDIR_ID_MAX], expected[64];
	const char *names[] = { id, "latest", expected };
	struct err e;

	(void)state;
	make_run(5, id);
	(void)snprintf(expected, sizeof(expected), "rstlab-runs/%s", id);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		own_mem char *path = NULL;

		assert_int_equal(rundir_find(names[i], &path, &e), 0);
		assert_string_equal(path, expected);
	}
}

static void an_unknown_id_names_the_nearest(void **state)
{
	char id[RUNDIR_ID_MAX], wrong[RUNDIR_ID_MAX], text[256];

	(void)state;
	make_run(7341, id);
	memcpy(wrong, id, sizeof(wrong));
	wrong[strlen(wrong) - 1] = '9';
	(void)snprintf(text, sizeof(text),
		       "no run '%s' in 'rstlab-runs'; did you mean '%s'?",
		       wrong, id);
	assert_find_fails(wrong, text);
	assert_find_fails("x", "no run 'x' in 'rstlab-runs'");
}

static void what_holds_no_run_is_refused(void **state)
{
	(void)state;
	assert_find_fails("latest", "no run 'latest': there is no directory "
				    "'rstlab-runs' here");
	assert_int_equal(mkdir("empty", 0777), 0);
	assert_find_fails("empty",
			  "'empty' holds no run: there is no run.db in it");
	assert_int_equal(mkdir("rstlab-runs", 0777), 0);
	assert_int_equal(mkdir("rstlab-runs/killed", 0777), 0);
	assert_find_fails("killed", "'rstlab-runs/killed' holds no run: there "
				    "is no run.db in it");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(a_run_gets_a_directory_named_by_time_and_seed),
		CASE(latest_points_at_the_newest_run),
		CASE(runs_of_the_same_second_and_seed_do_not_collide),
		CASE(wanted_directory_may_be_new_or_empty),
		CASE(wanted_directory_with_files_is_refused),
		CASE(wanted_file_is_refused),
		CASE(wanted_directory_without_parent_is_refused),
		CASE(a_latest_that_is_no_link_is_refused_and_nothing_stays),
		CASE(runs_are_found_by_directory_id_and_latest),
		CASE(an_unknown_id_names_the_nearest),
		CASE(what_holds_no_run_is_refused),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
