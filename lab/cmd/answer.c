/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/answer.h"

#include "lab/base/side.h"
#include "lab/cmd/why.h"
#include "lab/report/senders.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* --- the sentence ----------------------------------------------------------
 */

static const struct cause_info *info_of(const char *cause)
{
	for (size_t i = 0; i < CAUSES; i++)
		if (!strcmp(cause_infos[i].name, cause))
			return &cause_infos[i];
	return NULL;
}

static const char *sure_of(const char *confidence)
{
	static const struct {
		enum confidence confidence;
		const char *means;
	} meanings[] = {
		{ CONFIDENCE_CERTAIN, "the kernel said so" },
		{ CONFIDENCE_STRONG, "two independent sources agree" },
		{ CONFIDENCE_LIKELY, "the wire looks so, little else does" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (!strcmp(confidence,
			    confidence_names[meanings[i].confidence]))
			return meanings[i].means;
	return "nothing tells";
}

static const struct view_point *point_at(const struct view_connection *v,
					 const struct stored_sighting *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->points[i].leg->node, s->node) &&
		    !strcmp(v->points[i].leg->interface, s->interface))
			return &v->points[i];
	return NULL;
}

/* The names of the frames, or how many bytes. */
static int add_bytes(struct text *out, const struct view_connection *v,
		     const struct stored_reset *r, struct err *e)
{
	const struct view_point *p =
		r->n_sightings ? point_at(v, &r->sightings[0]) : NULL;
	struct stream_range about;
	size_t packet;
	int result;

	if (v->c->frame.frames) {
		text_add(out, v->c->frame.frames);
		return 0;
	}
	if (strcmp(v->c->cause, cause_infos[CAUSE_CLOSE_UNREAD].name) != 0 &&
	    strcmp(v->c->cause, cause_infos[CAUSE_LATE_DATA].name) != 0)
		return 0;
	if (!p || !why_find(v->c, p, &packet, &about)) {
		if (v->c->cause_bytes > 0)
			text_addf(out, "%" PRId64 " bytes", v->c->cause_bytes);
		return 0;
	}
	result = transcript_add_names(p->t, !p->t->packets[packet].side, about,
				      out, e);
	if (result == 0 && !out->n)
		text_addf(out, "%" PRIu64 " bytes", about.to - about.from);
	return result;
}

static void add_who(struct text *out, const struct stored_reset *r)
{
	if (!strcmp(r->emitter, emitter_names[EMITTER_MIDDLE]))
		text_addf(out, "%s, between the two programs,", r->node);
	else
		text_addf(out, "The %s (%s)", r->emitter, r->node);
}

/* --- evidence --------------------------------------------------------------
 */

static struct text *one_more(struct answer *a)
{
	return &a->evidence[a->n < ANSWER_EVIDENCE_MAX - 1 ? a->n++ : a->n];
}

static void add_form(struct answer *a, const struct stored_reset *r)
{
	for (size_t i = 0; i < FORMS; i++)
		if (!strcmp(reset_form_names[i], r->form))
			text_addf(one_more(a), "its form, %s",
				  senders_form_says((enum reset_form)i));
}

/* Of an older run: which of several, it did not keep. */
static void add_reason(struct answer *a, const struct stored_connection *c)
{
	const bool certain =
		!strcmp(c->confidence, confidence_names[CONFIDENCE_CERTAIN]);
	const char *reasons = c->kernel_reason ? c->kernel_reason
			      : a->info	       ? a->info->reasons
					       : "";

	if ((certain || c->kernel_reason) && isupper((unsigned char)reasons[0]))
		text_addf(one_more(a), "the kernel gave the reason: %s%s",
			  strchr(reasons, ',') ? "one of " : "", reasons);
}

static void add_birth(struct answer *a, const struct stored_reset *r)
{
	const struct stored_sighting *s = &r->sightings[0];

	if (!r->n_sightings)
		return;
	text_addf(one_more(a), "first seen %s %s:%s, TTL %u",
		  !s->direction			? "at"
		  : !strcmp(s->direction, "in") ? "coming into"
						: "leaving",
		  s->node, s->interface, r->ttl);
}

static void add_before(struct answer *a, const struct call_made *c,
		       const struct stored_reset *r, const char *what)
{
	if (c)
		text_addf(one_more(a), "%s began %.1f us before it was seen",
			  what, (double)(r->time_ns - c->start_ns) / 1000);
}

/* What the program that sent it says of itself. */
static void add_account(struct answer *a, const struct stored_connection *c,
			const struct stored_reset *r, const struct calls *calls)
{
	const int side = strcmp(r->emitter, side_names[SIDE_SERVER]) == 0;
	const int64_t read = calls_read_bytes(calls, side);
	const struct call_made *linger =
		calls_last(calls, side, "linger", r->time_ns);

	if (!strcmp(r->emitter, emitter_names[EMITTER_MIDDLE]))
		return;
	if (read >= 0)
		text_addf(one_more(a),
			  "%" PRIu64 " bytes were sent to it, its program read "
			  "%" PRId64,
			  c->bytes[!side], read);
	if (linger)
		text_addf(one_more(a), "its program had set SO_LINGER");
	add_before(a, calls_last(calls, side, "close", r->time_ns), r,
		   "its program's close");
	add_before(a, calls_last(calls, side, "kill", r->time_ns), r,
		   "the end of its process");
}

