/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/capture/source.h"

#include <string.h>

struct stream {
	struct reader *reader;
	struct reader_packet packet; /* the next */
	bool any, ended;	     /* a packet came; the last did */
};

struct source {
	struct stream *streams;
	size_t n;
	struct stream *last; /* whose packet was lent */
	char *cut;
};

static void keep_cut(struct source *s, const char *why)
{
	if (why && !s->cut)
		s->cut = strdup(why);
}

/* A file that is damaged after its first packet ends there. */
static int ended(struct source *s, struct stream *t, int r, struct err *e)
{
	t->ended = true;
	if (r == 0)
		keep_cut(s, reader_cut(t->reader));
	if (r >= 0 || e->class != ERR_INPUT || !t->any)
		return r < 0 ? r : 0;
	keep_cut(s, e->text);
	return 0;
}

static int advance(struct source *s, struct stream *t, struct err *e)
{
	const int r = reader_next(t->reader, &t->packet, e);

	t->any |= r > 0;
	return r > 0 ? 0 : ended(s, t, r, e);
}

static int next_of_one(struct source *s, struct reader_packet *ret, int max,
		       struct err *e)
{
	struct stream *t = s->streams;
	const int r = t->ended ? 0 : reader_next_few(t->reader, ret, max, e);

	if (r <= 0)
		return ended(s, t, r, e);
	t->any = true;
	return r;
}

int source_open(struct source **ret, const struct source_file *files, size_t n,
		const volatile sig_atomic_t *stop, struct err *e)
{
	own_source struct source *s = calloc(1, sizeof(*s));
	int r = 0;

	if (s)
		s->streams = calloc(n + 1, sizeof(*s->streams));
	if (!s || !s->streams)
		return err_no_memory(e);
	s->n = n;
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = reader_open(&s->streams[i].reader, files[i].fd,
				files[i].name, stop, e);
		if (r == 0 && files[i].copy_fd)
			r = reader_copy_to(s->streams[i].reader,
					   files[i].copy_fd, e);
	}
	for (size_t i = 0; r == 0 && n > 1 && i < n; i++)
		r = advance(s, &s->streams[i], e);
	if (r == 0)
		*ret = take_ptr(&s);
	return r;
}

static struct stream *earliest(const struct source *s)
{
	struct stream *first = NULL;

	for (size_t i = 0; i < s->n; i++) {
		struct stream *t = &s->streams[i];

		if (!t->ended &&
		    (!first || t->packet.time_ns < first->packet.time_ns))
			first = t;
	}
	return first;
}

/* A lent packet lies in its reader's buffer, so that reader may go on only
 * when the packet was used. */
int source_next_few(struct source *s, struct reader_packet *ret, int max,
		    struct err *e)
{
	struct stream *t = s->last;

	if (s->n == 1)
		return next_of_one(s, ret, max, e);
	if (t && !t->ended) {
		const int r = advance(s, t, e);

		if (r < 0)
			return r;
	}
	t = s->last = earliest(s);
	if (!t)
		return 0;
	*ret = t->packet;
	return 1;
}

const char *source_cut(const struct source *s)
{
	return s->cut;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->streams && i < s->n; i++)
		reader_close(s->streams[i].reader);
	free(s->streams);
	free(s->cut);
	free(s);
}
