/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: https://graphviz.org/doc/info/lang.html */
#include "lab/cmd/drawing.h"
#include "lab/cmd/graph.h"

/* A string in double quotes, in which a new line is \n. */
static void put_string(const char *s, FILE *out)
{
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

static void begin(const struct topology *t, FILE *out)
{
	fprintf(out, "graph \"%s\" {\n\tlabel=", t->name);
	put_string(t->summary, out);
	fputs(";\n\tlabelloc=t;\n\trankdir=LR;\n"
	      "\tnode [shape=box, fontname=\"sans-serif\", fontsize=10];\n"
	      "\tedge [fontname=\"sans-serif\", fontsize=9];\n",
	      out);
}

/* Graphviz draws a box around a subgraph whose name begins with "cluster". */
static void node_begin(const char *id, const char *label, FILE *out)
{
	fprintf(out, "\tsubgraph cluster_%s {\n\t\tlabel=", id);
	put_string(label, out);
	fputs(";\n", out);
}

static void box(enum graph_box kind, const char *id, const char *label,
		FILE *out)
{
	static const char *const shapes[] = {
		[GRAPH_INTERFACE] = "",
		[GRAPH_PROCESS] = ", shape=component",
		[GRAPH_PROBE] = ", shape=oval",
	};

	fprintf(out, "\t\t%s [label=", id);
	put_string(label, out);
	fprintf(out, "%s];\n", shapes[kind]);
}

static void node_end(FILE *out)
{
	fputs("\t}\n", out);
}

static void line(enum graph_line kind, const char *from, const char *to,
		 const char *label, FILE *out)
{
	static const char *const styles[] = {
		[GRAPH_LINK] = "style=bold",
		[GRAPH_PORT] = "style=solid",
		[GRAPH_TUNNEL] = "style=dashed",
		[GRAPH_DIAL] = "style=dotted, dir=forward, constraint=false",
	};

	fprintf(out, "\t%s -- %s [%s", from, to, styles[kind]);
	if (*label) {
		fputs(", label=", out);
		put_string(label, out);
	}
	fputs("];\n", out);
}

static void end(FILE *out)
{
	fputs("}\n", out);
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

const struct drawing drawing_dot = {
	.name = "dot",
	.topology = draw,
};