int answer_make(const struct view_connection *v, const struct calls *calls,
		struct answer *ret, struct err *e)
{
	own_answer struct answer a = { .n = 0 };
	const struct stored_connection *c = v->c;
	const struct stored_reset *r = trial_view_first_reset(c);
	int result;

	if (!r || !c->cause)
		return err_set(e, ERR_BUG, EINVAL, "it was not reset");
	a.info = info_of(c->cause);
	a.sure = sure_of(c->confidence);
	result = add_bytes(&a.bytes, v, r, e);
	if (result < 0)
		return result;
	add_who(&a.sentence, r);
	text_addf(&a.sentence, " reset the connection: %s",
		  a.info ? a.info->sentence : c->cause);
	if (a.bytes.n)
		text_addf(&a.sentence, " (%s)", a.bytes.s);
	text_add(&a.sentence, ".");
	add_reason(&a, c);
	add_form(&a, r);
	add_birth(&a, r);
	add_account(&a, c, r, calls);
	if (a.sentence.failed || a.bytes.failed)
		return err_no_memory(e);
	*ret = a;
	a = (struct answer){ .n = 0 };
	return 0;
}

void answer_done(struct answer *a)
{
	text_done(&a->sentence);
	text_done(&a->bytes);
	for (size_t i = 0; i < ANSWER_EVIDENCE_MAX; i++)
		text_done(&a->evidence[i]);
	*a = (struct answer){ .n = 0 };
}

/* --- its way ---------------------------------------------------------------
 */

static bool was_seen(const struct stored_reset *r, const struct stored_leg *leg)
{
	for (size_t i = 0; i < r->n_sightings; i++)
		if (!strcmp(r->sightings[i].node, leg->node) &&
		    !strcmp(r->sightings[i].interface, leg->interface))
			return true;
	return false;
}

static int place_width(const struct stored_reset *r)
{
	size_t most = 0;

	for (size_t i = 0; i < r->n_sightings; i++) {
		const size_t n = strlen(r->sightings[i].node) + 1 +
				 strlen(r->sightings[i].interface);

		most = n > most ? n : most;
	}
	return (int)most;
}

static void add_sighting(struct text *out, const struct stored_reset *r,
			 size_t i)
{
	const int at = (int)out->n;
	const struct stored_sighting *s = &r->sightings[i];
	char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];
	const char *direction = s->direction ? s->direction : "-";

	text_addf(out, "%s:%s", s->node, s->interface);
	text_addf(out, "%*s  %-3s  %s → %s  +%.1f us",
		  place_width(r) - ((int)out->n - at), "", direction,
		  ip_endpoint_text(&s->src, src),
		  ip_endpoint_text(&s->dst, dst),
		  (double)(s->time_ns - r->time_ns) / 1000);
	if (i && !ip_endpoint_equal(&s->dst, &r->sightings[i - 1].dst))
		text_add(out, "  destination translated");
	if (i && !ip_endpoint_equal(&s->src, &r->sightings[i - 1].src))
		text_add(out, "  source translated");
	text_add(out, "\n");
}

/* The last leg on its way to the one it was for. */
static const struct stored_leg *goal_of(const struct stored_connection *c,
					const struct stored_reset *r)
{
	const bool to_server = !strcmp(r->side, side_names[SIDE_CLIENT]);

	return c->n_legs ? &c->legs[to_server ? c->n_legs - 1 : 0] : NULL;
}

/* The side on which a relay stands, and what it made of the RST there. */
static void add_relay(struct text *out, const struct stored_connection *other,
		      const char *where)
{
	char client[IP_TEXT_MAX], server[IP_TEXT_MAX];

	text_addf(out, "a relay in %s ends it there; its connection %s → %s ",
		  where, ip_endpoint_text(&other->client, client),
		  ip_endpoint_text(&other->server, server));
	if (other->cause)
		text_addf(out, "was reset too (%s, %s)\n", other->cause,
			  other->ending);
	else
		text_addf(out, "shows no RST: it ended as %s\n", other->ending);
}

void answer_way(struct text *out, const struct view_connection *v,
		const struct stored_connection *next,
		const struct stored_connection *before)
{
	const struct stored_connection *c = v->c;
	const struct stored_reset *r = trial_view_first_reset(c);
	const struct stored_leg *goal = r ? goal_of(c, r) : NULL;
	const bool to_server = r && !strcmp(r->side, side_names[SIDE_CLIENT]);

	if (!r)
		return;
	for (size_t i = 0; i < r->n_sightings; i++)
		add_sighting(out, r, i);
	if (goal && r->n_sightings && !was_seen(r, goal))
		text_addf(out,
			  "vanished: it was not seen at %s:%s, where it should "
			  "have arrived\n",
			  goal->node, goal->interface);
	if (next && to_server)
		add_relay(out, next, next->n_legs ? next->legs[0].node : "it");
	if (before && !to_server && before->n_legs)
		add_relay(out, before, before->legs[before->n_legs - 1].node);
}
