/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * graph - a topology as boxes in boxes, and lines between them.
 *
 * Nodes are the outer boxes.  In them are their interfaces, the programs that
 * run as long as the lab, and the two probes.
 */
#ifndef LAB_CMD_GRAPH_H
#define LAB_CMD_GRAPH_H

#include "lab/spec/topology.h"

#include <stdio.h>

enum graph_box { GRAPH_INTERFACE, GRAPH_PROCESS, GRAPH_PROBE };
enum graph_line {
	GRAPH_LINK,   /* frames go this way */
	GRAPH_PORT,   /* inside of a bridge */
	GRAPH_TUNNEL, /* frames go this way, in packets on other lines */
	GRAPH_DIAL,   /* from the client to the server, as it is meant */
};

/* How one language writes it.  Lines of a label are separated by '\n'; what
 * is in them needs no quoting but of what the language adds. */
struct graph_pen {
	void (*begin)(const struct topology *t, FILE *out);
	/* @id: letters and digits, unique in the graph; so for boxes */
	void (*node_begin)(const char *id, const char *label, FILE *out);
	void (*box)(enum graph_box kind, const char *id, const char *label,
		    FILE *out);
	void (*node_end)(FILE *out);
	/* @label: or "" */
	void (*line)(enum graph_line kind, const char *from, const char *to,
		     const char *label, FILE *out);
	void (*end)(FILE *out);
};

/* The same topology gives the same text, always. */
void graph_draw(const struct topology *t, const struct graph_pen *pen,
		FILE *out);

#endif
