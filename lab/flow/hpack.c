/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/hpack.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

/* Where a header's texts begin in .text, which moves as it grows. */
struct place {
	uint32_t name, value;
};

struct hpack {
	nghttp2_hd_inflater *inflater;
	bool broken, ended;
	char *text;
	size_t n_text, cap_text;
	size_t n, left_out;
	struct place places[HPACK_HEADERS_MAX];
	struct header items[HPACK_HEADERS_MAX];
	struct header_list list;
};

const char *header_value(const struct header_list *l, const char *name)
{
	for (size_t i = 0; l && i < l->n; i++)
		if (!strcmp(l->items[i].name, name))
			return l->items[i].value;
	return NULL;
}

/* An encoder says how much of the table it uses, and must not use more than
 * the peer's SETTINGS allow.  We allow the most from the beginning: what was
 * said before both sides knew the SETTINGS is then right too. */
int hpack_new(struct hpack **ret, struct err *e)
{
	own_hpack struct hpack *h = calloc(1, sizeof(*h));

	if (!h || nghttp2_hd_inflate_new(&h->inflater) != 0 ||
	    nghttp2_hd_inflate_change_table_size(h->inflater,
						 HPACK_TABLE_BYTES_MAX) != 0)
		return err_no_memory(e);
	*ret = take_ptr(&h);
	return 0;
}

void hpack_free(struct hpack *h)
{
	if (!h)
		return;
	if (h->inflater)
		nghttp2_hd_inflate_del(h->inflater);
	free(h->text);
	free(h);
}

static bool reserve(struct hpack *h, size_t n)
{
	char *more;

	if (h->cap_text - h->n_text >= n)
		return true;
	more = realloc(h->text, 2 * (h->n_text + n));
	if (!more)
		return false;
	h->text = more;
	h->cap_text = 2 * (h->n_text + n);
	return true;
}

/* Nothing that a terminal would take for a command. */
static uint32_t add_text(struct hpack *h, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint32_t at = (uint32_t)h->n_text;

	for (size_t i = 0; i < n; i++) {
		if (p[i] >= ' ' && p[i] < 0x7f) {
			h->text[h->n_text++] = (char)p[i];
			continue;
		}
		h->text[h->n_text++] = '\\';
		h->text[h->n_text++] = 'x';
		h->text[h->n_text++] = digits[p[i] >> 4];
		h->text[h->n_text++] = digits[p[i] & 15];
	}
	h->text[h->n_text++] = '\0';
	return at;
}

static void keep(struct hpack *h, const nghttp2_nv *nv)
{
	const size_t bytes = 4 * (nv->namelen + nv->valuelen) + 2;

	if (h->n == HPACK_HEADERS_MAX ||
	    h->n_text + nv->namelen + nv->valuelen + 2 > HPACK_LIST_BYTES_MAX ||
	    !reserve(h, bytes)) {
		h->left_out++;
		return;
	}
	h->places[h->n].name = add_text(h, nv->name, nv->namelen);
	h->places[h->n].value = add_text(h, nv->value, nv->valuelen);
	h->n++;
}

static void end_block(struct hpack *h)
{
	(void)nghttp2_hd_inflate_end_headers(h->inflater);
	for (size_t i = 0; i < h->n; i++)
		h->items[i] = (struct header){ h->text + h->places[i].name,
					       h->text + h->places[i].value };
	h->list = (struct header_list){ h->items, h->n, h->left_out };
	h->ended = true;
}

static void begin_block(struct hpack *h)
{
	h->n = h->left_out = h->n_text = 0;
	h->list = (struct header_list){ NULL, 0, 0 };
	h->ended = false;
}

bool hpack_feed(struct hpack *h, const uint8_t *p, size_t n, bool last)
{
	int flags = 0;

	if (h->broken)
		return false;
	if (h->ended)
		begin_block(h);
	do {
		nghttp2_nv nv;
		const ssize_t used = nghttp2_hd_inflate_hd2(h->inflater, &nv,
							    &flags, p, n, last);

		if (used < 0) {
			h->broken = true;
			return false;
		}
		if (used > 0) { /* an empty block has no address to add to */
			p += used;
			n -= (size_t)used;
		}
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			keep(h, &nv);
	} while (n || (flags & NGHTTP2_HD_INFLATE_EMIT));
	if (last)
		end_block(h);
	return true;
}

const struct header_list *hpack_headers(const struct hpack *h)
{
	return &h->list;
}
