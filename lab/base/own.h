/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own - the declaration says who releases a resource.
 *
 *   own_fd int fd = -1;         closed on every way out of the block
 *   *ret_fd = take_fd(&fd);     the caller owns it from here on
 *
 * A variable without `own_` is borrowed and must not be released here.
 */
#ifndef LAB_BASE_OWN_H
#define LAB_BASE_OWN_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OWN(release) __attribute__((cleanup(release)))

static inline void own_fd_release(const int *fd)
{
	const int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = saved;
}

static inline void own_mem_release(void *p)
{
	free(*(void **)p);
}

static inline void own_file_release(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

static inline void own_dir_release(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

#define own_dir	 OWN(own_dir_release)
#define own_fd	 OWN(own_fd_release)
#define own_mem	 OWN(own_mem_release)
#define own_file OWN(own_file_release)

static inline int take_fd(int *fd)
{
	const int taken = *fd;

	*fd = -1;
	return taken;
}

#define take_ptr(p)                        \
	({                                 \
		__auto_type taken_ = *(p); \
		*(p) = NULL;               \
		taken_;                    \
	})

/* Gives `own_NAME` for a type that ends with `void free_fn(type *)`, which
 * must accept NULL: OWN_DEFINE(lab, struct lab, lab_free). */
#define OWN_DEFINE(name, type, free_fn)                   \
	static inline void own_##name##_release(type **p) \
	{                                                 \
		free_fn(*p);                              \
	}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
