/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/annotate.h"

#include "lab/base/text.h"
#include "lab/spec/param.h"

#include <jansson.h>

static const char *emitter_of(const struct annotation *a, const struct reset *r)
{
	return emitter_names[reset_emitter(r, a->names->client_node,
					   a->names->server_node)];
}

static const char *node_of(const struct annotation *a, const struct reset *r)
{
	return a->names->node(a->names->arg, r->emitter_node);
}

/* One line; what matters most stands first, because a column of Wireshark's
 * shows no more. */
static char *human_of(const struct annotation *a, const struct reset *r,
		      bool ends)
{
	const struct verdict *v = ends ? a->verdict : NULL;
	const char *confidence = v ? confidence_names[v->confidence] : NULL;
	struct text t = { .s = NULL };

	if (v && v->cause != CAUSE_UNKNOWN)
		text_addf(&t, "%s (%s)", cause_infos[v->cause].name,
			  confidence);
	else
		text_add(&t, v ? "unknown" : "echo");
	text_addf(&t, ", sent by the %s (%s): %s", emitter_of(a, r),
		  node_of(a, r),
		  v ? cause_infos[v->cause].sentence
		    : "the connection was over before");
	if (v && a->frames)
		text_addf(&t, " (%s)", a->frames);
	else if (v && v->unread > 0)
		text_addf(&t, " (%lld bytes)", (long long)v->unread);
	else if (v && v->late > 0)
		text_addf(&t, " (%lld bytes)", (long long)v->late);
	return t.failed ? (text_done(&t), NULL) : t.s;
}

/* The name that `rstlab explain RUN:` takes before the trial. */
static json_t *cell_of(const struct annotation *a)
{
	own_text struct text t = { .s = NULL };

	if (!a->workload)
		return json_null();
	param_label(a->topology, &t);
	for (size_t i = 0; i < t.n; i++)
		if (t.s[i] == ' ')
			t.s[i] = '+';
	text_addf(&t, "/%s", a->workload);
	return json_string(text_str(&t));
}

static json_t *bytes_of(const struct verdict *v)
{
	const int64_t bytes = !v ? -1 : v->unread >= 0 ? v->unread : v->late;

	return bytes < 0 ? json_null() : json_integer(bytes);
}

static char *machine_of(const struct annotation *a, const struct reset *r,
			bool ends)
{
	const struct verdict *v = ends ? a->verdict : NULL;
	json_t *j = json_pack(
		"{s:s, s:o, s:o, s:s?, s:s?, s:o, s:s?, s:s, s:s, s:s, s:s, "
		"s:b, s:b}",
		"run", a->run, "cell", cell_of(a), "trial",
		a->workload ? json_integer(a->trial) : json_null(), "cause",
		v ? cause_infos[v->cause].name : NULL, "confidence",
		v ? confidence_names[v->confidence] : NULL, "bytes",
		bytes_of(v), "frames", v ? a->frames : NULL, "emitter",
		emitter_of(a, r), "node", node_of(a, r), "form",
		reset_form_names[r->form], "phase", phase_names[r->phase],
		"first", ends, "echo", r->echo);
	char *dump = j ? json_dumps(j, JSON_COMPACT) : NULL;
	char *s = NULL;

	if (dump && asprintf(&s, RECORDER_MACHINE "%s", dump) < 0)
		s = NULL;
	free(dump);
	json_decref(j);
	return s;
}

int annotate_connection(struct recorder *rec, const struct annotation *a,
			struct err *e)
{
	const struct connection *c = a->connection;
	const struct reset *first = connection_first_reset(c);
	int result = 0;

	for (size_t i = 0;
	     rec && result == 0 && i < c->n_resets && i < FLOW_RESETS_MAX;
	     i++) {
		const struct reset *r = &c->resets[i];

		result = recorder_note(rec, r, human_of(a, r, r == first),
				       machine_of(a, r, r == first), e);
	}
	return result;
}
