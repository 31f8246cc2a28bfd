/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/recorder.h"

#include "lab/base/text.h"
#include "lab/capture/gap.h"
#include "lab/capture/pcapng.h"
#include "lab/spec/param.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* One open file.  A run has a few dozen points: a list is enough, and the
 * last one used is nearly always the next one too. */
struct record {
	const struct lab *lab;
	uint16_t node;
	int interface; /* index in the node */
	struct pcapng *file;
	int number; /* of the interface in the file */
	struct record *next;
};

struct recorder {
	char *dir, *id;
	struct utsname os;
	uint32_t snap_bytes;
	int64_t offset_ns; /* realtime - monotonic, fixed for the run */
	struct record *records;
};

int recorder_new(struct recorder **ret, const char *dir, const char *id,
		 uint32_t snap_bytes, struct err *e)
{
	own_recorder struct recorder *rec = calloc(1, sizeof(*rec));

	if (!rec || asprintf(&rec->dir, "%s/captures", dir) < 0)
		return err_errno(e, "capture files");
	rec->id = strdup(id);
	if (!rec->id)
		return err_errno(e, "capture files");
	if (mkdir(rec->dir, 0777) < 0)
		return err_errno(e, "make directory %s", rec->dir);
	(void)uname(&rec->os);
	rec->snap_bytes = snap_bytes ? snap_bytes : LIVE_SNAP_BYTES;
	rec->offset_ns = gap_measure().ns;
	*ret = take_ptr(&rec);
	return 0;
}

/* Source: FNV-1a, RFC 9923 */
static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619;
	return h;
}

enum { LABEL_MAX = 120 }; /* of 255 that a file's name may have */

/*
 * The topology and its parameters as part of a file's name, such as
 * "host-pair+cpus=1+mtu=1400".  Where one does not fit in there, what was
 * changed is made up for by a number.
 */
static void add_file_label(struct text *t, const char *label)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=";
	bool changed = false;
	size_t n = 0;

	for (const char *s = label; *s && n < LABEL_MAX; s++, n++) {
		const bool fits = strchr(plain, *s);

		text_addf(t, "%c", *s == ' ' ? '+' : fits ? *s : '_');
		changed |= !fits && *s != ' ';
	}
	if (changed || n == LABEL_MAX)
		text_addf(t, "~%08x", hash(label));
}

void recorder_add_file_name(struct text *t, const char *label, const char *node,
			    const char *interface)
{
	add_file_label(t, label);
	text_addf(t, ".%s.%s.pcapng", node, interface);
}

const int64_t *recorder_clock_ns(const struct recorder *rec)
{
	return rec ? &rec->offset_ns : NULL;
}

static int open_file(struct recorder *rec, struct record *r,
		     const char *interface, struct err *e)
{
	const struct net_node *node = r->lab->nodes[r->node].net;
	own_text struct text label = { .s = NULL };
	own_text struct text path = { .s = NULL }, os = { .s = NULL };
	own_text struct text name = { .s = NULL }, comment = { .s = NULL };
	int n;

	param_label(r->lab->topology, &label);
	text_addf(&path, "%s/", rec->dir);
	recorder_add_file_name(&path, text_str(&label), node->spec->name,
			       interface);
	text_addf(&os, "%s %s", rec->os.sysname, rec->os.release);
	text_addf(&name, "%s:%s", node->spec->name, interface);
	text_addf(&comment, "run %s, topology %s", rec->id, text_str(&label));
	if (path.failed || os.failed || name.failed || comment.failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "capture file");

	n = pcapng_create(&r->file, path.s,
			  &(struct pcapng_meta){
				  .hardware = rec->os.machine,
				  .os = os.s,
				  .application = PACKAGE_STRING,
				  .comment = comment.s,
			  },
			  e);
	if (n == 0)
		n = pcapng_add_interface(r->file, name.s, LINK_LINUX_SLL2,
					 rec->snap_bytes, e);
	r->number = n;
	return n < 0 ? n : 0;
}

static int find(struct recorder *rec, const struct lab *lab, uint16_t node,
		int interface, struct record **ret, struct err *e)
{
	struct record *r;
	int result;

	for (struct record **p = &rec->records; *p; p = &(*p)->next) {
		r = *p;
		if (r->lab != lab || r->node != node ||
		    r->interface != interface)
			continue;
		*p = r->next; /* to the front */
		r->next = rec->records;
		*ret = rec->records = r;
		return 0;
	}

	r = calloc(1, sizeof(*r));
	if (!r)
		return err_errno(e, "capture file");
	*r = (struct record){ .lab = lab,
			      .node = node,
			      .interface = interface,
			      .next = rec->records };
	*ret = rec->records = r;
	result = open_file(
		rec, r, net_interface_name(lab->nodes[node].net, interface), e);
	return result;
}

int recorder_write(struct recorder *rec, const struct lab *lab, uint16_t node,
		   const struct frame *f, struct err *e)
{
	struct record *r = NULL;
	int result = find(rec, lab, node, f->interface, &r, e);

	if (result < 0)
		return result;
	return pcapng_write(r->file,
			    &(struct pcapng_frame){
				    .interface = r->number,
				    .time_ns = f->time_ns + rec->offset_ns,
				    .data = f->data,
				    .captured = f->captured,
				    .length = f->length,
				    .outgoing = f->outgoing,
			    },
			    e);
}

/* The kernel counts losses per node: each of its files tells them all. */
static void count_losses(const struct record *r, struct pcapng *file)
{
	uint64_t seen, dropped;
	struct err ignored;

	if (file && live_stats(r->lab->nodes[r->node].live, &seen, &dropped,
			       &ignored) == 0)
		pcapng_count(file, r->number, seen, dropped);
}

int recorder_finish(struct recorder *rec, struct err *e)
{
	int result = 0;

	for (struct record *r = rec->records; r; r = r->next) {
		struct pcapng *file = take_ptr(&r->file);

		count_losses(r, file);
		if (result == 0)
			result = pcapng_close(file, e);
		else
			pcapng_abandon(file);
	}
	return result;
}

void recorder_free(struct recorder *rec)
{
	if (!rec)
		return;
	while (rec->records) {
		struct record *r = rec->records;

		rec->records = r->next;
		pcapng_abandon(r->file);
		free(r);
	}
	free(rec->dir);
	free(rec->id);
	free(rec);
}
