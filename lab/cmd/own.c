/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/own.h"

#include "lab/base/clock.h"
#include "lab/base/num.h"

#include <string.h>

#define DEADLINE_NS (10 * NS_PER_S)

static const char own_name[] = "own";

const char *const *own_lifetimes(void)
{
	return exec_lifetimes;
}

bool own_wanted(const struct own_options *o)
{
	return o->server || o->client || o->user || o->server_lifetime ||
	       o->connections || o->deadline_ns;
}

static int read_command(struct exec *x, int side, const char *line,
			struct err *e)
{
	const struct spec_at somewhere = { .line = 1 };
	int r;

	if (!line)
		return 0;
	r = exec_split(line, &x->words[side], e);
	x->words_at[side] = somewhere;
	return r < 0 ? err_add(e, "--%s", side_names[side]) : 0;
}

/* One mistake is enough for a command line. */
static int check(struct exec *x, struct err *e)
{
	static const char head[] = "a command: error: ";
	own_diags struct spec_diags d = { .path = "a command" };
	const char *said;

	exec_check(x, &d);
	if (!d.errors)
		return 0;
	said = text_str(&d.text) + strlen(head);
	return err_set(e, ERR_INPUT, EINVAL, "%.*s", (int)strcspn(said, "\n"),
		       said);
}

/* --- as a file -------------------------------------------------------------
 */

/* A control character needs the escapes of double quotes (YAML 1.1, 5.6). */
static void add_scalar(struct text *t, const char *s)
{
	bool plain = true;

	for (const char *c = s; *c; c++)
		plain = plain && (unsigned char)*c >= ' ' && *c != 0x7f;
	text_add(t, plain ? "'" : "\"");
	for (; *s; s++) {
		const unsigned char c = (unsigned char)*s;

		if (plain)
			text_addf(t, c == '\'' ? "''" : "%c", c);
		else if (c < ' ' || c == 0x7f)
			text_addf(t, "\\x%02x", c);
		else
			text_addf(t, strchr("\"\\", c) ? "\\%c" : "%c", c);
	}
	text_add(t, plain ? "'" : "\"");
}

static void add_words(struct text *t, const struct exec *x, int side)
{
	const struct exec_word *words = x->words[side].items;

	if (!x->words_at[side].line)
		return;
	text_addf(t, "  %s: [", side_names[side]);
	for (size_t i = 0; i < x->words[side].n; i++) {
		text_add(t, i ? ", " : "");
		add_scalar(t, words[i].text);
	}
	text_add(t, "]\n");
}

static void add_yaml(struct text *t, const struct workload *w)
{
	const struct exec *x = &w->exec;
	char buf[32];

	text_addf(t, "name: %s\nsummary: ", w->name);
	add_scalar(t, w->summary);
	text_add(t, "\nexec:\n");
	add_words(t, x, SIDE_SERVER);
	add_words(t, x, SIDE_CLIENT);
	text_addf(t, "  server-lifetime: %s\n",
		  exec_lifetimes[x->server_lifetime]);
	if (x->connections)
		text_addf(t, "  connections: %u\n", x->connections);
	if (x->user) {
		text_add(t, "  user: ");
		add_scalar(t, x->user);
		text_add(t, "\n");
	}
	text_addf(t, "deadline: %s\n", num_duration_text(w->deadline_ns, buf));
}

/* --- the workload ----------------------------------------------------------
 */

static int fill(struct workload *w, const struct own_options *o, struct err *e)
{
	own_text struct text yaml = { .s = NULL };
	struct exec *x = &w->exec;
	int r;

	x->at.line = 1;
	x->server_lifetime = o->server_lifetime;
	x->connections = o->connections;
	w->deadline_ns = o->deadline_ns ? o->deadline_ns : DEADLINE_NS;
	w->name = strdup(own_name);
	w->summary = strdup("the programs of the command line");
	x->user = o->user ? strdup(o->user) : NULL;
	if (!w->name || !w->summary || (o->user && !x->user))
		return err_no_memory(e);
	r = read_command(x, SIDE_SERVER, o->server, e);
	if (r == 0)
		r = read_command(x, SIDE_CLIENT, o->client, e);
	if (r == 0)
		r = check(x, e);
	if (r < 0)
		return r;
	add_yaml(&yaml, w);
	if (yaml.failed)
		return err_no_memory(e);
	w->yaml = take_ptr(&yaml.s);
	return 0;
}

int own_make(const struct own_options *o, struct workload *ret, struct err *e)
{
	int r;

	if (!o->client)
		return err_set(e, ERR_INPUT, EINVAL,
			       "programs of your own need a client: --client "
			       "'COMMAND {host} {port}'");
	r = fill(ret, o, e);
	if (r < 0)
		workload_done(ret);
	return r;
}
