/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/capture/unpack.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

/* zlib: a window of up to 32 KiB, and the header of gzip.
 * zstd: what `zstd -22` wants at most; --ultra --long needs more, and we do not
 * take more memory for a file that says so. */
enum { GZIP_WINDOW = 15 + 16, ZSTD_WINDOW_LOG_MAX = 27 };

struct unpack {
	struct input input;
	bool eof;  /* of .input */
	bool open; /* within a member of gzip, a frame of zstd */
	z_stream zlib;
	ZSTD_DStream *zstd; /* NULL: it is gzip */
	size_t at, n;
	uint8_t packed[UNPACK_HEAD_MAX];
};

/* Source: RFC 1952 2.3.1, RFC 8878 3.1.1 */
static const uint8_t gzip_magic[] = { 0x1f, 0x8b };
static const uint8_t zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

static bool is_gzip(const uint8_t *head, size_t n)
{
	return n >= sizeof(gzip_magic) &&
	       !memcmp(head, gzip_magic, sizeof(gzip_magic));
}

bool unpack_knows(const uint8_t *head, size_t n)
{
	return is_gzip(head, n) ||
	       (n >= sizeof(zstd_magic) &&
		!memcmp(head, zstd_magic, sizeof(zstd_magic)));
}

int unpack_new(struct unpack **ret, const struct input *in, const uint8_t *head,
	       size_t n, struct err *e)
{
	struct unpack *u = calloc(1, sizeof(*u));
	bool begun;

	if (!u)
		return err_no_memory(e);
	u->input = *in;
	u->n = n;
	memcpy(u->packed, head, n);
	if (is_gzip(head, n)) {
		begun = inflateInit2(&u->zlib, GZIP_WINDOW) == Z_OK;
	} else {
		u->zstd = ZSTD_createDStream();
		begun = u->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(
					   u->zstd, ZSTD_d_windowLogMax,
					   ZSTD_WINDOW_LOG_MAX));
	}
	if (!begun) {
		unpack_free(u);
		return err_no_memory(e);
	}
	*ret = u;
	return 0;
}

void unpack_free(struct unpack *u)
{
	if (!u)
		return;
	if (u->zstd)
		(void)ZSTD_freeDStream(u->zstd);
	else
		(void)inflateEnd(&u->zlib);
	free(u);
}

static int fill(struct unpack *u, struct err *e)
{
	ssize_t n;

	if (u->at < u->n || u->eof)
		return 0;
	n = input_read(&u->input, u->packed, sizeof(u->packed));
	if (n < 0)
		return err_errno(e, "cannot read");
	u->at = 0;
	u->n = (size_t)n;
	u->eof = n == 0;
	return 0;
}

static int64_t refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_INPUT, EILSEQ, "its packed data are damaged: %s",
		       why);
}

/* Files of gzip that were joined are one: another member may follow. */
static int64_t inflate_some(struct unpack *u, uint8_t *to, size_t n,
			    struct err *e)
{
	int status;

	if (!u->open && u->at < u->n &&
	    (inflateReset(&u->zlib) != Z_OK || u->packed[u->at] != 0x1f)) {
		u->at = u->n; /* padding behind the last, as on tapes */
		return 0;
	}
	u->open = u->open || u->at < u->n;
	u->zlib.next_in = u->packed + u->at;
	u->zlib.avail_in = (uInt)(u->n - u->at);
	u->zlib.next_out = to;
	u->zlib.avail_out = (uInt)n;
	status = inflate(&u->zlib, Z_NO_FLUSH);
	u->at = u->n - u->zlib.avail_in;
	if (status == Z_STREAM_END)
		u->open = false;
	else if (status != Z_OK && status != Z_BUF_ERROR)
		return refuse(e, u->zlib.msg ? u->zlib.msg : "no gzip");
	return (int64_t)(n - u->zlib.avail_out);
}

static int64_t zstd_some(struct unpack *u, uint8_t *to, size_t n, struct err *e)
{
	ZSTD_inBuffer in = { u->packed, u->n, u->at };
	ZSTD_outBuffer out = { to, n, 0 };
	const size_t left = ZSTD_decompressStream(u->zstd, &out, &in);

	u->at = in.pos;
	if (ZSTD_isError(left))
		return refuse(e, ZSTD_getErrorName(left));
	if (out.pos || u->at)
		u->open = left != 0;
	return (int64_t)out.pos;
}

int64_t unpack_read(struct unpack *u, uint8_t *to, size_t n, struct err *e)
{
	for (;;) {
		int64_t got = fill(u, e);

		if (got == 0)
			got = u->zstd ? zstd_some(u, to, n, e)
				      : inflate_some(u, to, n, e);
		if (got != 0 || u->eof)
			return got;
	}
}

bool unpack_is_cut(const struct unpack *u)
{
	return u->eof && u->open;
}
