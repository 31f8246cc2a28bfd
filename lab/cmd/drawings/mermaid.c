/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: https://mermaid.js.org/syntax/flowchart.html */
#include "lab/cmd/drawing.h"
#include "lab/cmd/graph.h"

#include <string.h>

/* A string in double quotes; what has a meaning there is written as an
 * entity, for which Mermaid has '#' in place of '&'. */
static void put_string(const char *s, FILE *out)
{
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '\n')
			fputs("<br>", out);
		else if (strchr("\"#&<>`", *s))
			fprintf(out, "#%d;", *s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

static void begin(const struct topology *t, FILE *out)
{
	fprintf(out, "%%%% %s: %s\nflowchart LR\n", t->name, t->summary);
}

static void node_begin(const char *id, const char *label, FILE *out)
{
	fprintf(out, "    subgraph %s[", id);
	put_string(label, out);
	fputs("]\n", out);
}

static void box(enum graph_box kind, const char *id, const char *label,
		FILE *out)
{
	static const char *const sides[][2] = {
		[GRAPH_INTERFACE] = { "[", "]" },
		[GRAPH_PROCESS] = { "[[", "]]" },
		[GRAPH_PROBE] = { "([", "])" },
	};

	fprintf(out, "        %s%s", id, sides[kind][0]);
	put_string(label, out);
	fprintf(out, "%s\n", sides[kind][1]);
}

static void node_end(FILE *out)
{
	fputs("    end\n", out);
}

static void line(enum graph_line kind, const char *from, const char *to,
		 const char *label, FILE *out)
{
	static const char *const strokes[] = {
		[GRAPH_LINK] = "===",
		[GRAPH_PORT] = "---",
		[GRAPH_TUNNEL] = "-.-",
		[GRAPH_DIAL] = "-.->",
	};

	fprintf(out, "    %s %s", from, strokes[kind]);
	if (*label) {
		fputc('|', out);
		put_string(label, out);
		fputc('|', out);
	}
	fprintf(out, " %s\n", to);
}

static void end(FILE *out)
{
	(void)out;
}

static void draw(const struct topology *t, FILE *out)
{
	static const struct graph_pen pen = {
		.begin = begin,
		.node_begin = node_begin,
		.box = box,
		.node_end = node_end,
		.line = line,
		.end = end,
	};

	graph_draw(t, &pen, out);
}

const struct drawing drawing_mermaid = {
	.name = "mermaid",
	.topology = draw,
};
