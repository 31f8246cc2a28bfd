/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Each block is put together in a growing buffer, where its
 * length becomes known, and then handed to stdio whole; stdio gathers blocks
 * and writes them in large pieces.  Integers are in host order, which the
 * section header's magic tells the reader.
 */
#include "lab/capture/pcapng.h"

#include "lab/base/clock.h"

#include <string.h>

enum { WRITE_BYTES = 256 << 10 };

enum block_type {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_NAMES = 4,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
};

/* Codes are per block type but for the first two. */
enum option {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_HARDWARE = 2,
	SHB_OS = 3,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	EPB_FLAGS = 2,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	ISB_USRDELIV = 8,
};

enum {
	MAGIC = 0x1a2b3c4d,
	TSRESOL_NS = 9,	  /* 10^-9 s */
	FLAG_INBOUND = 1, /* bits 0-1 of epb_flags */
	FLAG_OUTBOUND = 2,
	NAME_END = 0, /* records of names */
	NAME_IPV4 = 1,
	NAME_IPV6 = 2,
	OPTION_MAX = 0xfffc, /* bytes; the length has 16 bits */
};

struct interface {
	uint64_t written;
	int64_t last_ns; /* of its last frame */
	uint64_t received, dropped;
	bool counted; /* the two above are known */
};

struct pcapng {
	FILE *file;
	char *path;
	int failed; /* errno of the first failed write, or 0 */
	uint8_t *block;
	size_t n, cap;
	struct interface *interfaces;
	size_t n_interfaces;
};

static int no_memory(struct err *e, const struct pcapng *p)
{
	return err_set(e, ERR_SYSTEM, ENOMEM, "write %s: out of memory",
		       p->path);
}

/* Room for @n more bytes of the block, zeroed; NULL without memory. */
static uint8_t *extend(struct pcapng *p, size_t n)
{
	uint8_t *at;

	if (p->n + n > p->cap) {
		const size_t cap = 2 * (p->n + n);
		uint8_t *more = realloc(p->block, cap);

		if (!more) {
			p->failed = ENOMEM;
			return NULL;
		}
		p->block = more;
		p->cap = cap;
	}
	at = p->block + p->n;
	memset(at, 0, n);
	p->n += n;
	return at;
}

static void put(struct pcapng *p, const void *data, size_t n)
{
	uint8_t *at = extend(p, n);

	if (at && n)
		memcpy(at, data, n);
}

static void put16(struct pcapng *p, unsigned v)
{
	const uint16_t v16 = (uint16_t)v;

	put(p, &v16, sizeof(v16));
}

static void put32(struct pcapng *p, uint32_t v)
{
	put(p, &v, sizeof(v));
}

static void put_time(struct pcapng *p, int64_t ns)
{
	put32(p, (uint32_t)((uint64_t)ns >> 32));
	put32(p, (uint32_t)ns);
}

static void pad(struct pcapng *p)
{
	(void)extend(p, (4 - p->n % 4) % 4);
}

static void put_option(struct pcapng *p, enum option code, const void *data,
		       size_t n)
{
	put16(p, code);
	put16(p, (unsigned)n);
	put(p, data, n);
	pad(p);
}

