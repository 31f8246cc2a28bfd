/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: POSIX.1-2017, pax, "ustar Interchange Format" */
#include "lab/fidelity/engine-parts.h"

#include "lab/base/own.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { TAR_BLOCK = 512 };

struct tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], type, link[100], magic[6], version[2];
	char user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
static_assert(sizeof(struct tar_header) == TAR_BLOCK, "one block");

/* Numbers are octal; the sum is over the header with spaces in its place. */
static void fill_header(struct tar_header *h, size_t bytes)
{
	unsigned sum = 0;

	memset(h, 0, sizeof(*h));
	memcpy(h->name, "pause", sizeof("pause"));
	memcpy(h->mode, "0000755", sizeof(h->mode));
	memcpy(h->uid, "0000000", sizeof(h->uid));
	memcpy(h->gid, "0000000", sizeof(h->gid));
	(void)snprintf(h->size, sizeof(h->size), "%011zo", bytes);
	memcpy(h->mtime, "00000000000", sizeof(h->mtime));
	memset(h->checksum, ' ', sizeof(h->checksum));
	h->type = '0';
	memcpy(h->magic, "ustar", sizeof(h->magic));
	memcpy(h->version, "00", sizeof(h->version));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += ((const unsigned char *)h)[i];
	(void)snprintf(h->checksum, sizeof(h->checksum), "%06o", sum);
}

static int read_whole(int fd, char *to, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		const ssize_t n = read(fd, to + done, bytes - done);

		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

int engine_tar(const char *program, char **ret, size_t *ret_bytes,
	       struct err *e)
{
	own_fd int fd = open(program, O_RDONLY | O_CLOEXEC);
	own_mem char *tar = NULL;
	struct stat st;
	size_t bytes, blocks;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(
			e, ERR_HOST, errno,
			"the program for containers '%s' is missing: %s; "
			"build rstlab where a static C library is "
			"installed (Debian: libc6-dev)",
			program, strerror(errno));
	bytes = (size_t)st.st_size;
	/* the header, the file, and two empty blocks as the end */
	blocks = 1 + (bytes + TAR_BLOCK - 1) / TAR_BLOCK + 2;
	tar = calloc(blocks, TAR_BLOCK);
	if (!tar || read_whole(fd, tar + TAR_BLOCK, bytes) < 0)
		return err_errno(e, "read '%s'", program);
	fill_header((struct tar_header *)tar, bytes);
	*ret_bytes = blocks * TAR_BLOCK;
	*ret = take_ptr(&tar);
	return 0;
}
