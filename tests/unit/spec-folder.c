/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/spec-folder.h"

#include "lab/base/own.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char dir[64];

int folder_enter(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/test-folder-XXXXXX");
	if (!mkdtemp(dir) || chdir(dir) < 0)
		return -1;
	return mkdir("base", 0700);
}

static void empty(const char *path)
{
	DIR *d = opendir(path);

	for (struct dirent *f; d && (f = readdir(d)) != NULL;)
		if (strcmp(f->d_name, ".") != 0 && strcmp(f->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), f->d_name, 0);
	if (d)
		(void)closedir(d);
}

int folder_leave(void **state)
{
	(void)state;
	empty("base");
	empty(".");
	(void)rmdir("base");
	(void)chdir("/");
	return rmdir(dir);
}

void folder_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}
