/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/captured.h"

#include "lab/base/clock.h"
#include "lab/capture/source.h"
#include "lab/run/recorder.h"

#include <fcntl.h>
#include <string.h>

/* The last segments are on their way from point to point for as long as the
 * wires of the network delay them. */
#define LATE_NS (10000 * NS_PER_MS)

static bool is_of(const struct stored_leg *leg, const struct segment *s)
{
	return (ip_endpoint_equal(&s->src, &leg->client) &&
		ip_endpoint_equal(&s->dst, &leg->server)) ||
	       (ip_endpoint_equal(&s->src, &leg->server) &&
		ip_endpoint_equal(&s->dst, &leg->client));
}

/* Does another connection between the same endpoints begin? */
static bool begins_anew(const struct captured_query *q, int64_t time_ns,
			const struct segment *s)
{
	return time_ns > q->to_ns && (s->flags & TCP_FLAG_SYN) &&
	       !(s->flags & TCP_FLAG_ACK);
}

/* Returns: 1 to go on, 0 when the rest cannot matter, or < 0. */
static int take(const struct captured_query *q, const struct reader_packet *p,
		struct transcript *t, struct err *e)
{
	const int64_t time_ns = p->time_ns - q->clock_ns;
	struct segment s;
	int r;

	if (time_ns > q->to_ns + LATE_NS)
		return 0;
	if (time_ns < q->from_ns)
		return 1;
	if (packet_decode(p->interface->linktype, p->data, p->captured,
			  p->length, &s) != PACKET_TCP ||
	    !is_of(q->leg, &s))
		return 1;
	if (begins_anew(q, time_ns, &s))
		return 0;
	r = transcript_add(t, time_ns, &s, p->data, e);
	return r < 0 ? r : 1;
}

static int read_all(const struct captured_query *q, struct source *source,
		    struct transcript *t, struct err *e)
{
	struct reader_packet p;
	int r;

	while ((r = source_next_few(source, &p, 1, e)) > 0) {
		r = take(q, &p, t, e);
		if (r <= 0)
			break;
	}
	return r < 0 ? r : transcript_finish(t, e);
}

void captured_add_part(struct text *name, size_t i)
{
	if (i)
		text_addf(name, "%zu.", i + 1);
}

/* The files of the point. */
struct files {
	struct text *paths;
	struct source_file *files;
	size_t n;
};

static void files_done(struct files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		text_done(&f->paths[i]);
		(void)close(f->files[i].fd);
	}
	free(f->paths);
	free(f->files);
}
#define own_files OWN(files_done)

/* Returns: 1, 0: there is no such file, or < 0. */
static int open_part(const struct captured_query *q, struct text *path,
		     size_t i, struct source_file *ret, struct err *e)
{
	text_addf(path, "%s/captures/", q->dir);
	captured_add_part(path, i);
	recorder_add_file_name(path, q->label, q->leg->node, q->leg->interface);
	if (path->failed)
		return err_no_memory(e);
	*ret = (struct source_file){
		.name = path->s,
		.fd = open(path->s, O_RDONLY | O_CLOEXEC),
	};
	if (ret->fd >= 0)
		return 1;
	if (i && errno == ENOENT)
		return 0;
	if (errno == ENOENT)
		return err_set(e, ERR_EMPTY, ENOENT,
			       "there is no capture of %s:%s: '%s' is gone",
			       q->leg->node, q->leg->interface, path->s);
	return err_set(e, ERR_INPUT, errno, "read the capture of %s:%s: %s: %s",
		       q->leg->node, q->leg->interface, path->s,
		       strerror(errno));
}

static int open_captures(const struct captured_query *q, struct files *f,
			 struct err *e)
{
	int r = 1;

	while (r > 0) {
		struct text *paths =
			reallocarray(f->paths, f->n + 1, sizeof(*paths));
		struct source_file *files =
			reallocarray(f->files, f->n + 1, sizeof(*files));

		f->paths = paths ? paths : f->paths;
		f->files = files ? files : f->files;
		if (!paths || !files)
			return err_no_memory(e);
		paths[f->n] = (struct text){ .s = NULL };
		r = open_part(q, &paths[f->n], f->n, &files[f->n], e);
		if (r > 0)
			f->n++;
		else
			text_done(&paths[f->n]);
	}
	return r;
}

static int keep_cut(const struct source *source, char **ret, struct err *e)
{
	const char *cut = source_cut(source);

	*ret = cut ? strdup(cut) : NULL;
	return cut && !*ret ? err_errno(e, "capture file") : 0;
}

int captured_read(const struct captured_query *q, struct transcript **ret,
		  char **ret_cut, struct err *e)
{
	own_transcript struct transcript *t = NULL;
	own_files struct files files = { .n = 0 };
	own_source struct source *source = NULL;
	int r = open_captures(q, &files, e);

	if (r == 0)
		r = source_open(&source, files.files, files.n, NULL, e);
	if (r == 0)
		r = transcript_new(&t, &q->leg->client, e);
	if (r == 0)
		r = read_all(q, source, t, e);
	if (r == 0 && !t->n_packets)
		r = err_set(e, ERR_EMPTY, ENODATA,
			    "the capture of %s:%s does not hold the connection",
			    q->leg->node, q->leg->interface);
	if (r == 0)
		r = keep_cut(source, ret_cut, e);
	if (r == 0)
		*ret = take_ptr(&t);
	return r;
}
