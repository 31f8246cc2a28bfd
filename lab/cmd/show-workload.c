/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/num.h"
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

void show_workload(const struct workload *w, FILE *out)
{
	struct walk c = { &w->scripts[SIDE_CLIENT], &w->steps_text[SIDE_CLIENT],
			  0 };
	struct walk s = { &w->scripts[SIDE_SERVER], &w->steps_text[SIDE_SERVER],
			  0 };
	const char *meet = terminal_utf8() ? "───" : "---";
	size_t width = widest(c.text);
	char buf[32];

	if (width < text_columns("client"))
		width = text_columns("client");
	fprintf(out, "%s: %s\n\n", w->name, w->summary);
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
