/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cause-trace - evidence of one reset in a few words, for tests of causes. */
#ifndef TESTS_UNIT_CAUSE_TRACE_H
#define TESTS_UNIT_CAUSE_TRACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/own.h"
#include "lab/cause/rule.h"

#include <netinet/tcp.h>
#include <string.h>

enum { FIN = 1, SYN = 2, ACK = 16 };

/* Which endpoints the legs and the reset have. */
enum nat { NAT_NONE, NAT_SOURCE, NAT_UNTRANSLATED };

/* What of the evidence is not usual: a client sends the reset in an open
 * connection to which the server had sent 17 bytes. */
struct trace {
	enum reset_form form; /* FORM_RSTACK is a decision */
	enum phase phase;     /* 0: PHASE_DATA */
	enum ending ending;   /* 0: as the form has it */
	enum emitter emitter;
	enum nat nat;
	enum side side;
	bool at_once;	  /* not a minute after the connection began */
	bool nobody;	  /* no node sent it */
	bool astray;	  /* its number is none of its side's */
	uint32_t refused; /* bytes of its peer */
	bool mute;	  /* its side has sent no byte */
	uint16_t mptcp;	  /* options */
	struct evidence_event event;	   /* .reason NULL: none */
	struct evidence_program program;   /* all zero: none */
	struct evidence_death death;	   /* all zero: none */
	struct evidence_counters counters; /* .out_rsts 0: none */
	struct evidence flags;
};

struct pair {
	enum cause cause;
	enum confidence confidence;
	struct trace shows, near;
	enum cause instead; /* what the near one is */
};

/* A kernel event. */
#define SAYS(name, ...) .event = { .reason = name, __VA_ARGS__ }
#define DECIDES(name, ...) \
	.form = FORM_RSTACK, SAYS(name, .active = true, __VA_ARGS__)
#define ANSWERS(name, flag, ...) \
	.form = FORM_RST, SAYS(name, .trigger_flags = (flag), __VA_ARGS__)

static const struct ip_endpoint client = { { 4, { 10, 0, 0, 2 } }, 0, 40000 };
static const struct ip_endpoint server = { { 4, { 10, 0, 0, 1 } }, 0, 8080 };
static const struct ip_endpoint inner = { { 4, { 10, 0, 0, 9 } }, 0, 80 };
static const struct ip_endpoint outer = { { 4, { 10, 0, 1, 1 } }, 0, 61000 };

static inline void make_legs(const struct trace *t, struct connection *c,
			     struct reset *r)
{
	c->n_legs = 2;
	for (size_t i = 0; i < c->n_legs; i++) {
		c->legs[i].client = client;
		c->legs[i].server = server;
	}
	if (t->nat == NAT_SOURCE)
		c->legs[1].client = outer;
	r->n_sightings = 1;
	r->sightings[0].src = client;
	r->sightings[0].dst = t->nat == NAT_UNTRANSLATED ? inner : server;
}

static inline bool is_given(const void *p, size_t size)
{
	const char *bytes = p;

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return true;
	return false;
}

static inline struct verdict judge(const struct trace *t)
{
	struct connection c = {
		.ending = t->ending		? t->ending
			  : t->form == FORM_RST ? ENDING_RST
						: ENDING_RSTACK,
		.phase = t->phase ? t->phase : PHASE_DATA,
		.bytes = { 0, t->mute ? 0 : 17 },
		.judged = true,
	};
	struct evidence_counters counters = t->counters;
	struct reset r = { .time_ns = t->at_once ? 0 : INT64_C(61000000000),
			   .side = t->side,
			   .form = t->form,
			   .phase = c.phase,
			   .usual_ttl = 64,
			   .astray = t->astray,
			   .mptcp = t->mptcp,
			   .refused_bytes = t->refused,
			   .taken_bytes = 17,
			   .emitter_node = t->nobody ? FLOW_NOBODY : 1 };
	struct evidence e = t->flags;

	make_legs(t, &c, &r);
	e.connection = &c;
	e.reset = &r;
	e.emitter = t->emitter;
	if (t->event.reason)
		e.event = &t->event;
	if (is_given(&t->program, sizeof(t->program)))
		e.program = &t->program;
	if (is_given(&t->death, sizeof(t->death)))
		e.death = &t->death;
	if (!counters.captured)
		counters.captured = counters.out_rsts;
	if (t->form == FORM_RSTACK)
		counters.decisions = counters.captured;
	if (counters.out_rsts)
		e.counters = &counters;
	return rule_judge(&e);
}

static inline void assert_shown(const struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct verdict v = judge(&p[i].shows);

		assert_string_equal(cause_infos[v.cause].name,
				    cause_infos[p[i].cause].name);
		assert_string_equal(confidence_names[v.confidence],
				    confidence_names[p[i].confidence]);
		assert_null(v.contrary);
	}
}

static inline void assert_near_is_another(const struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct verdict v = judge(&p[i].near);

		assert_int_not_equal(v.cause, p[i].cause);
		assert_string_equal(cause_infos[v.cause].name,
				    cause_infos[p[i].instead].name);
	}
}

#endif
