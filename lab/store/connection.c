/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A connection is seen at up to a dozen points, and a row for
 * each would cost more than all the rest, so its legs are one JSON text: an
 * array per leg, in the order of the columns of the view `leg`.  Resets are
 * rare and have rows of their own.
 */
#include "lab/store/statement.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_MAX_BYTES = 64, /* of a node or an interface, escaped */
	LEG_MAX_BYTES = 2 * NAME_MAX_BYTES + 2 * IP_TEXT_MAX + 64,
	LEGS_MAX_BYTES = FLOW_LEGS_MAX * LEG_MAX_BYTES + 3,
};

static const char *const directions[] = {
	[FLOW_IN] = "in",
	[FLOW_OUT] = "out",
	[FLOW_LOCAL] = NULL,
	[FLOW_UNKNOWN] = NULL,
};
static_assert(ARRAY_SIZE(directions) == FLOW_DIRECTIONS, "a word for each");

/* @name as a JSON string, cut when it is longer than any name may be. */
static const char *quote(const char *name, char *buf)
{
	size_t n = 0;

	buf[n++] = '"';
	for (; *name && n < NAME_MAX_BYTES - 8; name++) {
		const unsigned char c = (unsigned char)*name;

		if (c == '"' || c == '\\')
			buf[n++] = '\\';
		buf[n++] = c < 0x20 ? '?' : *name;
	}
	memcpy(buf + n, "\"", 2);
	return buf;
}

static int write_leg(char *buf, const struct leg *l, int64_t start_ns,
		     const struct store_names *names)
{
	char node[NAME_MAX_BYTES], interface[NAME_MAX_BYTES];
	char client[IP_TEXT_MAX], server[IP_TEXT_MAX];

	return snprintf(
		buf, LEG_MAX_BYTES, "[%s,%s,\"%s\",%u,\"%s\",%u,%lld,%u]",
		quote(names->node(names->arg, l->point.node), node),
		quote(names->interface(names->arg, l->point), interface),
		ip_addr_text(&l->client.addr, client), l->client.port,
		ip_addr_text(&l->server.addr, server), l->server.port,
		(long long)(l->first_ns - start_ns), l->packets);
}

/* All legs; @buf holds LEGS_MAX_BYTES. */
static const char *write_legs(char *buf, const struct connection *c,
			      const struct store_names *names)
{
	const size_t n_legs =
		c->n_legs < FLOW_LEGS_MAX ? c->n_legs : FLOW_LEGS_MAX;
	size_t n = 0;

	buf[n++] = '[';
	for (size_t i = 0; i < n_legs; i++) {
		if (i)
			buf[n++] = ',';
		n += (size_t)write_leg(buf + n, &c->legs[i], c->start_ns,
				       names);
	}
	memcpy(buf + n, "]", 2);
	return buf;
}

/* A stray has neither trial nor cell: rates are of trials. */
static void put_or_null(struct db_row *row, bool known, int64_t v)
{
	if (known)
		db_put_int(row, v);
	else
		db_put_text(row, NULL);
}

static int64_t put_connection(struct store *s,
			      const struct store_connection *of,
			      const struct store_names *names, const char *legs,
			      struct err *e)
{
	const struct connection *c = of->connection;
	struct db_row row = store_row(s, PUT_CONNECTION);
	char client[IP_TEXT_MAX], server[IP_TEXT_MAX];

	put_or_null(&row, of->trial, of->trial);
	put_or_null(&row, of->trial, of->cell);
	store_bind_endpoint(&row, &c->client, client);
	store_bind_endpoint(&row, &c->server, server);
	db_put_int(&row, c->start_ns);
	db_put_int(&row, c->end_ns - c->start_ns);
	db_put_int(&row, c->packets);
	db_put_int(&row, (int64_t)c->bytes[SIDE_CLIENT]);
	db_put_int(&row, (int64_t)c->bytes[SIDE_SERVER]);
	db_put_text(&row, ending_infos[c->ending].name);
	db_put_text(&row,
		    c->phase == PHASE_NONE ? NULL : phase_names[c->phase]);
	db_put_int(&row, c->judged);
	db_put_int(&row, connection_was_reset(c));
	db_put_int(&row, (int64_t)c->n_resets);
	db_put_text(&row, c->zeek_state);
	db_put_text(&row, c->zeek_history);
	db_put_int(&row, c->completeness);
	db_put_text(&row, legs);
	db_put_int(&row, names->client_node != FLOW_NOBODY);
	db_put_int(&row, names->server_node != FLOW_NOBODY);
	return store_insert(s, &row, e);
}

/* Where a sighting belongs. */
struct place {
	int64_t connection;
	size_t reset; /* from 1 */
};

