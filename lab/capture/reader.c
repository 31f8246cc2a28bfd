/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/capture/reader.h"

#include "lab/capture/reader-parts.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

enum { PIECE_BYTES = 256 << 10, HEAD_BYTES = 512 };
static_assert(PIECE_BYTES + HEAD_BYTES <= (int)UNPACK_HEAD_MAX,
	      "what is read at first can be handed on");

static int no_memory(const struct reader *r, struct err *e)
{
	return err_set(e, ERR_SYSTEM, ENOMEM, "read '%s': out of memory",
		       r->name);
}

/* Room for @n unread bytes. */
static int make_room(struct reader *r, size_t n, struct err *e)
{
	const size_t unread = r->end - r->at;
	uint8_t *more;

	if (r->at && r->cap - r->at < n) {
		memmove(r->buf, r->buf + r->at, unread);
		r->at = 0;
		r->end = unread;
	}
	if (r->cap - r->at >= n)
		return 0;
	more = realloc(r->buf, n + PIECE_BYTES);
	if (!more)
		return no_memory(r, e);
	r->buf = more;
	r->cap = n + PIECE_BYTES;
	return 0;
}

static int copy(const struct reader *r, const uint8_t *p, size_t n,
		struct err *e)
{
	while (n) {
		const ssize_t written = write(r->copy_fd, p, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_errno(e, "keep a copy of '%s'", r->name);
		p += written;
		n -= (size_t)written;
	}
	return 0;
}

/* Whatever the next read() gives. */
static int read_piece(struct reader *r, struct err *e)
{
	const ssize_t n = r->unpack ? unpack_read(r->unpack, r->buf + r->end,
						  r->cap - r->end, e)
				    : input_read(&r->input, r->buf + r->end,
						 r->cap - r->end);

	if (n < 0 && r->unpack)
		return err_add(e, "'%s'", r->name);
	if (n < 0)
		return err_set(e, errno == EISDIR ? ERR_INPUT : ERR_SYSTEM,
			       errno, "cannot read '%s': %s", r->name,
			       strerror(errno));
	r->end += (size_t)n;
	r->eof = n == 0;
	return r->copy_fd < 0 ? 0 : copy(r, r->buf + r->end - n, (size_t)n, e);
}

int reader_fill(struct reader *r, size_t n, struct err *e)
{
	int result = make_room(r, n, e);

	while (result == 0 && r->end - r->at < n && !r->eof)
		result = read_piece(r, e);
	return result;
}

int reader_skip(struct reader *r, uint64_t n, struct err *e)
{
	const uint8_t *p;

	while (n) {
		const size_t here = r->end - r->at;
		const size_t step = n < here ? (size_t)n : here;
		int result;

		r->at += step;
		n -= step;
		if (!n)
			break;
		result = reader_need(r, 1, &p, e);
		if (result <= 0)
			return result;
	}
	return 1;
}

int reader_set_cut(struct reader *r, const char *what)
{
	(void)snprintf(r->cut, sizeof(r->cut),
		       "'%.150s' is cut off: it ends in the middle of %s %llu",
		       r->name, what, (unsigned long long)r->packets + 1);
	r->at = r->end;
	return 0;
}

int reader_garbled(const struct reader *r, struct err *e, const char *fmt, ...)
{
	char why[160];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INPUT, EILSEQ,
		       "'%s' is damaged after packet %llu: %s", r->name,
		       (unsigned long long)r->packets, why);
}

struct reader_interface *reader_add_interface(struct reader *r)
{
	if (r->n_interfaces == r->cap_interfaces) {
		const size_t cap = 2 * r->cap_interfaces + 4;
		struct reader_interface *more =
			reallocarray(r->interfaces, cap, sizeof(*more));

		if (!more)
			return NULL;
		r->interfaces = more;
		r->cap_interfaces = cap;
	}
	r->interfaces[r->n_interfaces] =
		(struct reader_interface){ .serial = ++r->serial };
	return &r->interfaces[r->n_interfaces++];
}

static int refuse(struct reader *r, struct err *e)
{
	const uint8_t *head;
	const int r1 = reader_need(r, HEAD_BYTES, &head, e);

	if (r1 < 0)
		return r1;
	return err_set(e, ERR_INPUT, EILSEQ,
		       "'%s' is not a capture in pcap or pcapng: %s looks like "
		       "%s",
		       r->name, r->unpack ? "what it packs" : "it",
		       reader_looks_like(head, r->end - r->at));
}

/* What was read so far is the beginning of something packed. */
static int begin_unpacking(struct reader *r, struct err *e)
{
	const uint8_t *head;
	int result = reader_need(r, 4, &head, e);

	if (result <= 0 || !unpack_knows(head, r->end - r->at))
		return result < 0 ? result : 0;
	result = unpack_new(&r->unpack, &r->input, head, r->end - r->at, e);
	r->at = r->end = 0;
	r->eof = false;
	return result;
}

static int begin(struct reader *r, struct err *e)
{
	int result = begin_unpacking(r, e);

	if (result == 0)
		result = reader_begin_pcapng(r, e);
	if (result == 0)
		result = reader_begin_pcap(r, e);
	if (result == 0)
		result = refuse(r, e);
	return result < 0 ? result : 0;
}

int reader_open(struct reader **ret, int fd, const char *name,
		const volatile sig_atomic_t *stop, struct err *e)
{
	own_reader struct reader *r = calloc(1, sizeof(*r));
	int result;

	if (!r)
		return err_errno(e, "read '%s'", name);
	r->input = (struct input){ .fd = fd, .stop = stop };
	r->copy_fd = -1;
	r->name = strdup(name);
	if (!r->name)
		return err_errno(e, "read '%s'", name);
	result = begin(r, e);
	if (result == 0)
		*ret = take_ptr(&r);
	return result;
}

/* The headers that were looked at lie in the buffer still: it has room for far
 * more, so nothing was moved in it. */
int reader_copy_to(struct reader *r, int fd, struct err *e)
{
	r->copy_fd = fd;
	return copy(r, r->buf, r->end, e);
}

/* Between 1970 and 2116: of any two such times there is a difference. */
static int64_t plausible(int64_t time_ns)
{
	if (time_ns < 0)
		return 0;
	return time_ns > INT64_MAX / 2 ? INT64_MAX / 2 : time_ns;
}

int reader_next_few(struct reader *r, struct reader_packet *ret, int max,
		    struct err *e)
{
	const int n = r->next(r, ret, max, e);

	for (int i = 0; i < n; i++) {
		ret[i].number = ++r->packets;
		ret[i].time_ns = plausible(ret[i].time_ns);
	}
	if (n == 0 && !r->cut[0] && r->unpack && unpack_is_cut(r->unpack))
		return reader_set_cut(r, "what is packed after packet");
	return n;
}

int reader_next(struct reader *r, struct reader_packet *ret, struct err *e)
{
	return reader_next_few(r, ret, 1, e);
}

const char *reader_cut(const struct reader *r)
{
	return r->cut[0] ? r->cut : NULL;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	unpack_free(r->unpack);
	free(r->interfaces);
	free(r->buf);
	free(r->name);
	free(r);
}
