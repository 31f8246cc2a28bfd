/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/recorder.h"

#include "lab/base/text.h"
#include "lab/capture/gap.h"
#include "lab/capture/pcapng.h"
#include "lab/run/environment.h"
#include "lab/run/notes.h"
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
	int number;		 /* of the interface in the file */
	uint8_t *held;		 /* frames, struct held before each */
	size_t n_held, cap_held; /* bytes */
	struct record *next;
};

/* A frame that waits for its batch to be over.  Its bytes follow. */
struct held {
	int64_t time_ns;
	uint32_t captured, length;
	bool outgoing, rst;
};

struct recorder {
	char *dir, *id, *command;
	uint64_t seed;
	struct text hardware;
	struct utsname os;
	uint32_t snap_bytes;
	int64_t offset_ns; /* realtime - monotonic, fixed for the run */
	struct record *records;
	size_t held; /* bytes, in all records */
	struct notes notes;
};

int recorder_new(struct recorder **ret, const struct recorder_options *o,
		 struct err *e)
{
	own_recorder struct recorder *rec = calloc(1, sizeof(*rec));

	if (!rec || asprintf(&rec->dir, "%s/captures", o->dir) < 0)
		return err_errno(e, "capture files");
	rec->id = strdup(o->id);
	rec->command = strdup(o->command ? o->command : "-");
	if (!rec->id || !rec->command)
		return err_errno(e, "capture files");
	if (mkdir(rec->dir, 0777) < 0)
		return err_errno(e, "make directory %s", rec->dir);
	(void)uname(&rec->os);
	environment_hardware(&rec->hardware);
	rec->seed = o->seed;
	rec->snap_bytes = o->snap_bytes ? o->snap_bytes : LIVE_SNAP_BYTES;
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

/* Where more than one node has an address it is that of the point's. */
static bool is_known(const struct ip_addr *known, size_t n,
		     const struct ip_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (ip_addr_equal(&known[i], a))
			return true;
	return false;
}

enum { NAMES_MAX = 256 };

static size_t add_names_of(const struct topology_node *node,
			   struct pcapng_name *names, struct ip_addr *known,
			   size_t n)
{
	const struct interface *interfaces = node->interfaces.items;

	for (size_t i = 0; i < node->interfaces.n; i++) {
		const struct ip_prefix *p = interfaces[i].addresses.items;

		for (size_t j = 0; j < interfaces[i].addresses.n; j++) {
			if (n == NAMES_MAX || is_known(known, n, &p[j].addr))
				continue;
			known[n] = p[j].addr;
			names[n] = (struct pcapng_name){
				.bytes = known[n].bytes,
				.n = ip_addr_bytes(p[j].addr.family),
				.name = node->name,
			};
			n++;
		}
	}
	return n;
}

/* The nodes by their addresses, so that a reader shows "web". */
static int put_names(const struct record *r, struct err *e)
{
	struct pcapng_name names[NAMES_MAX];
	struct ip_addr known[NAMES_MAX];
	const struct lab *lab = r->lab;
	size_t n = add_names_of(lab->nodes[r->node].net->spec, names, known, 0);

	for (size_t i = 0; i < lab->n_nodes; i++)
		n = add_names_of(lab->nodes[i].net->spec, names, known, n);
	return pcapng_add_names(r->file, names, n, e);
}

static const char *place_of(const struct record *r)
{
	const bool client = r->node == r->lab->client_node;
	const bool server = r->node == r->lab->server_node;

	return client && server ? "client and server run there"
	       : client		? "the client runs there"
	       : server		? "the server runs there"
				: "between client and server";
}

static int open_file(struct recorder *rec, struct record *r,
		     const char *interface, struct err *e)
{
	const struct net_node *node = r->lab->nodes[r->node].net;
	own_text struct text label = { .s = NULL };
	own_text struct text path = { .s = NULL }, os = { .s = NULL };
	own_text struct text name = { .s = NULL }, comment = { .s = NULL };
	own_text struct text about = { .s = NULL };
	int n;

	param_label(r->lab->topology, &label);
	text_addf(&path, "%s/", rec->dir);
	recorder_add_file_name(&path, text_str(&label), node->spec->name,
			       interface);
	text_addf(&os, "%s %s", rec->os.sysname, rec->os.release);
	text_addf(&name, "%s:%s", node->spec->name, interface);
	text_addf(&about, "interface %s of node %s of topology %s: %s",
		  interface, node->spec->name, text_str(&label), place_of(r));
	text_addf(&comment, "run %s, topology %s, seed %llu, command: %s",
		  rec->id, text_str(&label), (unsigned long long)rec->seed,
		  rec->command);
	if (path.failed || os.failed || name.failed || comment.failed ||
	    about.failed)
		return err_no_memory(e);

	n = pcapng_create(&r->file, path.s,
			  &(struct pcapng_meta){
				  .hardware = text_str(&rec->hardware),
				  .os = os.s,
				  .application = PACKAGE_STRING,
				  .comment = comment.s,
			  },
			  e);
	if (n == 0)
		n = pcapng_add_interface(r->file,
					 &(struct pcapng_interface){
						 .name = name.s,
						 .description = about.s,
						 .linktype = LINK_LINUX_SLL2,
						 .snap_bytes = rec->snap_bytes,
					 },
					 e);
	r->number = n;
	return n < 0 ? n : put_names(r, e);
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

/* --- frames ----------------------------------------------------------------
 */

static int put_frame(struct recorder *rec, const struct record *r,
		     const struct held *h, const uint8_t *data,
		     const struct note_text *note, struct err *e)
{
	return pcapng_write(r->file,
			    &(struct pcapng_frame){
				    .interface = r->number,
				    .time_ns = h->time_ns + rec->offset_ns,
				    .data = data,
				    .captured = h->captured,
				    .length = h->length,
				    .outgoing = h->outgoing,
				    .comment = note ? note->human : NULL,
				    .detail = note ? note->machine : NULL,
			    },
			    e);
}

static int hold(struct recorder *rec, struct record *r, const struct held *h,
		const uint8_t *data, struct err *e)
{
	const size_t bytes = sizeof(*h) + h->captured;

	if (r->n_held + bytes > r->cap_held) {
		const size_t cap = 2 * r->cap_held + bytes + 4096;
		uint8_t *more = realloc(r->held, cap);

		if (!more)
			return err_errno(e, "capture file");
		r->held = more;
		r->cap_held = cap;
	}
	memcpy(r->held + r->n_held, h, sizeof(*h));
	memcpy(r->held + r->n_held + sizeof(*h), data, h->captured);
	r->n_held += bytes;
	rec->held += bytes;
	return 0;
}

/* Write what is held back; @settled: the notes are those of its batch. */
static int release(struct recorder *rec, struct record *r, bool settled,
		   struct err *e)
{
	static const struct note_text stray = {
		.human = "unknown: of no connection that the run describes",
	};
	static const struct note_text early = {
		.human = "unknown: written before its batch was analysed",
	};
	int result = 0;

	for (size_t at = 0; result == 0 && at < r->n_held;) {
		const struct note_text *note = NULL;
		struct held h;

		memcpy(&h, r->held + at, sizeof(h));
		if (h.rst && settled)
			note = notes_find(
				&rec->notes,
				(struct flow_point){ r->node,
						     (uint16_t)r->interface },
				h.time_ns);
		if (h.rst && !note)
			note = settled ? &stray : &early;
		result = put_frame(rec, r, &h, r->held + at + sizeof(h), note,
				   e);
		at += sizeof(h) + h.captured;
	}
	rec->held -= r->n_held;
	r->n_held = 0;
	return result;
}

int recorder_write(struct recorder *rec, const struct lab *lab, uint16_t node,
		   const struct frame *f, bool rst, struct err *e)
{
	const struct held h = { .time_ns = f->time_ns,
				.captured = f->captured,
				.length = f->length,
				.outgoing = f->outgoing,
				.rst = rst };
	struct record *r = NULL;
	int result = find(rec, lab, node, f->interface, &r, e);

	if (result < 0)
		return result;
	if (!rst && !r->n_held)
		return put_frame(rec, r, &h, f->data, NULL, e);
	result = hold(rec, r, &h, f->data, e);
	if (result == 0 && rec->held > RECORDER_HELD_MAX)
		result = release(rec, r, false, e);
	return result;
}

int recorder_note(struct recorder *rec, const struct reset *r, char *human,
		  char *machine, struct err *e)
{
	return notes_add(&rec->notes, r, human, machine, e);
}

int recorder_settle(struct recorder *rec, const struct lab *lab, struct err *e)
{
	int result = 0;

	for (struct record *r = rec ? rec->records : NULL; r && result == 0;
	     r = r->next)
		if (r->lab == lab && r->n_held)
			result = release(rec, r, true, e);
	if (rec)
		notes_clear(&rec->notes);
	return result;
}

/* --- the end ---------------------------------------------------------------
 */

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
		struct pcapng *file;

		if (result == 0)
			result = release(rec, r, false, e);
		file = take_ptr(&r->file);
		count_losses(r, file);
		if (result == 0)
			result = pcapng_close(file, e);
		else
			pcapng_abandon(file);
	}
	return result;
}

/* On the way out of an error: what is known is worth more than the notes. */
static void abandon(struct recorder *rec, struct record *r)
{
	struct err ignored;

	if (r->file)
		(void)release(rec, r, false, &ignored);
	pcapng_abandon(r->file);
	free(r->held);
	free(r);
}

void recorder_free(struct recorder *rec)
{
	if (!rec)
		return;
	while (rec->records) {
		struct record *r = rec->records;

		rec->records = r->next;
		abandon(rec, r);
	}
	notes_clear(&rec->notes);
	text_done(&rec->hardware);
	free(rec->dir);
	free(rec->id);
	free(rec->command);
	free(rec);
}