/* Bytes of @s that fit; a UTF-8 character is kept whole or left out. */
static size_t option_bytes(const char *s)
{
	size_t n = strlen(s);

	if (n <= OPTION_MAX)
		return n;
	n = OPTION_MAX;
	while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void put_text(struct pcapng *p, enum option code, const char *s)
{
	if (s)
		put_option(p, code, s, option_bytes(s));
}

static void block_begin(struct pcapng *p, enum block_type type)
{
	p->n = 0;
	put32(p, type);
	put32(p, 0); /* length, by block_end() */
}

static int block_end(struct pcapng *p, struct err *e)
{
	uint32_t length;

	put32(p, OPT_END); /* code and length are both 0 */
	length = (uint32_t)p->n + 4;
	put32(p, length);
	if (p->failed == ENOMEM)
		return no_memory(e, p);
	memcpy(p->block + 4, &length, sizeof(length));
	if (!p->failed && fwrite(p->block, 1, p->n, p->file) != p->n)
		p->failed = errno;
	if (!p->failed)
		return 0;
	errno = p->failed;
	return err_errno(e, "write %s", p->path);
}

static int put_section(struct pcapng *p, const struct pcapng_meta *meta,
		       struct err *e)
{
	block_begin(p, BLOCK_SECTION);
	put32(p, MAGIC);
	put16(p, 1); /* version 1.0 */
	put16(p, 0);
	put32(p, UINT32_MAX); /* section length: unknown */
	put32(p, UINT32_MAX);
	if (meta) {
		put_text(p, OPT_COMMENT, meta->comment);
		put_text(p, SHB_HARDWARE, meta->hardware);
		put_text(p, SHB_OS, meta->os);
		put_text(p, SHB_USERAPPL, meta->application);
	}
	return block_end(p, e);
}

static int open_file(struct pcapng *p, const char *path, struct err *e)
{
	p->path = strdup(path);
	if (!p->path)
		return err_errno(e, "create %s", path);
	p->file = fopen(path, "wxe"); /* O_EXCL, O_CLOEXEC */
	if (!p->file)
		return err_errno(e, "create %s", path);
	(void)setvbuf(p->file, NULL, _IOFBF, WRITE_BYTES);
	return 0;
}

int pcapng_create(struct pcapng **ret, const char *path,
		  const struct pcapng_meta *meta, struct err *e)
{
	own_pcapng struct pcapng *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return err_errno(e, "create %s", path);
	r = open_file(p, path, e);
	if (r == 0)
		r = put_section(p, meta, e);
	if (r == 0)
		*ret = take_ptr(&p);
	return r;
}

int pcapng_add_interface(struct pcapng *p, const struct pcapng_interface *i,
			 struct err *e)
{
	const uint8_t resolution = TSRESOL_NS;
	struct interface *more =
		reallocarray(p->interfaces, p->n_interfaces + 1, sizeof(*more));
	int r;

	if (!more)
		return no_memory(e, p);
	p->interfaces = more;
	block_begin(p, BLOCK_INTERFACE);
	put16(p, i->linktype);
	put16(p, 0); /* reserved */
	put32(p, i->snap_bytes);
	put_text(p, IF_NAME, i->name);
	put_text(p, IF_DESCRIPTION, i->description);
	put_option(p, IF_TSRESOL, &resolution, 1);
	r = block_end(p, e);
	if (r < 0)
		return r;
	more[p->n_interfaces] = (struct interface){ .written = 0 };
	return (int)p->n_interfaces++;
}

int pcapng_add_names(struct pcapng *p, const struct pcapng_name *names,
		     size_t n, struct err *e)
{
	if (!n)
		return 0;
	block_begin(p, BLOCK_NAMES);
	for (size_t i = 0; i < n; i++) {
		const size_t name_bytes = strlen(names[i].name) + 1;

		put16(p, names[i].n == 4 ? NAME_IPV4 : NAME_IPV6);
		put16(p, (unsigned)(names[i].n + name_bytes));
		put(p, names[i].bytes, names[i].n);
		put(p, names[i].name, name_bytes);
		pad(p);
	}
	put32(p, NAME_END); /* type and length */
	return block_end(p, e);
}

int pcapng_write(struct pcapng *p, const struct pcapng_frame *f, struct err *e)
{
	const uint32_t flags = f->outgoing ? FLAG_OUTBOUND : FLAG_INBOUND;
	struct interface *i;

	if (f->interface < 0 || (size_t)f->interface >= p->n_interfaces)
		return err_set(e, ERR_BUG, EINVAL,
			       "write %s: no interface number %d", p->path,
			       f->interface);
	i = &p->interfaces[f->interface];
	block_begin(p, BLOCK_PACKET);
	put32(p, (uint32_t)f->interface);
	put_time(p, f->time_ns);
	put32(p, f->captured);
	put32(p, f->length);
	put(p, f->data, f->captured);
	pad(p);
	put_option(p, EPB_FLAGS, &flags, sizeof(flags));
	put_text(p, OPT_COMMENT, f->comment);
	put_text(p, OPT_COMMENT, f->detail);
	i->written++;
	i->last_ns = f->time_ns;
	return block_end(p, e);
}

void pcapng_count(struct pcapng *p, int interface, uint64_t received,
		  uint64_t dropped)
{
	struct interface *i = &p->interfaces[interface];

	i->received = received;
	i->dropped = dropped;
	i->counted = true;
}

static int put_statistics(struct pcapng *p, size_t interface, struct err *e)
{
	const struct interface *i = &p->interfaces[interface];

	block_begin(p, BLOCK_STATISTICS);
	put32(p, (uint32_t)interface);
	put_time(p, i->last_ns);
	if (i->counted) {
		put_option(p, ISB_IFRECV, &i->received, 8);
		put_option(p, ISB_IFDROP, &i->dropped, 8);
	}
	put_option(p, ISB_USRDELIV, &i->written, 8);
	return block_end(p, e);
}

int pcapng_close(struct pcapng *p, struct err *e)
{
	own_pcapng struct pcapng *mine = p;
	int r = 0;

	for (size_t i = 0; r == 0 && i < mine->n_interfaces; i++)
		r = put_statistics(mine, i, e);
	if (r < 0)
		return r;
	if (fclose(take_ptr(&mine->file)) != 0)
		return err_errno(e, "write %s", mine->path);
	return 0;
}

void pcapng_abandon(struct pcapng *p)
{
	if (!p)
		return;
	own_file_release(&p->file);
	free(p->interfaces);
	free(p->block);
	free(p->path);
	free(p);
}
