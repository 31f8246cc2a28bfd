/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec-folder - a folder of topology files, and the working directory. */
#ifndef TESTS_UNIT_SPEC_FOLDER_H
#define TESTS_UNIT_SPEC_FOLDER_H

/* For cmocka: make the folder, with a folder base/ in it; remove it. */
int folder_enter(void **state);
int folder_leave(void **state);

/* Write one file, "t.yaml" or "base/b.yaml". */
void folder_write(const char *path, const char *text);

#endif
