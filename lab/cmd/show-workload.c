/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/num.h"
#include "lab/base/quote.h"
#include "lab/base/text.h"
#include "lab/cmd/show.h"
#include "lab/cmd/terminal.h"

/* A script as it is walked through. */
struct walk {
	const struct script *script;
	const struct spec_list *text; /* of char * */
	size_t next;
};

static const char *step_text(const struct walk *w)
{
	const char *const *lines = w->text->items;

	return lines[w->next];
}

static bool at_end(const struct walk *w)
{
	return w->next >= w->script->n_steps;
}

static bool at_sync(const struct walk *w)
{
	if (at_end(w))
		return false;
	return w->script->steps[w->next].id == STEP_SYNC ||
	       w->script->steps[w->next].id == STEP_HOLD;
}

static size_t widest(const struct spec_list *text)
{
	size_t most = 0;

	for (size_t i = 0; i < text->n; i++) {
		const size_t n =
			text_columns(((const char *const *)text->items)[i]);

		if (n > most)
			most = n;
	}
	return most;
}

static void row(FILE *out, const char *left, size_t width, const char *gap,
		const char *right)
{
	fprintf(out, "  %s", left);
	if (*right)
		fprintf(out, "%*s %s %s", (int)(width - text_columns(left)), "",
			gap, right);
	fputc('\n', out);
}

/* One line: a step of each side, unless that side waits at a sync. */
static void steps(FILE *out, struct walk *client, struct walk *server,
		  size_t width)
{
	const bool left = !at_end(client) && !at_sync(client);
	const bool right = !at_end(server) && !at_sync(server);

	row(out, left ? step_text(client) : "", width, "   ",
	    right ? step_text(server) : "");
	client->next += left;
	server->next += right;
}

/* As a shell would read it. */
static void command(FILE *out, const struct exec *x, int side)
{
	const struct exec_word *words = x->words[side].items;
	own_text struct text line = { .s = NULL };

	for (size_t i = 0; i < x->words[side].n; i++) {
		if (i)
			text_add(&line, " ");
		quote_add(&line, words[i].text);
	}
	fprintf(out, "  %s  %s\n", side_names[side],
		x->words_at[side].line ? text_str(&line) : "none");
}

static void show_exec(const struct workload *w, FILE *out)
{
	const struct exec *x = &w->exec;
	char buf[32];

	command(out, x, SIDE_SERVER);
	command(out, x, SIDE_CLIENT);
	if (x->words_at[SIDE_SERVER].line)
		fprintf(out,
			"\n  A server for each %s; it has %s to close when "
			"the client has ended.\n",
			exec_lifetimes[x->server_lifetime],
			num_duration_text(x->grace_ns, buf));
	if (x->connections)
		fprintf(out, "  A client makes %u connection%s.\n",
			x->connections, x->connections == 1 ? "" : "s");
	if (x->user)
		fprintf(out, "  Both run as user %s.\n", x->user);
}

static void show_scripts(const struct workload *w, FILE *out)
{
	char buf[32];
	struct walk c = { &w->scripts[SIDE_CLIENT], &w->steps_text[SIDE_CLIENT],
			  0 };
	struct walk s = { &w->scripts[SIDE_SERVER], &w->steps_text[SIDE_SERVER],
			  0 };
	const char *meet = terminal_utf8() ? "───" : "---";
	size_t width = widest(c.text);

	if (width < text_columns("client"))
		width = text_columns("client");
	row(out, "client", width, "   ", "server");
	row(out, "------", width, "   ", "------");
	while (!at_end(&c) || !at_end(&s)) {
		if (at_sync(&c) && at_sync(&s)) {
			row(out, step_text(&c), width, meet, step_text(&s));
			c.next++;
			s.next++;
		} else if ((at_sync(&c) && at_end(&s)) ||
			   (at_sync(&s) && at_end(&c))) {
			break; /* the reader refuses such a script */
		} else {
			steps(out, &c, &s, width);
		}
	}
	fprintf(out, "\n  A trial may take %s.  %s\n",
		num_duration_text(w->deadline_ns, buf),
		w->processes > 1 || scripts_apart(w->scripts)
			? "Each side has a process of its own."
			: "One process may play both sides.");
}

void show_workload(const struct workload *w, FILE *out)
{
	char buf[32];

	fprintf(out, "%s: %s\n\n", w->name, w->summary);
	if (!exec_given(&w->exec)) {
		show_scripts(w, out);
		return;
	}
	show_exec(w, out);
	fprintf(out, "\n  A trial may take %s.\n",
		num_duration_text(w->deadline_ns, buf));
}