static int put_sightings(struct store *s, const struct place *at,
			 const struct reset *r, const struct store_names *names,
			 struct err *e)
{
	int64_t result = 0;

	for (size_t i = 0;
	     result >= 0 && i < r->n_sightings && i < FLOW_SIGHTINGS_MAX; i++) {
		const struct sighting *seen = &r->sightings[i];
		struct db_row row = store_row(s, PUT_SIGHTING);
		char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];

		db_put_int(&row, at->connection);
		db_put_int(&row, (int64_t)at->reset);
		db_put_int(&row, (int64_t)i + 1);
		db_put_text(&row, names->node(names->arg, seen->point.node));
		db_put_text(&row, names->interface(names->arg, seen->point));
		db_put_text(&row, directions[seen->direction]);
		db_put_int(&row, seen->time_ns);
		store_bind_endpoint(&row, &seen->src, src);
		store_bind_endpoint(&row, &seen->dst, dst);
		result = store_insert(s, &row, e);
	}
	return result < 0 ? (int)result : 0;
}

static int put_reset(struct store *s, const struct place *at,
		     const struct reset *r, bool first,
		     const struct store_names *names, struct err *e)
{
	struct db_row row = store_row(s, PUT_RESET);
	int64_t result;

	db_put_int(&row, at->connection);
	db_put_int(&row, (int64_t)at->reset);
	db_put_int(&row, first);
	db_put_int(&row, r->echo);
	db_put_int(&row, r->time_ns);
	db_put_text(&row, side_names[r->side]);
	db_put_text(&row, emitter_names[reset_emitter(r, names->client_node,
						      names->server_node)]);
	db_put_text(&row, names->node(names->arg, r->emitter_node));
	db_put_text(&row, reset_form_names[r->form]);
	db_put_text(&row, phase_names[r->phase]);
	db_put_int(&row, r->seq);
	db_put_int(&row, r->ack);
	db_put_int(&row, r->window);
	db_put_int(&row, r->flags);
	db_put_int(&row, r->ttl);
	db_put_int(&row, (int64_t)r->n_sightings);
	put_or_null(&row, r->frame, (int64_t)r->frame);
	result = store_insert(s, &row, e);
	return result < 0 ? (int)result : put_sightings(s, at, r, names, e);
}

static int put_cause(struct store *s, int64_t connection,
		     const struct verdict *v, struct err *e)
{
	struct db_row row = store_row(s, PUT_CAUSE);
	const int64_t bytes = v->unread >= 0 ? v->unread : v->late;
	int64_t r;

	db_put_int(&row, connection);
	db_put_text(&row, cause_infos[v->cause].name);
	db_put_text(&row, confidence_names[v->confidence]);
	put_or_null(&row, bytes >= 0, bytes);
	db_put_text(&row, v->contrary);
	db_put_text(&row, v->reason);
	r = store_insert(s, &row, e);
	return r < 0 ? (int)r : 0;
}

const char *const frame_fate_names[] = {
	[FRAME_UNREAD] = "unread",
	[FRAME_LATE] = "late",
	[FRAME_UNKNOWN] = "unknown",
};
static_assert(ARRAY_SIZE(frame_fate_names) == FRAME_FATES, "a name for each");

static int put_frame(struct store *s, int64_t connection,
		     const struct store_frame *f, struct err *e)
{
	struct db_row row = store_row(s, PUT_FRAME);
	int64_t r;

	db_put_int(&row, connection);
	db_put_text(&row, frame_fate_names[f->what]);
	db_put_text(&row, f->frames);
	put_or_null(&row, f->bytes >= 0, f->bytes);
	put_or_null(&row, f->wait_ns >= 0, f->wait_ns);
	db_put_text(&row, f->why);
	r = store_insert(s, &row, e);
	return r < 0 ? (int)r : 0;
}

int store_put_connection(struct store *s, const struct store_connection *of,
			 const struct store_names *names, struct err *e)
{
	const struct connection *c = of->connection;
	const struct reset *const first = connection_first_reset(c);
	char legs[LEGS_MAX_BYTES];
	const int64_t id =
		put_connection(s, of, names, write_legs(legs, c, names), e);
	int r = 0;

	if (id < 0)
		return (int)id;
	if (of->verdict)
		r = put_cause(s, id, of->verdict, e);
	if (r == 0 && of->frame)
		r = put_frame(s, id, of->frame, e);
	for (size_t i = 0; r == 0 && i < c->n_resets && i < FLOW_RESETS_MAX;
	     i++) {
		const struct place at = { .connection = id, .reset = i + 1 };

		r = put_reset(s, &at, &c->resets[i], &c->resets[i] == first,
			      names, e);
	}
	return r;
}
